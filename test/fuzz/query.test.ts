/** Whatever a query is, it is understood or refused with a SearchError, soon. */
import { DuckDBInstance } from '@duckdb/node-api'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { asciiTokenRegexp, tokenRegexp, tokensOf } from '../../store/query/analysis.ts'
import { queryOfBody } from '../../store/query/body/body.ts'
import { bodyOf } from '../../store/query/body_of.ts'
import { parseDate } from '../../store/query/date_format.ts'
import { nanosOf } from '../../store/query/date_math.ts'
import { complete } from '../../store/query/language/complete.ts'
import { queryOfText, understand } from '../../store/query/language/parser.ts'
import { SearchError, type JsonValue } from '../../store/search.ts'
import { cpuMsOf } from '../cpu_time.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3000)
const piece = fc.oneof(
  fc.constantFrom(
    'level',
    ':',
    '(',
    ')',
    '"',
    ' AND ',
    ' or ',
    '[1 TO 5}',
    '/a/',
    '*',
    '\\',
    '~2',
    '^3',
  ),
  fc.constantFrom(
    '>=',
    '-',
    '+',
    '!',
    'not ',
    '_exists_:',
    '<1-5>',
    '@',
    '&',
    '[',
    '{',
    '\n',
    '\u3000',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
)
const text = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''))

function refusalOf(act: () => unknown): unknown {
  try {
    act()
  } catch (thrown) {
    return thrown
  }
  return undefined
}

function expectUnderstood(act: () => unknown) {
  const refusal = refusalOf(act)
  if (refusal === undefined) return
  if (!(refusal instanceof SearchError)) throw refusal
  expect(refusal.status).toBe(400)
  expect(JSON.stringify(refusal).length).toBeLessThan(20_000)
}

test.each(['weir', 'lucene'] as const)('texts (%s)', async (mode) => {
  await fc.assert(
    fc.asyncProperty(text, fc.nat(80), async (query, cursor) => {
      expectUnderstood(() => queryOfText(query, { mode, analyzeWildcard: true }))
      const { mistakes } = understand(query, { mode })
      for (const { from, to } of mistakes)
        expect([from <= to, to <= query.length + 2]).toEqual([true, true])
      await complete(query, cursor, { fields: () => [], values: () => [] }, mode)
    }),
    { numRuns },
  )
})

test('texts that are understood can be sent as a body and are understood there', () => {
  fc.assert(
    fc.property(text, (query) => {
      let body: JsonValue
      try {
        body = bodyOf(queryOfText(query)) as JsonValue
      } catch (refusal) {
        expect(refusal).toBeInstanceOf(SearchError)
        return
      }
      const refusal = refusalOf(() => queryOfBody(body))
      // A nested text may be deeper than bodies may be.
      if (refusal !== undefined) expect(String(refusal)).toMatch(/max_nested_depth|maxClauseCount/)
    }),
    { numRuns },
  )
})

test.each([
  '(',
  '"',
  'a:',
  '[',
  '\\',
  'NOT ',
  '-',
  'a OR ',
  '/',
  '{a TO ',
  '~',
  'a.',
  '(a ',
  'a:(',
  '"a" ',
])('a hundred kilobytes of %j', (unit) => {
  const long = unit.repeat(100_000 / unit.length)
  const spent = cpuMsOf(() => {
    for (const mode of ['weir', 'lucene'] as const)
      expectUnderstood(() => queryOfText(long, { mode }))
    expectUnderstood(() => queryOfBody({ simple_query_string: { query: long } }))
  })
  expect(spent).toBeLessThan(5000)
})

const names =
  'bool must should filter must_not term terms range match query_string regexp wildcard query value fields'
const key = fc.oneof(
  fc.constantFrom(
    ...names.split(' '),
    'a',
    '__proto__',
    'minimum_should_match',
    'gte',
    'ids',
    'values',
  ),
  fc.string({ maxLength: 3 }),
)
const { tree } = fc.letrec<{ tree: JsonValue }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 8, depthSize: 'small' },
    fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null)) as fc.Arbitrary<JsonValue>,
    fc.array(tie('tree'), { maxLength: 3 }) as fc.Arbitrary<JsonValue>,
    fc.dictionary(key, tie('tree'), { maxKeys: 3 }) as fc.Arbitrary<JsonValue>,
  ),
}))

test('bodies', () => {
  fc.assert(
    fc.property(fc.oneof(fc.dictionary(key, tree, { maxKeys: 2 }), tree), (body) => {
      expectUnderstood(() => queryOfBody(body as JsonValue))
    }),
    { numRuns: numRuns * 2 },
  )
})

test('dates and formats', () => {
  const date = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789-+:TZ.|/now dMy')), maxLength: 30 }),
  )
  const format = fc.string({
    unit: fc.constantFrom(...Array.from("yMdHmsSaEXzeDw'[] -:|/")),
    maxLength: 12,
  })
  const zone = fc.constantFrom('Z', '+01:00', 'Europe/Berlin', 'Nowhere', '+99')
  fc.assert(
    fc.property(date, format, zone, fc.boolean(), (given, pattern, timeZone, roundUp) => {
      expectUnderstood(() => nanosOf(given, { timeZone, roundUp, nowMs: 1e12 }))
      expectUnderstood(() => parseDate(given, pattern, { timeZone: 'Z', roundUp }))
    }),
    { numRuns },
  )
})

test.each([
  [
    'any',
    tokenRegexp,
    fc.string({
      unit: fc.constantFrom(...Array.from('aB1_.:;,éßк漢ひカー한🙂👍🏽²ⅷ’ ')),
      maxLength: 20,
    }),
  ],
  [
    'ASCII',
    asciiTokenRegexp,
    fc.string({ unit: fc.constantFrom(...Array.from("abzA019_.:',;- /@")), maxLength: 30 }),
  ],
] as const)('RE2 finds the tokens of %s texts', async (_, pattern, arbitrary) => {
  const texts = fc.sample(arbitrary, Math.min(numRuns, 3000))
  const connection = await (await DuckDBInstance.create()).connect()
  const lowered = JSON.stringify(texts.map((each) => each.toLowerCase()))
  const sql = 'select regexp_extract_all(unnest(cast(cast($1 as json) as varchar[])), $2) as found'
  const rows = (await connection.runAndReadAll(sql, [lowered, pattern])).getRowsJson()
  const found = rows.map(([tokens]) =>
    (tokens as string[]).filter((each) => !/^[\p{Pc}\p{M}\u200d]+$/u.test(each)),
  )
  expect(found).toEqual(texts.map(tokensOf))
  connection.closeSync()
})
