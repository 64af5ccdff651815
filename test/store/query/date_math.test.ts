import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dateOf, nanosOf } from '../../../store/query/date_math.ts'
import { formatDate, formatNanos } from '../../../store/query/date_format.ts'
import { namedDatePatterns } from '../../../store/query/date_pattern.ts'
import { SearchError } from '../../../store/search.ts'

const nowMs = Date.UTC(2026, 10, 21, 12, 34, 56, 789)
const ms = (nanos: bigint) =>
  Number((nanos - (((nanos % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n)

/** What OpenSearch 3.6 makes of each as `gte` and as `lte`, in milliseconds. */
test.each([
  ['2024', {}, 1704067200000, 1704153599999],
  ['2024-02', {}, 1706745600000, 1706831999999],
  ['2024-02-03', {}, 1706918400000, 1707004799999],
  ['2024-02-03T04', {}, 1706932800000, 1706936399999],
  ['2024-02-03T04:05', {}, 1706933100000, 1706933159999],
  ['2024-02-03T04:05:06', {}, 1706933106000, 1706933106999],
  ['2024-02-03T04:05:06.7', {}, 1706933106700, 1706933106700],
  ['2024-02-03T04:05:06.789Z', {}, 1706933106789, 1706933106789],
  ['2024-02-03T04:05:06,78+02:00', {}, 1706925906780, 1706925906780],
  ['2024-02-03T04:05:06+0130', {}, 1706927706000, 1706927706999],
  ['2024-02-03T', {}, 1706918400000, 1707004799999],
  ['1577836800000', {}, 1577836800000, 1577836800000],
  ['2024-01-31||+1M', {}, 1709164800000, 1709164800000],
  ['2024-02-03||/d', {}, 1706918400000, 1707004799999],
  ['2024-02-03T10:00:00Z||/M', {}, 1706745600000, 1709251199999],
  ['2024-02-03||/w', {}, 1706486400000, 1707091199999],
  ['2024-02-03||-1y/y', {}, 1672531200000, 1704067199999],
  ['2024-02-03||+1d+2h-3m', {}, 1707011820000, 1707011820000],
  ['2024-03-31||/d', { timeZone: 'Europe/Berlin' }, 1711839600000, 1711922399999],
  ['2024-03-31T02:30:00', { timeZone: 'Europe/Berlin' }, 1711848600000, 1711848600999],
  ['2024-10-27T02:30:00', { timeZone: 'Europe/Berlin' }, 1729989000000, 1729989000999],
  ['2024-10-27', { timeZone: 'Europe/Berlin' }, 1729980000000, 1730069999999],
  ['2024-03-30T12:00:00||+1d', { timeZone: 'Europe/Berlin' }, 1711879200000, 1711879200000],
  ['2024-10-27T10:00:00||/d', { timeZone: 'Europe/Berlin' }, 1729980000000, 1730069999999],
  ['2024-02-03', { timeZone: '-05:30' }, 1706938200000, 1707024599999],
  ['2024-10-27T02:30:00||/h', { timeZone: 'Asia/Kathmandu' }, 1729973700000, 1729977299999],
  ['03/02/2024', { format: 'dd/MM/yyyy' }, 1706918400000, 1707004799999],
  ['2024-02-03 04:05:06', { format: 'yyyy-MM-dd HH:mm:ss' }, 1706933106000, 1706933106999],
  ['2024-02', { format: 'yyyy-MM' }, 1706745600000, 1706831999999],
  ['1577836800', { format: 'epoch_second' }, 1577836800000, 1577836800999],
  ['20240203', { format: 'basic_date' }, 1706918400000, 1707004799999],
  ['20240203T040506.789Z', { format: 'basic_date_time' }, 1706933106789, 1706933106789],
  ['2024-034', { format: 'ordinal_date' }, 1706918400000, 1707004799999],
  ['04:05', { format: 'HH:mm' }, 14700000, 14759999],
  ['03 Feb 2024', { format: 'dd MMM yyyy' }, 1706918400000, 1707004799999],
  ['3/Feb/2024:10:11:12 +0100', { format: 'd/MMM/yyyy:HH:mm:ss Z' }, 1706951472000, 1706951472999],
  ['2024-2-3', { format: 'date_optional_time' }, 1706918400000, 1707004799999],
  ['+10000-01-01', {}, 253402300800000, 253402387199999],
  ['-0001-01-01', {}, -62198755200000, -62198668800001],
  ['1577836800.5', { format: 'epoch_second' }, 1577836800500, 1577836800500],
  ['2024-02-03T04:05:06.123456789Z', {}, 1706933106123, 1706933106123],
  ['2024-02-03T04:05:06.123456', {}, 1706933106123, 1706933106123],
  ['2024||/y', {}, 1704067200000, 1735689599999],
  ['2024-06-15||/M/d', {}, 1717200000000, 1719791999999],
  ['12/31/24', { format: 'MM/dd/yy' }, 1735603200000, 1735689599999],
  ['20240203', { format: 'epoch_millis||basic_date' }, 20240203, 20240203],
  ['2024-02-03T04:05:06Z', { format: 'date_time_no_millis' }, 1706933106000, 1706933106999],
  ['2024-02-03T04:05:06.7Z', { format: 'date_time' }, 1706933106700, 1706933106700],
  ['2024-02-03T04:05Z', { format: "yyyy-MM-dd'T'HH:mm[:ss]X" }, 1706933100000, 1706933159999],
])('%s %j', (text, options, gte, lte) => {
  expect(ms(nanosOf(text, { ...options, nowMs }))).toBe(gte)
  expect(ms(nanosOf(text, { ...options, nowMs, roundUp: true }))).toBe(lte)
})

test.each([
  ['now', '2026-11-21T12:34:56.789Z'],
  ['now-1h', '2026-11-21T11:34:56.789Z'],
  ['now/d', '2026-11-21T00:00:00.000Z'],
  ['now-1d/d', '2026-11-20T00:00:00.000Z'],
  ['now/w', '2026-11-16T00:00:00.000Z'],
  ['now+1M/M', '2026-12-01T00:00:00.000Z'],
  ['now-m', '2026-11-21T12:33:56.789Z'],
])('%s is %s', (text, expected) => {
  expect(formatDate(dateOf(text, { nowMs }), 'strict_date_optional_time')).toBe(expected)
})

test.each([
  '',
  'nowish',
  'now-',
  'now-1',
  'now/D',
  'now-1x',
  '2024-01-01||',
  '2024-02-30',
  '2024-1-1',
  '1e400',
  'now+999999999y',
  '2024-01-01T24:00',
  ' 2024',
])('refuses %j', (text) => {
  if (text === '2024-01-01||') expect(ms(nanosOf(text, { nowMs }))).toBe(Date.UTC(2024, 0, 1))
  else expect(() => nanosOf(text, { nowMs })).toThrow(SearchError)
})

test.each(['qqqq', "yyyy'", 'yyyy[', 'yyyy]', '', 'yyyyyyyyyyy'])(
  'refuses the format %j',
  (format) => {
    expect(() => nanosOf('2024', { format, nowMs })).toThrow(SearchError)
  },
)

test('keeps what is finer than a millisecond', () => {
  expect(nanosOf('2024-02-03T04:05:06.123456789Z', { nowMs }) % 1_000_000_000n).toBe(123_456_789n)
  expect(dateOf('2024-02-03T04:05:06.123456Z', { nowMs }) % 1_000_000n).toBe(123_456n)
  expect(dateOf('1969-12-31T23:59:59.999999Z', { nowMs })).toBe(-1n)
})

test.each([
  ['strict_date_optional_time', 'Z', '2024-02-03T04:05:06.789Z'],
  ['strict_date_optional_time', 'Europe/Berlin', '2024-02-03T05:05:06.789+01:00'],
  ['strict_date_optional_time_nanos', 'Z', '2024-02-03T04:05:06.789012345Z'],
  ['epoch_millis', 'Z', '1706933106789.012345'],
  ['epoch_second', 'Z', '1706933106.789012345'],
  ['yyyy-MM-dd HH:mm:ss.SSS', '-05:30', '2024-02-02 22:35:06.789'],
  ['d MMM uu, h a', 'Z', '3 Feb 24, 4 AM'],
  ["EEEE dd. MMMM yyyy 'at' HH", 'Z', 'Saturday 03. February 2024 at 04'],
  ["YYYY-'W'ww-e", 'Z', '2024-W05-6'],
  ['yyyy-DDD', 'Z', '2024-034'],
  ['basic_date_time', 'Z', '20240203T040506.789Z'],
  ['yyyy-MM-dd||epoch_millis', 'Z', '2024-02-03'],
])('prints %s in %s as %s', (format, zone, expected) => {
  expect(formatNanos(1_706_933_106_789_012_345n, format, zone)).toBe(expected)
})

test.each([
  [-62_198_755_200_000n, '-0001-01-01T00:00:00.000Z'],
  [253_402_300_800_000n, '+10000-01-01T00:00:00.000Z'],
  [-1n, '1969-12-31T23:59:59.999Z'],
])('prints %i ms as %s, and reads it back', (instantMs, expected) => {
  expect(formatDate(instantMs * 1000n, 'strict_date_optional_time')).toBe(expected)
  expect(dateOf(expected, { nowMs })).toBe(instantMs * 1000n)
})

const whole = Object.entries(namedDatePatterns)
  .filter(([, pattern]) => /ss/.test(pattern) && /dd|D|e/.test(pattern))
  .map(([name]) => name)
test('every format with date and time reads what it prints', () => {
  const instant = fc.bigInt({ min: -62_135_000_000n, max: 253_402_200_000n })
  const zone = fc.constantFrom('Z', '+05:45', 'America/New_York')
  fc.assert(
    fc.property(instant, zone, fc.constantFrom(...whole), (seconds, timeZone, format) => {
      // Local mean time has offsets of seconds, which few formats can show.
      if (timeZone.includes('/') && seconds < -2_000_000_000n) return
      // What clocks show twice is its first time when no offset says otherwise.
      if (timeZone.includes('/') && !/X/.test(namedDatePatterns[format]!)) return
      const text = formatDate(seconds * 1_000_000n, format, timeZone)
      expect([text, nanosOf(text, { format, timeZone, nowMs })]).toEqual([
        text,
        seconds * 1_000_000_000n,
      ])
    }),
    { numRuns: 500 },
  )
})
