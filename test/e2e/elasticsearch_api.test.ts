/** The official clients, Weir's own output and the requests of shippers, against the API on an engine in memory. */
import { Client as Client9 } from '@elastic/elasticsearch'
import { Client as OpenSearchClient } from '@opensearch-project/opensearch'
import { Client as Client8 } from 'elasticsearch-8'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outputs } from '../../collector/outputs/all.ts'
import { chunkOf, numbered, testContext } from '../collector/outputs/chunks.ts'
import { createEsApp, ndjson, type EsApp } from '../store/api/es_app.ts'

let es: EsApp
let url: string
beforeAll(async () => {
  es = createEsApp()
  await es.http.start()
  url = `${es.http.urls()[0]!}/es`
})
afterAll(async () => {
  await es.http.stop(AbortSignal.timeout(1_000))
})

const clients = {
  '@elastic/elasticsearch 8': () => new Client8({ node: url }) as unknown as Client9,
  '@elastic/elasticsearch 9': () => new Client9({ node: url }),
}

describe.each(Object.keys(clients) as (keyof typeof clients)[])('%s', (name) => {
  const index = name.replaceAll(/\W+/g, '-').slice(1)
  let client: Client9
  beforeAll(() => {
    client = clients[name]()
  })
  afterAll(() => client.close())

  it('makes an index, fills it and asks', async () => {
    await client.indices.create({ index, mappings: { properties: { n: { type: 'long' } } } })
    expect(await client.indices.exists({ index })).toBe(true)
    expect((await client.info()).version.number).toBe('8.19.0')
    const made = await client.index({ index, id: '1', document: { n: 1 }, refresh: true })
    expect(made.result).toBe('created')
    expect((await client.get({ index, id: '1' }))._source).toEqual({ n: 1 })
    const wrong = client.index({ index, id: '2', document: { n: 'x' } })
    await expect(wrong).rejects.toMatchObject({ statusCode: 400 })
    const conflict = client.create({ index, id: '1', document: { n: 1 } })
    await expect(conflict).rejects.toMatchObject({ statusCode: 409 })
    expect((await client.search({ index, size: 3 })).hits.hits).toHaveLength(1)
    const many = await client.msearch({ searches: [{ index }, { size: 1 }, { index: 'no' }, {}] })
    expect(many.responses.map(({ status }) => status)).toEqual([200, 404])
    expect((await client.count({ index })).count).toBe(1)
    expect((await client.mget({ index, ids: ['1', 'x'] })).docs).toHaveLength(2)
    expect(await client.cat.indices({ index, format: 'json' })).toHaveLength(1)
    expect((await client.cluster.health()).status).toBe('green')
    await expect(client.openPointInTime({ index, keep_alive: '1m' })).rejects.toMatchObject({
      statusCode: 400,
    })
    await client.delete({ index, id: '1' })
    expect(await client.exists({ index, id: '1' })).toBe(false)
    await client.indices.delete({ index })
    expect(await client.indices.exists({ index })).toBe(false)
  })

  it('helpers.bulk and helpers.search', async () => {
    const result = await client.helpers.bulk<{ n: number }>({
      datasource: Array.from({ length: 2_500 }, (_, n) => ({ n })),
      onDocument: ({ n }) => ({ create: { _index: `${index}-bulk`, _id: `${n % 2_400}` } }),
      flushBytes: 20_000,
      concurrency: 3,
      retries: 0,
    })
    expect(result).toMatchObject({ total: 2_500, successful: 2_400, failed: 100, retry: 0 })
    await client.indices.refresh({ index: `${index}-bulk` })
    const found = await client.helpers.search<{ n: number }>({
      index: `${index}-bulk`,
      size: 10_000,
    })
    expect(found.length).toBe(2_400)
  })
})

it('@opensearch-project/opensearch', async () => {
  const client = new OpenSearchClient({ node: url })
  try {
    const made = await client.index({ index: 'os', id: '1', body: { n: 1 }, refresh: true })
    expect(made.statusCode).toBe(201)
    const bulk = await client.helpers.bulk({
      datasource: [{ n: 2 }, { n: 3 }],
      onDocument: () => ({ index: { _index: 'os' } }),
    })
    expect(bulk.successful).toBe(2)
    await client.indices.refresh({ index: 'os' })
    const { body } = await client.search({ index: 'os', body: { query: { match_all: {} } } })
    expect(body.hits.hits).toHaveLength(3)
  } finally {
    await client.close()
  }
})

it("Weir's own output delivers exactly once", async () => {
  const config = { type: 'elasticsearch', hosts: [url] }
  const output = outputs.create(outputs.schema.parse(config), testContext().context)
  try {
    const chunk = chunkOf([numbered(100)])
    const deadline = AbortSignal.timeout(30_000)
    expect(await output.write({ chunk, mayBeKnown: false }, deadline)).toEqual([])
    expect(await output.write({ chunk, mayBeKnown: true }, deadline)).toEqual([])
    const [part] = chunk.parts
    const answer = await es.ask('GET', `/${part!.stream}/_count`)
    expect(answer.body['count']).toBe(100)
    const again = await output.write({ chunk, mayBeKnown: false }, deadline)
    expect(again).toHaveLength(100)
    const checked = await output.check!(deadline)
    expect(checked.length).toBeGreaterThan(0)
  } finally {
    await output.stop(AbortSignal.timeout(1_000))
  }
})

/** What their sources send before they write, and how they write. */
const shippers: Record<
  string,
  readonly (readonly [method: string, path: string, body?: unknown])[]
> = {
  Filebeat: [
    ['GET', '/'],
    ['GET', '/_license?human=false'],
    ['GET', '/_xpack'],
    ['GET', '/_ilm/policy/filebeat'],
    [
      'PUT',
      '/_ilm/policy/filebeat',
      { policy: { phases: { hot: { actions: { rollover: {} } } } } },
    ],
    ['HEAD', '/_index_template/filebeat-8.19.0'],
    [
      'PUT',
      '/_index_template/filebeat-8.19.0',
      {
        index_patterns: ['filebeat-8.19.0'],
        priority: 150,
        data_stream: {},
        template: {
          settings: { index: { lifecycle: { name: 'filebeat' }, number_of_shards: 1 } },
          mappings: {
            _meta: { beat: 'filebeat', version: '8.19.0' },
            date_detection: false,
            dynamic_templates: [
              {
                labels: {
                  path_match: 'labels.*',
                  match_mapping_type: 'string',
                  mapping: { type: 'keyword' },
                },
              },
            ],
            properties: {
              '@timestamp': { type: 'date' },
              message: { type: 'match_only_text' },
              source: { properties: { geo: { properties: { location: { type: 'geo_point' } } } } },
            },
          },
        },
      },
    ],
    ['HEAD', '/_data_stream/filebeat-8.19.0'],
    ['PUT', '/_data_stream/filebeat-8.19.0'],
    ['GET', '/_data_stream/filebeat-8.19.0'],
    ['PUT', '/_ingest/pipeline/filebeat-nginx', { description: 'x', processors: [] }],
    [
      'POST',
      '/_bulk?filter_path=errors%2Citems.%2A.error%2Citems.%2A.status',
      ndjson(
        { create: { _index: 'filebeat-8.19.0' } },
        { '@timestamp': '2026-01-01T00:00:00.000Z', message: 'x', labels: { a: 'b' } },
      ),
    ],
  ],
  Logstash: [
    ['HEAD', '/'],
    ['GET', '/'],
    ['GET', '/_license'],
    ['GET', '/_xpack'],
    ['HEAD', '/_template/ecs-logstash'],
    ['GET', '/_index_template/ecs-logstash?ignore=404'],
    [
      'POST',
      '/_bulk?filter_path=errors,items.*.error,items.*.status',
      ndjson(
        { create: { _index: 'logs-generic-default', routing: null, pipeline: null } },
        { '@timestamp': '2026-01-01T00:00:00.000Z', event: { original: 'x' } },
      ),
    ],
  ],
  'Fluent Bit': [
    [
      'POST',
      '/_bulk',
      ndjson(
        { create: { _index: 'fluent-bit', _type: '_doc' } },
        { '@timestamp': '2026-01-01T00:00:00.123Z' },
      ),
    ],
  ],
  Vector: [
    ['GET', '/_cluster/health'],
    [
      'POST',
      '/_bulk?timeout=60s',
      ndjson({ index: { _index: 'vector-2026.01.01', _type: '_doc' } }, {}),
    ],
  ],
  'Grafana, save and test': [
    ['GET', '/'],
    ['GET', '/_cluster/health?wait_for_status=yellow'],
    ['GET', '/fluent-bit/_field_caps?fields=@timestamp'],
    ['GET', '/fluent-bit/_mapping'],
    [
      'POST',
      '/_msearch?max_concurrent_shard_requests=5',
      ndjson(
        {
          ignore_unavailable: true,
          index: 'fluent-bit,nothing-*',
          search_type: 'query_then_fetch',
        },
        { size: 0, query: { bool: { filter: [] } }, aggs: {} },
      ),
    ],
  ],
  rsyslog: [
    ['GET', '/_cat/health'],
    ['POST', '/_bulk', ndjson({ index: { _index: 'system', _type: 'events' } }, { message: 'x' })],
  ],
}

describe.each(Object.keys(shippers))('the requests of %s', (name) => {
  it('are answered as it needs', async () => {
    for (const [method, path, body] of shippers[name]!) {
      const reply = await fetch(url + path, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await reply.text()
      // What is not there yet is a 404, upon which they make it.
      const isProbe =
        /^\/(_ilm|_index_template|_template|_data_stream)/.test(path) && method !== 'PUT'
      expect([200, ...(isProbe ? [404] : [])], `${method} ${path}: ${text}`).toContain(reply.status)
      expect(reply.headers.get('x-elastic-product')).toBe('Elasticsearch')
      if (path.startsWith('/_bulk')) expect(JSON.parse(text)).toMatchObject({ errors: false })
    }
  })
})
