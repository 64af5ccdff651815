/**
 * The requests of Grafana's Sentry data source (grafana/sentry-datasource 2.2: pkg/sentry), as it writes them, and
 * answers as its Go structs take them: a value of another type fails its panel.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { weir as runWeir } from '../commands/weir.ts'
import { waitFor } from '../peers/process.ts'
import type { RunningWeir } from './running_weir.ts'
import { Weirs } from './weirs.ts'

const key = 'c'.repeat(32)
const reader = 'a-token-that-may-read'
let weirs: Weirs
let running: RunningWeir

type Shape = { readonly [name: string]: Type }
type Type = 'string' | 'int' | 'bool' | 'time' | 'any' | readonly [Type] | Shape

/** What Go's `encoding/json` would complain of; null and what is absent are the zero value there. */
function complaints(value: unknown, type: Type, path = ''): string[] {
  if (value === null || value === undefined || type === 'any') return []
  const fits = (is: boolean) =>
    is ? [] : [`${path}: ${JSON.stringify(value)} is no ${String(type)}`]
  if (type === 'string') return fits(typeof value === 'string')
  if (type === 'bool') return fits(typeof value === 'boolean')
  if (type === 'int') return fits(Number.isSafeInteger(value))
  if (type === 'time')
    return fits(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(String(value)))
  if (Array.isArray(type)) {
    if (!Array.isArray(value)) return [`${path}: is no list`]
    return value.flatMap((each, at) => complaints(each, (type as [Type])[0], `${path}[${at}]`))
  }
  if (typeof value !== 'object' || Array.isArray(value)) return [`${path}: is no object`]
  return Object.entries(type).flatMap(([name, inner]) =>
    complaints((value as Record<string, unknown>)[name], inner, `${path}.${name}`),
  )
}

const named: Shape = { id: 'string', name: 'string', slug: 'string' }
const organisation: Shape = {
  ...named,
  dateCreated: 'time',
  isEarlyAdopter: 'bool',
  require2FA: 'bool',
  status: { id: 'string', name: 'string' },
  avatar: { avatarType: 'string' },
}
const project: Shape = {
  ...named,
  dateCreated: 'time',
  hasAccess: 'bool',
  isBookmarked: 'bool',
  isMember: 'bool',
  environments: ['string'],
  team: named,
  teams: [named],
}
const team: Shape = {
  ...named,
  dateCreated: 'time',
  hasAccess: 'bool',
  isMember: 'bool',
  isPending: 'bool',
  memberCount: 'int',
  projects: ['any'],
}
const issue: Shape = {
  id: 'string',
  shortId: 'string',
  title: 'string',
  count: 'string',
  userCount: 'int',
  status: 'string',
  substatus: 'string',
  level: 'string',
  type: 'string',
  platform: 'string',
  firstSeen: 'time',
  lastSeen: 'time',
  culprit: 'string',
  hasSeen: 'bool',
  isUnhandled: 'bool',
  permalink: 'string',
  isPublic: 'bool',
  project: { ...named, platform: 'string' },
  metadata: { value: 'string', type: 'string', filename: 'string', function: 'string' },
  numComments: 'int',
  assignedTo: { email: 'string', type: 'string', id: 'string', name: 'string' },
  isBookmarked: 'bool',
  isSubscribed: 'bool',
  subscriptionDetails: { reason: 'string' },
}
const counts: Shape = { 'sum(times_seen)': 'int', 'sum(quantity)': 'int' }
const series: Shape = { 'sum(times_seen)': ['int'], 'sum(quantity)': ['int'] }
const by: Shape = { reason: 'string', category: 'string', outcome: 'string' }
const statistics: Shape = {
  start: 'time',
  end: 'time',
  intervals: ['time'],
  groups: [{ by, totals: counts, series }],
}

/** As its client asks: with its token, and from elsewhere. */
const asked = (path: string) =>
  fetch(`${running.url}/api/0${path}`, {
    headers: {
      authorization: `Bearer ${reader}`,
      'user-agent': 'grafana-sentry-datasource/2.2.1',
      'x-forwarded-for': '192.0.2.7',
    },
  })
async function get<Answer>(path: string, type: Type): Promise<Answer> {
  const answer = await asked(path)
  const text = await answer.text()
  expect(`${answer.status} ${text.slice(0, 500)}`).toMatch(/^200 /)
  const json = JSON.parse(text) as Answer
  expect(complaints(json, type)).toEqual([])
  return json
}

/** Go writes the parameters of a query in the order of their names. */
const url = (path: string, parameters: Readonly<Record<string, string | readonly string[]>>) =>
  `${path}/?${new URLSearchParams(
    Object.entries(parameters)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, each])),
  ).toString()}`

const organizations = '/organizations/weir'
const span = (hours: number) => ({
  start: new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19),
  end: new Date(Date.now() + 60_000).toISOString().slice(0, 19),
})
const withZone = ({ start, end }: { start: string; end: string }) => ({
  start: `${start}Z`,
  end: `${end}+00:00`,
})

async function sessions(): Promise<void> {
  const attrs = { release: 'shop@1.4.0', environment: 'production' }
  const started = new Date().toISOString()
  const body = { attrs, aggregates: [{ started, exited: 8, crashed: 2 }] }
  const envelope = `{}\n{"type":"sessions"}\n${JSON.stringify(body)}\n`
  const answer = await fetch(`${running.url}/api/42/envelope/?sentry_key=${key}`, {
    method: 'POST',
    body: envelope,
  })
  expect(answer.status).toBe(200)
}

beforeAll(async () => {
  weirs = new Weirs()
  running = await weirs.start({
    http: {
      listen: '127.0.0.1:0',
      tokens: [{ name: 'grafana', secret: reader, scopes: ['read'] }],
    },
    errors: { projects: { shop: { id: 42, name: 'Shop', keys: [key] } } },
  })
  await sessions()
  const dsn = `http://${key}@${new URL(running.url).host}/42`
  const sent = await runWeir(['send', 'demo', '--errors', '--dsn', dsn, '--events', '60'])
  expect(`${sent.code} ${sent.stderr}`).toContain('0 60 events are sent')
  await waitFor('all events', async () => {
    const issues = await (await asked(`${organizations}/issues/?query=`)).json()
    return (issues as { count: string }[]).reduce((sum, { count }) => sum + Number(count), 0) === 60
  })
})
afterAll(() => weirs.end())

test('its health check, and the lists of its editors', async () => {
  expect(await get('/organizations/', [organisation])).toMatchObject([{ slug: 'weir' }])
  expect(await get(`${organizations}/projects/`, [project])).toMatchObject([
    { id: '42', slug: 'shop', name: 'Shop', environments: ['production', 'staging'] },
  ])
  expect(await get(`${organizations}/teams/`, [team])).toMatchObject([{ slug: 'weir' }])
  expect(await get('/teams/weir/weir/projects/', [project])).toMatchObject([{ slug: 'shop' }])
  const tag: Shape = { key: 'string', name: 'string', totalValues: 'int' }
  expect((await get<object[]>(`${organizations}/tags/`, [tag])).length).toBeGreaterThan(3)
  // It goes on to where `next` has results.
  const { headers } = await asked(`${organizations}/projects/`)
  expect(headers.get('link') ?? '').not.toMatch(/rel="next"; results="true"/)
})

test.each(['date', 'new', 'priority', 'freq', 'user'])('issues by %s', async (sort) => {
  const parameters = { query: '', ...span(9_000), sort, limit: '10000', project: '42' }
  const found = await get<{ count: string }[]>(url(`${organizations}/issues`, parameters), [issue])
  expect(found.length).toBeGreaterThan(3)
  const sizes = found.map(({ count }) => Number(count))
  if (sort === 'freq') expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
})

test('issues of an environment, by a search', async () => {
  const parameters = { query: 'is:unresolved level:fatal', environment: ['production', 'staging'] }
  const asks = url(`${organizations}/issues`, { ...parameters, ...span(24), limit: '1' })
  expect(await get(asks, [issue])).toHaveLength(1)
})

/** The fields that its editor asks without being told otherwise. */
const fields =
  'id title project project.id release count() epm() last_seen() level event.type platform'.split(
    ' ',
  )

test.each([
  ['', '-last_seen()'],
  ['event.type:error', 'last_seen()'],
  ['', '-count()'],
  ['', 'epm()'],
])('events of query %j by %s', async (query, sort) => {
  const parameters = { query, ...span(24), sort, per_page: '10', field: fields, project: '42' }
  const asks = url(`${organizations}/events`, parameters)
  const { data } = await get<{ data: object[] }>(asks, { data: ['any'] })
  expect(data).toHaveLength(10)
  expect(data.map((row) => Object.keys(row))).toEqual(data.map(() => fields))
})

test('charts of the commonest titles, and of all', async () => {
  const charts = async (more: Readonly<Record<string, string | readonly string[]>>) => {
    const usual = { query: '', interval: '60s', partial: '1', excludeOther: '1', project: '42' }
    return await get<Record<string, { data: [number, [{ count: number }]][] }>>(
      url(`${organizations}/events-stats`, { ...usual, ...withZone(span(24)), ...more }),
      'any',
    )
  }
  const top = await charts({ topEvents: '2', field: ['count()', 'title'], yAxis: 'count()' })
  expect(Object.keys(top)).toHaveLength(2)
  const [{ count }] = (await get<[{ count: string }]>(
    url(`${organizations}/issues`, { query: '', sort: 'freq', ...span(9_000), limit: '1' }),
    [issue],
  ))!
  const sum = (data: [number, [{ count: number }]][]) =>
    data.reduce((all, [, [{ count: n }]]) => all + n, 0)
  expect(sum(Object.values(top)[0]!.data)).toBe(Number(count))
  const whole = await charts({ topEvents: '10', field: 'count()', yAxis: 'count()' })
  expect(sum((whole as unknown as (typeof top)['']).data)).toBe(60)
  const both = await charts({
    topEvents: '5',
    field: ['count()', 'epm()'],
    yAxis: ['count()', 'epm()'],
  })
  expect(Object.keys(both)).toEqual(['count()', 'epm()'])
})

test('statistics', async () => {
  const parameters = {
    ...span(2),
    interval: '1h',
    category: 'error',
    field: 'sum(quantity)',
    groupBy: ['outcome', 'category'],
    project: '42',
  }
  const { groups } = await get<{ groups: { by: object; totals: Record<string, number> }[] }>(
    url(`${organizations}/stats_v2`, parameters),
    statistics,
  )
  // Two of the sixty are messages, whose category is `default`.
  expect(groups).toMatchObject([
    { by: { outcome: 'accepted', category: 'error' }, totals: { 'sum(quantity)': 58 } },
  ])
})

/** All that its editor offers. */
const metrics = [
  'session.anr_rate session.abnormal session.abnormal_user session.crashed session.crashed_user session.errored',
  'session.errored_user session.healthy session.healthy_user count_unique(sentry.sessions.user)',
  'session.crash_free_rate session.crash_free_user_rate session.crash_rate session.crash_user_rate',
  'session.foreground_anr_rate session.all',
].flatMap((line) => line.split(' '))

test.each(metrics)('metric %s', async (field) => {
  const usual = { includeSeries: '1', ...span(3), interval: '30s', field, project: '42' }
  const ask = async (more: Readonly<Record<string, string>>) => {
    const answer = await get<{
      intervals: string[]
      groups: { by: object; series: Record<string, unknown[]> }[]
    }>(url(`${organizations}/metrics/data`, { ...usual, ...more }), {
      start: 'time',
      end: 'time',
      intervals: ['time'],
      groups: [{ by: 'any', totals: 'any', series: 'any' }],
    })
    for (const group of answer.groups) {
      // A panel has one line for each group: of the field alone.
      expect(Object.keys(group.series)).toEqual([field])
      expect(group.series[field]).toHaveLength(answer.intervals.length)
    }
    return answer.groups
  }
  const [all] = await ask({ per_page: '1' })
  expect(all!.by).toEqual({})
  if (field === 'session.all') expect(all!.series[field]).toContain(10)
  const orderBy = `-${field}`
  expect(await ask({ groupBy: 'environment', orderBy, per_page: '5' })).toMatchObject([
    { by: { environment: 'production' } },
  ])
  const releases = {
    groupBy: 'release',
    orderBy: 'release',
    per_page: '5',
    query: 'release:shop@1.4.0',
  }
  expect(await ask(releases)).toHaveLength(1)
  await ask({ groupBy: 'session.status' })
})

test.each([
  ['events', { field: ['release', 'count()'] }, 400, '/es/errors-*/_search'],
  ['events', { field: 'id', dataset: 'spans', useRpc: '1' }, 400, '"spans" is not kept'],
  [
    'events',
    { field: 'id', sort: '-failure_rate()' },
    400,
    'sort: "-failure_rate()" is not supported',
  ],
  ['events-stats', { yAxis: 'count()', dataset: 'spans', sampling: 'NORMAL' }, 400, '"spans"'],
  [
    'trace-items/attributes',
    { attributeType: 'number', itemType: 'spans' },
    404,
    'spans are not kept',
  ],
])('what is not kept is refused in words: %s %j', async (path, parameters, status, words) => {
  const answer = await asked(url(`${organizations}/${path}`, { ...span(24), ...parameters }))
  expect([answer.status, await answer.json()]).toEqual([
    status,
    { detail: expect.stringContaining(words) as string },
  ])
})
