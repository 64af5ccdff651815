import { expect, test } from 'vitest'
import { quietUntil } from '../../../errors/alerts/quiet_hours.ts'

const at = (text: string) => Date.parse(text)
const until = (text: string, from: string, to: string, timezone = 'UTC') => {
  const ms = quietUntil(at(text), { from, to, timezone })
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

test('within a day, and over midnight', () => {
  expect(until('2026-02-01T12:30:10.5Z', '12:00', '14:00')).toBe('2026-02-01T14:00:00.000Z')
  expect(until('2026-02-01T14:00:00Z', '12:00', '14:00')).toBeUndefined()
  expect(until('2026-02-01T23:00:00Z', '22:00', '07:00')).toBe('2026-02-02T07:00:00.000Z')
  expect(until('2026-02-01T06:59:59Z', '22:00', '07:00')).toBe('2026-02-01T07:00:00.000Z')
  expect(until('2026-02-01T07:00:00Z', '22:00', '07:00')).toBeUndefined()
  expect(until('2026-02-01T07:00:00Z', '07:00', '07:00')).toBeUndefined()
  expect(quietUntil(0, undefined)).toBeUndefined()
})

test('by the clock of a place, which is put forward and back', () => {
  const berlin = 'Europe/Berlin'
  expect(until('2026-02-01T22:00:00Z', '22:00', '07:00', berlin)).toBe('2026-02-02T06:00:00.000Z')
  // In the night to 29 March clocks are put forward, in that to 25 October back.
  expect(until('2026-03-28T23:00:00Z', '22:00', '07:00', berlin)).toBe('2026-03-29T05:00:00.000Z')
  expect(until('2026-10-24T22:00:00Z', '22:00', '07:00', berlin)).toBe('2026-10-25T06:00:00.000Z')
})
