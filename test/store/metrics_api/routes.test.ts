import { fastify } from 'fastify'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../core/http/refusal.ts'
import type { MetricStore, ReadRequest, SeriesQuery } from '../../../store/metrics.ts'
import { askedTime } from '../../../store/metrics_api/asked_time.ts'
import { addMetricsRoutes } from '../../../store/metrics_api/routes.ts'
import { SearchError } from '../../../store/search.ts'

const nowMs = 1_700_000_000_000
const known = ['web.a;env=prod', 'web.b;env=prod', 'web.c;env=dev']

/** Every series has the values 1, none, 3 from the beginning on. */
function fake(asked: { find?: SeriesQuery; read?: ReadRequest }): MetricStore {
  return {
    find: async (query) => {
      asked.find = query
      if (query.glob === '[') throw new SearchError(400, 'x', 'the pattern is odd')
      return known.map((series) => ({ series, type: 'counter', firstMs: 0, lastMs: nowMs }))
    },
    children: async ({ glob }) => [{ path: glob, name: '*', types: ['gauge'], isBranch: true }],
    tagNames: async () => ['env', 'name'],
    tagValues: async ({ tag }) => [`a ${tag}`],
    read: async (request) => {
      asked.read = request
      return request.series.flatMap((key) =>
        request.figures.map((figure) => {
          const values = new Float64Array([1, NaN, 3])
          return { ...key, figure, startMs: request.fromMs, stepMs: 10_000, values }
        }),
      )
    },
    refresh: async () => {},
  }
}

async function ask(url: string, body?: object) {
  const asked: { find?: SeriesQuery; read?: ReadRequest } = {}
  const app = fastify()
  app.setErrorHandler((failure, _request, reply) => {
    if (!(failure instanceof Refusal)) throw failure
    return reply.status(failure.status).send({ message: failure.message })
  })
  addMetricsRoutes(app, { store: fake(asked), nowMs: () => nowMs, timeoutMs: 1_000 })
  const answer = await app.inject({
    url: `/api/metrics/${url}`,
    method: body ? 'POST' : 'GET',
    ...(body && { payload: body }),
  })
  return { ...asked, status: answer.statusCode, json: answer.json() as Record<string, unknown> }
}

describe('GET names', () => {
  it('finds by glob, by tags, and what is below a prefix', async () => {
    const { json } = await ask('names?glob=web.*&limit=5&type=counter')
    expect(json['names']).toHaveLength(3)
    expect((await ask('names?expr=env=prod&expr=name=~web')).find?.tags).toEqual([
      { tag: 'env', operator: '=', value: 'prod' },
      { tag: 'name', operator: '=~', value: 'web' },
    ])
    expect((await ask('names?prefix=web.')).json).toEqual({
      nodes: [{ path: 'web.*', name: '*', types: ['gauge'], is_branch: true }],
    })
  })

  it.each([
    ['names', 'give one of glob, prefix and expr'],
    ['names?glob=a&limit=x', 'limit: '],
    ['names?expr=env', 'expr'],
    ['names?glob=%5B', 'the pattern is odd'],
    ['names?glob=a&spam=1', 'spam'],
  ])('%s: %s', async (url, message) => {
    const { status, json } = await ask(url)
    expect([status, json['message']]).toEqual([400, expect.stringContaining(message)])
  })
})

it('GET tags', async () => {
  expect((await ask('tags')).json).toEqual({ tags: ['env', 'name'] })
  expect((await ask('tags/env?expr=name=a')).json).toEqual({ values: ['a env'] })
})

describe('series', () => {
  it('has figures of what is found', async () => {
    const { json, read } = await ask('series?glob=web.*&figure=rate&figure=p99.9&from=-1h&step=1m')
    expect(read).toMatchObject({
      figures: ['rate', { quantile: 0.9990000000000001 }],
      fromMs: nowMs - 3_600_000,
      untilMs: nowMs,
      stepMs: 60_000,
    })
    expect((json['series'] as object[])[1]).toEqual({
      series: 'web.a;env=prod',
      type: 'counter',
      tags: { name: 'web.a', env: 'prod' },
      figure: 'p99.9',
      start_ms: nowMs - 3_600_000,
      step_ms: 10_000,
      values: [1, null, 3],
    })
  })

  it('combines by tag', async () => {
    const { json } = await ask('series', { glob: '*', combine: 'sum', by: 'env', figure: ['sum'] })
    expect(json['groups']).toMatchObject([
      { tags: { env: 'prod' }, series: 2, values: [2, null, 6] },
      { tags: { env: 'dev' }, series: 1, values: [1, null, 3] },
    ])
  })

  it('takes the types that a name has, unless one is asked for', async () => {
    expect((await ask(`series?series=${known[0]}`)).read?.series).toEqual([
      { series: known[0], type: 'counter' },
    ])
    expect((await ask('series?series=new&type=gauge')).read?.series).toEqual([
      { series: 'new', type: 'gauge' },
    ])
    expect((await ask('series?series=new')).json).toEqual({ series: [] })
  })

  it.each([
    ['series', 'give one of series, glob and expr'],
    ['series?glob=a&figure=p101', 'figure'],
    ['series?glob=a&from=yesterday', 'from: "yesterday" is no time'],
    ['series?glob=a&step=0s', 'step'],
  ])('%s: %s', async (url, message) => {
    const { status, json } = await ask(url)
    expect([status, json['message']]).toEqual([400, expect.stringContaining(message)])
  })
})

it.each([
  ['now', nowMs],
  ['-90s', nowMs - 90_000],
  ['now-1h30m', nowMs - 5_400_000],
  ['1600000000', 1_600_000_000_000],
  ['1600000000000', 1_600_000_000_000],
  ['2020-09-13T12:26:40Z', 1_600_000_000_000],
  ['noon', undefined],
])('a time: %s', (text, expected) => {
  expect(askedTime(text, nowMs)).toBe(expected)
})
