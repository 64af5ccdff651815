import { expect, test } from 'vitest'
import { digestConfig } from '../../../errors/digest/config.ts'
import { Retention } from '../../../errors/digest/retention.ts'
import { digestionOf, eventReport, startMs } from './setup.ts'

const dayMs = 86_400_000

function keepUp(
  database: ReturnType<typeof digestionOf>['database'],
  config: object,
  nowMs = startMs,
) {
  const parsed = digestConfig.parse(config)
  const retention = new Retention(database, () => parsed)
  for (let steps = 0; steps < 200; steps++) if (!retention.step(nowMs).hasMore) break
  return retention
}

test('what is too old goes, with its issue', async () => {
  const { database, digest, rows } = digestionOf()
  await digest(
    eventReport({ id: 1, type: 'Old' }),
    eventReport({ id: 2, type: 'Both' }),
    eventReport({ id: 3, type: 'Both', atMs: startMs + 50 * dayMs }),
  )
  keepUp(database, {}, startMs + 100 * dayMs)
  expect(
    rows('select t.title, i.events, i.kept from issues i join issue_texts t on t.issue = i.id'),
  ).toEqual([{ title: 'Both: broken', events: 2, kept: 1 }])
  expect(rows('select count(*) as n from event_bodies')).toEqual([{ n: 1 }])
})

test('hours that are old become days, and the sum stays', async () => {
  const { database, digest, rows } = digestionOf()
  await digest(
    ...[0, 1, 2, 30].map((hour) => eventReport({ id: hour, atMs: startMs + hour * 3_600_000 })),
  )
  keepUp(database, {}, startMs + 40 * dayMs)
  expect(rows('select events from issue_hours')).toEqual([])
  expect(rows('select events from issue_days order by day_ms')).toEqual([
    { events: 3 },
    { events: 1 },
  ])
})

test('a project with too many kept events loses the least telling, never the last of an issue', async () => {
  const { database, digest, rows } = digestionOf()
  const reports = Array.from({ length: 400 }, (_, id) =>
    eventReport({ id, type: `T${id % 20}`, atMs: startMs + id * 60_000 }),
  )
  await digest(...reports)
  const config = { kept_per_project: 100, retention: { age: '900d' } }
  keepUp(database, config)
  const [{ n, least } = {}] = rows('select sum(kept) as n, min(kept) as least from issues')
  expect(Number(n)).toBeLessThanOrEqual(100)
  expect(Number(least)).toBeGreaterThanOrEqual(1)
  expect(rows('select count(*) as n from events')).toEqual([{ n }])
  expect(rows('select sum(events) as n from issues')).toEqual([{ n: 400 }])
})

test('too many issues: those with the fewest events, seen longest ago, go; one that somebody has stays', async () => {
  const { database, digest, rows } = digestionOf()
  const reports = Array.from({ length: 130 }, (_, id) =>
    eventReport({ id, type: `T${id}`, atMs: startMs + id }),
  )
  await digest(...reports, eventReport({ id: 900, type: 'T0' }))
  database.exec(`update issues set assignee = 'ann' where id = 2`)
  keepUp(database, { issues_max: 100 })
  const ids = rows('select id from issues order by id').map(({ id }) => Number(id))
  expect(ids.length).toBeLessThanOrEqual(100)
  expect(ids.slice(0, 2)).toEqual([1, 2])
  expect(ids).not.toContain(3)
})

test('a release that was let go of is no new one when something comes of it again', async () => {
  const { database, digest, rows } = digestionOf()
  const of = (id: number, release: string) =>
    eventReport({ id, event: { release }, atMs: startMs + id * 1000 })
  for (let id = 0; id < 12; id++) await digest(of(id, `shop@1.${id}`))
  keepUp(database, { releases_max: 10 })
  expect(rows('select count(*) as n from releases')).toEqual([{ n: 10 }])
  await digest(of(20, 'shop@1.0'), of(21, 'shop@1.0'), of(22, 'shop@2.0'))
  await digest(of(23, 'shop@1.1'))
  const told = rows("select data ->> 'version' as version from triggers where kind = 'new_release'")
  const expected = Array.from({ length: 12 }, (_, id) => `shop@1.${id}`)
  expect(told.map(({ version }) => version)).toEqual([...expected, 'shop@2.0'])
})
