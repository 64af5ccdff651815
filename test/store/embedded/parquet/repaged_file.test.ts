/** Files of DuckDB's with pages of their own: DuckDB reads the same rows, and single rows are read without it. */
import fc from 'fast-check'
import process from 'node:process'
import { expect, test } from 'vitest'
import { systemFiles } from '../../../../core/files.ts'
import {
  readDictionary,
  readPages,
  type RowSpan,
} from '../../../../store/embedded/parquet/column_pages.ts'
import { ColumnReader } from '../../../../store/embedded/parquet/column_reader.ts'
import { readFooter } from '../../../../store/embedded/parquet/footer.ts'
import { readPageBounds, readPageIndex } from '../../../../store/embedded/parquet/page_index.ts'
import { repage } from '../../../../store/embedded/parquet/repaged_file.ts'
import { Scratch } from './scratch.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 25)
const scratch = Scratch.forTests('repaged')

const tables = fc.record({
  rows: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1_000, max: 6_000 })),
  pageRows: fc.constantFrom(30, 300, 1_000, 4_001),
  values: fc.constantFrom(
    'floor(random() * 100)',
    'random() * 1e12',
    'round(random() * 50, 2)',
    '42',
    'null',
  ),
  isNull: fc.constantFrom('false', 'random() < 0.3', '(i // 997) % 2 = 0'),
  time: fc.constantFrom(
    'i * 10000',
    'i * 10000 + floor(random() * 9000)',
    'random() * 1e12',
    '-i * 1000',
  ),
  groupRows: fc.constantFrom(2_048, 122_880),
  wholeBytes: fc.constantFrom(0, 0, 20_000),
})
type Table = typeof tables extends fc.Arbitrary<infer T> ? T : never

const columns = 'epoch_ms(time)::double as time, value, whole, series, lists, exact'

/** Pages of about so many rows, uneven ones. */
function spansOf(rows: number, pageRows: number): RowSpan[] {
  const spans: RowSpan[] = []
  for (let from = 0; from < rows; from = spans.at(-1)!.to)
    spans.push({ from, to: Math.min(rows, from + pageRows + (from % 3)) })
  return spans
}

async function write(path: string, { rows, values, isNull, time, groupRows }: Table) {
  await scratch.connection.run(`copy (
    select make_timestamp_ms((1763000000000 + ${time})::bigint)::timestamp_ms as time, 's' || (i // 700) as series,
      case when ${isNull} then null else (${values})::double end as value,
      case when ${isNull} then null else (random() * 1000)::integer end as whole,
      case when ${isNull} then null else range(i % 5)::integer[] end as lists,
      case when i % 3 = 0 then map([i::varchar], [random()]) end as exact
    from range(${rows}) t(i)
  ) to '${path}' (format parquet, compression zstd, parquet_version 'v2', row_group_size ${groupRows})`)
}

const rowsOf = async (path: string) =>
  (
    await scratch.connection.runAndReadAll(`select ${columns} from read_parquet('${path}')`)
  ).getRowsJson()

test(
  'the rows stay what they are, and pages of them are found by the index',
  { timeout: 300_000 },
  async () => {
    const check = async (table: Table, wanted: readonly number[]) => {
      const [made, path] = [scratch.newPath(), scratch.newPath()]
      await write(made, table)
      const source = await systemFiles.open(made, 'r')
      const target = await systemFiles.open(path, 'wx+')
      const { pageRows, wholeBytes } = table
      const pagesOf = ({ rows }: { rows: number }) => Promise.resolve(spansOf(rows, pageRows))
      await repage(source, target, { pagesOf: (_, group) => pagesOf(group), wholeBytes, level: 1 })
      await source.close()
      const expected = await rowsOf(made)
      expect(await rowsOf(path)).toEqual(expected)
      let start = 0
      for (const group of await readFooter(target)) {
        for (const [place, name] of ['time', 'value', 'whole'].entries()) {
          const chunk = group.columns.get(name)!
          const index = await readPageIndex(target, chunk)
          if (wholeBytes === 0) expect(index !== undefined).toBe(group.rows > pageRows)
          if (!index) continue
          const dictionary = await readDictionary(target, chunk, index)
          const from = [...new Set(wanted.map((each) => each % group.rows))].sort((a, b) => a - b)
          const spans = from.map((each) => ({ from: each, to: Math.min(group.rows, each + 1) }))
          const pages = await readPages(target, chunk, index, dictionary, spans)
          const reader = new ColumnReader(pages)
          const bounds = await readPageBounds(target, chunk)
          expect(bounds !== undefined).toBe(name === 'time')
          for (const row of from) {
            const out = new Float64Array(1)
            reader.numbers(row, 1, out)
            expect(out[0]).toBe(expected[start + row]![place] ?? NaN)
            const page = index.firstRow.findLastIndex((first) => first <= row)
            if (!bounds) continue
            expect(bounds.least[page]).toBeLessThanOrEqual(out[0]!)
            expect(bounds.most[page]).toBeGreaterThanOrEqual(out[0]!)
          }
        }
        start += group.rows
      }
      expect(start).toBe(table.rows)
      await target.close()
    }
    const wanted = fc.array(fc.nat(6_000), { minLength: 1, maxLength: 20 })
    await fc.assert(fc.asyncProperty(tables, wanted, check), { numRuns: runs })
  },
)
