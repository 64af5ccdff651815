import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync, inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Arrival } from '../../../errors/event/normalise.ts'
import { normalise } from '../../../errors/event/normalise.ts'
import type { SentryEvent } from '../../../errors/event/sentry_event.ts'
import type { JsonRecord, JsonValue } from '../../../store/search.ts'
import { arrival } from './arrival.ts'

interface Case {
  readonly arrival?: Partial<Arrival>
  readonly in: JsonRecord
  /** Fields of the event; null where there is none. */
  readonly out: Record<string, unknown>
}

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

describe('golden', () => {
  const folder = new URL('.', import.meta.url)
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const cases = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<string, Case>
    test.each(Object.entries(cases))(`${file.slice(0, -5)}: %s`, (_, { in: raw, out, ...rest }) => {
      const event = normalise(plain(raw), arrival(rest.arrival)) as unknown as JsonRecord
      const found = Object.fromEntries(Object.keys(out).map((key) => [key, event[key] ?? null]))
      expect(plain(found)).toEqual(out)
    })
  }
})

describe('what real SDKs send', () => {
  const folder = new URL('../sdk_payloads/', import.meta.url)
  test.each(readdirSync(folder).filter((name) => name.endsWith('.json')))('%s', (file) => {
    const requests = [
      JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
    ].flat() as JsonRecord[]
    const events = requests.flatMap((request) => eventsOf(request))
    expect(events.length).toBeGreaterThan(0)
    for (const raw of events) {
      const event = normalise(plain(raw), arrival({ receivedMs: receivedOf(raw) }))
      expect(event.errors).toBeUndefined()
      expect(event.exception!.values.length).toBeGreaterThan(0)
      for (const { type, stacktrace } of event.exception!.values) {
        expect(type).toBeTypeOf('string')
        expect(stacktrace!.frames.length).toBeGreaterThan(0)
        for (const frame of stacktrace!.frames)
          expect(frame.function ?? frame.module).toBeTypeOf('string')
      }
      expect(event.platform).not.toBe('other')
      expect(
        plain(
          normalise(
            plain(event) as unknown as JsonRecord,
            arrival({ receivedMs: receivedOf(raw) }),
          ),
        ),
      ).toEqual(plain(event))
    }
  })
})

/** An event is received a second after it says it happened. */
function receivedOf(raw: JsonRecord): number {
  const { timestamp } = raw
  const at =
    typeof timestamp === 'number'
      ? timestamp * 1000
      : Date.parse(`${String(timestamp).slice(0, 19)}Z`)
  return at + 1000
}

/** Of a recorded request those of its body that are events, whichever way it is packed. */
function eventsOf(request: JsonRecord): JsonRecord[] {
  const text = unpacked(Buffer.from(String(request['body']), 'base64'))
  const first = text.slice(0, text.indexOf('\n') < 0 ? undefined : text.indexOf('\n'))
  const lines = text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as JsonValue]
    } catch {
      return []
    }
  })
  const records = lines.filter((one): one is JsonRecord => typeof one === 'object' && one !== null)
  return records.filter(
    (one) => 'exception' in one || 'sentry.interfaces.Exception' in one || first === '',
  )
}

function unpacked(bytes: Buffer): string {
  if (bytes[0] === 0x1f) return gunzipSync(bytes).toString()
  if (bytes[0] === 0x78) return inflateSync(bytes).toString()
  if (bytes[0] === 0x7b) return bytes.toString()
  return unpacked(Buffer.from(bytes.toString(), 'base64'))
}

const normalised = (raw: JsonRecord, rest: Partial<Arrival> = {}): SentryEvent =>
  normalise(raw, arrival(rest))
const frame = (rest: JsonRecord): JsonRecord => ({ function: 'f', ...rest })

describe('bounds', () => {
  test('a message of 2 MB is cut, and marked', () => {
    const event = normalised({ message: 'x'.repeat(2_000_000) })
    expect(event.logentry!.formatted).toHaveLength(8192)
    expect(event._meta).toEqual({
      message: { '': { len: 2_000_000, rem: [['!limit', 's', 8189, 8192]] } },
    })
  })

  test('a cut never splits a character', () => {
    const { formatted } = normalised({ message: '😀'.repeat(5_000) }).logentry!
    expect(formatted.isWellFormed()).toBe(true)
    expect(formatted.length).toBeGreaterThan(8_180)
  })

  test('of 10,000 frames the outermost and innermost stay', () => {
    const frames = Array.from({ length: 10_000 }, (_, n) =>
      frame({ lineno: n, vars: { n }, in_app: true }),
    )
    const event = normalised({ exception: [{ type: 'A', stacktrace: { frames } }] })
    const kept = event.exception!.values[0]!.stacktrace!.frames
    expect(kept).toHaveLength(250)
    expect([kept[0]!.lineno, kept.at(-1)!.lineno]).toEqual([0, 9_999])
    expect(kept.filter((one) => one.vars !== undefined)).toHaveLength(50)
    expect([kept[24]!.vars, kept[25]!.vars, kept.at(-25)!.vars]).toEqual([
      { n: 24 },
      undefined,
      { n: 9_975 },
    ])
  })

  test('frames of libraries lose their context first', () => {
    const frames = Array.from({ length: 60 }, (_, n) =>
      frame({ vars: { n }, pre_context: ['a'], context_line: 'b', in_app: n % 2 === 0 }),
    )
    const kept = normalised({ stacktrace: { frames } }).stacktrace!.frames
    const slim = kept.filter((one) => one.vars === undefined)
    expect(slim).toHaveLength(10)
    expect(
      slim.every(
        (one) => one.in_app === false && one.context_line === 'b' && one.pre_context === undefined,
      ),
    ).toBe(true)
  })

  test('of 100,000 tags the first hundred stay', () => {
    const tags = Array.from({ length: 100_000 }, (_, n) => [`t${n}`, 'x'])
    const event = normalised({ tags })
    expect(event.tags).toHaveLength(100)
    expect(event.errors).toEqual([
      { type: 'value_too_long', name: 'tags.t100', reason: 'more than 100 tags' },
    ])
  })

  test('the newest breadcrumbs stay', () => {
    const breadcrumbs = Array.from({ length: 1_000 }, (_, n) => ({ message: `${n}` }))
    const { values } = normalised({ breadcrumbs }).breadcrumbs!
    expect([values.length, values[0]!.message, values.at(-1)!.message]).toEqual([100, '900', '999'])
  })

  test('extra values, variables and bodies', () => {
    const big = { list: Array.from({ length: 10_000 }, (_, n) => `value ${n}`) }
    const event = normalised({
      extra: { big, after: 1 },
      request: { data: big },
      exception: [
        { type: 'A', stacktrace: { frames: [frame({ vars: { a: 'x'.repeat(5_000), b: 1 } })] } },
      ],
    })
    expect(JSON.stringify(event.extra).length).toBeLessThan(20_000)
    expect(event.extra!['after']).toBe(1)
    expect(JSON.stringify(event.request!.data).length).toBeLessThan(9_000)
    expect(
      JSON.stringify(event.exception!.values[0]!.stacktrace!.frames[0]!.vars).length,
    ).toBeLessThan(2_100)
    expect(event._meta!['extra']).toMatchObject({ big: { list: { '': { len: 10_000 } } } })
  })

  test('the crashed thread stays', () => {
    const threads = Array.from({ length: 1_000 }, (_, id) => ({ id, crashed: id === 999 }))
    const { values } = normalised({ threads }).threads!
    expect([values.length, values.at(-1)!.id]).toEqual([250, 999])
  })
})

describe('hostile JSON', () => {
  test('names that objects have are names', () => {
    const raw = JSON.parse(
      '{"extra":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}},"contexts":{"__proto__":{"a":1}},"user":{"__proto__":{"id":"7"}},"modules":{"__proto__":"1"},"__proto__":{"level":"fatal"},"_meta":{"__proto__":{"":{"len":1}}}}',
    ) as JsonRecord
    const event = normalised(raw)
    expect(({} as JsonRecord)['polluted']).toBeUndefined()
    expect(event.level).toBe('error')
    expect(Object.keys(event.contexts!)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(event.contexts)).toBe(Object.prototype)
    expect(event.user!.id).toBeUndefined()
    expect(event.errors).toBeUndefined()
  })

  test('half a character is replaced', () => {
    const event = normalised({
      message: 'a\ud800b',
      extra: { 'k\udc00': ['\ud800'] },
      tags: { a: '\ud800' },
    })
    expect(JSON.stringify(event)).not.toMatch(/\\ud[89a-f]/i)
  })

  test('what is nested 100,000 deep is named', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}1${']'.repeat(100_000)}`) as JsonValue
    const event = normalised({
      extra: { deep },
      message: deep,
      tags: { deep },
      request: { data: deep, headers: { deep }, query_string: { deep } },
      exception: [{ type: 'A', value: deep }],
      _meta: { deep },
    })
    expect(JSON.stringify(event.extra)).toBe('{"deep":[[[[[[["[Array]"]]]]]]]}')
  })

  test('numbers that JSON cannot hold are null', () => {
    const event = normalised({
      extra: { a: JSON.parse('1e999') as number },
      timestamp: JSON.parse('1e999') as number,
    })
    expect(event.extra).toEqual({ a: null })
    expect(event.timestamp).toBe(1_700_000_000)
  })
})

describe('an event that is normalised again stays as it is', () => {
  const long = 'long '.repeat(2_000)
  test.each<[string, JsonRecord]>([
    ['a context whose type comes behind what is cut', { contexts: { a: { b: long, type: 'c' } } }],
    [
      'a context with a number for a name, and its type behind that',
      { contexts: { a: { 12: long } } },
    ],
    ['a context of which nothing fits', { contexts: { a: { type: 'c'.repeat(9_000) } } }],
    ["a user's value with a name that does not fit", { user: { [long]: 1 } }],
    ['variables with a name that does not fit', { stacktrace: [frame({ vars: { [long]: 1 } })] }],
    ['marks that say nothing', { _meta: { user: { '': { rem: 7 } } } }],
    ['more cut texts than are marked', { fingerprint: Array.from({ length: 20 }, () => long) }],
    [
      'more contexts than are kept',
      { contexts: Object.fromEntries(Array.from({ length: 110 }, (_, n) => [`c${n}`, { n }])) },
    ],
  ])('%s', (_, raw) => {
    const once = plain(normalised(raw))
    expect(plain(normalised(plain(once) as unknown as JsonRecord))).toEqual(once)
  })

  test('the type of a context that is cut stays', () => {
    const { contexts, _meta } = normalised({ contexts: { a: { b: long, type: 'c' } } })
    expect(contexts!['a']!['type']).toBe('c')
    const numbered = normalised({ contexts: { a: { 12: long, type: 'c' } } })
    expect(numbered.contexts!['a']!['type']).toBe('c')
    expect(_meta!['contexts']).toMatchObject({ a: { b: { '': { len: 10_000 } } } })
  })
})
