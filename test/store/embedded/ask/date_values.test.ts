import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { database } from '../../../../store/embedded/database.ts'
import { microsOf } from '../../../../store/embedded/ask/date_values.ts'
import { sql } from '../../../../store/embedded/sql.ts'
import { formatDate, parseDate } from '../../../../store/query/date_format.ts'
import { namedDatePatterns } from '../../../../store/query/date_pattern.ts'

let connection: DuckDBConnection
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run("set timezone = 'UTC'")
})
afterAll(() => connection.closeSync())

async function micros(text: string, format: string): Promise<unknown> {
  const never = new AbortController().signal
  const asked = sql`select ${microsOf(sql`t`, format)} as m from (select ${text}::varchar as t)`
  const [row] = await database(connection).rows(asked, never)
  return row!.m
}

const times = [
  '2026-11-22T01:02:03.123456Z',
  '1999-12-31T23:59:59.5Z',
  '2024-02-29T12:30:00Z',
  '1970-01-01T00:00:00Z',
  '2027-01-01T10:00:00.1Z',
].map((text) =>
  parseDate(text, 'strict_date_optional_time_nanos', { roundUp: false, timeZone: 'Z' }),
)

const patterns = [
  'yyyy/MM/dd HH:mm:ss',
  'dd/MMM/yyyy:HH:mm:ss Z',
  'EEE MMM dd HH:mm:ss yyyy',
  'EEEE, d MMMM yyyy',
  "yyyy-MM-dd['T'HH:mm[:ss[.SSS]]]",
  'yyyy.DDD',
  'MM/dd/yyyy hh:mm:ss a',
  'yyyyMMddHHmmssSSS',
  "yy'Q'MMdd",
  'uuuu-MM-dd HH:mm:ss.SSSSSSXXX',
  'yyyy-MM-dd HH:mm:ss VV',
  'HH:mm',
  "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS",
  'MMM yyyy',
]
const named = Object.keys(namedDatePatterns).flatMap((name) => [name, `strict_${name}`])
test.each([...named, ...patterns])('SQL reads %s as JavaScript does', async (format) => {
  for (const nanos of times) {
    const text = formatDate(nanos / 1000n, format)
    const expected = parseDate(text, format, { roundUp: false, timeZone: 'Z' }) / 1000n
    expect(await micros(text, format), text).toBe(expected)
  }
})

test('the optional parts may be there or not', async () => {
  const format = "dd.MM.yyyy[ HH:mm[:ss]]['Z']"
  const day = BigInt(Date.UTC(2026, 10, 22)) * 1000n
  expect(await micros('22.11.2026', format)).toBe(day)
  expect(await micros('22.11.2026 01:02', format)).toBe(day + 3_720_000_000n)
  expect(await micros('22.11.2026 01:02:03Z', format)).toBe(day + 3_723_000_000n)
  expect(await micros('22.11.2026 01', format)).toBe(null)
})

test.each(['yyyy-MM-dd G', 'KK:mm', "[a][H][m][s]['w']['x']", 'YYYY-ww-e q'])(
  '%s is refused',
  (format) => {
    expect(() => microsOf(sql`t`, format)).toThrow(/not supported|Unknown pattern letter/)
  },
)
