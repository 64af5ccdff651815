import { expect, test } from 'vitest'
import type { JsonRecord } from '../../../store/search.ts'
import { plant } from '../search/planted.ts'
import { asking, nowMs } from './asking.ts'
import { issueOf } from './made.ts'

const [hour, day] = [3_600_000, 86_400_000]

test('groupStatsPeriod=14d counts whole days, those that left the hours included', async () => {
  const database = plant([issueOf(7)])
  const today = nowMs - (nowMs % day)
  database.exec(`insert into issue_hours values
    (7, ${today}, 1), (7, ${today + 11 * hour}, 2), (7, ${today - hour}, 4), (7, ${today - 24 * hour}, 8)`)
  database.exec(`insert into issue_days values
    (7, ${today - 5 * day}, 16), (7, ${today - 13 * day}, 32), (7, ${today - 14 * day}, 64)`)
  const ask = asking(database)
  const statsOf = async (period: string) => {
    const { body } = await ask('GET', `/organizations/weir/issues/?groupStatsPeriod=${period}`)
    const stats = (body as JsonRecord[])[0]!['stats'] as Record<string, [number, number][]>
    return stats[period]!
  }
  const days = await statsOf('14d')
  expect(days[13]![0]).toBe(today / 1000)
  expect(days.map(([, events]) => events)).toEqual([32, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 12, 3])
  const hours = (await statsOf('24h')).map(([, events]) => events)
  expect(hours.filter((events) => events > 0)).toEqual([4, 1, 2])
})
