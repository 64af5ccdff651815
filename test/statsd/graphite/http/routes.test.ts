import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpConfig } from '../../../../core/http/config.ts'
import { createHttpServer } from '../../../../core/http/server.ts'
import type { Document, DocumentKind, Documents } from '../../../../store/documents.ts'
import type { JsonRecord } from '../../../../store/search.ts'
import { statsdConfig } from '../../../../statsd/config.ts'
import { GraphiteEvents } from '../../../../statsd/graphite/events.ts'
import { addGraphiteRoutes } from '../../../../statsd/graphite/http/routes.ts'
import { mountsOf } from '../../../../statsd/graphite/names/mounts.ts'
import { EtsyNames } from '../../../../statsd/names/etsy.ts'
import { fakeStore } from '../fake_store.ts'

const nowMs = 1_800_000_000_000
const config = statsdConfig.parse({})
const naming = { ...config, ...config.graphite }

/** Documents in memory, of those that a test of events needs. */
function fakeDocuments(): Documents {
  const kept = new Map<string, JsonRecord>()
  const documentOf = (id: string) =>
    ({ id, version: '1', body: kept.get(id)! }) as unknown as Document
  return {
    get: async (_kind: DocumentKind, id: string) => (kept.has(id) ? documentOf(id) : undefined),
    put: async (_kind: DocumentKind, id: string, body: JsonRecord) => void kept.set(id, body),
    find: async () => ({ documents: [...kept.keys()].map(documentOf) }),
  } as unknown as Documents
}

const http = createHttpServer({
  config: httpConfig.parse({ listen: '127.0.0.1:0' }),
  listen: [],
  log: pino({ level: 'silent' }),
  count: () => undefined,
  extend: (app) => {
    const store = fakeStore([
      ['counter', 'web.requests'],
      ['value', 'servers.a.load'],
      ['value', 'servers.b.load'],
      ['value', 'disk.free;host=a;mount=/'],
    ])
    const events = new GraphiteEvents(fakeDocuments())
    const services = {
      config: config.graphite,
      clock: { now: () => nowMs, monotonic: () => 0, sleep: async () => {} },
      random: () => 0.5,
      store: () => store,
      events: () => events,
      mounts: mountsOf(naming, { ...config, isDatadog: false }),
      names: new EtsyNames(naming),
    }
    addGraphiteRoutes(app, '/graphite', services, 5_000)
  },
})
beforeAll(() => http.start())
afterAll(() => http.stop(AbortSignal.timeout(20_000)))

const get = async (path: string) => {
  const response = await http.app.inject({ url: `/graphite${path}` })
  return {
    status: response.statusCode,
    text: response.body,
    type: response.headers['content-type'],
  }
}
const json = async (path: string) => JSON.parse((await get(path)).text) as unknown
const form = (path: string, fields: [string, string][]) =>
  http.app.inject({
    method: 'POST',
    url: `/graphite${path}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(fields).toString(),
  })

describe("Grafana's requests", () => {
  it('answers its health check', async () => {
    const fields: [string, string][] = [
      ['target', 'constantLine(100)'],
      ['format', 'json'],
      ['maxDataPoints', '300'],
    ]
    const response = await form('/render', fields)
    expect(response.statusCode).toBe(200)
    expect(response.json()).toMatchObject([{ target: '100.0' }])
  })

  it('lists functions and the version', async () => {
    expect((await get('/version')).text).toBe('1.1.10')
    const functions = (await json('/functions')) as Record<string, { params: unknown[] }>
    expect(functions['aliasByNode']?.params.length).toBeGreaterThan(1)
    expect(await json('/functions/scale')).toMatchObject({ name: 'scale', group: 'Transform' })
    expect((await get('/functions/none')).status).toBe(404)
  })

  it('finds names by a form', async () => {
    const response = await form('/metrics/find', [['query', 'servers.*']])
    expect(response.json()).toMatchObject([
      { text: 'a', id: 'servers.a', leaf: 0, expandable: 1 },
      { text: 'b', id: 'servers.b', leaf: 0, expandable: 1 },
    ])
  })

  it('completes tags', async () => {
    expect(await json('/tags/autoComplete/tags?expr=host=a&tagPrefix=mo&limit=100')).toEqual([
      'mount',
    ])
    expect(await json('/tags/autoComplete/values?tag=mount&expr=host=a')).toEqual(['/'])
    expect(await json('/tags/autoComplete/values?tag=name&valuePrefix=stats_')).toEqual([
      'stats_counts.web.requests',
    ])
  })
})

it('renders stored series', async () => {
  const rendered = await json('/render?target=sumSeries(servers.*.load)&from=-30s&format=json')
  expect(rendered).toMatchObject([
    {
      target: 'sumSeries(servers.*.load)',
      datapoints: [
        [4, 1_799_999_980],
        [6, 1_799_999_990],
        [8, 1_800_000_000],
      ],
    },
  ])
})

it('shows names in the other forms', async () => {
  expect(await json('/metrics/find?query=servers.a.l&format=completer')).toEqual({
    metrics: [{ path: 'servers.a.load', name: 'load', is_leaf: '1' }],
  })
  expect(await json('/metrics/expand?query=servers.*.load&leavesOnly=1')).toEqual({
    results: ['servers.a.load', 'servers.b.load'],
  })
  expect(await json('/metrics/index.json')).toContain('disk.free;host=a;mount=/')
  expect(await json('/tags')).toEqual([{ tag: 'host' }, { tag: 'mount' }, { tag: 'name' }])
  expect(await json('/tags/host')).toEqual({ tag: 'host', values: [{ value: 'a' }] })
})

it('keeps events, and gives them back by time and tags', async () => {
  const payload = JSON.stringify({
    what: 'deploy 7',
    tags: ['deploy', 'web'],
    when: 1000,
    data: 'x',
  })
  const headers = { 'content-type': 'application/json' }
  const made = await http.app.inject({ method: 'POST', url: '/graphite/events/', headers, payload })
  expect(made.statusCode).toBe(200)
  const event = { what: 'deploy 7', tags: ['deploy', 'web'], when: 1000, data: 'x' }
  expect(await json('/events/get_data?tags=deploy&from=900&until=1100')).toMatchObject([event])
  expect(await json('/events/get_data?tags=deploy+other')).toEqual([])
  expect(await json('/events/get_data?tags=deploy+other&set=union')).toMatchObject([event])
})

it.each([
  ['/render?target=nothing(', 400],
  ['/render?target=a.b&format=png', 400],
  ['/render?target=a.b&from=5m', 400],
  ['/metrics/find', 400],
  ['/metrics/find?query=a&format=pickle', 400],
  ['/tags/findSeries?expr=host', 400],
  ['/tags/nothing', 404],
  ['/events/99', 404],
])('refuses %s with a sentence', async (path, status) => {
  const answer = await get(path)
  expect(answer.status).toBe(status)
  expect(answer.type).toMatch(/^text\/plain/)
  expect(answer.text.length).toBeGreaterThan(10)
})
