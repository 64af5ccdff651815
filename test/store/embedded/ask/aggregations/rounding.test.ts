import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { database } from '../../../../../store/embedded/database.ts'
import { rounding } from '../../../../../store/embedded/ask/aggregations/rounding.ts'
import { timeZone } from '../../../../../store/embedded/ask/aggregations/time_zone.ts'
import { join, sql, verbatim } from '../../../../../store/embedded/sql.ts'

const minute = 60_000
const times = [0, 1, -1, minute, -minute, 61_001, -61_001, 1_793_491_218_003, -62_135_596_800_000]

test('a time falls into the same bucket by SQL as by arithmetic, before the epoch too', async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  for (const interval of [{ ms: minute }, { ms: 7_001 }, { unit: 'd' }, { unit: 'w' }]) {
    for (const zone of ['UTC', '+05:30', '-03:00']) {
      for (const offsetMs of [0, 1_500]) {
        const rounded = rounding(interval, timeZone(zone), offsetMs)
        const keys = times.map((ms) => {
          return sql`${rounded.sql(verbatim(`(${ms * 1_000})::bigint`), undefined)}`
        })
        const [row] = await database(connection).rows(
          sql`select [${join(keys, ', ')}] as keys`,
          AbortSignal.timeout(10_000),
        )
        const expected = times.map((ms) => BigInt(rounded.floor(ms)) * 1_000n)
        expect(row!['keys'], JSON.stringify([interval, zone, offsetMs])).toEqual(expected)
      }
    }
  }
  connection.closeSync()
  instance.closeSync()
})

const at = (text: string) => Date.parse(text)

// As OpenSearch 3.6 answers.
test.each([
  // Clocks go back from 02:00 to 01:00 at 06:00Z: the bucket of 01:30 goes on until the next 01:30.
  ['America/New_York', { ms: 90 * minute }, '2024-11-03T05:15:00Z', '2024-11-03T04:00:00Z'],
  ['America/New_York', { ms: 90 * minute }, '2024-11-03T06:00:00Z', '2024-11-03T05:30:00Z'],
  ['America/New_York', { ms: 90 * minute }, '2024-11-03T06:45:00Z', '2024-11-03T06:30:00Z'],
  // From 02:00 to 01:30 at 15:00Z: 01:40 is before and after.
  ['Australia/Lord_Howe', { ms: 20 * minute }, '2024-04-06T15:01:00Z', '2024-04-06T14:40:00Z'],
  // From 02:00 to 02:30 at 15:30Z: no hour begins at 02:00, and twenty minutes where the clocks skip.
  ['Australia/Lord_Howe', { unit: 'h' }, '2024-10-05T15:30:00Z', '2024-10-05T14:30:00Z'],
  ['Australia/Lord_Howe', { ms: 20 * minute }, '2024-10-05T15:35:00Z', '2024-10-05T15:30:00Z'],
] as const)('%s by %j: %s falls into %s', (zone, interval, time, key) => {
  expect(new Date(rounding(interval, timeZone(zone), 0).floor(at(time)))).toEqual(new Date(key))
})

test.each(['America/New_York', 'Australia/Lord_Howe'])(
  'where clocks change in %s each bucket ends where the next begins, by SQL too',
  async (name) => {
    const zone = timeZone(name)
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const changes = zone.transitions(at('2024-01-01'), at('2025-01-01'))
    expect(changes).toHaveLength(2)
    for (const change of changes) {
      const [fromMs, toMs] = [change - 300 * minute, change + 300 * minute]
      const times = Array.from({ length: 60 }, (_, place) => fromMs + place * 10 * minute)
      const lengths = [7, 20, 45, 90, 100].map((minutes) => ({ ms: minutes * minute }))
      for (const interval of [...lengths, { unit: 'h' }]) {
        const rounded = rounding(interval, zone, 0)
        const floors = times.map((ms) => rounded.floor(ms))
        for (const [place, key] of floors.entries()) {
          expect(key).toBeLessThanOrEqual(times[place]!)
          expect(rounded.next(key)).toBeGreaterThan(times[place]!)
          expect(rounded.floor(rounded.next(key) - 1)).toBe(key)
          if (place > 0) expect(key).toBeGreaterThanOrEqual(floors[place - 1]!)
        }
        const keys = times.map((ms) =>
          rounded.sql(verbatim(`(${ms * 1_000})::bigint`), { fromMs, toMs }),
        )
        const [row] = await database(connection).rows(
          sql`select [${join(keys, ', ')}] as keys`,
          AbortSignal.timeout(20_000),
        )
        expect(row!['keys']).toEqual(floors.map((ms) => BigInt(ms) * 1_000n))
      }
    }
    connection.closeSync()
    instance.closeSync()
  },
)
