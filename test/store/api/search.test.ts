import { describe, expect, test } from 'vitest'
import { allRoutes } from '../../../store/api/all_routes.ts'
import { refusedRoutes } from '../../../store/api/refused_routes.ts'
import { createEsApp, ndjson } from './es_app.ts'

const { ask, engine } = createEsApp()

describe('_search', () => {
  test('what the URL says goes before what the body says', async () => {
    await ask('PUT', '/s-1/_doc/1?refresh=true', { n: 1 })
    await ask(
      'GET',
      '/s-1/_search?q=a:b&df=message&default_operator=AND&size=3&from=2&sort=a:desc,_doc&_source_excludes=x&track_total_hits=true&timeout=2s&preference=p',
      { size: 9, query: { match_all: {} } },
    )
    expect(engine.asked.at(-1)).toEqual({
      target: 's-1',
      request: {
        query: {
          query_string: { query: 'a:b', default_field: 'message', default_operator: 'and' },
        },
        size: 3,
        from: 2,
        sort: [{ a: { order: 'desc' } }, '_doc'],
        _source: { includes: [], excludes: ['x'] },
        track_total_hits: true,
        timeout: '2s',
      },
    })
    const source = encodeURIComponent('{"size":4}')
    await ask('GET', `/s-1/_search?source=${source}&source_content_type=application/json`)
    expect(engine.asked.at(-1)!.request).toEqual({ size: 4 })
  })

  test('whole numbers that a double does not hold keep their digits', async () => {
    await ask('PUT', '/s-1/_doc/1?refresh=true', { n: 1 })
    const body = '{"query":{"term":{"n":1234567890123456789}},"search_after":[-9007199254740993,7]}'
    const asked = {
      query: { term: { n: '1234567890123456789' } },
      search_after: ['-9007199254740993', 7],
    }
    await ask('POST', '/s-1/_search', body)
    expect(engine.asked.at(-1)!.request).toEqual(asked)
    await ask('POST', '/_msearch', `{"index":"s-1"}\n${body}\n`)
    expect(engine.asked.at(-1)!.request).toEqual(asked)
  })

  test.each([
    ['size=many', undefined, 'Failed to parse int parameter [size]'],
    ['sort=a:up', undefined, 'Unknown SortOrder [up]'],
    ['pretty=perhaps', undefined, 'only [true] or [false]'],
    ['scroll=1m', undefined, '[scroll] is not supported'],
    ['default_operator=xor&q=a', undefined, 'Unsupported defaultOperator [xor]'],
    ['', { pit: { id: 'x' } }, '[pit] is not supported'],
    ['', '{"query":', 'JSON'],
    ['', '[]', 'START_ARRAY'],
    ['', { query: { spam: {} } }, 'unknown query [spam]'],
    ['rest_total_hits_as_int=true', { track_total_hits: 5 }, 'not accurate'],
    ['expand_wildcards=some', undefined, 'No valid expand wildcard value [some]'],
  ])('?%s %j is refused', async (query, body, reason) => {
    const reply = await ask('POST', `/_search?${query}`, body)
    expect(reply.status).toBe(400)
    expect(reply.body['error']!['reason']).toContain(reason)
    expect(reply.body['status']).toBe(400)
  })

  test('totals as numbers, and typed keys', async () => {
    engine.answer = () => ({
      hits: { total: { value: 7, relation: 'eq' }, hits: [] },
      aggregations: {
        a: { buckets: [{ key: 'x', doc_count: 1, m: { value: 1 } }] },
        b: { buckets: [{ key: 1, doc_count: 1 }] },
        c: { doc_count: 3, p: { values: {} } },
      },
    })
    const aggs = {
      a: { terms: { field: 'a' }, aggs: { m: { avg: { field: 'n' } } } },
      b: { terms: { field: 'b' } },
      c: { filter: { match_all: {} }, aggs: { p: { percentiles: { field: 'n' } } } },
    }
    const reply = await ask('POST', '/s-1/_search?typed_keys&rest_total_hits_as_int=true', { aggs })
    engine.answer = undefined
    expect(engine.asked.at(-1)!.request['track_total_hits']).toBe(true)
    expect(reply.body).toEqual({
      hits: { total: 7, hits: [] },
      aggregations: {
        'sterms#a': { buckets: [{ key: 'x', doc_count: 1, 'avg#m': { value: 1 } }] },
        'lterms#b': { buckets: [{ key: 1, doc_count: 1 }] },
        'filter#c': { doc_count: 3, 'tdigest_percentiles#p': { values: {} } },
      },
    })
  })

  test('the filter of an alias holds', async () => {
    await ask('PUT', '/s-2')
    const filter = { term: { level: 'error' } }
    await ask('POST', '/_aliases', { actions: [{ add: { index: 's-2', alias: 'bad', filter } }] })
    await ask('GET', '/bad/_search', { query: { match_all: {} } })
    expect(engine.asked.at(-1)).toEqual({
      target: 's-2',
      request: {
        query: {
          bool: {
            must: [{ match_all: {} }],
            filter: [{ bool: { filter: [{ term: { _index: 's-2' } }, filter] } }],
          },
        },
      },
    })
    await ask('GET', '/bad,s-2/_search', {})
    expect(engine.asked.at(-1)).toEqual({ target: 's-2', request: {} })
    await ask('GET', '/bad,s-1/_count', {})
    expect(engine.asked.at(-1)!.target).toBe('s-1,s-2')
    expect(JSON.stringify(engine.asked.at(-1)!.request)).toContain('{"terms":{"_index":["s-1"]}}')
  })

  test('targets that mean nothing', async () => {
    const none = await ask('GET', '/nothing-*/_search')
    expect(none.body['hits']).toEqual({
      total: { value: 0, relation: 'eq' },
      max_score: 0,
      hits: [],
    })
    const missing = await ask('GET', '/nothing/_search')
    expect(missing.status).toBe(404)
    expect(missing.body['error']).toMatchObject({
      type: 'index_not_found_exception',
      reason: 'no such index [nothing]',
      index: 'nothing',
      'resource.id': 'nothing',
    })
    expect((await ask('GET', '/nothing/_search?ignore_unavailable=true')).status).toBe(200)
    expect((await ask('GET', '/nothing-*/_search?allow_no_indices=false')).status).toBe(404)
  })
})

describe('_msearch', () => {
  test('answers each search by itself', async () => {
    const reply = await ask(
      'POST',
      '/s-1/_msearch',
      ndjson(
        {},
        { size: 1 },
        '',
        {},
        { index: ['s-1', 'no-*'], ignore_unavailable: true, search_type: 'query_then_fetch' },
        {},
        { index: 'nothing' },
        {},
        { index: 's-1', preference: null },
        { query: { spam: {} } },
      ),
    )
    const responses = reply.body['responses'] as unknown as readonly Record<string, never>[]
    expect(responses.map((each) => each['status'])).toEqual([200, 200, 200, 404, 400])
    expect(responses[4]!['error']).toMatchObject({
      type: 'parsing_exception',
      root_cause: [{ reason: 'unknown query [spam]' }],
    })
  })

  test.each([
    ['', 'request body is required'],
    ['{}\n{}', 'must be terminated by a newline'],
    ['{"spam":1}\n{}\n', 'key [spam] is not supported in the metadata section'],
    ['{}\n', 'is missing'],
    ['{}\n[]\n', 'is no JSON object'],
    ['{"index":{}}\n{}\n', '[index] in the metadata section'],
    ['{}\n{}\n'.repeat(201), 'more than 200 searches'],
  ])('%j is refused as a whole', async (body, reason) => {
    const reply = await ask('POST', '/_msearch', body)
    expect(reply.status).toBe(400)
    expect(reply.body['error']!['reason']).toContain(reason)
  })
})

test('fields, terms, validation, analysis', async () => {
  expect((await ask('GET', '/s-1/_field_caps?fields=a,b*')).body['fields']).toEqual({
    a: {},
    'b*': {},
  })
  expect((await ask('POST', '/s-1/_field_caps', { fields: 'x' })).body['fields']).toEqual({ x: {} })
  expect((await ask('GET', '/s-1/_field_caps')).status).toBe(400)
  expect((await ask('POST', '/s-1/_terms_enum', { field: 'a' })).body).toMatchObject({
    terms: ['a', 'b'],
    complete: true,
  })
  expect((await ask('GET', '/s-1/_validate/query?q=a')).body['valid']).toBe(true)
  const valid = await ask('POST', '/s-1/_validate/query?explain=true', { query: { match_all: {} } })
  expect(valid.body).toMatchObject({
    valid: true,
    explanations: [{ index: 's-1', valid: true, explanation: '{"match_all":{}}' }],
  })
  expect((await ask('GET', '/s-1/_count?min_score=1')).status).toBe(400)
  const invalid = await ask('POST', '/s-1/_validate/query?explain=true', { query: { spam: {} } })
  expect(invalid.body).toMatchObject({
    valid: false,
    explanations: [{ index: 's-1', valid: false }],
  })
  const analysed = await ask('POST', '/_analyze', {
    analyzer: 'standard',
    text: 'The 2 QUICK foxes',
  })
  expect(analysed.body['tokens']).toMatchObject([
    { token: 'the', start_offset: 0, end_offset: 3, position: 0 },
    { token: '2', type: '<NUM>' },
    { token: 'quick', start_offset: 6, end_offset: 11 },
    { token: 'foxes', position: 3 },
  ])
  const count = await ask('GET', '/s-1/_count', { size: 3 })
  expect(count.body['error']!['reason']).toBe('request does not support [size]')
})

test('what is not supported says so, and why', async () => {
  const all = refusedRoutes.flatMap(({ methods, paths }) =>
    paths.map((path) => [methods.at(-1)!, path.replaceAll(/:\w+|\*/g, 'x')] as const),
  )
  for (const [method, path] of all) {
    const reply = await ask(method, path, method === 'GET' ? undefined : {})
    expect([path, reply.status]).toEqual([path, 400])
    expect(reply.body['error']!['reason']).toContain('is not supported: ')
  }
})

test('every route answers an empty request without failing', async () => {
  const fresh = createEsApp()
  for (const { methods, paths } of allRoutes) {
    for (const path of paths) {
      for (const method of methods) {
        const url = path.replaceAll(/:\w+|\*/g, 'some-name')
        const reply = await fresh.ask(method, url)
        expect([`${method} ${url}`, reply.status < 500]).toEqual([`${method} ${url}`, true])
        expect(reply.headers['x-elastic-product']).toBe('Elasticsearch')
      }
    }
  }
})
