/** Random events and queries: who follows live sees what the SQL of the same query finds. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AskedIndex } from '../../store/embedded/ask/field_table.ts'
import { askedOf } from '../../store/embedded/ask/question.ts'
import { sql } from '../../store/embedded/sql.ts'
import { matcherOf } from '../../store/query/matches.ts'
import type { Query, Scalar } from '../../store/query/query.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { documentsTable, type DocumentsTable } from '../store/embedded/documents_table.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 400)
const nowMs = Date.parse('2026-11-21T12:00:00Z')
const at = 'here'

const word = fc.constantFrom(
  'error',
  'Error',
  'warn',
  'a',
  'a b',
  'x.y',
  '',
  "it's",
  'Zoë',
  '漢字',
  '🙂',
)
const text = fc.array(word, { maxLength: 5 }).map((each) => each.join(' '))
const long = fc.constantFrom(-1, 0, 1, 2, 500)
const double = fc.constantFrom(-0.5, 0.1, 1.5)
const time = fc
  .integer({ min: 0, max: 9999 })
  .map((ms) => new Date(nowMs - ms * 61).toISOString().replace('Z', '789Z'))

/** One value, several, none, or null. */
const some = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonValue | undefined> =>
  fc.oneof(
    { weight: 6, arbitrary: value },
    { weight: 1, arbitrary: fc.array(fc.oneof(value, fc.constant(null)), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.constant(undefined) },
  )
const inner = fc.record({ n: some(long) })
const event = fc
  .record({
    '@timestamp': time,
    message: some(text),
    log: fc.record({ level: some(word) }),
    nested: fc.oneof(inner, fc.array(inner, { maxLength: 2 })),
    'dotted.n': some(long),
    d: some(double),
    b: some(fc.boolean()),
  })
  .map((record) => JSON.parse(JSON.stringify(record)) as JsonRecord)

const values: Readonly<Record<string, fc.Arbitrary<Scalar>>> = {
  message: word,
  'log.level': word,
  'nested.n': fc.oneof(long, fc.constant('1')),
  'dotted.n': long,
  d: fc.oneof(long, double, fc.constant('0.1')),
  b: fc.oneof(fc.boolean(), fc.constantFrom('true', 'false')),
  'no.such': word,
}
const names = Object.keys(values)
const textual = ['message', 'log.level', 'no.such']
const withValue = (make: (field: string, value: fc.Arbitrary<Scalar>) => fc.Arbitrary<Query>) =>
  fc.constantFrom(...names).chain((field) => make(field, values[field]!))
const range = (field: string, value: fc.Arbitrary<Scalar>): fc.Arbitrary<Query> =>
  fc
    .record({ gt: value, gte: value, lt: value, lte: value }, { requiredKeys: [] })
    .map((bounds) => ({ kind: 'range', field, at, ...bounds }))

const { query } = fc.letrec<{ query: Query }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3 },
    withValue((field, value) =>
      fc.record({
        kind: fc.constant('term' as const),
        field: fc.constant(field),
        values: fc.array(value, { minLength: 1, maxLength: 3 }),
        caseInsensitive: fc.boolean(),
        at: fc.constant(at),
      }),
    ),
    withValue(range),
    range('@timestamp', fc.oneof(time, fc.constantFrom('now-5m', 'now-3m/m', '2026-11-21||/d'))),
    fc
      .constantFrom(...names, 'nested', 'log', 'n*', '*.n')
      .map((field): Query => ({ kind: 'exists', field, at })),
    fc.record({
      kind: fc.constantFrom('prefix' as const, 'wildcard' as const),
      field: fc.constantFrom(...textual),
      pattern: fc.constantFrom('e', 'err*', '*r*', 'x?y', 'Err', '*', '', '漢*', '?'),
      caseInsensitive: fc.boolean(),
      at: fc.constant(at),
    }),
    fc.record({
      kind: fc.constantFrom('match' as const, 'phrase' as const, 'phrase_prefix' as const),
      fields: fc.subarray(textual, { minLength: 1 }),
      text,
      operator: fc.constantFrom('or' as const, 'and' as const),
      slop: fc.constant(0),
      zeroTermsAll: fc.boolean(),
      lenient: fc.constant(true),
      at: fc.constant(at),
    }),
    fc.record(
      {
        kind: fc.constant('bool' as const),
        must: fc.array(tie('query'), { maxLength: 2 }),
        filter: fc.array(tie('query'), { maxLength: 1 }),
        should: fc.array(tie('query'), { maxLength: 3 }),
        mustNot: fc.array(tie('query'), { maxLength: 2 }),
        minimumShouldMatch: fc.constantFrom('1', '2', '75%', '-1', '3<90%'),
      },
      { requiredKeys: ['kind', 'must', 'filter', 'should', 'mustNot'] },
    ),
  ),
}))

const sample = fc.sample(event, { numRuns: 120, seed: 11 })
let table: DocumentsTable
let index: AskedIndex
beforeAll(async () => {
  table = await documentsTable(sample.map((source) => ({ source })))
  const [[name, shapes]] = [...table.shapes] as [[string, AskedIndex['shapes']]]
  index = { name, mapping: undefined, shapes }
})
afterAll(() => table.close())

test('what is seen live is what is found', async () => {
  const deadline = new AbortController().signal
  const { from, database } = table
  await fc.assert(
    fc.asyncProperty(query, async (each) => {
      const asked = askedOf({ indices: [index], query: each, from, database, deadline, nowMs })
      const rows = await database.rows(
        sql`select _ordinal from ${from} where ${asked.where} order by 1`,
        deadline,
      )
      const matches = matcherOf(each, nowMs)
      const seen = [...sample.keys()].filter((place) => matches(sample[place]!))
      expect(seen).toEqual(rows.map(({ _ordinal }) => _ordinal))
    }),
    { numRuns: runs },
  )
})
