import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseBulk } from '../../store/api/bulk_lines.ts'
import { prepareDocument } from '../../store/api/document.ts'
import { lineParts } from '../../store/api/document_line.ts'
import { parseMultiSearch } from '../../store/api/msearch_lines.ts'
import { apiLimits } from '../../store/api/limits.ts'
import { createEsApp } from '../store/api/es_app.ts'
import { SearchError } from '../../store/search.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3_000)
const defaults = { index: 'a', requireAlias: false }

/** Lines that are nearly right. */
const line = fc.oneof(
  fc.constantFrom(
    '{"index":{}}',
    '{"create":{"_id":"1"}}',
    '{"delete":{"_id":"1"}}',
    '{"update":{"_id":"1"}}',
    '{"index":{"_index":"b","_id":null,"if_seq_no":1}}',
    '{"a":1}',
    '',
    '{}',
    '[]',
    'null',
  ),
  fc.json({ maxDepth: 4 }),
  fc.string({ unit: 'binary' }),
)
const body = fc
  .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, end, isEnded]) => Buffer.from(lines.join(end) + (isEnded ? end : '')))
const anyBody = fc.oneof(
  body,
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
)

test('a body of _bulk is read, or refused as a whole', () => {
  fc.assert(
    fc.property(anyBody, (bytes) => {
      try {
        for (const { op, source } of parseBulk(bytes, defaults, 10)) {
          expect(source === undefined).toBe(op === 'delete')
          expect(source?.includes(10) ?? false).toBe(false)
        }
      } catch (failure) {
        expect(failure).toBeInstanceOf(SearchError)
        expect([400, 413]).toContain((failure as SearchError).status)
      }
    }),
    { numRuns },
  )
})

test('a body of _msearch is read, or refused as a whole', () => {
  fc.assert(
    fc.property(anyBody, (bytes) => {
      try {
        parseMultiSearch(bytes, { target: '_all', options: {} }, 5)
      } catch (failure) {
        expect(failure).toBeInstanceOf(SearchError)
      }
    }),
    { numRuns },
  )
})

test('a document is kept as it is, in one line of valid JSON, or refused', () => {
  const spaces = fc.constantFrom(undefined, 1, '\r\n')
  const document = fc.oneof(
    fc
      .tuple(fc.jsonValue({ stringUnit: 'binary' }), spaces)
      .map(([value, indent]) => JSON.stringify(value, null, indent)),
    fc
      .dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())
      .map((value) => JSON.stringify(value)),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(document, fc.string({ unit: 'binary' }), (text, id) => {
      try {
        const { bytes, value } = prepareDocument(Buffer.from(text), apiLimits.parse({}))
        const change = {
          id,
          seq: 1,
          op: 'index' as const,
          time: '2026-01-01T00:00:00.000Z',
          noTime: true,
        }
        const whole = Buffer.concat(lineParts({ ...change, source: bytes })).toString()
        expect(whole.indexOf('\n')).toBe(whole.length - 1)
        const parsed = JSON.parse(whole) as Record<string, unknown>
        expect(parsed['source']).toEqual(JSON.parse(text))
        expect(value).toEqual(JSON.parse(text))
        const at = whole.indexOf(',"source":') + ',"source":'.length
        expect(JSON.parse(whole.slice(at, -2))).toEqual(value)
      } catch (failure) {
        if (!(failure instanceof SearchError)) throw failure
        expect(failure.status).toBe(400)
      }
    }),
    { numRuns },
  )
})

test('whatever is sent, every item has its verdict, and every event in the journal was created', async () => {
  const { ask, engine } = createEsApp()
  await fc.assert(
    fc.asyncProperty(anyBody, async (bytes) => {
      const before = engine.lines.length
      const reply = await ask('POST', '/a/_bulk', bytes)
      expect([200, 400, 413]).toContain(reply.status)
      const items = (reply.body['items'] ?? []) as unknown as readonly Record<
        string,
        Record<string, unknown>
      >[]
      const kept = items.filter((item) => {
        const { result } = Object.values(item)[0]!
        return result === 'created' || result === 'updated' || result === 'deleted'
      })
      expect(engine.lines.length - before).toBe(kept.length)
    }),
    { numRuns: Math.min(numRuns, 1_000) },
  )
})
