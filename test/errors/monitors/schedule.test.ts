import { expect, test } from 'vitest'
import { readCheckIn } from '../../../errors/monitors/check_in.ts'
import { parseCron } from '../../../errors/monitors/cron.ts'
import { nextDue, readSchedule } from '../../../errors/monitors/schedule.ts'

const next = (value: string, from: string, timezone = 'UTC') => {
  const due = nextDue({ type: 'crontab', value }, timezone, Date.parse(from))
  return due === undefined ? undefined : new Date(due).toISOString()
}

test.each([
  ['*/5 * * * *', '2026-01-05T12:03:20Z', '2026-01-05T12:05:00.000Z'],
  ['*/5 * * * *', '2026-01-05T12:05:00Z', '2026-01-05T12:10:00.000Z'],
  ['0 3 * * *', '2026-01-05T12:00:00Z', '2026-01-06T03:00:00.000Z'],
  ['30 8 * * mon-fri', '2026-01-09T09:00:00Z', '2026-01-12T08:30:00.000Z'],
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ['0 0 1,15 * 0', '2026-01-02T00:00:00Z', '2026-01-04T00:00:00.000Z'],
  ['@monthly', '2026-12-15T00:00:00Z', '2027-01-01T00:00:00.000Z'],
  ['0 0 30 2 *', '2026-01-01T00:00:00Z', undefined],
])('%s after %s', (line, from, due) => {
  expect(next(line, from)).toBe(due)
})

test('a time zone has hours of its own, also when its clocks change', () => {
  expect(next('0 9 * * *', '2026-01-05T00:00:00Z', 'America/New_York')).toBe(
    '2026-01-05T14:00:00.000Z',
  )
  expect(next('0 9 * * *', '2026-07-05T00:00:00Z', 'America/New_York')).toBe(
    '2026-07-05T13:00:00.000Z',
  )
  // 02:30 is left out on that day.
  const [before, after] = ['2026-03-29T00:00:00Z', '2026-03-31T00:00:00Z'].map(Date.parse)
  const due = Date.parse(next('30 2 * * *', '2026-03-29T00:00:00Z', 'Europe/Berlin')!)
  expect(due).toBeGreaterThan(before!)
  expect(due).toBeLessThan(after!)
  expect(next('0 9 * * *', '2026-01-05T00:00:00Z', 'Nowhere/At_All')).toBe(
    '2026-01-05T09:00:00.000Z',
  )
})

test.each([
  '',
  '* * * *',
  '60 * * * *',
  '*/0 * * * *',
  '5-1 * * * *',
  'a * * * *',
  '1-2-3 * * * *',
])('%j is no crontab', (line) => expect(parseCron(line)).toBeUndefined())

test('an interval counts from the last one; a month is as long as it is', () => {
  const from = Date.UTC(2026, 0, 5)
  expect(nextDue({ type: 'interval', value: 2, unit: 'hour' }, 'UTC', from)).toBe(from + 7_200_000)
  const month = nextDue({ type: 'interval', value: 1, unit: 'month' }, 'UTC', from)
  expect(month).toBe(Date.UTC(2026, 1, 5))
  expect(readSchedule({ type: 'interval', value: '2', unit: 'hour' })).toMatchObject({ value: 2 })
  expect(readSchedule({ type: 'interval', value: 0, unit: 'hour' })).toBeUndefined()
  expect(readSchedule({ type: 'interval', value: 1, unit: '__proto__' })).toBeUndefined()
})

test('a check-in is read leniently', () => {
  const id = '0123456789abcdef0123456789abcdef'
  const checkIn = readCheckIn({
    monitor_slug: 'Nightly Job',
    status: 'ok',
    check_in_id: id,
    duration: 1.5,
  })
  expect(checkIn).toMatchObject({
    slug: 'nightly-job',
    checkInId: id,
    durationMs: 1500,
    environment: 'production',
  })
  expect(readCheckIn({ monitor_slug: 'a', status: 'no' })).toBeUndefined()
  expect(readCheckIn({ status: 'ok' })).toBeUndefined()
  expect(
    readCheckIn({ monitor_slug: 'a', status: 'ok', check_in_id: '0'.repeat(32) })?.checkInId,
  ).toBeUndefined()
})
