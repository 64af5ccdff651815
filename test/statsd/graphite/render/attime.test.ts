import { expect, test } from 'vitest'
import { parseOffset, parseTime } from '../../../../statsd/graphite/render/attime.ts'
import { startOfUnit } from '../../../../statsd/graphite/render/calendar.ts'
import { timeZoneOf, utc } from '../../../../statsd/graphite/render/time_zone.ts'

const berlin = timeZoneOf('Europe/Berlin')!
const seconds = (iso: string) => Date.parse(iso) / 1000
/** A Wednesday. */
const now = seconds('2024-01-31T15:20:30Z')

test.each([
  ['now', '2024-01-31T15:20:30Z'],
  ['-1d', '2024-01-30T15:20:30Z'],
  ['now-1h30min', '2024-01-31T13:50:30Z'],
  ['midnight', '2024-01-31T00:00:00Z'],
  ['noon yesterday', '2024-01-30T12:00:00Z'],
  ['teatime', '2024-01-31T16:00:00Z'],
  ['6pm', '2024-01-31T18:00:00Z'],
  ['monday', '2024-01-29T00:00:00Z'],
  ['jan05', '2024-01-05T00:00:00Z'],
  ['01/02/23', '2023-01-02T00:00:00Z'],
  ['20231105', '2023-11-05T00:00:00Z'],
  ['12:30_20231105', '2023-11-05T12:30:00Z'],
  ['1700000000', '2023-11-14T22:13:20Z'],
  ['-1mon', '2024-01-01T15:20:30Z'],
])('%s is %s', (text, iso) => expect(parseTime(text, utc, now)).toBe(seconds(iso)))

test('days are those of the zone, around changes of the clock too', () => {
  expect(parseTime('midnight', berlin, now)).toBe(seconds('2024-01-30T23:00:00Z'))
  // The hour that does not exist, and the one that comes twice.
  expect(parseTime('02:30_20240331', berlin, now)).toBe(seconds('2024-03-31T01:30:00Z'))
  expect(parseTime('02:30_20241027', berlin, now)).toBe(seconds('2024-10-27T01:30:00Z'))
})

test.each(['-5m', 'someday', '25:00', '20240230 noon', 'jan', '1e5', '-99999999999y', '31/12/23'])(
  '%s is refused',
  (text) => expect(() => parseTime(text, utc, now)).toThrow(RangeError),
)

test('a bare m is refused with what to write', () => {
  expect(() => parseOffset('5m')).toThrow('minutes are min, months mon')
})

test('units begin where the clock of the zone says', () => {
  const start = (unit: Parameters<typeof startOfUnit>[1], weekday?: number) =>
    new Date(startOfUnit(now, unit, berlin, weekday) * 1000).toISOString()
  expect(start('days')).toBe('2024-01-30T23:00:00.000Z')
  expect(start('weeks')).toBe('2024-01-28T23:00:00.000Z')
  expect(start('weeks', 4)).toBe('2024-01-24T23:00:00.000Z')
  expect(start('months')).toBe('2023-12-31T23:00:00.000Z')
  expect(start('minutes')).toBe('2024-01-31T15:20:00.000Z')
})
