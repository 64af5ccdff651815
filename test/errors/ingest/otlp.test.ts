import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { logItemsOfProtobuf } from '../../../errors/ingest/otlp_logs.ts'
import { ProtobufError } from '../../../errors/ingest/protobuf.ts'
import { acceptorOn, nowMs } from './accepted.ts'

/** A field of Protocol Buffers with a length. */
const field = (number: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts)
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content])
}
const number = (id: number, value: number | bigint) =>
  Buffer.concat([varint(id * 8), varint(value)])
const fixed64 = (id: number, value: bigint) => {
  const bits = Buffer.alloc(8)
  bits.writeBigUInt64LE(value)
  return Buffer.concat([varint(id * 8 + 1), bits])
}
const double = (id: number, value: number) => {
  const bits = Buffer.alloc(8)
  bits.writeDoubleLE(value)
  return Buffer.concat([varint(id * 8 + 1), bits])
}
const text = (id: number, value: string) => field(id, Buffer.from(value))

function varint(given: number | bigint): Buffer {
  const bytes: number[] = []
  let value = BigInt.asUintN(64, BigInt(given))
  for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128)
  return Buffer.from([...bytes, Number(value)])
}

const attribute = (name: string, ...value: Uint8Array[]) =>
  field(6, text(1, name), field(2, ...value))
const resource = field(
  1,
  field(1, text(1, 'service.version'), field(2, text(1, '1.2'))),
  field(1, text(1, 'deployment.environment.name'), field(2, text(1, 'Production'))),
)
const nanos = BigInt(nowMs) * 1_000_000n
const record = field(
  2,
  fixed64(1, nanos),
  number(2, 17),
  field(5, text(1, 'no stock')),
  attribute('order.id', number(3, -7)),
  attribute('ratio', double(4, 0.5)),
  attribute('paid', number(2, 0)),
  attribute('items', field(5, field(1, text(1, 'a')), field(1, number(3, 2)))),
  attribute('by', field(6, field(1, text(1, 'name'), field(2, text(1, 'Ana'))))),
  attribute('password', text(1, 'hunter2')),
  field(9, Buffer.alloc(16, 0xab)),
)
const request = field(1, resource, field(2, field(1, text(1, 'a library')), record))

const json = JSON.stringify({
  resourceLogs: [
    {
      resource: {
        attributes: [
          { key: 'service.version', value: { stringValue: '1.2' } },
          { key: 'deployment.environment.name', value: { stringValue: 'Production' } },
        ],
      },
      scopeLogs: [
        {
          logRecords: [
            {
              timeUnixNano: String(nanos),
              severityNumber: 17,
              body: { stringValue: 'no stock' },
              traceId: 'AB'.repeat(16),
              attributes: [
                { key: 'order.id', value: { intValue: '-7' } },
                { key: 'ratio', value: { doubleValue: 0.5 } },
                { key: 'paid', value: { boolValue: false } },
                {
                  key: 'items',
                  value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: 2 }] } },
                },
                {
                  key: 'by',
                  value: {
                    kvlistValue: { values: [{ key: 'name', value: { stringValue: 'Ana' } }] },
                  },
                },
                { key: 'password', value: { stringValue: 'hunter2' } },
              ],
            },
          ],
        },
      ],
    },
  ],
})

const logs = { endpoint: 'otlp_logs' as const }
const asJson = { ...logs, headers: { contentType: 'application/json' } }
const asProtobuf = { ...logs, headers: { contentType: 'application/x-protobuf' } }

describe('logs of OpenTelemetry', () => {
  test.each([
    ['JSON', json, asJson, 'application/json', '{}'],
    ['Protocol Buffers', request, asProtobuf, 'application/x-protobuf', ''],
  ])('go into the logs, in %s', async (_name, body, changes, type, answered) => {
    const weir = acceptorOn()
    const answer = await weir.post(body, changes)
    expect([answer.status, answer.headers['content-type'], answer.body]).toEqual([
      200,
      type,
      answered,
    ])
    expect(weir.reports).toMatchObject([{ kind: 'logs', items: 1, bytes: 125 }])
    expect(weir.logs).toEqual([
      {
        stream: 'logs-shop-production',
        event: {
          '@timestamp': new Date(nowMs).toISOString(),
          message: 'no stock',
          log: { level: 'error' },
          service: { name: 'shop', environment: 'Production', version: '1.2' },
          trace: { id: 'ab'.repeat(16) },
          labels: {
            order_id: '-7',
            ratio: '0.5',
            paid: 'false',
            items: '["a",2]',
            by: '{"name":"Ana"}',
            password: '[Filtered]',
          },
        },
      },
    ])
  })

  test('what is none is a 400, what is too large a 413, and one key is needed', async () => {
    const weir = acceptorOn({ config: { limits: { max_logs_size: 200 } } })
    const status = async (body: string | Uint8Array, changes: object) =>
      (await weir.post(body, changes)).status
    expect(await status('{', asJson)).toBe(400)
    expect(await status('<html>', asProtobuf)).toBe(400)
    expect(await status(Buffer.alloc(201), asProtobuf)).toBe(413)
    expect(await status('{}', { ...asJson, query: '' })).toBe(401)
    expect(await status('[7]', asJson)).toBe(200)
    expect(weir.logs).toEqual([])
  })

  test('records beyond the most are counted, and quotas are those of logs', async () => {
    const records = Array.from({ length: 5 }, () => field(2, field(5, text(1, 'x'))))
    const five = field(1, field(2, ...records))
    const few = acceptorOn({ config: { limits: { max_logs: 3 } } })
    expect((await few.post(five, asProtobuf)).status).toBe(200)
    expect(few.logs).toHaveLength(3)
    expect(few.ofKind('discarded')).toMatchObject([
      {
        outcomes: [
          { reason: 'max_logs', category: 'log_item', quantity: 2 },
          { reason: 'max_logs', category: 'log_byte', quantity: 2 },
        ],
      },
    ])
    expect(few.ofKind('logs')).toMatchObject([{ items: 3, bytes: 3 }])
    const none = acceptorOn({ config: { quota: { logs: { hour: 4 } } } })
    const limited = await none.post(five, asProtobuf)
    expect([limited.status, limited.headers['x-sentry-rate-limits']]).toEqual([
      429,
      expect.stringContaining('log_item'),
    ])
  })

  test("a resource's attributes are written with each record, as far as they are short", async () => {
    const shared = [
      field(1, text(1, 'long'), field(2, text(1, 'x'.repeat(10_000)))),
      field(1, text(1, 'host.name'), field(2, text(1, 'web-1'))),
    ]
    const weir = acceptorOn()
    const body = field(1, field(1, ...shared), field(2, field(2, field(5, text(1, 'x')))))
    await weir.post(body, asProtobuf)
    expect(weir.logs[0]!.event).toMatchObject({ host: { name: 'web-1' } })
    expect(weir.logs[0]!.event).not.toHaveProperty('labels')
  })
})

test('traces of OpenTelemetry are dropped with 200, counted, and the sender told so', async () => {
  const weir = acceptorOn()
  const answer = await weir.post('', { ...asProtobuf, endpoint: 'otlp_traces' })
  expect([answer.status, answer.body]).toEqual([200, ''])
  expect(answer.headers['x-sentry-rate-limits']).toContain('span')
  expect(weir.counted.report_unsupported).toBe(1)
})

test('bytes changed anywhere are logs or refused, never more', () => {
  const deep = Array.from({ length: 40 }).reduce<Buffer>(
    (inner) => field(5, field(1, inner)),
    text(1, 'x'),
  )
  const given = fc.constantFrom(request, field(1, field(2, field(2, field(5, deep)))))
  fc.assert(
    fc.property(given, fc.nat(), fc.nat(255), (bytes, at, value) => {
      const changed = Buffer.from(bytes)
      changed[at % changed.length] = value
      try {
        for (const item of logItemsOfProtobuf(changed)) JSON.stringify(item)
      } catch (failure) {
        expect(failure).toBeInstanceOf(ProtobufError)
      }
    }),
  )
})
