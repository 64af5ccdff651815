import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventBuffer } from '../../../collector/event_buffer.ts'
import { sourceKey } from '../../../collector/parser.ts'
import { parserFrom } from '../../../collector/parsers/all.ts'
import { bothWays, disagreement } from './agreement.ts'

const nginx = parserFrom('nginx', 'none')
const line = (request: string, rest = '200 5 "-" "-"', time = '17/May/2015:10:05:03 +0000') =>
  `192.0.2.7 - - [${time}] "${request}" ${rest}`

test('the direct way says that the event names its source', () => {
  const source = Buffer.from(line('GET / HTTP/1.1'))
  const bits = nginx.transcode!(source, 0, source.length, new EventBuffer(8), Buffer.alloc(0))
  expect(bits).toBe(sourceKey)
})

test.each([
  ['GET /a?b=c HTTP/1.1', { original: '/a?b=c', path: '/a', query: 'b=c' }],
  ['GET /a? HTTP/1.1', { original: '/a?', path: '/a' }],
  ['GET  /a   HTTP/1.1', { original: '/a', path: '/a' }],
  ['GET /a HTTP/x', { original: '/a HTTP/x', path: '/a HTTP/x' }],
  ['OPTIONS * HTTP/1.1', { original: '*' }],
  ['CONNECT a.example:443 HTTP/1.1', { original: 'a.example:443' }],
  ['\\x16\\x03', { original: '\\x16\\x03' }],
])('%s', (request, url) => {
  const { event, direct } = bothWays(nginx, line(request))
  expect(event).toMatchObject({ url })
  expect(JSON.parse(direct!)).toEqual(event)
})

test('lines of several days and zones in turn keep their own times', () => {
  const times = [
    ['17/May/2015:10:05:03 +0000', '2015-05-17T10:05:03.000Z'],
    ['17/May/2015:23:59:59 +0000', '2015-05-17T23:59:59.000Z'],
    ['17/May/2015:23:59:59 -0330', '2015-05-18T03:29:59.000Z'],
    ['17/May/2015:00:00:00 -0330', '2015-05-17T03:30:00.000Z'],
    ['18/May/2015:00:00:00 +0000', '2015-05-18T00:00:00.000Z'],
    ['18/May/2015:01:00:00 +1400', '2015-05-17T11:00:00.000Z'],
  ] as const
  for (const [time, expected] of [...times, ...times.toReversed()]) {
    const { event, direct } = bothWays(nginx, line('GET / HTTP/1.1', undefined, time))
    expect(event).toMatchObject({ '@timestamp': expected })
    expect(direct).toContain(`{"@timestamp":"${expected}"`)
  }
})

test.each(['200 1234567890123456 "-" "-"', '2x0 5', '200'])('%s is refused', (rest) => {
  const { event, direct } = bothWays(nginx, line('GET / HTTP/1.1', rest))
  expect(event).toMatchObject({ reason: 'unmatched' })
  expect(direct).toBeUndefined()
})

test('what is protected in quotes is written directly', () => {
  const quoted = String.raw`a \"b\" \\ \x22 é`
  const { event, direct } = bothWays(
    nginx,
    line('GET / HTTP/1.1', `200 5 "${quoted}" "${quoted}" "-"`),
  )
  expect(event).toMatchObject({
    http: { request: { referrer: quoted } },
    user_agent: { original: quoted },
  })
  expect(JSON.parse(direct!)).toEqual(event)
})

test('both ways agree on what follows the size, wherever it breaks off', () => {
  const pieces = [
    '"',
    '"-"',
    '" "',
    '-',
    ' ',
    '\\',
    '\\"',
    'a',
    'bcdefgh',
    'é',
    '\ud800',
    '\t',
    '192.0.2.7, ',
  ]
  const rest = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((all) => all.join(''))
  fc.assert(
    fc.property(rest, (text) => {
      expect(disagreement(nginx, line('GET / HTTP/1.1', `200 5 ${text}`))).toBeUndefined()
      expect(disagreement(nginx, line('GET / HTTP/1.1', `200 5 "-" "${text}`))).toBeUndefined()
    }),
    { numRuns: 2000 },
  )
})
