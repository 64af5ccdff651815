/** `column >= ''` is how questions pass over row groups without a text (ask/value_condition.ts): it has to find every text. */
import { expect, test } from 'vitest'
import { systemFiles } from '../../../../core/files.ts'
import { ParquetFile } from '../../../../store/embedded/parquet/parquet_file.ts'
import { TextColumn } from '../../../../store/embedded/parquet/text_column.ts'
import { Scratch } from './scratch.ts'

const scratch = Scratch.forTests('bounds')

async function found(path: string): Promise<readonly number[]> {
  const query = `select count(*) filter (where text >= ''), count(text) from '${path}'`
  const scanned = await scratch.connection.runAndReadAll(query)
  const pruned = await scratch.connection.runAndReadAll(
    `select count(*) from '${path}' where text >= '' and contains(text, '')`,
  )
  return [...scanned.getRows()[0]!, ...pruned.getRows()[0]!].map(Number)
}

const rowGroups: Record<string, readonly (readonly (string | null)[])[]> = {
  'too long for bounds': [['x'.repeat(300), null, 'y'.repeat(200)], [null]],
  'the last characters there are': [['\u{10ffff}'.repeat(50), null], ['\u0000', null, ''], ['é']],
  'nothing, and an empty one': [[null, null], ['', null], [null]],
  'too many for a dictionary': [Array.from({ length: 5_000 }, (_, n) => (n % 7 ? `${n}` : null))],
}

test.each(Object.entries(rowGroups))('%s', async (_, groups) => {
  for (const dictionary of [true, false]) {
    const path = scratch.newPath()
    const column = new TextColumn({ dictionary, bounds: true, pageBytes: Infinity })
    const named = [{ name: 'text', kind: 'text' as const, column }]
    const file = new ParquetFile(() => systemFiles.open(path, 'wx+'), named, 3)
    for (const group of groups) {
      for (const [row, text] of group.entries()) {
        if (text === null) continue
        const bytes = Buffer.from(text)
        column.add(row, bytes, 0, bytes.length)
      }
      await file.write(group.length)
    }
    await file.finish()
    const count = groups.flat().filter((text) => text !== null).length
    expect(await found(path)).toEqual([count, count, count])
  }
})

test.each(['v1', 'v2'])('as DuckDB writes them, version %s', async (version) => {
  const path = scratch.newPath()
  await scratch.connection.run(
    `copy (select case when i % 3 > 0 and i > 3000 then repeat('ä', i % 400) end as text from range(9000) r(i))
     to '${path}' (format parquet, parquet_version ${version}, compression zstd, row_group_size 2048)`,
  )
  const [scanned, count, pruned] = await found(path)
  expect([scanned, pruned]).toEqual([count, count])
})
