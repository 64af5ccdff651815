import { expect, test } from 'vitest'
import { apiConfig } from '../../../errors/api/config.ts'
import type { JsonRecord } from '../../../store/search.ts'
import { eventIdOf, plant } from '../search/planted.ts'
import { asking, nowMs } from './asking.ts'
import { eventOf, issueOf } from './made.ts'

const hour = 3_600_000
const thisHour = nowMs - (nowMs % hour)

const whole = eventOf({
  release: 'shop@1.2.0',
  environment: 'prod',
  logentry: { message: 'cart %s', params: ['7'], formatted: 'cart 7' },
  exception: {
    values: [
      {
        type: 'ValueError',
        value: 'no such key',
        mechanism: { type: 'django', handled: false },
        stacktrace: {
          frames: [
            {
              filename: 'a.py',
              function: 'f',
              lineno: 3,
              pre_context: ['x', 'y'],
              context_line: 'raise',
              in_app: true,
            },
          ],
        },
      },
    ],
  },
  threads: { values: [{ id: 1, crashed: true }] },
  breadcrumbs: {
    values: [{ type: 'http', timestamp: 1_700_000_000, message: 'GET', level: 'info' }],
  },
  request: { url: 'https://shop.test/', method: 'GET', query_string: [['a', '1']] },
  user: { id: '7', email: 'a@b.c' },
  contexts: { browser: { name: 'Chrome', version: '131' } },
  extra: { n: 1 },
  sdk: { name: 'sentry.python', version: '2' },
  errors: [{ type: 'invalid_data', name: 'tags', reason: 'expected an object' }],
  _meta: {
    extra: { n: { '': { rem: [['@password:filter', 's', 0, 10]], len: 12 } } },
    request: { url: { '': { len: 9000 } } },
  },
})

test('an event has its entries in the shape of Sentry', async () => {
  const ask = asking(plant([issueOf(1, { kept: [whole, eventOf(), eventOf()] })]))
  const { body } = await ask('GET', `/projects/weir/shop/events/${eventIdOf(1, 0)}/`)
  const event = body as JsonRecord & { entries: JsonRecord[] }
  expect(event).toMatchObject({
    id: eventIdOf(1, 0),
    groupID: '1',
    projectID: '1',
    title: 'ValueError: no such key',
    user: { id: '7', email: 'a@b.c' },
    context: { n: 1 },
    previousEventID: null,
    nextEventID: eventIdOf(1, 1),
    release: { version: 'shop@1.2.0' },
    errors: [{ type: 'invalid_data', message: 'invalid data: tags: expected an object' }],
    _meta: {
      context: { n: { '': { len: 12 } } },
      entries: { 4: { data: { url: { '': { len: 9000 } } } } },
    },
  })
  expect(event.entries.map(({ type }) => type)).toEqual([
    'message',
    'exception',
    'threads',
    'breadcrumbs',
    'request',
  ])
  expect(event.entries[1]).toMatchObject({
    data: {
      values: [
        {
          stacktrace: {
            frames: [
              {
                lineNo: 3,
                context: [
                  [1, 'x'],
                  [2, 'y'],
                  [3, 'raise'],
                ],
                inApp: true,
              },
            ],
            hasSystemFrames: false,
          },
        },
      ],
    },
  })
  expect((event['tags'] as JsonRecord[]).map(({ key }) => key)).toEqual([
    'browser',
    'browser.name',
    'environment',
    'handled',
    'level',
    'mechanism',
    'release',
    'url',
    'user',
  ])
  const beside = await ask('GET', `/projects/weir/1/events/${eventIdOf(1, 1)}/`)
  expect(beside.body).toMatchObject({
    previousEventID: eventIdOf(1, 0),
    nextEventID: eventIdOf(1, 2),
  })
})

/** Asked, and never changed. */
const askSome = asking(plant([issueOf(1, { kept: [whole, eventOf(), eventOf()] }), issueOf(2)]))

test.each([
  ['/issues/1/events/latest/', 200, eventIdOf(1, 2)],
  ['/issues/1/events/oldest/', 200, eventIdOf(1, 0)],
  ['/issues/1/events/latest/?environment=prod', 200, eventIdOf(1, 0)],
  ['/issues/SHOP-1/events/recommended/', 200, eventIdOf(1, 2)],
  [`/issues/1/events/${eventIdOf(1, 1)}/`, 200, eventIdOf(1, 1)],
  [`/issues/2/events/${eventIdOf(1, 1)}/`, 404, undefined],
  ['/issues/1/events/never/', 404, undefined],
  [`/projects/weir/blog/events/${eventIdOf(1, 1)}/`, 404, undefined],
  ['/projects/weir/none/events/', 404, undefined],
  ['/organizations/weir/shortids/SHOP-9/', 404, undefined],
])('%s is %i', async (url, status, id) => {
  const { body, status: answered } = await askSome('GET', url)
  expect([answered, (body as JsonRecord)['eventID']]).toEqual([status, id])
})

test.each([
  ['', 3],
  ['?query=environment:prod', 1],
  ['?query=!environment:prod', 2],
  ['?query=user.email:*@b.c', 1],
  ['?query=stack.function:f', 1],
  ['?query=error.unhandled:true', 1],
  ['?query=release:>=1.0.0', 1],
  ['?query="cart 7"', 1],
  ['?query=has:release', 1],
  ['?environment=prod', 1],
  ['?statsPeriod=1h', 3],
  ['?limit=2', 2],
])('events of an issue %s', async (query, count) => {
  const ask = asking(plant([issueOf(1, { kept: [whole, eventOf(), eventOf()] })]))
  for (const list of ['/issues/1/events/', '/projects/weir/shop/events/']) {
    expect((await ask('GET', `${list}${query}`)).body).toHaveLength(count)
  }
})

test('a list of events refuses what only issues have', async () => {
  const ask = asking(plant([issueOf(1)]))
  const { status, body } = await ask('GET', '/issues/1/events/?query=is:unresolved')
  expect([status, (body as JsonRecord)['detail']]).toEqual([
    400,
    expect.stringContaining('is is asked of issues'),
  ])
})

test('what a search reads is bounded, and an answer that may lack something says so', async () => {
  const ask = asking(plant([issueOf(1, { kept: Array.from({ length: 12 }, () => eventOf()) })]))
  const incomplete = async (url: string, more: object) => {
    const limits = apiConfig.parse(more)
    const { headers } = await ask('GET', url, null, { limits })
    return headers?.['x-weir-incomplete']
  }
  const older = 'older kept events were not searched'
  const inList = '/projects/weir/shop/events/?query=message:nothing'
  expect(await incomplete(inList, { list_bodies_max: 10 })).toBe(older)
  expect(await incomplete(inList, { list_bodies_max: 12 })).toBeUndefined()
  const inBodies = '/organizations/weir/issues/?query=error.value:*othin*'
  expect(await incomplete(inBodies, { search_bodies_max: 10 })).toBe(older)
  expect(await incomplete(inBodies, { search_bodies_max: 12 })).toBeUndefined()
  const discover = '/organizations/weir/events/?field=id&query=message:nothing'
  expect(await incomplete(discover, { list_bodies_max: 10 })).toBe(older)
})

test('what came in is told by outcome and hour', async () => {
  const database = plant([])
  database.exec(`insert into project_hours values
    (1, ${thisHour}, 'k', 'error', 'accepted', '', 5), (1, ${thisHour - hour}, 'k', 'error', 'accepted', '', 2),
    (2, ${thisHour}, 'k', 'error', 'duplicate', '', 1), (1, ${thisHour}, 'k', 'transaction', 'filtered', 'transaction', 9),
    (1, ${thisHour}, 'k', 'transaction', 'client_discard', 'sample_rate', 4)`)
  const ask = asking(database)
  const url = '/organizations/weir/stats_v2/?field=sum(quantity)&interval=1h&statsPeriod=1h'
  expect((await ask('GET', `${url}&groupBy=outcome&category=error`)).body).toMatchObject({
    groups: [
      {
        by: { outcome: 'accepted' },
        totals: { 'sum(quantity)': 7 },
        series: { 'sum(quantity)': [2, 5] },
      },
      {
        by: { outcome: 'invalid' },
        totals: { 'sum(quantity)': 1 },
        series: { 'sum(quantity)': [0, 1] },
      },
    ],
  })
  const dropped = `${url}&groupBy=outcome&groupBy=reason&category=transaction`
  expect((await ask('GET', dropped)).body).toMatchObject({
    groups: [
      { by: { outcome: 'client_discard', reason: 'sample_rate' }, totals: { 'sum(quantity)': 4 } },
      { by: { outcome: 'filtered', reason: 'transaction' }, totals: { 'sum(quantity)': 9 } },
    ],
  })
  expect((await ask('GET', `${url}&groupBy=project&project=2`)).body).toMatchObject({
    groups: [{ by: { project: 2 } }],
  })
  expect((await ask('GET', '/organizations/weir/stats_v2/')).status).toBe(400)
  expect((await ask('GET', `${url}&groupBy=colour`)).status).toBe(400)
  const stats = (await ask('GET', '/projects/weir/shop/stats/?stat=generated')).body as [
    number,
    number,
  ][]
  expect(stats.at(-1)).toEqual([thisHour / 1000, 5])
})

test('sessions have their crash-free rates', async () => {
  const database = plant([])
  database.exec(`insert into session_hours values (1, 'shop@1', 'prod', ${thisHour}, 10, 2, 1, 0);
    insert into session_users values (1, 'shop@1', 'prod', ${nowMs - (nowMs % (24 * hour))}, 1, 0), (1, 'shop@1', 'prod', ${nowMs - (nowMs % (24 * hour))}, 2, 3)`)
  const ask = asking(database)
  const fields = [
    'sum(session)',
    'crash_free_rate(session)',
    'count_unique(user)',
    'crash_free_rate(user)',
  ]
    .map((field) => `field=${field}`)
    .join('&')
  const { body } = await ask(
    'GET',
    `/organizations/weir/sessions/?${fields}&statsPeriod=1d&interval=1d&groupBy=release`,
  )
  expect((body as { groups: unknown[] }).groups).toMatchObject([
    {
      by: { release: 'shop@1' },
      totals: {
        'sum(session)': 10,
        'crash_free_rate(session)': 0.9,
        'count_unique(user)': 2,
        'crash_free_rate(user)': 0.5,
      },
    },
  ])
  const byStatus = await ask(
    'GET',
    `/organizations/weir/sessions/?field=sum(session)&groupBy=session.status&statsPeriod=1d`,
  )
  const groups = (byStatus.body as { groups: { by: JsonRecord; totals: JsonRecord }[] }).groups
  expect(
    Object.fromEntries(
      groups.map(({ by, totals }) => [by['session.status'], totals['sum(session)']]),
    ),
  ).toMatchObject({ healthy: 7, errored: 2, crashed: 1 })
})

test("sessions are metrics by Sentry's names, in order, and only those that are asked", async () => {
  const database = plant([])
  database.exec(
    `insert into session_hours values (1, 'shop@1', 'prod', ${thisHour}, 10, 2, 1, 1), (1, 'shop@2', 'prod', ${thisHour}, 4, 0, 0, 0)`,
  )
  const ask = asking(database)
  const groupsOf = async (query: string) => {
    const url = `/organizations/weir/metrics/data/?statsPeriod=1h&interval=30s&${query}`
    return ((await ask('GET', url)).body as { groups?: JsonRecord[] }).groups
  }
  expect(await groupsOf('field=session.healthy&includeSeries=1&per_page=1')).toEqual([
    { by: {}, totals: { 'session.healthy': 10 }, series: { 'session.healthy': [0, 10] } },
  ])
  const byRelease = 'field=session.all&groupBy=release'
  const releases = async (query: string) =>
    (await groupsOf(`${byRelease}&${query}`))?.map(({ by }) => (by as JsonRecord)['release'])
  expect(await releases('orderBy=-session.crash_free_rate')).toEqual(['shop@2', 'shop@1'])
  expect(await releases('orderBy=-session.all&per_page=1')).toEqual(['shop@1'])
  expect(await releases('orderBy=-release')).toEqual(['shop@2', 'shop@1'])
  expect(await releases('query=release:shop@2')).toEqual(['shop@2'])
  const refused = [
    '',
    'field=sum(x)',
    `${byRelease}&orderBy=x`,
    'field=session.all&orderBy=release',
  ]
  for (const query of refused) expect(await groupsOf(query)).toBeUndefined()
})

test('counts of Discover are exact, and what they cannot tell is refused', async () => {
  const database = plant([issueOf(1, { level: 'fatal' }), issueOf(2), issueOf(3, { project: 2 })])
  database.exec(
    `insert into issue_hours values (1, ${thisHour}, 4), (1, ${thisHour - hour}, 1), (2, ${thisHour}, 2), (3, ${thisHour}, 7)`,
  )
  const ask = asking(database)
  const { body } = await ask(
    'GET',
    '/organizations/weir/events/?field=project&field=count()&statsPeriod=1d',
  )
  expect((body as JsonRecord)['data']).toEqual([
    { project: 'shop', 'count()': 7 },
    { project: 'blog', 'count()': 7 },
  ])
  const fatal = await ask(
    'GET',
    '/organizations/weir/events/?field=issue&field=count()&query=level:fatal',
  )
  expect((fatal.body as JsonRecord)['data']).toEqual([{ issue: 'SHOP-1', 'count()': 5 }])
  const sorted = async (sort: string) => {
    const fields = 'field=issue&field=count()'
    const answer = await ask('GET', `/organizations/weir/events/?${fields}&sort=${sort}`)
    return ((answer.body as JsonRecord)['data'] as JsonRecord[]).map(({ issue }) => issue)
  }
  expect(await sorted('-count()')).toEqual(['BLOG-3', 'SHOP-1', 'SHOP-2'])
  expect(await sorted('last_seen()')).toEqual(['BLOG-3', 'SHOP-2', 'SHOP-1'])
  expect(await sorted('-issue')).toEqual(['SHOP-2', 'SHOP-1', 'BLOG-3'])
  const chart = await ask(
    'GET',
    '/organizations/weir/events-stats/?yAxis=count()&interval=1h&statsPeriod=1h',
  )
  expect(chart.body).toMatchObject({
    data: [
      [(thisHour - hour) / 1000, [{ count: 1 }]],
      [thisHour / 1000, [{ count: 13 }]],
    ],
  })
  for (const query of [
    'field=release&field=count()',
    'field=title&query=release:1',
    'field=title&environment=prod',
    'field=p95()&field=id',
    'field=id&dataset=spans',
    'field=id&sort=-failure_rate()',
    'field=title&field=count()&sort=level',
    '',
  ]) {
    expect((await ask('GET', `/organizations/weir/events/?${query}`)).status).toBe(400)
  }
})

test('releases are one in all projects, newest first', async () => {
  const database = plant([issueOf(1, { kept: [whole] }), issueOf(2, { project: 2, kept: [whole] })])
  database.exec(`insert into releases (project, version, created_ms, new_issues) values (1, 'shop@1.3.0', 5, 2);
    insert into release_commits (project, version, place, id, author_email) values (1, 'shop@1.3.0', 0, 'abc', 'a@b.c');
    insert into deploys (project, version, environment, finished_ms) values (1, 'shop@1.3.0', 'prod', 9)`)
  const ask = asking(database)
  const releases = (await ask('GET', '/organizations/weir/releases/')).body as JsonRecord[]
  expect(releases.map(({ version }) => version)).toEqual(['shop@1.3.0', 'shop@1.2.0'])
  expect(releases[1]!['projects']).toMatchObject([{ slug: 'shop' }, { slug: 'blog' }])
  expect(releases[0]).toMatchObject({
    shortVersion: '1.3.0',
    commitCount: 1,
    deployCount: 1,
    newGroups: 2,
    lastCommit: { id: 'abc' },
  })
  expect(
    (await ask('GET', '/organizations/weir/releases/shop%401.3.0/commits/')).body,
  ).toMatchObject([{ id: 'abc', author: { email: 'a@b.c' } }])
  expect(
    (await ask('GET', '/organizations/weir/releases/shop%401.3.0/deploys/')).body,
  ).toMatchObject([{ environment: 'prod' }])
  expect((await ask('GET', '/projects/weir/shop/releases/none/')).status).toBe(404)
})

test('tags have their keys and values', async () => {
  const tagged = (plan: string) => eventOf({ tags: [['plan', plan]] })
  const database = plant([
    issueOf(1, { kept: [tagged('pro'), tagged('free')] }),
    issueOf(2, { project: 2, kept: [tagged('pro')] }),
  ])
  const ask = asking(database)
  const keys = async (url: string) =>
    ((await ask('GET', url)).body as JsonRecord[]).map(({ key, totalValues }) => [key, totalValues])
  expect(await keys('/organizations/weir/tags/')).toEqual([
    ['plan', 3],
    ['level', 2],
  ])
  expect(await keys('/projects/weir/shop/tags/')).toEqual([
    ['plan', 2],
    ['level', 1],
  ])
  expect((await ask('GET', '/organizations/weir/tags/plan/values/')).body).toMatchObject([
    { value: 'pro', count: 2 },
    { value: 'free', count: 1 },
  ])
  expect((await ask('GET', '/organizations/weir/tags/plan/values/?query=re')).body).toMatchObject([
    { value: 'free' },
  ])
  expect((await ask('GET', '/issues/1/tags/plan/')).body).toMatchObject({
    totalValues: 2,
    uniqueValues: 2,
    otherValues: 0,
  })
  expect((await ask('GET', '/issues/1/tags/none/')).status).toBe(404)
  expect((await ask('GET', '/projects/weir/shop/tags/none/')).status).toBe(404)
})
