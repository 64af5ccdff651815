import { describe, expect, test } from 'vitest'
import { quotaSchema } from '../../../errors/ingest/quota_config.ts'
import { Quotas } from '../../../errors/ingest/quotas.ts'
import { acceptorOn, envelopeOf, key, nowMs, otherKey, projectOf } from './accepted.ts'

const none = quotaSchema.parse({})
const minute = 60_000

describe('counting', () => {
  test('by minute, hour and month', () => {
    const project = projectOf({ settings: { quota: { errors: { minute: 2, hour: 3, month: 4 } } } })
    const quotas = new Quotas(none, [])
    const take = (ms: number) => quotas.take(project, key, 'errors', 1, ms)
    expect([take(nowMs), take(nowMs + 1)]).toEqual([undefined, undefined])
    expect(take(nowMs + 15_000)).toEqual({
      seconds: 45,
      scope: 'project',
      reason: 'quota_errors_minute',
    })
    expect(take(nowMs + minute)).toBeUndefined()
    expect(take(nowMs + 2 * minute)).toMatchObject({
      reason: 'quota_errors_hour',
      seconds: 28 * 60,
    })
    expect(take(nowMs + 60 * minute)).toBeUndefined()
    expect(take(nowMs + 120 * minute)).toMatchObject({ reason: 'quota_errors_month' })
    expect(take(Date.UTC(2026, 11, 1))).toBeUndefined()
  })

  test('by key, by project and for all, each in its own', () => {
    const project = projectOf({ settings: { key_quota: { errors: { hour: 1 } } } })
    const quotas = new Quotas(quotaSchema.parse({ errors: { hour: 3 } }), [])
    const take = (from: typeof project, by: string) =>
      quotas.take(from, by, 'errors', 1, nowMs)?.scope
    expect([take(project, key), take(project, key)]).toEqual([undefined, 'key'])
    expect(take(project, otherKey)).toBeUndefined()
    const other = projectOf({ id: 43 })
    expect([take(other, ''), take(other, '')]).toEqual([undefined, 'organization'])
  })

  test('a clock that is set back begins nothing anew; 0 takes nothing', () => {
    const project = projectOf({
      settings: { quota: { errors: { minute: 1 }, logs: { month: 0 } } },
    })
    const quotas = new Quotas(none, [])
    expect(quotas.take(project, key, 'errors', 1, nowMs)).toBeUndefined()
    expect(quotas.take(project, key, 'errors', 1, nowMs - minute)).toBeDefined()
    expect(quotas.take(project, key, 'logs', 1, nowMs)).toBeDefined()
  })

  test('counts that were made durable hold for the next thread', () => {
    const project = projectOf({ settings: { quota: { errors: { hour: 2 } } } })
    const first = new Quotas(none, [])
    first.take(project, key, 'errors', 2, nowMs)
    const left = Object.entries(first.changes() ?? {})
    expect(left).toHaveLength(1)
    expect(first.changes()).toBeUndefined()
    const second = new Quotas(none, left)
    expect(second.take(project, key, 'errors', 1, nowMs + 1)).toBeDefined()
    expect(second.take(project, key, 'errors', 1, nowMs + 60 * minute)).toBeUndefined()
  })

  test('what no quota is set for leaves nothing to keep', () => {
    const quotas = new Quotas(none, [['errors quota p 1', { 'errors hour': 'nonsense' }]])
    quotas.take(projectOf(), key, 'errors', 1, nowMs)
    expect(quotas.changes()).toBeUndefined()
  })
})

test('a quota that is reached is a 429 with its limits; the rest of the envelope is taken', async () => {
  const settings = { quota: { errors: { hour: 1 } } }
  const weir = acceptorOn({ projects: [projectOf({ settings })] })
  const checkIn = '{"monitor_slug":"nightly","status":"ok"}'
  const text = envelopeOf({}, [{ type: 'event' }, '{}'], [{ type: 'check_in' }, checkIn])
  expect((await weir.post(text)).status).toBe(200)
  const answer = await weir.post(text)
  expect(answer.status).toBe(429)
  expect(answer.headers).toMatchObject({
    'retry-after': '1800',
    'x-sentry-rate-limits': '1800:error;default;security:project:quota_errors_hour',
  })
  expect(weir.ofKind('event')).toHaveLength(1)
  expect(weir.ofKind('check_in')).toHaveLength(2)
  expect(weir.ofKind('discarded')).toMatchObject([
    {
      outcomes: [{ source: 'quota', reason: 'quota_errors_hour', category: 'error', quantity: 1 }],
    },
  ])
  expect(weir.counted.report_quota).toBe(1)
})
