import { expect, test } from 'vitest'
import { watchCrashes } from '../../../errors/alerts/crash_free.ts'
import { Watch } from '../../../errors/alerts/watch.ts'
import { errorsDatabase, rulesOf, slugs } from './database.ts'

const startMs = Date.parse('2026-02-01T12:00:00Z')
const minute = 60_000

function watching(rule: object, database = errorsDatabase()) {
  const rules = rulesOf({ to: ['ops'], ...rule })
  const watch = new Watch(database, rules, () => slugs)
  let eventNumber = 0
  return {
    database,
    watch,
    event(atMs: number, about: { issue?: number; user?: number; environment?: string } = {}) {
      const { issue = 7, user, environment = 'production' } = about
      eventNumber += 1
      watch.event({
        project: 1,
        issue,
        eventId: String(eventNumber).padStart(32, '0'),
        receivedMs: startMs + atMs,
        userNumber: user === undefined ? undefined : BigInt(user),
        data: { level: 'error', environment, title: 'no price' },
      })
      watch.save(startMs + atMs)
    },
    fired: () =>
      database
        .prepare('select kind, issue, data from triggers order by number')
        .all()
        .map(({ kind, issue, data }) => {
          const { counted } = JSON.parse(String(data)) as { counted: string }
          return [kind, issue, counted]
        }),
  }
}

test('so many events of one issue within a time', () => {
  const { event, fired } = watching({ when: 'event_count', events: 3, within: '10m' })
  event(0)
  event(0, { issue: 8 })
  event(5 * minute)
  // The first is too long ago by now.
  event(11 * minute)
  expect(fired()).toEqual([])
  event(12 * minute)
  expect(fired()).toEqual([['event_count', 7, '3 events within 10 minutes']])
  // It begins again.
  event(12 * minute)
  event(12 * minute)
  expect(fired()).toHaveLength(1)
  event(12 * minute)
  expect(fired()).toHaveLength(2)
})

test('so many users of one issue within a time, each of them once', () => {
  const { event, fired } = watching({ when: 'user_count', users: 3, within: '1h' })
  for (const user of [1, 2, 2, 1, 2]) event(0, { user })
  event(0)
  expect(fired()).toEqual([])
  event(minute, { user: -3 })
  expect(fired()).toEqual([['user_count', 7, '3 users within an hour']])
})

test('only events that the rule chooses', () => {
  const rule = { when: 'event_count', events: 2, environments: ['production'] }
  const { event, fired } = watching(rule)
  event(0)
  event(0, { environment: 'staging' })
  expect(fired()).toEqual([])
  event(0)
  expect(fired()).toHaveLength(1)
})

test('counts go on after a restart', () => {
  const rule = { when: 'event_count', events: 3 }
  const { database, event } = watching(rule)
  event(0)
  event(0)
  const again = watching(rule, database)
  again.event(minute)
  expect(again.fired()).toHaveLength(1)
})

test('nothing is counted that no rule looks for', () => {
  const { watch, database, event } = watching({ when: 'new_issue' })
  expect(watch.isWanted).toBe(false)
  event(0)
  expect(database.prepare('select * from alert_windows').all()).toEqual([])
})

test('a crash-free rate is told once, and again after it was well', () => {
  const database = errorsDatabase()
  const rules = rulesOf({
    when: 'crash_free_rate',
    below: 99,
    within: '2h',
    sessions_min: 50,
    to: ['ops'],
  })
  const sessions = (hoursAgo: number, started: number, crashed: number) => {
    const hourMs = startMs - hoursAgo * 60 * minute
    database
      .prepare(
        'insert or replace into session_hours (project, release, environment, hour_ms, started, crashed) values (1, ?, ?, ?, ?, ?)',
      )
      .run('shop@1', 'production', hourMs, started, crashed)
  }
  const fired = () => database.prepare('select data from triggers').all()
  const look = (atMs: number) => watchCrashes(database, rules, slugs, startMs + atMs)
  sessions(5, 1000, 900)
  sessions(0, 40, 10)
  look(0)
  expect(fired()).toEqual([])
  sessions(1, 60, 0)
  look(minute)
  look(2 * minute)
  expect(fired()).toHaveLength(1)
  expect(String(fired()[0]!['data'])).toContain('90.00 % of 100 sessions within 2 hours')
  sessions(0, 4000, 10)
  look(3 * minute)
  sessions(0, 4000, 100)
  look(4 * minute)
  expect(fired()).toHaveLength(2)
})
