/** Texts of some rows, of files of Weir's own and of DuckDB's. */
import fc from 'fast-check'
import { rm } from 'node:fs/promises'
import process from 'node:process'
import { expect, test } from 'vitest'
import { systemFiles } from '../../../../core/files.ts'
import { columnOf, readFooter } from '../../../../store/embedded/parquet/footer.ts'
import { joinFiles } from '../../../../store/embedded/parquet/joined_file.ts'
import { readPageIndex, walkedPageIndex } from '../../../../store/embedded/parquet/page_index.ts'
import { ParquetFile } from '../../../../store/embedded/parquet/parquet_file.ts'
import { TextColumn } from '../../../../store/embedded/parquet/text_column.ts'
import { textsOfRows } from '../../../../store/embedded/parquet/text_rows.ts'
import { SourceReader } from '../../../../store/embedded/segments/source_reader.ts'
import { Scratch } from './scratch.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 40)
const never = new AbortController().signal
const scratch = Scratch.forTests('texts')

/** Row groups of texts, in pages of about `pageBytes`. */
async function own(groups: readonly (readonly string[])[], pageBytes: number): Promise<string> {
  const path = scratch.newPath()
  const column = new TextColumn({ dictionary: false, bounds: false, pageBytes })
  const named = [{ name: '_source', kind: 'text' as const, column, isApart: true }]
  const file = new ParquetFile(() => systemFiles.open(path, 'wx+'), named, 3)
  for (const texts of groups) {
    for (const [row, text] of texts.entries()) {
      const bytes = Buffer.from(text)
      column.add(row, bytes, 0, bytes.length)
    }
    await file.write(texts.length)
  }
  await file.finish()
  return path
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 3 }), fc.nat(9_000))
    .map(([unit, times]) => unit.repeat(times)),
)
const rowsOf = (count: number, rows: readonly number[]) => rows.map((row) => row % count)

test('rows of files of Weir’s own, in whatever pages they are', async () => {
  const groups = fc.array(fc.array(text, { minLength: 1, maxLength: 300 }), {
    minLength: 1,
    maxLength: 3,
  })
  await fc.assert(
    fc.asyncProperty(
      groups,
      fc.constantFrom(1, 5_000, 400_000, Infinity),
      fc.array(fc.nat(), { minLength: 1, maxLength: 30 }),
      async (given, pageBytes, wanted) => {
        // As texts come back that are not whole.
        const texts = given.map((each) => each.map((one) => Buffer.from(one).toString()))
        const all = texts.flat()
        const file = await own(texts, pageBytes)
        const rows = rowsOf(all.length, wanted)
        const reader = new SourceReader(systemFiles, () => undefined, 100_000)
        const read = await reader.read(
          rows.map((row) => ({ file, row })),
          never,
        )
        expect(read).toEqual(rows.map((row) => all[row]))
        const again = await reader.read(
          rows.toReversed().map((row) => ({ file, row })),
          never,
        )
        expect(again).toEqual(read!.toReversed())
      },
    ),
    { numRuns: runs },
  )
})

test.each(['v1', 'v2'])('rows of files of DuckDB’s, version %s', async (version) => {
  const file = scratch.newPath()
  await scratch.connection.run(
    `copy (select 'text ' || i || repeat(chr(228) || (i % 7), (i * 37) % 200) as _source from range(50000) r(i))
     to '${file}' (format parquet, parquet_version ${version}, compression zstd, row_group_size 20480)`,
  )
  const rows = [49_999, 0, 20_479, 20_480, 3, 3, 33_333]
  const read = await new SourceReader(systemFiles, () => undefined, 100_000).read(
    rows.map((row) => ({ file, row })),
    never,
  )
  const expected = rows.map((i) => `text ${i}${`ä${i % 7}`.repeat((i * 37) % 200)}`)
  expect(read).toEqual(expected)
})

test('long pages, in which long runs come again far off, are read by Weir and by DuckDB', async () => {
  const filler = (seed: number) =>
    Array.from({ length: 60 }, (_, n) => (seed * 7_919 + n * 104_729) % 65_537).join(' ')
  const texts = Array.from({ length: 9_000 }, (_, n) => `${n} ${filler((n * 31) % 2_503)} ${n * 7}`)
  const file = await own([texts], 1_750_000)
  const rows = [0, 8_999, 4_321, 5_432]
  const read = await new SourceReader(systemFiles, () => undefined, 100_000).read(
    rows.map((row) => ({ file, row })),
    never,
  )
  expect(read).toEqual(rows.map((row) => texts[row]))
  const found = await scratch.connection.runAndReadAll(`select _source from '${file}'`)
  expect(found.getRows().map(([each]) => each)).toEqual(texts)
})

test('what is damaged, gone, or in a dictionary is not read', async () => {
  const reader = new SourceReader(systemFiles, () => undefined, 100_000)
  const file = scratch.newPath()
  await scratch.connection.run(
    `copy (select 'text' as _source from range(5000)) to '${file}' (format parquet, compression zstd)`,
  )
  expect(await reader.read([{ file, row: 3 }], never)).toBeUndefined()
  expect(await reader.read([{ file: scratch.newPath(), row: 3 }], never)).toBeUndefined()
  const good = await own([['a', 'b']], Infinity)
  expect(await reader.read([{ file: good, row: 2 }], never)).toBeUndefined()
  expect(await reader.read([], never)).toEqual([])
})

test('what was read before is not read again, as long as there is room for it', async () => {
  const file = await own([['a', 'b'.repeat(10_000), 'c']], Infinity)
  const [first, long, last] = [0, 1, 2].map((row) => ({ file, row }))
  const reader = new SourceReader(systemFiles, () => undefined, 10_000)
  expect(await reader.read([last!, first!], never)).toEqual(['c', 'a'])
  expect((await reader.read([long!], never))?.[0]).toHaveLength(10_000)
  await rm(file)
  expect(await reader.read([first!, last!, first!], never)).toEqual(['a', 'c', 'a'])
  expect(await reader.read([first!, long!], never)).toBeUndefined()
})

test('of many pages one is read for a row, also where the file was joined to another', async () => {
  const texts = Array.from({ length: 600 }, (_, n) => `${n} ${'.'.repeat(100)}`)
  const paths = [await own([texts, texts], 2_000), await own([texts], 2_000)]
  const joined = scratch.newPath()
  const files = await Promise.all(paths.map((path) => systemFiles.open(path, 'r')))
  const target = await systemFiles.open(joined, 'wx+')
  expect(await joinFiles(files, target, async () => undefined)).toBe(true)
  for (const each of [target, ...files]) await each.close()
  const file = await systemFiles.open(joined, 'r')
  let reads = 0
  const counting = {
    ...file,
    read: (into: Uint8Array, position: number) => {
      reads += 1
      return file.read(into, position)
    },
  }
  const groups = await readFooter(file)
  expect(groups.length).toBe(3)
  for (const group of groups) {
    const chunk = columnOf(group, '_source')
    for (const rows of [[0], [333], [599], [0, 1, 599], [20, 40, 60, 80]]) {
      reads = 0
      const found = await textsOfRows(counting, chunk, rows)
      expect([...found]).toEqual(rows.map((row) => [row, texts[row]]))
      // The index, and a page for each row at most.
      expect(reads).toBeLessThanOrEqual(1 + rows.length)
    }
    // An index that leads elsewhere is an error: DuckDB is asked then.
    const elsewhere = { ...chunk, start: chunk.start + 5_000, bytes: chunk.bytes - 5_000 }
    await expect(textsOfRows(file, elsewhere, [0])).rejects.toThrow(RangeError)
  }
  await file.close()
})

test('an index of pages that have none is that which they would have', async () => {
  const texts = Array.from({ length: 900 }, (_, n) => `${n} ${'.'.repeat(n % 300)}`)
  const file = await systemFiles.open(await own([texts, texts.slice(0, 5)], 3_000), 'r')
  const [large, small] = (await readFooter(file)).map((group) => columnOf(group, '_source'))
  const index = await readPageIndex(file, large!)
  expect(index!.start.length).toBeGreaterThan(20)
  expect(await walkedPageIndex(file, large!)).toEqual(index)
  expect(await walkedPageIndex(file, small!)).toBeUndefined()
  const damaged = { ...large!, start: large!.start + 1, bytes: large!.bytes - 1 }
  await expect(
    walkedPageIndex(file, damaged).then((pages) => pages ?? Promise.reject(new RangeError('none'))),
  ).rejects.toThrow(RangeError)
  await file.close()
})
