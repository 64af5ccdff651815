import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { timeReader, type TimeOptions } from '../../../collector/times/reader.ts'
import { zoneOf } from '../../../collector/times/zone.ts'

const defaults: TimeOptions = {
  time_type: undefined,
  time_format: undefined,
  time_format_fallbacks: [],
  timezone: 'UTC',
  localtime: true,
  utc: false,
}
const reader = (options: Partial<TimeOptions>, now = Date.UTC(2026, 0, 1, 5)) =>
  timeReader({ ...defaults, ...options }, () => now)

test.each([
  ['%d/%b/%Y:%H:%M:%S %z', '17/May/2015:10:05:03 +0200', '2015-05-17T08:05:03.000Z'],
  ['%Y-%m-%dT%H:%M:%S.%L%z', '2017-02-06T13:14:15.003Z', '2017-02-06T13:14:15.003Z'],
  ['%Y-%m-%d %H:%M:%S.%N', '2017-02-06 13:14:15.0000031', '2017-02-06T13:14:15.000003100Z'],
  ['%b %d %H:%M:%S', 'Feb  5 17:32:18', '2025-02-05T17:32:18.000Z'],
  ['%b %e %H:%M:%S', 'Jan 1 04:00:00', '2026-01-01T04:00:00.000Z'],
  ['%b %d %H:%M:%S', 'Dec 31 23:59:59', '2025-12-31T23:59:59.000Z'],
  ['%b %d %H:%M:%S', 'Feb 29 00:00:00', '2024-02-29T00:00:00.000Z'],
  ['%H:%M:%S', '04:00:00', '2026-01-01T04:00:00.000Z'],
  ['%s', '1445680800', '2015-10-24T10:00:00.000Z'],
  ['%s.%N', '1445680800.25', '2015-10-24T10:00:00.250Z'],
  ['%A, %d %B %Y %I:%M %p', 'Friday, 01 May 2020 12:30 AM', '2020-05-01T00:30:00.000Z'],
  ['%Y %j', '2024 366', '2024-12-31T00:00:00.000Z'],
  ['%d.%m.%y %T %Z', '24.12.99 18:00:00 CET', '1999-12-24T17:00:00.000Z'],
  ['100%% %F', '100% 2020-01-02', '2020-01-02T00:00:00.000Z'],
  [
    '2006-01-02T15:04:05Z07:00',
    '2026-11-21T10:17:37.123456789-05:30',
    '2026-11-21T15:47:37.123456789Z',
  ],
  ['02/Jan/2006:15:04:05 -0700', '17/May/2015:10:05:03 +0000', '2015-05-17T10:05:03.000Z'],
  ['Mon Jan _2 15:04:05.000 2006', 'Sun May  3 10:05:03.5 2015', '2015-05-03T10:05:03.500Z'],
  ['1/2/06 3:04:05PM', '5/7/15 1:02:03PM', '2015-05-07T13:02:03.000Z'],
  ['iso8601', '2020-02-29T12:00:00,5+01', '2020-02-29T11:00:00.500Z'],
])('%s reads %s', (time_format, text, expected) => {
  expect(reader({ time_format })(text)).toBe(expected)
})

test.each([
  ['%Y-%m-%d', '2026-02-29'],
  ['%Y-%m-%d', '2026-13-01'],
  ['%Y-%m-%d', '2026-12-01x'],
  ['%b %d %H:%M:%S', 'Feb 30 00:00:00'],
  ['%Y-%m-%d', '0000-12-01'],
  ['%H:%M', '24:01'],
  ['%Y %z', '2020 XYZ'],
  ['iso8601', '2026-11-21T10:17:37+24:00'],
  ['iso8601', '9999-12-31T23:59:59-00:01'],
])('%s does not read %s', (time_format, text) => {
  expect(reader({ time_format })(text)).toBeUndefined()
})

test.each([
  [{ time_type: 'float' }, 1445680800.5, '2015-10-24T10:00:00.500Z'],
  [{ time_type: 'float' }, -1.5, '1969-12-31T23:59:58.500Z'],
  [{ time_type: 'unixtime' }, '1445680800.9', '2015-10-24T10:00:00.000Z'],
  [{ time_type: 'unixtime_millis' }, 1445680800424, '2015-10-24T10:00:00.424Z'],
  [{ time_type: 'unixtime_nanos' }, '1445680800424000001', '2015-10-24T10:00:00.424000001Z'],
  [
    { time_type: 'mixed', time_format: '%F', time_format_fallbacks: ['unixtime'] },
    5,
    '1970-01-01T00:00:05.000Z',
  ],
  [{}, 1445680800424, '2015-10-24T10:00:00.424Z'],
  [{}, true, undefined],
  [{ time_type: 'float' }, '2020-01-01', undefined],
] as const)('%j reads %j', (options, value, expected) => {
  expect(reader(options as Partial<TimeOptions>)(value)).toBe(expected)
})

describe('zones', () => {
  test.each([
    ['Europe/Berlin', '2026-03-29T01:59:59', '2026-03-29T00:59:59.000Z'],
    ['Europe/Berlin', '2026-03-29T02:30:00', '2026-03-29T01:30:00.000Z'],
    ['Europe/Berlin', '2026-03-29T03:00:00', '2026-03-29T01:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25T03:00:00', '2026-10-25T02:00:00.000Z'],
    ['America/New_York', '2026-11-01T01:30:00', '2026-11-01T05:30:00.000Z'],
    ['Asia/Kathmandu', '2026-01-01T00:00:00', '2025-12-31T18:15:00.000Z'],
    ['Australia/Lord_Howe', '2026-04-05T01:45:00', '2026-04-04T14:45:00.000Z'],
    ['+09:00', '2026-01-01T00:00:00', '2025-12-31T15:00:00.000Z'],
  ])('%s %s', (timezone, text, expected) => {
    expect(reader({ timezone })(text)).toBe(expected)
  })

  test('a wall time that exists reads back from its instant', () => {
    const zone = zoneOf('America/St_Johns')!
    const format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'America/St_Johns',
      dateStyle: 'short',
      timeStyle: 'medium',
    })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000_000 }), (local) => {
        const instant = local - zone(local)
        const shown = Date.parse(`${format.format(instant * 1000).replace(' ', 'T')}Z`) / 1000
        // Within a gap of an hour the wall time shown is the one after it.
        expect([0, 3600]).toContain(shown - local)
      }),
      { numRuns: 200 },
    )
  })
})

test('ISO text of any instant reads back, nanoseconds and all', () => {
  const read = reader({})
  fc.assert(
    fc.property(
      fc.date({
        min: new Date('0001-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59Z'),
        noInvalidDate: true,
      }),
      fc.nat(999_999),
      (date, nanos) => {
        const text = `${date.toISOString().slice(0, -1)}${String(nanos).padStart(6, '0')}Z`
        expect(read(text)).toBe(text)
      },
    ),
    { numRuns: 200 },
  )
})
