import { expect, test } from 'vitest'
import { composed } from '../../../errors/alerts/compose.ts'
import { Deliveries } from '../../../errors/alerts/deliveries.ts'
import { Planner, type PlannedMessage } from '../../../errors/alerts/plan.ts'
import { errorsDatabase, happen, numberOf, rulesOf, slugs, toldIn } from './database.ts'

const minute = 60_000
const hour = 60 * minute
const startMs = Date.parse('2026-02-01T12:00:00Z')
const bounds = { waitingMax: 1000, keptMs: 30 * 24 * hour }

const issuesOf = ({ triggers }: PlannedMessage) => triggers.map(({ issue }) => issue)

/** A planner on a database of its own. */
function planning(...given: object[]) {
  const database = errorsDatabase()
  const planner = new Planner(database, bounds)
  const rules = rulesOf(...given)
  return {
    database,
    plan: (nowMs: number) => planner.plan(rules, slugs, nowMs),
    told: () => toldIn(database),
    held: () => numberOf(database, 'select sum(suppressed) as n from alert_rules'),
  }
}

test('what a rule wants is told by each of its channels, under ids of their own', () => {
  const { database, plan, told } = planning({ when: 'new_issue', to: ['ops', 'dev'] })
  happen(database, { issue: 7 }, { kind: 'regression', issue: 8 }, { kind: 'nothing known' })
  expect(plan(startMs)).toBe(false)
  expect(told().map(({ rule, channel, count }) => [rule, channel, count])).toEqual([
    ['rule-1', 'ops', 1],
    ['rule-1', 'dev', 1],
  ])
  expect(issuesOf(told()[0]!)).toEqual([7])
  expect(new Set(told().map(({ messageId }) => messageId)).size).toBe(2)
  expect(told()[0]!.messageId).toMatch(/^[0-9a-f]{32}$/)
  expect(numberOf(database, 'select count(*) as n from triggers')).toBe(0)
  plan(startMs + 1)
  expect(told()).toHaveLength(2)
})

test('many triggers are taken in several transactions', () => {
  const { database, plan, told } = planning({ when: 'new_issue', to: ['ops'], max_per_hour: 1000 })
  happen(database, ...Array.from({ length: 700 }, (_, issue) => ({ issue })))
  expect(plan(startMs)).toBe(true)
  expect(plan(startMs)).toBe(false)
  expect(told()).toHaveLength(700)
})

test('each new release is told of, by its version', () => {
  const { database, plan, told } = planning({ when: 'new_release', level: 'error', to: ['ops'] })
  const release = (version: string) => ({
    kind: 'new_release',
    data: { version, level: 'error', title: undefined },
  })
  happen(database, release('shop@1.0.0'), release('shop@1.0.1'))
  plan(startMs)
  const world = { slugOf: () => 'shop', baseUrl: 'https://weir.test' }
  const headlines = told().map(
    (each) => composed({ ...each, message: each, numbers: [null] } as never, world).headline,
  )
  expect(headlines).toEqual(['[shop] New release: shop@1.0.0', '[shop] New release: shop@1.0.1'])
})

test('of a monitor its name is told, and that it ran too long', () => {
  const { database, plan, told } = planning({
    when: ['missed_check_in', 'failed_check_in', 'recovered_check_in'],
    to: ['ops'],
    cooldown: 0,
  })
  const monitor = (kind: string, status: string) => ({
    kind,
    data: { monitor: 'nightly', environment: 'prod', status, title: undefined },
  })
  happen(
    database,
    monitor('missed_check_in', 'missed'),
    monitor('missed_check_in', 'timeout'),
    monitor('failed_check_in', 'error'),
    monitor('recovered_check_in', 'ok'),
  )
  plan(startMs)
  const world = { slugOf: () => 'shop', baseUrl: 'https://weir.test' }
  const headlines = told().map(
    (each) => composed({ ...each, message: each, numbers: [null] } as never, world).headline,
  )
  expect(headlines).toEqual([
    '[shop] Missed check-in: nightly',
    '[shop] Timed out: nightly',
    '[shop] Failed check-in: nightly',
    '[shop] Recovered: nightly',
  ])
})

test('how a rule stands is told with the times of its messages', () => {
  const { database, plan } = planning({ name: 'all', when: 'new_issue', to: ['ops'] })
  happen(database, { issue: 1 }, { issue: 2 })
  plan(startMs)
  expect(new Deliveries(database).rules()).toMatchObject([
    { rule: 'all', told: 2, messages_ms: [startMs, startMs] },
  ])
})

test('within the cooldown an issue is counted, and the next message says so', () => {
  const { database, plan, told, held } = planning({
    when: ['new_issue', 'regression'],
    to: ['ops'],
  })
  happen(database, { issue: 1 })
  plan(startMs)
  happen(database, { kind: 'regression', issue: 1 }, { issue: 2 })
  plan(startMs + minute)
  expect(told().map(issuesOf)).toEqual([[1], [2]])
  expect(told()[1]!.suppressed).toEqual({ byCap: 0, byCooldown: 1 })
  expect(held()).toBe(1)
  happen(database, { kind: 'regression', issue: 1 })
  plan(startMs + 31 * minute)
  expect(told().map(issuesOf)).toEqual([[1], [2], [1]])
})

test('a digest collects what comes in its time', () => {
  const { database, plan, told } = planning({ when: 'new_issue', to: ['ops'], digest: '10m' })
  happen(database, { issue: 1 })
  plan(startMs)
  happen(database, { issue: 2 })
  plan(startMs + 9 * minute)
  expect(told()).toEqual([])
  plan(startMs + 10 * minute)
  expect(told().map(issuesOf)).toEqual([[1, 2]])
  happen(database, { issue: 3 })
  plan(startMs + 11 * minute)
  plan(startMs + 20 * minute)
  expect(told()).toHaveLength(1)
  plan(startMs + 21 * minute)
  expect(told().map(issuesOf)).toEqual([[1, 2], [3]])
})

test('a large digest shows some and says how many', () => {
  const { database, plan, told } = planning({ when: 'new_issue', to: ['ops'], digest: '10m' })
  happen(database, ...Array.from({ length: 50 }, (_, issue) => ({ issue })))
  plan(startMs)
  plan(startMs + 10 * minute)
  expect(told()).toMatchObject([{ count: 50 }])
  expect(told()[0]!.triggers).toHaveLength(20)
  expect(numberOf(database, 'select count(*) as n from alert_notices')).toBe(0)
})

test('what comes in quiet hours is told in one message when they end', () => {
  const quiet_hours = { from: '22:00', to: '07:00', timezone: 'Europe/Berlin' }
  const { database, plan, told } = planning({ when: 'new_issue', to: ['ops'], quiet_hours })
  const nightMs = Date.parse('2026-02-01T23:00:00Z')
  happen(database, { issue: 1 })
  plan(nightMs)
  happen(database, { issue: 2 })
  plan(nightMs + hour)
  plan(Date.parse('2026-02-02T05:59:59Z'))
  expect(told()).toEqual([])
  plan(Date.parse('2026-02-02T06:00:00Z'))
  expect(told().map(issuesOf)).toEqual([[1, 2]])
})

test('beyond the cap of an hour things are counted, and told as a number once there is room', () => {
  const { database, plan, told } = planning({ when: 'new_issue', to: ['ops'], max_per_hour: 2 })
  happen(database, ...Array.from({ length: 10 }, (_, issue) => ({ issue })))
  plan(startMs)
  expect(told().map(issuesOf)).toEqual([[0], [1]])
  plan(startMs + hour - 1)
  expect(told()).toHaveLength(2)
  plan(startMs + hour)
  expect(told()[2]).toMatchObject({
    triggers: [],
    count: 0,
    suppressed: { byCap: 8, byCooldown: 0 },
  })
  plan(startMs + 3 * hour)
  expect(told()).toHaveLength(3)
})

test('what was to be collected for a rule that is gone is forgotten', () => {
  const database = errorsDatabase()
  const planner = new Planner(database, bounds)
  happen(database, { issue: 1 })
  planner.plan(rulesOf({ when: 'new_issue', to: ['ops'], digest: '1m' }), slugs, startMs)
  planner.plan([], slugs, startMs + hour)
  expect(toldIn(database)).toEqual([])
  expect(numberOf(database, 'select count(*) as n from alert_notices')).toBe(0)
})

test('no more wait to be delivered than may', () => {
  const database = errorsDatabase()
  const planner = new Planner(database, { ...bounds, waitingMax: 3 })
  const rules = rulesOf({ when: 'new_issue', to: ['ops'], max_per_hour: 1000 })
  happen(database, ...Array.from({ length: 10 }, (_, issue) => ({ issue })))
  planner.plan(rules, slugs, startMs)
  expect(toldIn(database)).toHaveLength(3)
  expect(numberOf(database, 'select capped as n from alert_rules')).toBe(7)
})
