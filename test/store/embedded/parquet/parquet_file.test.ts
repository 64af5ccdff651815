/** What DuckDB reads of files that hold anything. */
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemFiles } from '../../../../core/files.ts'
import { database } from '../../../../store/embedded/database.ts'
import { ListColumn } from '../../../../store/embedded/parquet/list_column.ts'
import { NumberColumn } from '../../../../store/embedded/parquet/number_column.ts'
import { physical } from '../../../../store/embedded/parquet/pages.ts'
import { type NamedColumn, ParquetFile } from '../../../../store/embedded/parquet/parquet_file.ts'
import { TextColumn } from '../../../../store/embedded/parquet/text_column.ts'
import { sql } from '../../../../store/embedded/sql.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 60)
let folder: string
let path: string
let files = 0
let duckdb: DuckDBInstance
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-parquet-'))
  duckdb = await DuckDBInstance.create(':memory:')
})
afterAll(() => {
  duckdb.closeSync()
  rmSync(folder, { recursive: true })
})

interface Row {
  readonly text: string | null
  readonly plain: string | null
  readonly small: number | null
  readonly large: bigint | null
  readonly list: readonly string[] | null
}

/** Row groups into a file, and all rows out of it. */
async function throughFile(groups: readonly (readonly Row[])[]): Promise<unknown[]> {
  const text = new TextColumn({ dictionary: true, bounds: true, pageBytes: Infinity })
  const plain = new TextColumn({ dictionary: false, bounds: false, pageBytes: 5_000 })
  const small = new NumberColumn(physical.int32)
  const large = new NumberColumn(physical.int64)
  const list = new ListColumn()
  const columns: NamedColumn[] = [
    { name: 'text', kind: 'text', column: text },
    { name: 'plain', kind: 'text', column: plain },
    { name: 'small', kind: 'int32', column: small },
    { name: 'large', kind: 'int64', column: large },
    { name: 'list', kind: 'texts', column: list },
  ]
  // A name of its own, as segments have: DuckDB keeps what it read, and knows a file by its name and time.
  path = join(folder, `${files++}.parquet`)
  await systemFiles.remove(join(folder, `${files - 2}.parquet`))
  const file = new ParquetFile(() => systemFiles.open(path, 'wx+'), columns, 1)
  for (const rows of groups) {
    for (const [place, row] of rows.entries()) {
      for (const [column, value] of [
        [text, row.text],
        [plain, row.plain],
      ] as const) {
        const bytes = Buffer.from(value ?? '')
        const isAgain = place > 0 && value !== null && rows[place - 1]!.text === value
        if (value === null) continue
        if (isAgain && column === text) column.addAgain(place, bytes, 0, bytes.length)
        else column.add(place, bytes, 0, bytes.length)
      }
      if (row.small !== null) small.add(place, row.small)
      if (row.large !== null) {
        const isExact = row.large < 2n ** 50n && row.large > -(2n ** 50n)
        if (isExact) large.add(place, Number(row.large))
        else large.addWide(place, row.large)
      }
      if (row.list !== null) list.add(place, row.list)
    }
    await file.write(rows.length)
  }
  await file.finish()
  const connection = await duckdb.connect()
  const read = await database(connection).rows(
    sql`select * from read_parquet(${path}, file_row_number = true) order by file_row_number`,
    AbortSignal.timeout(20_000),
  )
  connection.closeSync()
  return read.map(({ file_row_number: _, ...row }) => row)
}

const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null })
const texts = fc.oneof(fc.constantFrom('', 'info', 'error', 'ä\0🙂'), fc.string({ unit: 'binary' }))
const row: fc.Arbitrary<Row> = fc.record({
  text: orNull(texts),
  plain: orNull(fc.string({ unit: 'binary', maxLength: 300 })),
  small: orNull(fc.oneof(fc.nat(300), fc.integer())),
  large: orNull(
    fc.oneof(
      fc.bigInt({ min: 0n, max: 1_000n }),
      fc.bigInt({ min: -(2n ** 50n), max: 2n ** 50n }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    ),
  ),
  list: fc.option(fc.array(texts, { minLength: 1, maxLength: 4 }), { nil: null, freq: 2 }),
})
const groups = fc.array(fc.array(row, { minLength: 1, maxLength: 400 }), {
  minLength: 1,
  maxLength: 3,
})

test('whatever is written is read', async () => {
  await fc.assert(
    fc.asyncProperty(groups, async (written) => {
      expect(await throughFile(written)).toEqual(written.flat())
    }),
    { numRuns: runs },
  )
})

test('a column of ever more texts goes on without a dictionary, and bounds let rows be found', async () => {
  const many = (from: number): Row[] =>
    Array.from({ length: 5_000 }, (_, n) => ({
      text: `text ${from + n}`,
      plain: from < 3 && n % 2 === 0 ? null : `plain ${n}`,
      small: n % 7,
      large: BigInt(from) * 1_000_000_000n + BigInt(n),
      list: n % 1_000 === 0 ? ['a', `b${n}`] : null,
    }))
  const written = [many(0), many(3), many(9_000)]
  expect(await throughFile(written)).toEqual(written.flat())
  const connection = await duckdb.connect()
  const found = await database(connection).rows(
    sql`select text from read_parquet(${path}) where text = 'text 9001' and large >= 9000000000000`,
    AbortSignal.timeout(10_000),
  )
  connection.closeSync()
  expect(found).toEqual([{ text: 'text 9001' }])
})
