import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bodyOf } from '../../../../store/query/body_of.ts'
import { queryOfBody } from '../../../../store/query/body/body.ts'
import { queryOfText } from '../../../../store/query/language/parser.ts'
import { SearchError, type JsonValue } from '../../../../store/search.ts'

const bool = { kind: 'bool', must: [], filter: [], should: [], mustNot: [] }
const term = (field: string, ...values: JsonValue[]) => ({ kind: 'term', field, values })
const match = (text: string, ...fields: string[]) => ({ kind: 'match', fields, text })

test.each<[JsonValue, object]>([
  [{ match_all: { boost: 2 } }, { kind: 'all' }],
  [{ match_none: {} }, { kind: 'none' }],
  [{ term: { a: 'b' } }, { ...term('a', 'b'), caseInsensitive: false, at: 'query.term' }],
  [
    { term: { a: { value: 5, boost: 2, case_insensitive: true } } },
    { ...term('a', 5), caseInsensitive: true },
  ],
  [{ term: { a: false } }, term('a', false)],
  [{ terms: { a: ['x', 1], boost: 1 } }, term('a', 'x', 1)],
  [{ terms: { a: [] } }, { kind: 'none' }],
  [
    { range: { a: { gte: 1, lt: 'now/d', time_zone: '+01:00', format: 'yyyy' } } },
    { kind: 'range', field: 'a', gte: 1, lt: 'now/d', timeZone: '+01:00', format: 'yyyy' },
  ],
  [{ range: { a: { from: 1, to: 5, include_lower: false } } }, { kind: 'range', gt: 1, lte: 5 }],
  [{ range: { a: { from: null, to: 5, include_upper: false } } }, { kind: 'range', lt: 5 }],
  [{ range: { a: {} } }, { kind: 'exists', field: 'a' }],
  [{ exists: { field: 'a' } }, { kind: 'exists', field: 'a' }],
  [{ ids: { values: ['1', 2] } }, { kind: 'ids', values: ['1', '2'] }],
  [{ prefix: { a: 'b' } }, { kind: 'prefix', field: 'a', pattern: 'b' }],
  [
    { prefix: { a: { value: 'b', case_insensitive: true } } },
    { kind: 'prefix', caseInsensitive: true },
  ],
  [{ wildcard: { a: { wildcard: 'b*' } } }, { kind: 'wildcard', pattern: 'b*' }],
  [{ regexp: { a: { value: 'b@', flags: 'NONE' } } }, { kind: 'regexp', pattern: 'b\\@' }],
  [
    { match: { a: 'b c' } },
    { ...match('b c', 'a'), operator: 'or', zeroTermsAll: false, lenient: false },
  ],
  [
    {
      match: {
        a: {
          query: 5,
          operator: 'AND',
          minimum_should_match: 2,
          zero_terms_query: 'all',
          fuzziness: 0,
        },
      },
    },
    { ...match('5', 'a'), operator: 'and', minimumShouldMatch: '2', zeroTermsAll: true },
  ],
  [
    { match_phrase: { a: { query: 'b c', slop: 2 } } },
    { kind: 'phrase', fields: ['a'], text: 'b c', slop: 2 },
  ],
  [{ match_phrase_prefix: { a: 'b c' } }, { kind: 'phrase_prefix', text: 'b c' }],
  [
    { multi_match: { query: 'x', fields: ['a^3', 'b.*'] } },
    { ...match('x', 'a', 'b.*'), lenient: true },
  ],
  [{ multi_match: { query: 'x', type: 'phrase', fields: 'a' } }, { kind: 'phrase', fields: ['a'] }],
  [
    { multi_match: { query: 'x y', type: 'cross_fields', operator: 'and', fields: ['a', 'b'] } },
    {
      ...bool,
      should: [
        {
          must: [
            { ...match('x', 'a', 'b'), onlyAnalysed: true },
            { ...match('y', 'a', 'b'), onlyAnalysed: true },
          ],
        },
        match('x y', 'a', 'b'),
      ],
    },
  ],
  [{ query_string: { query: 'a:b', analyze_wildcard: true } }, match('b', 'a')],
  [
    { query_string: { query: 'b*', analyze_wildcard: true, default_field: 'a' } },
    { kind: 'wildcard', field: 'a', pattern: 'b*', analyzed: 'or' },
  ],
  [
    { query_string: { query: 'x', fields: ['a', 'b'], default_operator: 'AND' } },
    { ...match('x', 'a', 'b'), operator: 'and', at: 'query.query_string, column 1' },
  ],
  [
    { query_string: { query: 'x y', fields: ['a'], minimum_should_match: 2 } },
    { ...match('x y', 'a'), minimumShouldMatch: '2' },
  ],
  [{ query_string: { query: '*' } }, { kind: 'all' }],
  [
    { simple_query_string: { query: 'x | y + -z', fields: ['a'] } },
    { must: [{ should: [match('x', 'a'), match('y', 'a')] }, { mustNot: [match('z', 'a')] }] },
  ],
  [{ bool: {} }, { kind: 'all' }],
  [
    {
      bool: {
        must: [],
        filter: { term: { a: 1 } },
        should: [{ match_all: {} }],
        must_not: { match_none: {} },
        minimum_should_match: '1',
      },
    },
    {
      ...bool,
      filter: [{ ...term('a', 1), at: 'query.bool.filter.term' }],
      should: [{ kind: 'all' }],
      mustNot: [{ kind: 'none' }],
      minimumShouldMatch: '1',
    },
  ],
  [{ constant_score: { filter: { term: { a: 1 } }, boost: 2 } }, term('a', 1)],
  [
    { dis_max: { queries: [{ match_all: {} }, { match_none: {} }], tie_breaker: 0.7 } },
    { ...bool, should: [{ kind: 'all' }, { kind: 'none' }] },
  ],
])('%j', (body, expected) => {
  expect(queryOfBody(body)).toMatchObject(expected)
})

test('minimum_should_match of query_string counts the words of one field alone', () => {
  for (const fields of [['a', 'b'], ['*'], undefined]) {
    const query = { query: 'x y', minimum_should_match: 2, ...(fields && { fields }) }
    expect(queryOfBody({ query_string: query })).not.toHaveProperty('minimumShouldMatch')
  }
})

const unknownIn = (name: string) => ({ bool: { filter: [{ bool: { must: { [name]: {} } } }] } })
test.each<[JsonValue, string, RegExp | string]>([
  [
    unknownIn('spam'),
    'parsing_exception',
    'unknown query [spam] at [query.bool.filter[0].bool.must]',
  ],
  [
    unknownIn('nested'),
    'parsing_exception',
    '[nested] query is not supported: each document is one row at [query.bool.filter[0].bool.must]',
  ],
  [{ function_score: {} }, 'parsing_exception', /\[function_score\] query is not supported/],
  [{ toString: {} }, 'parsing_exception', /unknown query \[toString\]/],
  [{}, 'illegal_argument_exception', /query malformed, empty clause found/],
  [[], 'parsing_exception', /query malformed, must start with start_object/],
  [null, 'parsing_exception', /query malformed/],
  [
    { term: 'x' },
    'parsing_exception',
    /\[term\] query malformed, no start_object after query name/,
  ],
  [
    { term: {}, match: {} },
    'parsing_exception',
    /\[term\] malformed query, expected \[END_OBJECT\] but found \[FIELD_NAME\]/,
  ],
  [
    { term: { a: 1, b: 2 } },
    'parsing_exception',
    /\[term\] query doesn't support multiple fields, found \[a\] and \[b\]/,
  ],
  [{ term: { a: [1] } }, 'parsing_exception', /\[term\] query does not support array of values/],
  [{ term: { a: null } }, 'illegal_argument_exception', /value cannot be null/],
  [
    { term: { a: { value: 1, spam: 2 } } },
    'parsing_exception',
    '[term] query does not support [spam] at [query.term.a]',
  ],
  [
    { terms: { a: { index: 'i', id: '1', path: 'p' } } },
    'parsing_exception',
    /lookup in another index is not supported/,
  ],
  [
    { terms: { a: Array.from({ length: 65_537 }, () => 1) } },
    'illegal_argument_exception',
    /\[65537\].*\[65536\].*index.max_terms_count/,
  ],
  [
    { match: { a: { query: 'x', fuzziness: 'AUTO' } } },
    'parsing_exception',
    /\[fuzziness\] is not supported/,
  ],
  [
    { match: { a: { query: 'x', analyzer: 'snowball' } } },
    'parsing_exception',
    /\[analyzer\] is not supported/,
  ],
  [
    { match: { a: { query: 'x', minimum_should_match: 'x' } } },
    'illegal_argument_exception',
    /minimum_should_match/,
  ],
  [
    { match_phrase: { a: { query: 'x', slop: -1 } } },
    'parsing_exception',
    /\[slop\] expected a whole number/,
  ],
  [{ regexp: { a: 'a&b' } }, 'illegal_argument_exception', /intersection/],
  [
    { regexp: { a: 'a'.repeat(1001) } },
    'illegal_argument_exception',
    /The length of regex \[1001\].*index.max_regex_length/,
  ],
  [
    { query_string: { query: 'a AND' } },
    'query_shard_exception',
    /Failed to parse query \[a AND\]: column 6/,
  ],
  [{ simple_query_string: { query: 'a~1' } }, 'parsing_exception', /fuzzy/],
  [
    { bool: { should: Array.from({ length: 1025 }, () => ({ match_all: {} })) } },
    'too_many_clauses',
    /maxClauseCount is set to 1024/,
  ],
  [deep(31), 'illegal_argument_exception', /nested depth.*indices.query.bool.max_nested_depth/],
  [deep(5000), 'illegal_argument_exception', /nested depth/],
])('refuses %j with %s', (body, type, reason) => {
  const thrown = thrownBy(() => queryOfBody(body))
  expect(thrown).toMatchObject({ status: 400, type })
  expect((thrown as Error).message).toMatch(reason)
})

test('many clauses in all are refused, a deep query is not', () => {
  const wide = { bool: { should: Array.from({ length: 600 }, () => ({ match_all: {} })) } }
  expect(thrownBy(() => queryOfBody({ bool: { must: [wide, wide] } }))).toMatchObject({
    type: 'too_many_nested_clauses',
  })
  expect(queryOfBody(deep(29))).toMatchObject({ kind: 'bool' })
})

function deep(levels: number): JsonValue {
  let query: JsonValue = { match_all: {} }
  for (let level = 0; level < levels; level++) query = { bool: { must: query } }
  return query
}

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (thrown) {
    return thrown
  }
  return undefined
}

test.each([
  'level:(error OR warn) AND url.path:/api/* AND NOT host.name:"web 1" AND bytes>=1000 AND @timestamp:[now-1h TO now} AND /re\\/gex/ "a phrase"~3',
  'a* -b? http.*:>5 _exists_:k x:/a b/ y:{* TO "q\\"[ ]"] nothing:* (a or b) c:\\*x*',
])('what a text asks can be sent as a body: %s', (text) => {
  const query = queryOfText(text)
  expect(withoutPlaces(queryOfBody(bodyOf(query) as JsonValue))).toEqual(withoutPlaces(query))
})

/** Without what says where something stood, or is the default. */
function withoutPlaces(query: unknown): unknown {
  return JSON.parse(
    JSON.stringify(query, (key, value) =>
      key === 'at' || key === 'lenient' || value === '' ? undefined : value,
    ),
  )
}

test('simple texts never fail but for what is not supported', () => {
  const text = fc.string({
    unit: fc.constantFrom(...Array.from('ab "()+-|~*\\1😀\n')),
    maxLength: 40,
  })
  fc.assert(
    fc.property(text, fc.constantFrom('ALL', 'NONE', 'OR|PREFIX'), (query, flags) => {
      const thrown = thrownBy(() => queryOfBody({ simple_query_string: { query, flags } }))
      if (thrown !== undefined) expect((thrown as Error).message).toMatch(/fuzzy search/)
    }),
    { numRuns: 1000 },
  )
})

test.each([
  ['a b', 'or', { should: [match('a', '*'), match('b', '*')] }],
  ['a + b | c', 'or', { should: [{ must: [match('a', '*'), match('b', '*')] }, match('c', '*')] }],
  ['-a', 'or', { mustNot: [match('a', '*')] }],
  ['"a b"~2', 'or', { kind: 'phrase', slop: 2 }],
  ['a*', 'or', { kind: 'wildcard', pattern: 'a*' }],
  ['(a b) c', 'and', { must: [{ must: [match('a', '*'), match('b', '*')] }, match('c', '*')] }],
  ['a-b', 'or', match('a-b', '*')],
  ['a\\*', 'or', match('a*', '*')],
  ['(a', 'or', match('a', '*')],
  ['a) "b', 'or', { should: [match('a', '*'), match('b', '*')] }],
  ['()', 'or', { kind: 'none' }],
  ['', 'or', { kind: 'none' }],
])('simple: %s with %s', (query, default_operator, expected) => {
  expect(queryOfBody({ simple_query_string: { query, default_operator } })).toMatchObject(expected)
})

test('a hundred kilobytes of brackets are read', () => {
  const refusal = () =>
    queryOfBody({ simple_query_string: { query: '('.repeat(50_000) + ')'.repeat(50_000) } })
  expect(refusal).toThrow(SearchError)
  expect(queryOfBody({ simple_query_string: { query: '('.repeat(100_000) } })).toEqual({
    kind: 'none',
  })
})
