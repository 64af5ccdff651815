/** An event whose frames stay bytes becomes the same as one that is read as a whole. */
import process from 'node:process'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { errorsConfig } from '../../errors/config.ts'
import { hasUnicode, JsonWalk, mayBeSecret } from '../../errors/event/json_walk.ts'
import type { EventSummary } from '../../errors/event_summary.ts'
import { type ReportLine, writeLine } from '../../errors/ingest/gatherer.ts'
import { isRecord, type ReadJson, readJson } from '../../errors/ingest/json_text.ts'
import { preparingBy } from '../../errors/ingest/preparing.ts'
import { TextBlock } from '../../errors/text_block.ts'
import { eventPieces } from '../../errors/ingest/event_pieces.ts'
import { findSpans } from '../../errors/scrub/patterns.ts'
import { compileScrubbing } from '../../errors/scrub/rules.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { arrival } from '../errors/event/arrival.ts'
import { projectOf } from '../errors/ingest/accepted.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 1_000)

/** Mostly what frames hold, so that many stay unread. */
const plain = fc.constantFrom(
  'a',
  'order.total',
  'shop/app.py',
  '  x = y["k"] + 1  # \\d',
  'größe 💥',
  'C:\\shop\\a.py',
  '/home/shop/a.py',
  '?',
  '',
  'self.token = 1',
  '@property',
  'n = 123456789',
  '--------',
  'beat it',
  'node:internal/modules',
  'HTTP:x',
)
const odd = fc.constantFrom(
  'https://shop.example.com/static/app.js?v=1',
  'file:///srv/a.mjs',
  'Bearer 0123456789abcdef',
  '-----BEGIN RSA PRIVATE KEY-----\nMIIE',
  '//u:hunter2@host/',
  '4111 1111 1111 1111',
  '078-05-1120',
  'password=hunter2',
  'bearer\tabc',
  '\tx = "4111\t1111\t1111\t1111"',
  '078\t05-1120',
  'postgres://u:\thunter2@db/',
  '\ud800',
  '\u0000\n',
  '192.0.2.7',
  '"frames":[{"function":"g"}]',
  ',"frames":[',
  'x'.repeat(300),
  'x'.repeat(1_100),
)
const text = fc.oneof(
  { weight: 80, arbitrary: plain },
  { weight: 1, arbitrary: odd },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
)
const wrong = fc.constantFrom<JsonValue>(
  null,
  true,
  7,
  12,
  -1,
  '',
  '5',
  [],
  {},
  -1.5,
  1e300,
  -0,
  4.1111111e15,
  0.1,
  [1],
)
const orWrong = (arbitrary: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 80, arbitrary }, { weight: 1, arbitrary: wrong })
const seldom = (arbitrary: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const bag = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 8, depthSize: 'small' },
    plain,
    text,
    wrong,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom('n', 'item', 'größe', 'a"b', 'token', 'cookie', 'shop', '__proto__', '7'),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value
const frame = fc.record(
  {
    filename: orWrong(text),
    abs_path: orWrong(text),
    function: orWrong(text),
    raw_function: orWrong(text),
    module: orWrong(text),
    lineno: orWrong(fc.nat(500)),
    colno: orWrong(fc.nat(500)),
    pre_context: orWrong(fc.array(text, { maxLength: 21 })),
    context_line: orWrong(text),
    post_context: orWrong(fc.array(text, { maxLength: 3 })),
    in_app: orWrong(fc.boolean()),
    vars: orWrong(fc.dictionary(plain, bag, { maxKeys: 3 })),
    package: orWrong(text),
    platform: orWrong(text),
    data: orWrong(fc.constantFrom({}, {}, {}, null, null, { sourcemap: 'a' })),
    symbol: orWrong(text),
    addr_mode: orWrong(text),
    instruction_addr: orWrong(fc.constantFrom('0x1f', '0X1F', '')),
    symbol_addr: orWrong(fc.constantFrom('0x1f', '')),
    native: fc.boolean(),
    debug: bag,
  },
  { requiredKeys: [] },
)
const frames = fc.oneof(
  { weight: 9, arbitrary: fc.array(frame, { maxLength: 4 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(frame, fc.integer({ min: 45, max: 260 }))
      .map(([one, count]) =>
        JSON.stringify(one).length < 300 ? Array.from({ length: count }, () => one) : [one],
      ),
  },
)
const stacktrace = orWrong(
  fc.record(
    { frames: orWrong(frames), snapshot: orWrong(fc.boolean()), registers: bag },
    { requiredKeys: ['frames'] },
  ),
)
const exception = fc.record(
  { type: text, value: text, stacktrace, raw_stacktrace: seldom(stacktrace), mechanism: bag },
  { requiredKeys: ['type', 'stacktrace'] },
)
const list = fc.array(orWrong(exception), { maxLength: 3 })
const failures = fc.oneof(
  list,
  list.map((values) => ({ values })),
  exception,
  wrong,
)
const event = fc.record(
  {
    exception: failures,
    threads: seldom(failures),
    stacktrace: seldom(stacktrace),
    platform: fc.constantFrom('python', 'javascript', 'java'),
    extra: seldom(fc.record({ stacktrace, frames, modules: bag })),
    frames: seldom(frames),
    contexts: seldom(fc.record({ stacktrace })),
    _meta: fc.constantFrom<JsonValue>(null, { exception: { values: { 0: { '': { len: 7 } } } } }),
    'sentry.interfaces.Exception': seldom(failures),
    modules: fc.oneof(
      { weight: 9, arbitrary: fc.dictionary(text, text) },
      { weight: 1, arbitrary: bag },
    ),
    breadcrumbs: fc.array(fc.record({ message: text })),
  },
  { requiredKeys: ['exception'] },
)

/** As JSON may be written, and now and then is none. */
const bytes = fc.tuple(event, fc.nat(29), fc.nat(5_000)).map(([one, kind, at]) => {
  const json = JSON.stringify(one, undefined, kind === 1 ? 1 : 0)
  const place = at % json.length
  if (kind === 2) return Buffer.from(json.replace('"frames"', '"fr\\u0061mes"'))
  if (kind === 3)
    return Buffer.from(json.replace('"frames"', '"frames":[{"function":"g"}],"frames"'))
  if (kind === 4) return Buffer.from(json.replace('"function"', '"function":"g","function"'))
  if (kind === 5) return Buffer.from(json.slice(0, place) + json.slice(place + 1))
  if (kind === 6) return Buffer.from(json.replaceAll('7', 'NaN'))
  if (kind === 7) return Buffer.from(json.replaceAll('/', '\\/'))
  // As Python does with all but ASCII; of one more character.
  if (kind === 8) {
    return Buffer.from(
      json.replace(/[^ -~]/g, escaped).replace(/(?<=[a-z])[a-z@?](?=[a-z"])/, escaped),
    )
  }
  if (kind === 9) return Buffer.from(json, 'latin1')
  if (kind === 10) return Buffer.from(json.replaceAll(/:(\d)/g, ':0$1'))
  if (kind === 11) return Buffer.from(json.replaceAll(/:(\d+)/g, ':$1.0e0'))
  return Buffer.from(json)
})
const escaped = (one: string) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`

const configs = [
  {},
  {},
  {},
  { scrub: { ip_addresses: true } },
  { scrub: { match: 'keys', sensitive_fields: ['total'] } },
  { scrub: { sensitive_fields: ['item', 'a"b'], exclude_fields: ['token'] } },
  { scrub: { enabled: false } },
  { events: { max_frames: 60, max_frames_with_context: 50, max_vars_size: 64 } },
].map((one) => {
  const config = errorsConfig.parse(one)
  return preparingBy(
    () => config,
    (count) => Buffer.alloc(count, 7),
  )
})
const project = projectOf()

interface Outcome {
  readonly event: unknown
  readonly summary: EventSummary | undefined
  readonly isRepaired: boolean
}

/** @param isWhole nothing of it stays bytes. */
function outcomeOf(
  json: Buffer,
  preparing: (typeof configs)[number],
  isWhole: boolean,
): { outcome: Outcome | string; unread: number } {
  let read: ReadJson
  try {
    read = isWhole ? readJson(json) : preparing.readEvent(json, project)
  } catch {
    return { outcome: 'no JSON', unread: 0 }
  }
  if (!isRecord(read.value)) return { outcome: 'no object', unread: 0 }
  const { bounds: _, ...rest } = arrival()
  const made = preparing.normalise(read.value, rest)
  preparing.scrub(made, project)
  const summary = preparing.summarise(made, project)
  const pieces = eventPieces(made)
  const written = textOf(pieces)
  return {
    outcome: {
      event: JSON.parse(JSON.stringify(JSON.parse(written) as JsonRecord)) as unknown,
      summary,
      isRepaired: read.isRepaired,
    },
    unread: pieces.filter((piece) => typeof piece !== 'string').length,
  }
}

function textOf(line: ReportLine): string {
  const block = new TextBlock()
  writeLine(block, line)
  return Buffer.from(block.written).toString()
}

test('an event whose frames stay bytes is the event', () => {
  let unread = 0
  fc.assert(
    fc.property(bytes, fc.constantFrom(...configs), (json, config) => {
      const whole = outcomeOf(json, config, true)
      const parts = outcomeOf(json, config, false)
      unread += parts.unread
      expect(parts.outcome).toEqual(whole.outcome)
    }),
    { numRuns },
  )
  expect(unread).toBeGreaterThan(numRuns / 25)
})

/** Long enough to be remembered. */
const long = fc
  .tuple(frame, fc.integer({ min: 3, max: 45 }), fc.array(frame, { maxLength: 2 }))
  .filter(([one, count]) => JSON.stringify(one).length * count > 2_048)
  .map(([one, count, others]) => [...Array.from({ length: count }, () => one), ...others])

test('an event whose frames came before is the event, whatever is different the next time', () => {
  let unread = 0
  fc.assert(
    fc.property(
      long,
      fc.constantFrom(...configs),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom('a', '"', '7', '\\', ']', '}', '@'), text), {
        maxLength: 2,
      }),
      (frames, config, changes) => {
        const json = Buffer.from(
          JSON.stringify({ exception: { type: 'E', stacktrace: { frames } } }),
        )
        const whole = outcomeOf(json, config, true)
        for (let count = 0; count < 4; count++) {
          const parts = outcomeOf(json, config, false)
          unread += parts.unread
          expect(parts.outcome).toEqual(whole.outcome)
        }
        for (const [at, byte, value] of changes) {
          const changed = Buffer.from(json)
          changed[at % json.length] = byte.charCodeAt(0)
          const told = json
            .toString()
            .replace(/"lineno"|"module"/, `"vars":{"a":${JSON.stringify(value)}},$&`)
          for (const other of [changed, Buffer.from(told), json]) {
            const expected = outcomeOf(other, config, true).outcome
            expect(outcomeOf(other, config, false).outcome).toEqual(expected)
          }
        }
      },
    ),
    { numRuns: Math.ceil(numRuns / 8) },
  )
  expect(unread).toBeGreaterThan(numRuns / 25)
})

const fragment = fc.oneof(
  fc.constantFrom(
    '//',
    ':',
    '@',
    ' ',
    '-',
    '\t',
    '\u00a0',
    'u',
    'x/',
    '"',
    '\\',
    'BEARER',
    'Bearer',
  ),
  fc.constantFrom('bearer', '-----BEGIN', ' RSA PRIVATE KEY-----', '\n', '4111', '6011', '1111'),
  fc.constantFrom('078', '05', '1120', '5', '37', '12345678'),
  fc.string({ unit: 'binary', maxLength: 2 }),
)

test('where a line has a secret the walk over its bytes suspects one', () => {
  const { lines } = compileScrubbing(errorsConfig.parse({}).scrub)
  const walk = new JsonWalk()
  let found = 0
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 14 }), (parts) => {
      const line = parts.join('').toWellFormed()
      if (findSpans(line, lines) === undefined) return
      found++
      walk.bytes = Buffer.from(JSON.stringify(line))
      expect(walk.text(1)).toBe(walk.bytes.length - 1)
      expect(walk.has & (mayBeSecret | hasUnicode)).toBeGreaterThan(0)
    }),
    { numRuns: numRuns * 20 },
  )
  expect(found).toBeGreaterThan(numRuns / 20)
})
