/** An event of which parts are remembered becomes the same as one that is read as a whole. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { summarise } from '../../errors/digest/summarise.ts'
import { eventBounds } from '../../errors/event/bounds.ts'
import { eventJson } from '../../errors/event/event_json.ts'
import { KnownModules, KnownStacktrace } from '../../errors/event/known_parts.ts'
import { normalise } from '../../errors/event/normalise.ts'
import { group } from '../../errors/grouping/group.ts'
import { groupingRules } from '../../errors/grouping/rules.ts'
import { readEvent } from '../../errors/ingest/event_reading.ts'
import { isRecord, type ReadJson, readJson } from '../../errors/ingest/json_text.ts'
import { RememberedParts } from '../../errors/ingest/remembered_parts.ts'
import { scrubbingConfig } from '../../errors/scrub/config.ts'
import { compileScrubbing } from '../../errors/scrub/rules.ts'
import { scrub } from '../../errors/scrub/scrub.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { arrival } from '../errors/event/arrival.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300)

const text = fc.constantFrom(
  'a',
  'order total',
  '"stacktrace":{"frames":[]}',
  '\\',
  '"',
  '{[',
  'password=hunter2',
  '4111 1111 1111 1111',
  'x@y',
  '\ud800',
  'größe 💥',
  '\u0000',
  '',
)
const odd = fc.constantFrom<JsonValue>(null, true, 7, 'modules', 'stacktrace', [], {}, -1.5, 1e300)
const frame = fc
  .record(
    {
      filename: text,
      abs_path: text,
      function: text,
      module: text,
      lineno: fc.oneof({ weight: 5, arbitrary: fc.nat(500) }, { weight: 1, arbitrary: odd }),
      pre_context: fc.array(text, { maxLength: 25 }),
      context_line: fc.oneof(
        { weight: 9, arbitrary: text },
        { weight: 1, arbitrary: fc.constant('long '.repeat(300)) },
      ),
      post_context: fc.array(text, { maxLength: 3 }),
      in_app: fc.oneof({ weight: 5, arbitrary: fc.boolean() }, { weight: 1, arbitrary: odd }),
      vars: fc.dictionary(fc.constantFrom('n', 'token', 'stacktrace'), fc.oneof(text, odd)),
      stacktrace: odd,
    },
    { requiredKeys: [] },
  )
  .map((one) => one as JsonValue)
const stacktrace = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .record(
        { frames: fc.array(frame, { maxLength: 4 }), snapshot: odd },
        { requiredKeys: ['frames'] },
      )
      .map((one) => one as JsonValue),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(frame, fc.integer({ min: 40, max: 260 }))
      .filter(([one]) => JSON.stringify(one).length < 300)
      .map(([one, count]): JsonValue => ({ frames: Array.from({ length: count }, () => one) })),
  },
  { weight: 1, arbitrary: odd },
)
const exception = fc.record(
  {
    type: fc.oneof(text, odd),
    value: text,
    stacktrace,
    raw_stacktrace: stacktrace,
    mechanism: fc.oneof(
      odd,
      fc.record({ type: text, data: fc.record({ stacktrace, modules: odd }) }),
    ),
  },
  { requiredKeys: ['type', 'stacktrace'] },
)
const list = fc.array(
  fc.oneof({ weight: 9, arbitrary: exception }, { weight: 1, arbitrary: odd }),
  {
    maxLength: 3,
  },
)
const modules = fc.oneof(
  { weight: 4, arbitrary: fc.dictionary(text, text) },
  { weight: 1, arbitrary: fc.dictionary(text, odd) },
  { weight: 1, arbitrary: odd },
)
const event = fc
  .record(
    {
      exception: fc.oneof(
        list,
        list.map((values) => ({ values })),
        exception,
        odd,
      ),
      threads: fc.oneof(
        list.map((values) => ({ values })),
        odd,
      ),
      modules,
      platform: fc.constantFrom('python', 'javascript', 'java'),
      stacktrace,
      extra: fc.record({ stacktrace, modules }),
      _meta: fc.constantFrom<JsonValue>(null, { exception: { values: { 0: { '': { len: 7 } } } } }),
      'sentry.interfaces.Exception': list,
      breadcrumbs: fc.array(fc.record({ message: text })),
    },
    { requiredKeys: ['exception'] },
  )
  .map((one) => one as JsonRecord)

/** As JSON may be written, and now and then is none. */
const bytes = fc
  .tuple(event, fc.nat(9), fc.nat(5000))
  .map(([one, kind, at]) => {
    const json = JSON.stringify(one, undefined, kind === 1 ? 1 : 0)
    if (kind === 2) return json.replace('"stacktrace"', '"st\\u0061cktrace"')
    if (kind === 3) return json.replace('"frames"', '"frames":[{"function":"g"}],"frames"')
    if (kind === 4)
      return json.replace('"stacktrace"', '"stacktrace":{"frames":[{"lineno":1}]},"stacktrace"')
    if (kind === 5) return json.slice(0, at % json.length) + json.slice((at % json.length) + 1)
    if (kind === 6) return json.replaceAll('7', 'NaN')
    return json
  })
  .map((json) => Buffer.from(json))

const all = [
  compileScrubbing(scrubbingConfig.parse({ ip_addresses: true })),
  compileScrubbing(scrubbingConfig.parse({ match: 'keys', sensitive_fields: ['total'] })),
  compileScrubbing(scrubbingConfig.parse({ enabled: false })),
]
const grouping = groupingRules()
const bounds = eventBounds.parse({})

function eventOf(read: () => ReadJson, rules: (typeof all)[number]) {
  let json: ReadJson
  try {
    json = read()
  } catch {
    return 'no JSON'
  }
  if (!isRecord(json.value)) return 'no object'
  const made = normalise(json.value, arrival())
  scrub(made, rules)
  const summary = summarise(made, group(made, grouping), grouping.id)
  const parts = [
    made.modules as unknown,
    ...(made.exception?.values ?? []).map((one) => one.stacktrace),
  ]
  const isKnown = parts.some(
    (part) => part instanceof KnownStacktrace || part instanceof KnownModules,
  )
  const plain = {
    event: JSON.parse(eventJson(made)) as unknown,
    same: JSON.parse(JSON.stringify(made)) as unknown,
  }
  return { ...plain, summary, isRepaired: json.isRepaired, isKnown }
}

test('an event with known parts is the event', () => {
  let known = 0
  fc.assert(
    fc.property(bytes, fc.constantFrom(...all), (json, rules) => {
      const parts = new RememberedParts(bounds)
      const find = {
        stacktrace: (part: Uint8Array) => parts.stacktrace(part, rules, ''),
        modules: (part: Uint8Array) => parts.modules(part),
      }
      const whole = eventOf(() => readJson(json), rules)
      for (let time = 0; time < 3; time++) {
        const again = eventOf(() => readEvent(json, find, 'm4rk'), rules)
        if (typeof again === 'object' && again.isKnown) known += 1
        if (typeof again === 'string' || typeof whole === 'string') expect(again).toEqual(whole)
        else expect({ ...again, isKnown: false }).toEqual(whole)
      }
    }),
    { numRuns },
  )
  expect(known).toBeGreaterThan(numRuns / 5)
})
