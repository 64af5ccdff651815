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
