/** Files as DuckDB writes them, read without it. */
import fc from 'fast-check'
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { expect, test } from 'vitest'
import { systemFiles } from '../../../../core/files.ts'
import { readColumn } from '../../../../store/embedded/parquet/column_pages.ts'
import { ColumnReader } from '../../../../store/embedded/parquet/column_reader.ts'
import { readFooter } from '../../../../store/embedded/parquet/footer.ts'
import { Scratch } from './scratch.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 40)
const scratch = Scratch.forTests('columns')

interface Table {
  readonly rows: number
  /** Neighbours of one text. */
  readonly run: number
  readonly texts: number
  readonly values: 'few' | 'many' | 'decimals' | 'none' | 'one'
  readonly nulls: 'none' | 'some' | 'runs'
  readonly times: 'even' | 'odd'
  readonly groupRows: number
}

const tables: fc.Arbitrary<Table> = fc.record({
  rows: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1_000, max: 30_000 })),
  run: fc.constantFrom(1, 3, 700),
  texts: fc.constantFrom(1, 5, 2_000, 100_000),
  values: fc.constantFrom('few', 'many', 'decimals', 'none', 'one'),
  nulls: fc.constantFrom('none', 'some', 'runs'),
  times: fc.constantFrom('even', 'odd'),
  groupRows: fc.constantFrom(2_048, 6_144, 122_880),
})

const valueOf = {
  few: 'floor(random() * 100)',
  many: 'random() * 1e12 - 5e11',
  decimals: 'round(random() * 5000, 2)',
  none: 'null',
  one: '42',
}
const isNull = { none: 'false', some: 'random() < 0.3', runs: '(i // 997) % 2 = 0' }
const timeOf = { even: 'i * 10000', odd: 'i * 10000 + floor(random() * 9000)' }

async function write(path: string, { rows, run, texts, values, nulls, times, groupRows }: Table) {
  await scratch.connection.run(`copy (
    select make_timestamp_ms((1763000000000 + ${timeOf[times]})::bigint)::timestamp_ms as time,
      'série.' || (i // ${run}) % ${texts} as series,
      case when ${isNull[nulls]} then null else (${valueOf[values]})::double end as value,
      case when ${isNull[nulls]} then null else (random() * 1000)::integer end as whole
    from range(${rows}) t(i)
  ) to '${path}' (format parquet, compression zstd, parquet_version 'v2', row_group_size ${groupRows})`)
}

test('numbers and texts are those that DuckDB reads', { timeout: 300_000 }, async () => {
  const check = async (table: Table, skip: number) => {
    // A file of its own: DuckDB keeps what it read of one by its name and time.
    const path = scratch.newPath()
    await write(path, table)
    const read = await scratch.connection.runAndReadAll(
      `select epoch_ms(time)::double, series, value, whole from read_parquet('${path}')`,
    )
    const expected = read.getRows()
    const file = await systemFiles.open(path, 'r')
    try {
      let start = 0
      for (const { rows, columns } of await readFooter(file)) {
        const pages = async (name: string) => await readColumn(file, columns.get(name)!)
        const series = await pages('series')
        new ColumnReader(series).runs((text, from, to) => {
          for (let row = from; row < to; row++)
            if (series.texts[text] !== expected[start + row]![1]) throw new Error(`row ${row}`)
        })
        for (const [name, place] of [
          ['time', 0],
          ['value', 2],
          ['whole', 3],
        ] as const) {
          const reader = new ColumnReader(await pages(name))
          // Some rows, then some are passed over, and so on.
          for (let row = 0; row < rows; row += 2 * skip) {
            const out = new Float64Array(Math.min(skip, rows - row))
            reader.numbers(row, out.length, out)
            const own = expected.slice(start + row, start + row + out.length)
            expect([...out], name).toEqual(own.map((each) => each[place] ?? NaN))
          }
        }
        start += rows
      }
      expect(start).toBe(table.rows)
    } finally {
      await file.close()
    }
  }
  await fc.assert(fc.asyncProperty(tables, fc.constantFrom(1, 77, 5_000), check), { numRuns: runs })
})

test('a damaged file is an error, or other values, and never more than that', async () => {
  const path = scratch.newPath()
  const table = { rows: 3_000, run: 3, texts: 50, groupRows: 2_048 } as const
  await write(path, { ...table, values: 'decimals', nulls: 'some', times: 'odd' })
  const whole = await systemFiles.open(path, 'r')
  const bytes = Buffer.alloc(await whole.size())
  await whole.read(bytes, 0)
  await whole.close()
  const damaged = scratch.newPath()
  const check = async (at: number, byte: number, cut: number) => {
    const own = Buffer.from(bytes.subarray(0, bytes.length - (cut % bytes.length)))
    own[at % own.length] = byte
    writeFileSync(damaged, own)
    const file = await systemFiles.open(damaged, 'r')
    try {
      for (const { rows, columns } of await readFooter(file)) {
        for (const chunk of columns.values()) {
          const reader = new ColumnReader(await readColumn(file, chunk))
          if (chunk.type === 6) reader.runs(() => undefined)
          else reader.numbers(0, rows, new Float64Array(rows))
        }
      }
    } catch (failure) {
      expect(failure).toBeInstanceOf(Error)
    } finally {
      await file.close()
    }
  }
  const anywhere = fc.integer({ min: 0, max: 2 ** 30 })
  const cuts = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, anywhere)
  await fc.assert(fc.asyncProperty(anywhere, fc.integer({ min: 0, max: 255 }), cuts, check), {
    numRuns: runs * 5,
  })
})
