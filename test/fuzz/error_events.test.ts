/** Whatever an SDK sends, it becomes an event within bounds; whatever is secret in it does not get further. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { normalise } from '../../errors/event/normalise.ts'
import type { SentryEvent } from '../../errors/event/sentry_event.ts'
import { scrubbingConfig } from '../../errors/scrub/config.ts'
import { compileScrubbing } from '../../errors/scrub/rules.ts'
import { scrub } from '../../errors/scrub/scrub.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { arrival } from '../errors/event/arrival.ts'
import { cpuMsOf } from '../cpu_time.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3000)

const names =
  'message logentry formatted params exception values type value module mechanism handled exception_id parent_id stacktrace raw_stacktrace frames filename abs_path function lineno colno context_line pre_context post_context vars in_app data instruction_addr registers threads id crashed current name breadcrumbs timestamp category level request url method query_string fragment cookies headers env REMOTE_ADDR user email username ip_address geo contexts os tags key extra modules fingerprint checksum sdk packages integrations settings debug_meta images errors _meta release dist environment transaction culprit server_name site logger platform event_id csp template sentry.interfaces.Exception sentry.interfaces.Message sentry.interfaces.Http __proto__ constructor toString'.split(
    ' ',
  )
const short = fc.oneof(
  fc.constantFrom(
    '',
    '?',
    'error',
    'https://a.b/c.js?d#e',
    '{{auto}}',
    '192.0.2.1',
    '2023-11-14T22:13:20.1234567Z',
    '9999-12-31T00:00:00Z',
    'a=1&b=2; c=%zz',
    '{"a":[{"b":1}]}',
    '[',
    'TypeError: x',
    '%s %(a)s {} %%',
    '\ud800',
    'a\udc00b',
    '\n',
    ' a b ',
    '0x1f',
    '12',
    '__proto__',
    'password=hunter2',
    '-----BEGIN PRIVATE KEY-----\nx',
    'x://u:p@h',
    '4111111111111111',
    'application/json',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const word = fc.oneof(
  { weight: 9, arbitrary: short },
  { weight: 1, arbitrary: fc.nat(12_000).map((length) => 'long '.repeat(length / 5)) },
)
const scalar = fc.oneof(
  word,
  fc.constantFrom<JsonValue>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    40,
    1e16,
    1_699_999_990.5,
    1_699_999_990_500,
  ),
)
const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 9, depthSize: 'large' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    recordOf(tie('value')),
    tie('value').map((inner) => ({ values: [inner] })),
    tie('value').map((inner) => ({ stacktrace: { frames: [inner] } })),
    fc
      .tuple(recordOf(short), fc.nat(300))
      .map(([inner, count]): JsonValue => Array.from({ length: count }, () => inner)),
  ),
}))

function recordOf(inner: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonRecord> {
  const key = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...names) },
    { weight: 1, arbitrary: word },
  )
  return fc
    .array(fc.tuple(key, inner), { maxLength: 8 })
    .map((entries) => Object.fromEntries(entries))
}

const both = [
  compileScrubbing(scrubbingConfig.parse({ ip_addresses: true, sensitive_fields: ['foo.*('] })),
  compileScrubbing(scrubbingConfig.parse({ match: 'keys' })),
]
const plain = <T>(json: T): T => JSON.parse(JSON.stringify(json)) as T
const withoutMarks = ({ _meta, ...event }: SentryEvent): object => plain(event)

test('any JSON becomes an event: bounded, the same when it comes again, and scrubbed', () => {
  fc.assert(
    fc.property(recordOf(value), fc.boolean(), (raw, drifts) => {
      const text = JSON.stringify(raw)
      const came = arrival({
        clientIp: '198.51.100.7',
        ...(drifts && { sentAtMs: 1_600_000_000_000 }),
      })
      const event = normalise(JSON.parse(text) as JsonRecord, came)
      const json = JSON.stringify(event)
      expect(json).not.toMatch(/(?<!\\)(?:\\\\)*\\ud[89a-f]/i)
      expect(json.length).toBeLessThan(text.length * 3 + 300_000)
      expect(event.timestamp).toBeGreaterThan(0)
      const again = normalise(JSON.parse(json) as JsonRecord, arrival({ clientIp: '198.51.100.7' }))
      expect(plain(again)).toEqual(plain(event))
      for (const rules of both) {
        const scrubbed = JSON.parse(json) as SentryEvent
        scrub(scrubbed, rules)
        const once = withoutMarks(scrubbed)
        scrub(scrubbed, rules)
        expect(withoutMarks(scrubbed)).toEqual(once)
      }
    }),
    { numRuns: Math.ceil(numRuns / 10) },
  )
})

const canary = 'C4n4ryXq7'
const neutral = fc.constantFrom('a', 'total', 'Name', 'x_y', 'größe')
/** Names under which all is secret. */
const secretName = fc
  .tuple(
    fc.constantFrom('', 'my_', 'x-', 'user'),
    fc.constantFrom(
      'password',
      'Secret',
      'PASSWD',
      'api_key',
      'apikey',
      'auth',
      'credentials',
      'mysql_pwd',
      'private_key',
      'Token',
      'otp',
      'two-factor',
    ),
    fc.constantFrom('', '_2', 'x'),
  )
  .map((parts) => parts.join(''))
/** Texts that hold a secret, and what of them may not be found. */
const secretText = fc.constantFrom<[text: string, secret: string]>(
  ['4111 1111 1111 1111', '1111 1111'],
  ['378282246310005', '378282'],
  ['078-05-1120', '078-05'],
  [`amqp://bob:${canary}@host/x`, canary],
  [`bearer ${canary}.x.y`, canary],
  [`Bearer   ${canary}`, canary],
  [`-----BEGIN RSA PRIVATE KEY-----\n${canary}\n-----END RSA PRIVATE KEY-----`, canary],
  [`-----BEGIN PUBLIC KEY-----${canary}`, canary],
)
const around = fc.constantFrom<[before: string, after: string]>(
  ['', ''],
  ['is ', ' or so'],
  ['(', ')'],
  ['x, ', '; y'],
  ['größe ', ' €'],
)

const form = (record: JsonRecord): string =>
  new URLSearchParams(
    Object.entries(record).map(([key, one]): [string, string] => [
      key,
      typeof one === 'string' ? one : JSON.stringify(one),
    ]),
  ).toString()

/** Where an object may be. */
const records: Readonly<Record<string, (record: JsonRecord) => JsonRecord>> = {
  extra: (record) => ({ extra: record }),
  'extra, nested': (record) => ({ extra: { a: [{ b: record }] } }),
  'extra, as JSON': (record) => ({ extra: { a: JSON.stringify(record) } }),
  context: (record) => ({ contexts: { mine: record } }),
  user: (record) => ({ user: record }),
  "a user's data": (record) => ({ user: { id: 1, data: record } }),
  'request body': (record) => ({ request: { data: record } }),
  'JSON body': (record) => ({ request: { data: JSON.stringify(record) } }),
  'form body': (record) => ({
    request: { data: form(record) },
  }),
  headers: (record) => ({ request: { headers: record } }),
  'header lists': (record) => ({
    request: { headers: Object.entries(record).map(([key, one]) => [key, [one]]) },
  }),
  cookies: (record) => ({ request: { cookies: record } }),
  query: (record) => ({ request: { query_string: record } }),
  'query in the URL': (record) => ({
    request: {
      url: `https://x/?${form(record)}`,
    },
  }),
  env: (record) => ({ request: { env: record } }),
  breadcrumb: (record) => ({ breadcrumbs: [{ data: record }] }),
  variables: (record) => ({
    exception: [{ type: 'E', stacktrace: { frames: [{ function: 'f', vars: record }] } }],
  }),
  "a thread's variables": (record) => ({
    threads: [{ id: 1, stacktrace: { frames: [{ function: 'f', vars: record }] } }],
  }),
  mechanism: (record) => ({ exception: [{ type: 'E', mechanism: { type: 'm', data: record } }] }),
  'exception value': (record) => ({ exception: [{ type: 'E', value: record }] }),
  parameters: (record) => ({ logentry: { message: 'm', params: record } }),
  tags: (record) => ({ tags: record }),
  csp: (record) => ({ csp: record }),
  template: (record) => ({ template: record }),
}
/** Where a text may be. */
const texts: Readonly<Record<string, (text: string) => JsonRecord>> = {
  message: (text) => ({ message: text }),
  'filled-in message': (text) => ({ logentry: { message: 'a %s', params: [text] } }),
  'exception value': (text) => ({ exception: [{ type: 'E', value: text }] }),
  'breadcrumb message': (text) => ({ breadcrumbs: [{ message: text }] }),
  'line of source': (text) => ({
    stacktrace: {
      frames: [{ function: 'f', context_line: text, pre_context: [text], post_context: [text] }],
    },
  }),
  transaction: (text) => ({ transaction: text }),
  "user's id": (text) => ({ user: { id: text, email: text, username: text } }),
  'thread name': (text) => ({ threads: [{ id: 1, name: text }] }),
  fragment: (text) => ({ request: { url: 'https://x/', fragment: text } }),
  body: (text) => ({ request: { data: text } }),
  'cookie header': (text) => ({ request: { headers: { Cookie: `a=${text}` } } }),
  fingerprint: (text) => ({ fingerprint: [text] }),
  server: (text) => ({ server_name: text }),
  'wrong value': (text) => ({
    level: text,
    platform: text,
    request: { method: text },
    user: { ip_address: text },
  }),
}

const found = (raw: JsonRecord, secret: string): string[] =>
  both.flatMap((rules, index) => {
    const event = normalise(plain(raw), arrival())
    scrub(event, rules)
    const json = JSON.stringify(event)
    return json.includes(secret) ? [`by rules ${index}: ${json}`] : []
  })

test('no secret gets through by its name, wherever it is', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(records)),
      secretName,
      neutral,
      (place, name, other) => {
        expect(
          found(records[place]!({ [other]: 'b', [name]: `${canary} of mine` }), canary),
        ).toEqual([])
      },
    ),
    { numRuns },
  )
})

test('no secret gets through by its form, wherever it is', () => {
  const inRecord = fc.tuple(fc.constantFrom(...Object.keys(records)), neutral)
  const place = fc.oneof(
    fc.constantFrom(...Object.values(texts)),
    inRecord.map(
      ([where, name]) =>
        (text: string) =>
          records[where]!({ [name]: text }),
    ),
  )
  fc.assert(
    fc.property(place, secretText, around, (put, [text, secret], [before, after]) => {
      expect(found(put(before + text + after), secret)).toEqual([])
    }),
    { numRuns },
  )
})

test('an event without secrets stays as it is', () => {
  const harmless = fc
    .string({
      unit: fc.constantFrom(...'bdfgjlm 123.=/'.split('')),
      maxLength: 30,
    })
    // `2.1.2.1` is an address.
    .filter((text) => !/\d\.\d/.test(text))
  const inner = fc.letrec<{ json: JsonValue }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 3 },
      harmless,
      fc.constantFrom<JsonValue>(null, true, 7),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(harmless, tie('json'), { maxKeys: 3 }),
    ),
  })).json
  const record = fc.dictionary(harmless, inner, { maxKeys: 4 })
  const events = fc.tuple(
    fc.array(fc.tuple(fc.constantFrom(...Object.values(records)), record)),
    harmless,
  )
  fc.assert(
    fc.property(events, ([parts, message]) => {
      const raw = Object.assign(
        { message },
        ...parts.map(([put, values]) => put(values)),
      ) as JsonRecord
      const event = normalise(plain(raw), arrival())
      const before = plain(event)
      for (const rules of both) {
        scrub(event, rules)
        expect(plain(event)).toEqual(before)
      }
    }),
    { numRuns: Math.ceil(numRuns / 3) },
  )
})

test('time is linear in what is hostile', () => {
  const size = 500_000
  const pieces = [
    '-----BEGIN A PRIVATE KEY-----',
    '//a:',
    'bearer ',
    '4111-',
    'home/',
    'a b ',
    'password=',
    '{"password":"',
    "'token': '\\\\",
    ':::',
    '1.',
    '  ',
    '%0',
    '=&',
  ]
  for (const piece of pieces) {
    const text = piece.repeat(size / piece.length)
    const spent = both.map((rules) => {
      const bounds = {
        max_message: size,
        max_extra_size: size,
        max_extra_value_size: size,
        max_body_size: size,
      }
      const raw = {
        message: { message: text, params: ['x'] },
        extra: { a: text },
        request: { data: text, url: text },
        exception: [{ value: text }],
      }
      return cpuMsOf(() => {
        scrub(normalise(raw as JsonRecord, arrival({}, bounds)), rules)
      })
    })
    expect(Math.max(...spent), piece).toBeLessThan(2_000)
  }
}, 60_000)
