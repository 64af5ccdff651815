import { expect, test } from 'vitest'
import type { JsonRecord } from '../../../store/search.ts'
import { plant } from '../search/planted.ts'
import { asking } from './asking.ts'

test('the latest that the next check-in may come is the end of its margin', async () => {
  const database = plant([])
  database.exec(`
    insert into monitors (id, project, slug, name, timezone, margin_minutes, created_ms)
      values (1, 1, 'nightly', 'nightly', 'UTC', 5, 0);
    insert into monitor_environments (monitor, environment, status, next_ms)
      values (1, 'live', 'ok', 60000), (1, 'new', 'active', null)`)
  const { body } = await asking(database)('GET', '/organizations/weir/monitors/nightly/')
  expect((body as { environments: JsonRecord[] }).environments).toMatchObject([
    { nextCheckIn: '1970-01-01T00:01:00.000Z', nextCheckInLatest: '1970-01-01T00:06:00.000Z' },
    { nextCheckIn: null, nextCheckInLatest: null },
  ])
})
