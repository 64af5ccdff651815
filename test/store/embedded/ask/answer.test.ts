import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answer, count, validate } from '../../../../store/embedded/ask/answer.ts'
import { fieldCaps, mappingOf, termsEnum } from '../../../../store/embedded/ask/field_answers.ts'
import type { Needs } from '../../../../store/embedded/ask/needs.ts'
import type { World } from '../../../../store/embedded/ask/world.ts'
import { sql } from '../../../../store/embedded/sql.ts'
import { defaultSearchLimits } from '../../../../store/query/limits.ts'
import type { Mapping } from '../../../../store/fields.ts'
import type { JsonRecord } from '../../../../store/search.ts'
import { documentsTable, testJournal, type DocumentsTable } from '../documents_table.ts'

const stream = 'logs-test-default'
const second = (at: number) =>
  `2026-11-21T10:00:${String(at).padStart(2, '0')}.${String(at).padStart(6, '0')}Z`
const sources: readonly JsonRecord[] = Array.from({ length: 30 }, (_, at) => ({
  '@timestamp': second(at),
  message: `Line ${at} of the log, ${at % 3 === 0 ? 'an Error' : 'fine'}`,
  log: { level: at % 3 === 0 ? 'error' : 'info' },
  n: at % 5,
  ...(at % 2 === 0 && { half: at / 2 }),
  tags: at % 4 === 0 ? ['x', 'b'] : 'm',
  nested: { deep: { a: at, b: 'keep' }, list: [{ c: at }, { c: at + 1 }] },
}))

let table: DocumentsTable
let world: World
let asked: Needs[] = []
let closed = 0
beforeAll(async () => {
  table = await documentsTable(sources.map((source) => ({ source })))
  const micros = (text: string) => BigInt(Date.parse(text)) * 1000n
  world = {
    indices: [{ name: stream, mapping: undefined, shapes: table.shapes.get(stream)! }],
    open(needs) {
      asked.push(needs)
      return {
        from: table.from,
        // As if of three files, and long ones.
        byTime: {
          spans: [0, 10, 20].map((from) => ({
            minMicros: micros(second(from)),
            maxMicros: micros(second(from + 9)) + 999_999n,
            rows: 600_000,
          })),
          untimed: false,
          within: ({ from = -(2n ** 60n), to = 2n ** 60n }) => {
            const [low, high] = [from, to].map((each) => sql`make_timestamp(${each})`)
            return sql`(select * from ${table.from} where "@timestamp" >= ${low!} and "@timestamp" < ${high!})`
          },
        },
        scanned: { segments: 3, skipped: 1, rows: 30, bytes: 3000, damaged: [] },
        close: () => void closed++,
      }
    },
    database: table.database,
    deadline: new AbortController().signal,
    nowMs: Date.parse('2026-11-21T12:00:00Z'),
    limits: defaultSearchLimits,
    monotonicMs: () => 5,
  }
})
afterAll(() => table.close())

type Hit = JsonRecord & { _id?: string; _source: JsonRecord; sort: JsonRecord[] }
const ordinals = (hits: readonly Hit[]) => hits.map(({ _id }) => Number(_id?.split('-')[1]))
async function search(body: JsonRecord) {
  const response = await answer(body, world)
  const { hits, total } = response.hits as unknown as { hits: Hit[]; total?: JsonRecord }
  return { response, hits, total, found: ordinals(hits) }
}

test('a profile names what is damaged, as JSON', async () => {
  const lost = { file: 'a.parquet', reason: 'the file is missing', minMicros: 1n }
  const damagedWorld: World = {
    ...world,
    open: async (...given) => {
      const opened = await world.open(...given)
      return { ...opened, scanned: { ...opened.scanned, damaged: [lost] } }
    },
  }
  const { profile } = await answer({ size: 0, profile: true }, damagedWorld)
  expect(JSON.stringify(profile)).toContain('"damaged":[{"file":"a.parquet","reason":"the file is')
})

test('a question answers as Elasticsearch does', async () => {
  const { response } = await search({ size: 1, query: { match: { message: '7' } }, profile: true })
  expect(response).toEqual({
    took: 0,
    timed_out: false,
    _shards: { total: 4, successful: 4, skipped: 1, failed: 0 },
    hits: {
      total: { value: 1, relation: 'eq' },
      max_score: 1,
      hits: [{ _index: stream, _id: `${testJournal}-7`, _score: 1, _source: sources[7] }],
    },
    profile: { shards: [], weir: { segments: 3, skipped: 1, rows: 30, bytes: 3000, damaged: [] } },
  })
  expect(closed).toBeGreaterThan(0)
})

const error = { term: { 'log.level': 'error' } }
const found: readonly (readonly [string, JsonRecord, readonly number[]])[] = [
  ['ten by default, as they came', {}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ['from and size', { from: 28, size: 5 }, [28, 29]],
  ['the newest', { sort: [{ '@timestamp': 'desc' }], size: 3 }, [29, 28, 27]],
  [
    'the newest, past the first file',
    { sort: '@timestamp:desc', size: 4, query: error },
    [27, 24, 21, 18],
  ],
  [
    'the newest without counting',
    { sort: '@timestamp:desc', size: 2, track_total_hits: false, query: error },
    [27, 24],
  ],
  [
    'the oldest without counting',
    { sort: '@timestamp', size: 2, track_total_hits: false, query: error },
    [0, 3],
  ],
  [
    'all, the oldest first',
    { sort: '@timestamp', size: 30, track_total_hits: false, query: error },
    [0, 3, 6, 9, 12, 15, 18, 21, 24, 27],
  ],
  [
    'a number, and then the place',
    { sort: [{ n: { order: 'desc' } }, '_doc'], size: 3 },
    [4, 9, 14],
  ],
  ['missing ones last', { sort: { half: 'desc' }, size: 2 }, [28, 26]],
  [
    'missing ones first',
    { sort: [{ half: { order: 'asc', missing: '_first' } }], size: 2 },
    [1, 3],
  ],
  ['missing ones as a value', { sort: [{ half: { missing: -1 } }], size: 2 }, [1, 3]],
  ['a list by its least', { sort: [{ tags: 'asc' }], size: 3 }, [0, 4, 8]],
  ['a list by its greatest', { sort: [{ tags: 'desc' }], size: 3 }, [0, 4, 8]],
  [
    'a list by mode',
    { sort: [{ 'nested.list.c': { order: 'desc', mode: 'sum' } }], size: 2 },
    [29, 28],
  ],
  ['an unmapped field', { sort: [{ nowhere: { unmapped_type: 'long' } }], size: 2 }, [0, 1]],
  [
    'behind a time',
    { sort: [{ '@timestamp': 'desc' }], search_after: [Date.parse(second(10))], size: 2 },
    [9, 8],
  ],
  [
    'behind a number and a place',
    { sort: ['n', '_doc'], search_after: [0, `${testJournal}-20`], size: 3 },
    [25, 1, 6],
  ],
  [
    'behind a missing one',
    { sort: ['half', '_doc'], search_after: [null, `${testJournal}-25`], size: 9 },
    [27, 29],
  ],
  ['only of post_filter', { query: error, post_filter: { range: { n: { gt: 3 } } } }, [9, 24]],
]
test.each(found)('finds %s', async (_, body, expected) => {
  expect((await search(body)).found).toEqual(expected)
})

test('pages of search_after are the whole, each once', async () => {
  const sort = [{ n: 'desc' }, { half: 'asc' }, { '@timestamp': 'desc' }]
  const whole = (await search({ sort, size: 30 })).found
  const pages: number[] = []
  let after: JsonRecord[] | undefined
  do {
    const page = await search({ sort, size: 4, ...(after && { search_after: after }) })
    pages.push(...page.found)
    after = page.hits.at(-1)?.sort
  } while (after)
  expect(pages).toEqual(whole)
})

test('sort values are as Elasticsearch shows them', async () => {
  const sort = [
    { '@timestamp': 'desc' },
    'half',
    'log.level',
    { '@timestamp': { format: 'yyyy-MM-dd' } },
    '_doc',
  ]
  const { hits, response } = await search({ sort, size: 1 })
  const ms = Date.parse('2026-11-21T10:00:29.000Z')
  expect(hits[0]!.sort).toEqual([ms, null, 'info', '2026-11-21', `${testJournal}-29`])
  expect(hits[0]!._score).toBeNull()
  expect((response.hits as JsonRecord).max_score).toBeNull()
})

describe('totals', () => {
  test.each([
    [{}, { value: 30, relation: 'eq' }],
    [{ size: 0 }, { value: 30, relation: 'eq' }],
    [{ track_total_hits: 7 }, { value: 7, relation: 'gte' }],
    [
      { track_total_hits: 7, size: 0 },
      { value: 7, relation: 'gte' },
    ],
    [
      { track_total_hits: true, query: error },
      { value: 10, relation: 'eq' },
    ],
    [{ track_total_hits: false }, undefined],
    [{ track_total_hits: -1 }, undefined],
    [{ track_total_hits: -1, size: 0 }, undefined],
    [{ track_total_hits: 0 }, { value: 0, relation: 'gte' }],
    [
      { track_total_hits: 0, size: 0, query: error },
      { value: 0, relation: 'gte' },
    ],
    [
      { track_total_hits: 0, query: { match_none: {} } },
      { value: 0, relation: 'eq' },
    ],
    [{ terminate_after: 5 }, { value: 5, relation: 'eq' }],
  ])('%j', async (body: JsonRecord, expected) => {
    expect((await search(body)).total).toEqual(expected)
  })

  test.each([
    ['of a field that not all have', { terms: { field: 'half' } }, undefined],
    ['of a field with several values', { terms: { field: 'tags' } }, undefined],
    ['of some terms', { terms: { field: 'log.level', include: 'e.*' } }, undefined],
    ['of frequent terms', { terms: { field: 'n', min_doc_count: 7 } }, undefined],
    ['of a field that none has', { terms: { field: 'absent' } }, undefined],
    ['of all documents', { global: {}, aggs: { t: { terms: { field: 'half' } } } }, error],
    ['inside a filter', { filter: error, aggs: { t: { terms: { field: 'n' } } } }, undefined],
  ] as [string, JsonRecord, JsonRecord | undefined][])('with terms %s', async (_, agg, query) => {
    const body = { size: 0, aggs: { agg }, ...(query && { query }) }
    const value = query ? 10 : 30
    expect((await search(body)).total).toEqual({ value, relation: 'eq' })
    const tracked = await search({ ...body, track_total_hits: 7 })
    expect(tracked.total).toEqual({ value: 7, relation: 'gte' })
    expect((await search({ ...body, track_total_hits: false })).total).toBeUndefined()
  })

  test('_count', async () => {
    expect(await count({ query: error }, world)).toMatchObject({ count: 10 })
    await expect(count({ size: 1 }, world)).rejects.toThrow('request does not support [size]')
  })
})

describe('what a hit has', () => {
  const hit = async (body: JsonRecord) => (await search({ size: 1, ...body })).hits[0]!
  test.each([
    [true, sources[0]],
    ['n', { n: 0 }],
    [['nested.deep.*', 'log'], { log: { level: 'error' }, nested: { deep: { a: 0, b: 'keep' } } }],
    [
      { includes: ['nested'], excludes: ['*.a', 'nested.list'] },
      { nested: { deep: { b: 'keep' } } },
    ],
    [{ includes: 'nested.list.c' }, { nested: { list: [{ c: 0 }, { c: 1 }] } }],
    [[], sources[0]],
  ])('_source: %j', async (_source, expected) => {
    expect((await hit({ _source: _source! }))._source).toEqual(expected)
  })
  test('no source', async () => {
    expect(await hit({ _source: false })).not.toHaveProperty('_source')
    expect(Object.keys(await hit({ stored_fields: '_none_' }))).toEqual(['_index', '_score'])
  })
  test('fields and doc values', async () => {
    const fields = ['n', 'nested.*', { field: '@timestamp', format: 'epoch_second' }, 'nowhere']
    expect((await hit({ fields })).fields).toEqual({
      n: [0],
      'nested.deep.a': [0],
      'nested.deep.b': ['keep'],
      'nested.list.c': [0, 1],
      '@timestamp': ['1795255200'],
    })
    const columns = { docvalue_fields: ['@timestamp', 'tags'] }
    const expected = { '@timestamp': ['2026-11-21T10:00:00.000Z'], tags: ['b', 'x'] }
    expect((await hit(columns)).fields).toEqual(expected)
  })
  test('version and sequence number', async () => {
    expect(await hit({ version: true, seq_no_primary_term: true })).toMatchObject({
      _version: 1,
      _seq_no: 0,
      _primary_term: 1,
    })
  })
  test('highlight with the tags of Grafana', async () => {
    const { highlight } = await hit({
      query: {
        query_string: { query: 'message:error AND log.level:err*', analyze_wildcard: true },
      },
      highlight: {
        fields: { '*': {} },
        pre_tags: ['@HIGHLIGHT@'],
        post_tags: ['@/HIGHLIGHT@'],
        fragment_size: 2147483647,
      },
    })
    expect(highlight).toEqual({
      message: ['Line 0 of the log, an @HIGHLIGHT@Error@/HIGHLIGHT@'],
      'log.level': ['@HIGHLIGHT@error@/HIGHLIGHT@'],
    })
  })
})

test('fields whose names begin with _ are shown, as those of journald', async () => {
  const own = await documentsTable([{ source: { _PID: 7, __x: 'y' } }])
  try {
    const journald: World = {
      ...world,
      indices: [{ name: stream, mapping: undefined, shapes: own.shapes.get(stream)! }],
      open: () => ({
        from: own.from,
        byTime: undefined,
        scanned: { segments: 1, skipped: 0, rows: 1, bytes: 1, damaged: [] },
        close: () => undefined,
      }),
      database: own.database,
    }
    const { hits } = await answer({ fields: ['_*', '_index'] }, journald)
    expect((hits as { hits: JsonRecord[] }).hits[0]!['fields']).toEqual({ _PID: [7], __x: ['y'] })
  } finally {
    own.close()
  }
})

test('what Grafana asks for logs', async () => {
  asked = []
  const gte = Date.parse(second(5))
  const lte = Date.parse(second(20))
  const { hits, response } = await search({
    size: 500,
    query: {
      bool: {
        filter: [
          { range: { '@timestamp': { gte, lte, format: 'epoch_millis' } } },
          { query_string: { analyze_wildcard: true, query: 'log.level:error' } },
        ],
      },
    },
    sort: {
      '@timestamp': { order: 'desc', unmapped_type: 'boolean' },
      _doc: { order: 'desc' },
    },
    script_fields: {},
    docvalue_fields: ['@timestamp'],
    fields: [{ field: '@timestamp', format: 'strict_date_optional_time_nanos' }],
    aggs: {
      1: { date_histogram: { field: '@timestamp', fixed_interval: '10s', min_doc_count: 0 } },
    },
  })
  expect(ordinals(hits)).toEqual([18, 15, 12, 9, 6])
  expect(hits[0]!.sort).toEqual([Date.parse(second(18)), `${testJournal}-18`])
  expect(response.aggregations).toMatchObject({
    1: { buckets: [{ doc_count: 2 }, { doc_count: 3 }] },
  })
  expect(asked).toEqual([
    {
      fromMicros: BigInt(gte) * 1000n,
      toMicros: BigInt(lte) * 1000n + 999n,
      words: [['error']],
      equals: new Map([['log.level', ['error']]]),
    },
  ])
})

describe('refused', () => {
  test.each<[JsonRecord, string]>([
    [{ spam: 1 }, 'unknown key [spam] for a VALUE_NUMBER in [body].'],
    [
      { size: 10_001 },
      'Result window is too large, from + size must be less than or equal to: [10000]',
    ],
    [{ size: -1 }, '[size] parameter cannot be negative, found [-1]'],
    [{ collapse: { field: 'n' } }, '[collapse] is not supported'],
    [{ script_fields: { a: {} } }, '[script_fields] is not supported'],
    [{ sort: 'message' }, 'Text fields are not optimised'],
    [{ sort: 'nowhere' }, 'No mapping found for [nowhere] in order to sort on'],
    [{ sort: [{ _script: {} }] }, 'sort by [_script] is not supported'],
    [{ sort: ['n'], search_after: [1, 2] }, 'search_after has 2 value(s) but sort has 1.'],
    [{ search_after: [1] }, 'Sort must contain at least one field.'],
    [{ timeout: 'soon' }, 'failed to parse setting [timeout]'],
    [{ query: { spam: {} } }, 'unknown query [spam]'],
  ])('%j', async (body, reason) => {
    await expect(answer(body, world)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(reason) as string,
    })
  })
})

test.each<[object, JsonRecord, string]>([
  [{ maxResultWindow: 20 }, { size: 21 }, 'max_result_window'],
  [
    { maxInnerResultWindow: 2 },
    { aggs: { a: { top_hits: { size: 3 } } } },
    'max_inner_result_window',
  ],
  [{ maxBuckets: 4 }, { aggs: { a: { terms: { field: 'n' } } } }, 'max_buckets'],
  [{ maxBuckets: 4 }, { aggs: { a: { histogram: { field: 'n', interval: 1 } } } }, 'max_buckets'],
  [{ maxBuckets: 9 }, { aggs: { a: { composite: { size: 10, sources: [] } } } }, 'max_buckets'],
  [
    { maxAggregations: 1 },
    { aggs: { a: { avg: { field: 'n' } }, b: { avg: { field: 'n' } } } },
    'max_aggregations',
  ],
  [
    { maxAggregationDepth: 0 },
    { aggs: { a: { missing: { field: 'n' }, aggs: { b: { avg: { field: 'n' } } } } } },
    'max_aggregation_depth',
  ],
  [{ maxDepth: 1 }, { query: { bool: { must: { match_all: {} } } } }, 'max_query_depth'],
  [
    { maxClauses: 1 },
    { aggs: { a: { filter: { bool: { must: [{ match_all: {} }, { match_all: {} }] } } } } },
    'max_clauses',
  ],
  [{ maxTerms: 1 }, { post_filter: { terms: { n: [1, 2] } } }, 'max_terms'],
  [{ maxTextLength: 2 }, { query: { query_string: { query: 'abc' } } }, 'max_query_length'],
  [{ maxRegexpLength: 2 }, { query: { regexp: { 'log.level': 'abc' } } }, 'max_regex_length'],
])('%j is a bound', async (bound, body, option) => {
  const limits = { ...defaultSearchLimits, ...bound }
  await expect(answer(body, { ...world, limits })).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining(`store.limits.${option}`) as string,
  })
})

test('a question that takes too long says so', async () => {
  const slow: World = { ...world, deadlineIn: () => AbortSignal.abort(new Error('time')) }
  expect(await answer({ timeout: '1ms' }, slow)).toMatchObject({
    timed_out: true,
    hits: { total: { value: 0, relation: 'gte' }, hits: [] },
  })
  for (const [timeout, timeoutMs] of [
    ['1nanos', 1],
    ['1500micros', 2],
    ['100d', 2 ** 31 - 1],
  ] as const) {
    let asked: number | undefined
    const deadlineIn = (ms: number) => {
      asked = ms
      return world.deadline
    }
    await answer({ timeout }, { ...world, deadlineIn })
    expect(asked).toBe(timeoutMs)
  }
  const over = { ...world, deadline: AbortSignal.abort(new Error('gone')) }
  await expect(answer({}, over)).rejects.toThrow('gone')
})

const mapping: Mapping = {
  fields: [{ path: 'n', type: 'integer', source: 'n', indexed: true }],
  dynamic: 'true',
  given: { properties: { n: { type: 'integer' } } },
}

test('field capabilities, over indices that differ', () => {
  const shapes = table.shapes.get(stream)!
  const indices = [
    { name: 'a', mapping: undefined, shapes },
    { name: 'b', mapping, shapes: [] },
  ]
  const { fields } = fieldCaps(indices, ['n', 'log*', '@timestamp', 'message'])
  const each = { metadata_field: false, searchable: true, aggregatable: true }
  expect(fields).toEqual({
    '@timestamp': { date: { type: 'date', ...each } },
    message: { text: { type: 'text', ...each, aggregatable: false } },
    n: {
      long: { type: 'long', ...each, indices: ['a'] },
      integer: { type: 'integer', ...each, indices: ['b'] },
    },
    log: { object: { type: 'object', ...each, searchable: false, aggregatable: false } },
    'log.level': { keyword: { type: 'keyword', ...each } },
  })
})

test('texts that look like dates are texts where the mapping says that dates are not detected', () => {
  const shape = { path: 'w', jsonPath: '$."w"', many: false, kind: 'date_string' } as const
  const learnt = (given: object) => {
    const asked = { name: 'c', mapping: { ...mapping, fields: [], given }, shapes: [shape] }
    return (mappingOf(asked)['properties'] as JsonRecord)['w']
  }
  expect(learnt({})).toEqual({ type: 'date' })
  const text = { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } }
  expect(learnt({ date_detection: false })).toEqual(text)
})

test('a mapping is what was given and what documents taught', () => {
  const shape = {
    path: 'log.level',
    jsonPath: '$."log"."level"',
    many: false,
    kind: 'string',
  } as const
  expect(mappingOf({ name: 'b', mapping, shapes: [shape] })).toEqual({
    properties: {
      n: { type: 'integer' },
      log: {
        properties: {
          level: { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } },
        },
      },
    },
  })
  expect(mappingOf({ name: 'empty', mapping: undefined, shapes: [] })).toEqual({})
})

test('terms of a field', async () => {
  expect(await termsEnum({ field: 'tags' }, world)).toMatchObject({
    terms: ['b', 'm', 'x'],
    complete: true,
  })
  expect(
    await termsEnum({ field: 'log.level', string: 'E', case_insensitive: true }, world),
  ).toMatchObject({ terms: ['error'] })
  expect(await termsEnum({ field: 'tags', search_after: 'b', size: 1 }, world)).toMatchObject({
    terms: ['m'],
  })
})

test('whether a query is valid', () => {
  expect(validate({ query: error }, world)).toMatchObject({ valid: true })
  expect(validate({ query: { term: { n: 'x' } } }, world)).toMatchObject({
    valid: false,
    error: expect.stringContaining('For input string: "x"') as string,
  })
})
