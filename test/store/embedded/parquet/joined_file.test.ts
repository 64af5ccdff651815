/** Files with the row groups of others: DuckDB reads the rows of all, in their order. */
import fc from 'fast-check'
import process from 'node:process'
import { expect, test } from 'vitest'
import { systemFiles } from '../../../../core/files.ts'
import { readFooter } from '../../../../store/embedded/parquet/footer.ts'
import { joinFiles } from '../../../../store/embedded/parquet/joined_file.ts'
import { NumberColumn } from '../../../../store/embedded/parquet/number_column.ts'
import { physical } from '../../../../store/embedded/parquet/pages.ts'
import { type NamedColumn, ParquetFile } from '../../../../store/embedded/parquet/parquet_file.ts'
import { TextColumn } from '../../../../store/embedded/parquet/text_column.ts'
import { Scratch } from './scratch.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 25)
const scratch = Scratch.forTests('joined')

const sources = fc.array(
  fc.record({
    rows: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1_000, max: 6_000 })),
    texts: fc.constantFrom(3, 5_000),
    isNull: fc.constantFrom('false', 'i % 3 = 0', 'true'),
    ours: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
)
type Source = typeof sources extends fc.Arbitrary<(infer T)[]> ? T : never

const rowsIn = ({ rows, texts, isNull }: Source, from: number) =>
  `select (${from} + i)::bigint as n, case when ${isNull} then null else 'text ' || (i % ${texts}) end as text
   from range(${rows}) t(i)`

/** As DuckDB writes it, or Weir. */
async function write(path: string, source: Source, from: number): Promise<void> {
  if (!source.ours) {
    return void (await scratch.connection.run(
      `copy (${rowsIn(source, from)}) to '${path}' (format parquet, compression zstd, parquet_version 'v2', row_group_size 2048)`,
    ))
  }
  const n = new NumberColumn(physical.int64)
  const text = new TextColumn({ dictionary: true, bounds: true, pageBytes: Infinity })
  const columns: NamedColumn[] = [
    { name: 'n', kind: 'int64', column: n },
    { name: 'text', kind: 'text', column: text },
  ]
  const file = new ParquetFile(() => systemFiles.open(path, 'wx+'), columns, 1)
  const rows = await rowsOf(rowsIn(source, from))
  for (let start = 0; start < rows.length; start += 2_048) {
    const group = rows.slice(start, start + 2_048)
    for (const [row, [number, value]] of group.entries()) {
      n.add(row, Number(number))
      if (value === null) continue
      const bytes = Buffer.from(value as string)
      text.add(row, bytes, 0, bytes.length)
    }
    await file.write(group.length)
  }
  await file.finish()
}

const rowsOf = async (query: string) =>
  (await scratch.connection.runAndReadAll(query)).getRowsJson()

async function joined(paths: readonly string[], target: string): Promise<boolean> {
  const files = await Promise.all(paths.map((path) => systemFiles.open(path, 'r')))
  const file = await systemFiles.open(target, 'wx+')
  try {
    return await joinFiles(files, file, async () => undefined)
  } finally {
    for (const each of [file, ...files]) await each.close()
  }
}

test('the rows of all files, whoever wrote them', { timeout: 300_000 }, async () => {
  const check = async (all: readonly Source[]) => {
    const paths: string[] = []
    let from = 0
    for (const source of all) {
      paths.push(scratch.newPath())
      await write(paths.at(-1)!, source, from)
      from += source.rows
    }
    const target = scratch.newPath()
    expect(await joined(paths, target)).toBe(true)
    const list = paths.map((path) => `'${path}'`).join(', ')
    expect(await rowsOf(`select n, text, file_row_number from read_parquet('${target}')`)).toEqual(
      (await rowsOf(`select n, text from read_parquet([${list}]) order by n`)).map((row, place) => [
        ...row,
        String(place),
      ]),
    )
    // By the bounds of row groups, too.
    const [n, text] = [Math.floor(from / 2), 'text 2']
    for (const where of [`n = ${n}`, `n >= ${n} and text = '${text}'`, `text >= ''`]) {
      const counted = (of: string) =>
        rowsOf(`select count(*), min(n) from read_parquet([${of}]) where ${where}`)
      expect(await counted(`'${target}'`)).toEqual(await counted(list))
    }
    const file = await systemFiles.open(target, 'r')
    const groups = await readFooter(file)
    await file.close()
    expect(groups.reduce((sum, { rows }) => sum + rows, 0)).toBe(from)
  }
  await fc.assert(fc.asyncProperty(sources, check), { numRuns: runs })
})

test('files of other columns are refused, and what is no file of Parquet', async () => {
  const [one, other, broken] = [scratch.newPath(), scratch.newPath(), scratch.newPath()]
  const copy = (query: string, path: string) =>
    scratch.connection.run(`copy (${query}) to '${path}' (format parquet)`)
  await copy(`select 1::bigint as n, 'a' as text`, one)
  await copy(`select 1::integer as n, 'a' as text`, other)
  expect(await joined([one, other], scratch.newPath())).toBe(false)
  await systemFiles.append(broken, 'PAR1 and then nothing')
  await expect(joined([one, broken], scratch.newPath())).rejects.toThrow(RangeError)
})
