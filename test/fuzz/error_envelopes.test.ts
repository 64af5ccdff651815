import process from 'node:process'
import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Endpoint } from '../../errors/ingest/incoming.ts'
import { acceptorOn, incomingWith, key } from '../errors/ingest/accepted.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3_000)

/** Statuses that SDKs know; never a 500, nor a 503, since nothing here is busy. */
const statuses = [200, 201, 400, 401, 403, 413, 429]

const types = [
  'event attachment user_report feedback client_report session sessions check_in raw_security security',
  'log transaction span profile replay_event statsd metric_buckets nel unknown __proto__ constructor',
].flatMap((line) => line.split(' '))

const texts = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'NaN',
    '\ud800',
    '💥',
    '',
    'x'.repeat(300),
    '9999-12-31T00:00:00Z',
  ),
  fc.string({ maxLength: 12, unit: 'binary' }),
)
const names = [
  'event_id type message logentry exception values stacktrace frames breadcrumbs contexts feedback tags extra user',
  'items attributes discarded_events quantity reason category csp-report body attrs length timestamp level request',
  'threads debug_meta images sdk fingerprint modules __proto__ toJSON',
].flatMap((line) => line.split(' '))
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    texts,
    fc.constantFrom(null, true, 0, -1, 1e308, 253_402_300_800_000, 2 ** 53),
    fc.double(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...names), texts), tie('value'), { maxKeys: 5 }),
  ),
}))

/** JSON, now and then as old Pythons write it, or with a piece missing. */
const payload = fc
  .tuple(value, fc.integer({ min: 0, max: 20 }), fc.nat(1_000))
  .map(([content, kind, cut]) => {
    const text = JSON.stringify(content) ?? 'null'
    if (kind === 0) return text.slice(0, cut)
    if (kind === 2) return text.replaceAll('null', '1e999')
    return kind === 1 ? text.replaceAll('null', 'NaN') : text
  })

const item = fc
  .record({
    type: fc.constantFrom(...types),
    content: payload,
    length: fc.constantFrom('right', 'right', 'right', 'absent', 'wrong', 'odd'),
    off: fc.integer({ min: -5, max: 5 }),
    end: fc.constantFrom('\n', '\n', '\n', '', '\n\n', '\r\n'),
  })
  .map(({ type, content, length, off, end }) => {
    const bytes = Buffer.byteLength(content)
    const says = { right: bytes, absent: undefined, wrong: bytes + off, odd: 'x' }[length]
    return `${JSON.stringify({ type, length: says, filename: 'a' })}\n${content}${end}`
  })

const header = fc.oneof(
  fc.constantFrom(
    '{}',
    '{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}',
    `{"dsn":"http://${key}@x/42"}`,
    '{"dsn":7}',
    '',
    '[]',
  ),
  payload,
)
const envelope = fc
  .tuple(header, fc.array(item, { maxLength: 6 }), fc.constantFrom('\n', '\n', '\r\n', ''))
  .map(([first, items, end]) => Buffer.from(first + end + items.join('')))

const encoded = fc
  .tuple(
    fc.oneof(
      { weight: 9, arbitrary: envelope },
      {
        weight: 1,
        arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      },
    ),
    fc.constantFrom('', '', 'gzip', 'deflate', 'br', 'zstd'),
    fc.boolean(),
    fc.nat(300),
  )
  .map(([plain, encoding, isRight, cut]) => {
    if (encoding === 'gzip' && isRight) return { body: gzipSync(plain), encoding }
    if (encoding === 'deflate' && isRight)
      return { body: deflateSync(plain).subarray(0, cut + 100), encoding }
    return { body: plain, encoding }
  })

const endpoints: readonly Endpoint[] = [
  'envelope',
  'envelope',
  'envelope',
  'store',
  'security',
  'tunnel',
  'minidump',
  'unreal',
  'attachments',
  'check_in',
  'feedback',
  'nel',
  'otlp_logs',
  'otlp_traces',
]

const limits = {
  max_event_size: 2_000,
  max_items: 4,
  max_attachments: 2,
  max_sessions: 1,
  max_header_size: 300,
  max_envelope_size: 5_000,
}

test('whatever comes is answered, and what goes into the journal is whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      encoded,
      fc.constantFrom(...endpoints),
      fc.constantFrom('application/json', 'multipart/form-data; boundary=x', ''),
      fc.oneof(
        fc.constantFrom(
          `sentry_key=${key}`,
          `dsn=http%3A%2F%2F${key}%40x%2F42&eventId=${'a'.repeat(32)}`,
        ),
        fc.string({ maxLength: 20 }),
      ),
      async ({ body, encoding }, endpoint, contentType, query) => {
        const weir = acceptorOn({ config: { limits } })
        const headers = { contentEncoding: encoding, contentType }
        const answer = await weir.accept(incomingWith(body, { endpoint, headers, query }))
        expect(weir.mistakes).toEqual([])
        expect(statuses).toContain(answer.status)
        if (answer.headers['content-type'] === 'application/json' && answer.body !== '')
          JSON.parse(answer.body)
        for (const { kind, project, received_ms: received } of weir.reports) {
          expect(typeof kind).toBe('string')
          expect([project, Number.isSafeInteger(received)]).toEqual([42, true])
        }
        for (const { event, event_id: id } of weir.ofKind('event')) {
          expect(id).toMatch(/^[0-9a-f]{32}$/)
          expect(event.event_id).toBe(id)
        }
        // Every line can be kept by what follows.
        expect(JSON.stringify(weir.reports).isWellFormed()).toBe(true)
        expect(JSON.stringify(weir.reports)).not.toMatch(/\\ud[89a-f]/i)
      },
    ),
    { numRuns },
  )
}, 600_000)
