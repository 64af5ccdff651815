import fc from 'fast-check'
import { pack } from 'msgpackr'
import { expect, test } from 'vitest'
import { readMessages } from '../../collector/inputs/http/body.ts'
import { RefusedBody } from '../../collector/inputs/http/refused_body.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3000)

const read = (body: Buffer, contentType: string, maxMessageBytes = 1_000_000) => {
  const found = readMessages(body, { contentType, maxMessageBytes, note: () => undefined })
  const { list, count } = found.spans
  const messages = Array.from({ length: count }, (_, i) => {
    return found.source.toString('utf8', list[2 * i], list[2 * i + 1])
  })
  return { ...found, messages }
}

const json = fc.jsonValue({ maxDepth: 4 })
const gap = fc.constantFrom('', ' ', '\n', '\r\n', '\t', ',', '\n\n')

test('JSON values come out as they went in, however they are joined and printed', () => {
  const printed = fc.tuple(
    fc.dictionary(fc.string(), json, { maxKeys: 4 }),
    fc.constantFrom(undefined, 1, '\t'),
  )
  fc.assert(
    fc.property(
      fc.array(printed, { maxLength: 6 }),
      gap,
      fc.boolean(),
      (values, between, isArray) => {
        const texts = values.map(([value, indent]) => JSON.stringify(value, null, indent))
        const body = isArray ? `[${texts.join(`,${between}`)}]` : texts.join(between)
        const { messages, problems } = read(Buffer.from(body), 'application/json')
        expect(problems.list).toEqual([])
        expect(messages.every((message) => !/[\r\n]/.test(message))).toBe(true)
        expect(messages.map((message) => JSON.stringify(JSON.parse(message)))).toEqual(
          values.map(([value]) => JSON.stringify(value)),
        )
      },
    ),
    { numRuns },
  )
})

test('a broken line costs no other line', () => {
  const good = fc.dictionary(fc.string(), fc.string()).map((value) => JSON.stringify(value))
  const bad = good.chain((text) => fc.nat(text.length - 1).map((at) => text.slice(0, at)))
  const lines = fc.array(fc.tuple(good, fc.option(bad, { freq: 3 })), {
    minLength: 1,
    maxLength: 8,
  })
  fc.assert(
    fc.property(lines, (pairs) => {
      const body = pairs
        .map(([whole, cut]) => (cut === null ? whole : `${cut}\n${whole}`))
        .join('\n')
      const { messages } = read(Buffer.from(body), 'application/x-ndjson')
      for (const [whole] of pairs) expect(messages).toContain(whole)
    }),
    { numRuns },
  )
})

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  fc
    .array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        '"',
        '\\',
        ',',
        ':',
        '\n',
        '\r',
        ' ',
        'a',
        '1',
        '{"a":1}',
        'é',
        '=',
      ),
      { maxLength: 60 },
    )
    .map((parts) => Buffer.from(parts.join(''))),
  json.map((value) => pack(value)),
)
const types = fc.constantFrom(
  'application/json',
  'application/x-ndjson',
  'application/msgpack',
  'application/x-www-form-urlencoded',
  'text/plain',
  'text/plain; charset=utf-16le',
  'image/png',
  '',
)

test('whatever comes, there are messages within the body and without line ends, or a refusal', () => {
  fc.assert(
    fc.property(bytes, types, fc.integer({ min: 1, max: 50 }), (body, type, maxBytes) => {
      try {
        const before = Buffer.from(body)
        const { spans, source, problems } = read(Buffer.from(body), type, maxBytes)
        let last = 0
        for (let i = 0; i < spans.count; i++) {
          const [start, end] = [spans.list[2 * i]!, spans.list[2 * i + 1]!]
          expect(last <= start && start < end && end <= source.length).toBe(true)
          expect(source.includes(10, start) && source.indexOf(10, start) < end).toBe(false)
          last = end
        }
        expect(problems.list.every(({ line }) => line >= 1)).toBe(true)
        expect(Buffer.from(body).equals(before)).toBe(true)
      } catch (failure) {
        if (!(failure instanceof RefusedBody)) throw failure
      }
    }),
    { numRuns },
  )
})

test('MessagePack says the same as JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), json), { maxLength: 4 }), (events) => {
      const { messages, problems } = read(Buffer.from(pack(events)), 'application/msgpack')
      expect(problems.list).toEqual([])
      expect(messages.map((message) => JSON.parse(message) as unknown)).toEqual(
        JSON.parse(JSON.stringify(events)),
      )
    }),
    { numRuns },
  )
})
