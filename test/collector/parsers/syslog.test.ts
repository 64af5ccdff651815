import { expect, test } from 'vitest'
import { parserFrom } from '../../../collector/parsers/all.ts'
import { bothWays } from './agreement.ts'

const clock = { now: () => Date.UTC(2026, 10, 21) }
const parse = (options: object, text: string) =>
  bothWays(parserFrom({ type: 'syslog', timezone: 'UTC', ...options }, 'none', clock), text).event

test.each([
  [{ with_priority: true }, 'Nov 21 10:17:37 host a: x', 'a priority'],
  [{ with_priority: false }, '<13>Nov 21 10:17:37 host a: x', 'no priority'],
  [{ message_format: 'rfc5424' }, '<13>Nov 21 10:17:37 host a: x', 'header'],
  [{ max_length: 480 }, `<13>${'x'.repeat(480)}`, 'max_length'],
] as const)('%j refuses what it must', (options, text, detail) => {
  expect(parse(options, text)).toMatchObject({
    reason: 'unmatched',
    detail: expect.stringContaining(detail),
  })
})

test('a time format of its own, of several words', () => {
  expect(
    parse({ time_format: '%Y %b %e %T' }, '2020 Feb  3 04:05:06 host app: hello'),
  ).toMatchObject({
    '@timestamp': '2020-02-03T04:05:06.000Z',
    host: { name: 'host' },
    message: 'hello',
  })
})

test('the colon may be missing only where that is allowed', () => {
  const text = 'Nov 21 10:17:37 host cron[12] text'
  expect(parse({}, text)).toMatchObject({ process: { name: 'cron', pid: 12 }, message: 'text' })
  expect(parse({ support_colonless_ident: false }, text)).toMatchObject({
    message: 'cron[12] text',
  })
})

test('rfc5424 with a time format', () => {
  const options = { rfc5424_time_format: '%Y/%m/%dT%H:%M' }
  expect(parse(options, '<13>1 2020/02/03T04:05 h a - - - x')).toMatchObject({
    '@timestamp': '2020-02-03T04:05:00.000Z',
  })
})
