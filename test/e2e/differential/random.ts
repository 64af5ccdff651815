import fc from 'fast-check'
import type { JsonRecord, JsonValue } from '../../../store/search.ts'

const words = ['alpha', 'Beta', 'gamma-ray', 'delta_x', 'Ünï', 'x.y', '42', 'the', 'and', 'foo bar']
const times = [
  '2026-03-01',
  '2026-03-01T10:00:00Z',
  '2026-03-02T00:30:00+02:00',
  '2026-03-29T01:30:00Z',
]

export const randomMapping: JsonRecord = {
  properties: {
    id: { type: 'long' },
    k: { type: 'keyword' },
    t: { type: 'text' },
    n: { type: 'long' },
    d: { type: 'double' },
    b: { type: 'boolean' },
    at: { type: 'date' },
    ip: { type: 'ip' },
    'o.k': { type: 'keyword' },
  },
}

const word = fc.constantFrom(...words)
const number = fc.constantFrom(-7, 0, 1, 2, 3, 10, 42, 1000)
const decimal = fc.constantFrom(-1.5, 0, 0.25, 1, 2.5, 1e6)
const time = fc.constantFrom(...times)
const ip = fc.constantFrom('10.0.0.1', '10.0.0.200', '10.0.3.7', '::1', '2001:db8::5')
const sentence = fc.array(word, { minLength: 1, maxLength: 6 }).map((all) => all.join(' '))

/** A value, none, null, or a list. */
const some = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonValue | undefined> =>
  fc.oneof(
    { weight: 5, arbitrary: value },
    { weight: 1, arbitrary: fc.constantFrom(undefined, null) },
    { weight: 1, arbitrary: fc.array(value, { maxLength: 3 }) },
  )

const document = fc
  .record({
    k: some(word),
    t: some(sentence),
    n: some(number),
    d: some(decimal),
    b: some(fc.boolean()),
    at: some(time),
    ip: some(ip),
    nested: some(word),
    dotted: some(word),
  })
  .map(({ nested, dotted, ...rest }) => {
    const named = dotted === undefined ? {} : { 'o.k': dotted }
    const made = { ...rest, ...named, ...(nested === undefined ? {} : { o: { k: nested } }) }
    return Object.fromEntries(
      Object.entries(made).filter(([, value]) => value !== undefined),
    ) as JsonRecord
  })

/** 200 documents, the same each time. */
export const randomDocuments = (): JsonRecord[] =>
  fc.sample(document, { numRuns: 200, seed: 5 }).map((made, at) => ({ id: at + 1, ...made }))

const bounds = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonRecord> =>
  fc
    .record({
      lower: fc.constantFrom('gt', 'gte'),
      from: value,
      upper: fc.constantFrom('lt', 'lte'),
      to: value,
      open: fc.constantFrom('lower', 'upper', 'none'),
    })
    .map(({ lower, from, upper, to, open }) => ({
      ...(open !== 'lower' && { [lower]: from }),
      ...(open !== 'upper' && { [upper]: to }),
    }))
const on = (
  kind: string,
  field: string,
  value: fc.Arbitrary<JsonValue>,
): fc.Arbitrary<JsonRecord> => value.map((each) => ({ [kind]: { [field]: each } }))
const mathTime = fc.oneof(
  time,
  fc.constantFrom('2026-03-01||+1d/d', '2026-03-29||/M', 'now-100y', 1_772_323_200_000),
)

const leaf: fc.Arbitrary<JsonRecord> = fc.oneof(
  on('term', 'k', word),
  on('term', 'o.k', word),
  on('term', 'n', fc.oneof(number, number.map(String))),
  on('term', 'd', decimal),
  on('term', 'b', fc.boolean()),
  on('term', 'ip', fc.oneof(ip, fc.constantFrom('10.0.0.0/24', '2001:db8::/32'))),
  on('term', 't', word),
  on('terms', 'k', fc.array(word, { maxLength: 3 })),
  on('terms', 'n', fc.array(number, { maxLength: 3 })),
  on('range', 'n', bounds(number)),
  on('range', 'd', bounds(decimal)),
  on('range', 'at', bounds(mathTime)),
  on('range', 'ip', bounds(ip)),
  on('range', 'k', bounds(word)),
  on('match', 't', sentence),
  sentence.map((query) => ({ match: { t: { query, operator: 'and' } } })),
  on('match_phrase', 't', sentence),
  fc.tuple(sentence, fc.nat(3)).map(([query, slop]) => ({ match_phrase: { t: { query, slop } } })),
  on('match_phrase_prefix', 't', fc.constantFrom('alp', 'the an', 'foo b', 'Beta gam')),
  on('prefix', 'k', fc.constantFrom('a', 'B', 'foo ', '')),
  on('wildcard', 'k', fc.constantFrom('*a*', '?eta', 'x.*', '*', 'Ü*')),
  on('regexp', 'k', fc.constantFrom('[a-z]+', '.*_.', '4?2', 'B.ta|the')),
  fc
    .constantFrom('k', 't', 'n', 'd', 'b', 'at', 'ip', 'o', 'o.k', 'none')
    .map((field) => ({ exists: { field } })),
  fc.tuple(sentence, fc.constantFrom('and', 'or')).map(([query, default_operator]) => {
    return { simple_query_string: { query, fields: ['t', 'k'], default_operator } }
  }),
)

const lucene: fc.Arbitrary<string> = fc.letrec<{ text: string; part: string }>((tie) => ({
  part: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      'k:alpha',
      'k:Beta',
      't:the',
      't:"foo bar"',
      'n:>2',
      'n:[1 TO 10}',
      'd:<=1',
      'b:true',
      'alpha',
      '"x.y"',
      'gamma*',
      'at:>=2026-03-02',
      'ip:"10.0.0.0/8"',
      '_exists_:n',
      'o.k:42',
      't:(the and)',
      't:/a.*/',
      'k:x.?',
    ),
    tie('text').map((text) => `(${text})`),
  ),
  text: fc
    .tuple(
      fc.array(fc.tuple(fc.constantFrom('', '', 'NOT ', '-', '+'), tie('part')), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.array(fc.constantFrom(' ', ' AND ', ' OR '), { minLength: 3, maxLength: 3 }),
    )
    .map(([parts, joints]) =>
      parts.map(([sign, part], at) => (at > 0 ? joints[at]! : '') + sign + part).join(''),
    ),
})).text

const { query } = fc.letrec<{ query: JsonRecord }>((tie) => ({
  query: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    leaf,
    lucene.map((text) => ({ query_string: { query: text } })),
    fc
      .record({
        must: fc.array(tie('query'), { maxLength: 2 }),
        filter: fc.array(tie('query'), { maxLength: 1 }),
        should: fc.array(tie('query'), { maxLength: 3 }),
        must_not: fc.array(tie('query'), { maxLength: 1 }),
        minimum: fc.constantFrom(undefined, 0, 1, 2, '50%', '-1'),
      })
      .map(({ minimum, ...parts }) => ({
        bool: { ...parts, ...(minimum !== undefined && { minimum_should_match: minimum }) },
      })),
  ),
}))

const sort = fc
  .array(
    fc.tuple(
      fc.constantFrom('k', 'n', 'd', 'b', 'at', 'ip', 'o.k'),
      fc.constantFrom('asc', 'desc'),
      fc.constantFrom('_first', '_last'),
    ),
    { maxLength: 2 },
  )
  .map((keys) => [
    ...keys.map(([field, order, missing]) => ({ [field]: { order, missing } })),
    { id: 'asc' },
  ])

const metric = fc
  .tuple(
    fc.constantFrom('sum', 'avg', 'min', 'max', 'value_count', 'stats', 'cardinality'),
    fc.constantFrom('n', 'd'),
  )
  .map(([type, field]) => ({ m: { [type]: { field } } }))
const bucket = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('k', 'n', 'b', 'ip', 'o.k'),
      fc.constantFrom(1, 3, 20),
      fc.constantFrom('asc', 'desc'),
    )
    .map(([field, size, order]) => ({ terms: { field, size, order: { _key: order } } })),
  fc.constantFrom('1d', '12h', '7d').map((fixed_interval) => ({
    date_histogram: { field: 'at', fixed_interval, min_doc_count: 1 },
  })),
  fc.constantFrom('day', 'week', 'month').map((calendar_interval) => ({
    date_histogram: { field: 'at', calendar_interval, time_zone: 'Europe/Berlin' },
  })),
  fc
    .constantFrom(5, 100)
    .map((interval) => ({ histogram: { field: 'n', interval, min_doc_count: 1 } })),
  fc.constant({ range: { field: 'd', ranges: [{ to: 1 }, { from: 0, to: 3 }, { from: 3 }] } }),
  leaf.map((filter) => ({ filter })),
  fc.constantFrom('k', 'n', 'at').map((field) => ({ missing: { field } })),
)
const aggs = fc.tuple(bucket, bucket, metric).map(([outer, inner, m]) => ({
  x: { ...outer, aggs: { ...m, y: { ...inner, aggs: m } } },
}))

/** A search body over the index `random`. */
export const randomBody: fc.Arbitrary<JsonRecord> = fc
  .record({ query, sort, aggs: fc.option(aggs, { nil: undefined }) })
  .map(({ query: asked, sort: by, aggs: asks }) => ({
    query: asked,
    sort: by,
    size: 200,
    _source: false,
    ...(asks && { aggs: asks as JsonRecord }),
  }))
