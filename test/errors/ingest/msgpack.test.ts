import fc from 'fast-check'
import { pack } from 'msgpackr'
import { describe, expect, test } from 'vitest'
import { readMessages } from '../../../errors/ingest/msgpack.ts'
import { acceptorOn } from './accepted.ts'

describe('MessagePack', () => {
  test('is read as JSON has it', () => {
    const values = [
      { a: [1, -1, 127, -128, 255, 65_535, -40_000, 4e9, 2 ** 40, -(2 ** 40), 0.5, 1e300] },
      {
        text: 'x'.repeat(40),
        long: 'y'.repeat(300),
        longer: 'é'.repeat(40_000),
        no: null,
        yes: true,
      },
      Array.from({ length: 70_000 }, (_, index) => index % 100),
      Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, index])),
    ]
    for (const value of values) expect(readMessages(pack(value), 10)).toEqual([value])
    expect(readMessages(Buffer.concat([pack(1), pack('a')]), 10)).toEqual([1, 'a'])
  })

  test('bytes are Base64, extensions null, keys texts, NaN null', () => {
    expect(readMessages(pack(Buffer.from('abc')), 1)).toEqual(['YWJj'])
    expect(readMessages(Buffer.from([0xc7, 2, 5, 1, 2, 0xd4, 1, 1, 0x07]), 9)).toEqual([
      null,
      null,
      7,
    ])
    expect(readMessages(Buffer.from([0x81, 0x01, 0xc3]), 1)).toEqual([{ 1: true }])
    expect(readMessages(pack(Number.NaN), 1)).toEqual([null])
  })

  test('whole numbers beyond those of a double are their texts', () => {
    const values = [2n ** 64n - 1n, -(2n ** 63n), 2n ** 53n - 1n]
    expect(readMessages(pack(values), 1)).toEqual([
      ['18446744073709551615', '-9223372036854775808', 2 ** 53 - 1],
    ])
  })

  test('whatever comes does no harm', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(fc.jsonValue(), fc.nat(100)).map(([value, cut]) => pack(value).subarray(0, cut)),
    )
    fc.assert(
      fc.property(bytes, (given) => {
        expect(() => JSON.stringify(readMessages(given, 10))).not.toThrow()
      }),
      { numRuns: 500 },
    )
    expect(readMessages(Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]), 10)).toEqual([])
    expect(readMessages(Buffer.alloc(10_000, 0x91), 10)).toEqual([])
  })
})

test('an event and breadcrumbs beside a dump', async () => {
  const weir = acceptorOn()
  const file = (name: string, bytes: Buffer) => [
    `${JSON.stringify({ type: 'attachment', filename: name, length: bytes.length })}\n`,
    bytes,
    '\n',
  ]
  const crumb = (message: string, second: number) =>
    pack({ message, timestamp: `2026-11-21T20:00:0${second}Z` })
  const parts = [
    '{}\n',
    ...file('__sentry-event', pack({ release: 'game@1', tags: { a: 'b' } })),
    ...file('__sentry-breadcrumb1', Buffer.concat([crumb('b', 2), crumb('c', 3)])),
    ...file('__sentry-breadcrumb2', crumb('a', 1)),
    '{"type":"attachment","attachment_type":"event.minidump"}\nMDMP\n',
  ]
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  expect((await weir.post(body)).status).toBe(200)
  const [report] = weir.ofKind('event')
  expect(report).toMatchObject({
    event: { platform: 'native', release: 'game@1', tags: [['a', 'b']] },
  })
  expect(report?.event.breadcrumbs?.values.map(({ message }) => message)).toEqual(['a', 'b', 'c'])
  expect(report?.attachments?.map(({ type }) => type)).toEqual(['event.minidump'])
})
