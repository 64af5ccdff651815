import { expect, test } from 'vitest'
import type { JsonRecord } from '../../../store/search.ts'
import { plant } from '../search/planted.ts'
import { asking, nowMs } from './asking.ts'
import { eventOf, issueOf } from './made.ts'

const idsOf = (body: unknown) => (body as JsonRecord[]).map(({ id }) => Number(id))
const hour = 3_600_000

test('an issue has what Sentry shows of it', async () => {
  const event = eventOf({
    exception: {
      values: [{ type: 'E', value: 'v', mechanism: { type: 'generic', handled: false } }],
    },
  })
  const database = plant([
    issueOf(7, { assignee: 'ana@example.com', bookmarkedBy: ['ana'], kept: [event], users: 3 }),
  ])
  database.exec(
    `insert into issue_hours values (7, ${nowMs - (nowMs % hour)}, 4), (7, ${nowMs - (nowMs % hour) - 23 * hour}, 2)`,
  )
  const ask = asking(database)
  const { body, status, headers } = await ask('GET', '/organizations/weir/issues/')
  expect(status).toBe(200)
  const [issue] = body as JsonRecord[]
  expect(issue).toMatchObject({
    id: '7',
    shortId: 'SHOP-7',
    title: 'ValueError: problem 7',
    permalink: 'https://weir.test/organizations/weir/issues/7/',
    status: 'unresolved',
    substatus: 'new',
    level: 'error',
    count: '7',
    userCount: 3,
    project: { id: '1', slug: 'shop', name: 'Shop', platform: 'python' },
    metadata: { type: 'ValueError', value: 'problem 7' },
    assignedTo: { type: 'user', email: 'ana@example.com' },
    isBookmarked: true,
    isUnhandled: true,
    numComments: 0,
    lastSeen: new Date(nowMs - 7 * 60_000).toISOString(),
  })
  const stats = (issue!['stats'] as { '24h': number[][] })['24h']
  expect(stats).toHaveLength(24)
  expect(stats[23]).toEqual([(nowMs - (nowMs % hour)) / 1000, 4])
  expect(stats[0]![1]).toBe(2)
  expect(headers!['link']).toMatch(
    /^<https:\/\/weir\.test\/api\/0\/organizations\/weir\/issues\/\?cursor=\S+>; rel="previous"; results="false"; cursor="\S+:1", <\S+>; rel="next"; results="false"; cursor="\S+:0"$/,
  )
})

test('by priority: high before low, and among equals the last seen first', async () => {
  const database = plant([1, 2, 3, 4].map((id) => issueOf(id)))
  database.exec("update issues set priority = 'high' where id in (3, 4)")
  database.exec("update issues set priority = 'low' where id = 1")
  const ask = asking(database)
  const list = async (more = '') =>
    await ask('GET', `/organizations/weir/issues/?query=&sort=priority${more}`)
  expect(idsOf((await list()).body)).toEqual([3, 4, 2, 1])
  const first = await list('&limit=3')
  const [, cursor] = /results="true"; cursor="([^"]+)"/.exec(first.headers!['link']!)!
  expect(idsOf((await list(`&limit=3&cursor=${cursor}`)).body)).toEqual([1])
})

const many = Array.from({ length: 9 }, (_, at) =>
  issueOf(at + 1, {
    project: 1 + (at % 2),
    status: at === 4 ? 'resolved' : 'unresolved',
    users: (at * 7) % 5,
    events: (at * 5) % 9,
    ...(at === 2 && { kept: [eventOf({ environment: 'prod' })] }),
  }),
)

/** Asked, and never changed. */
const askMany = asking(plant(many))

test.each([
  ['/organizations/weir/issues/', [1, 2, 3, 4, 6, 7, 8, 9]],
  ['/organizations/weir/issues/?query=', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ['/organizations/weir/issues/?query=is:resolved', [5]],
  ['/organizations/weir/issues/?query=&sort=new', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ['/organizations/weir/issues/?query=&sort=freq&limit=3', [8, 6, 4]],
  ['/organizations/weir/issues/?query=&sort=user&limit=3', [8, 3, 5]],
  ['/organizations/weir/issues/?project=2', [2, 4, 6, 8]],
  ['/organizations/weir/issues/?project=-1&limit=2', [1, 2]],
  ['/organizations/weir/issues/?project=shop&project=blog&limit=2', [1, 2]],
  ['/organizations/weir/issues/?environment=prod', [3]],
  ['/organizations/weir/issues/?status=resolved', [5]],
  ['/organizations/weir/issues/?statsPeriod=3m', [1, 2, 3]],
  [
    '/organizations/weir/issues/?start=2026-02-01T12:26:00&end=2026-02-01T12:28:00&query=',
    [1, 2, 3, 4],
  ],
  ['/projects/weir/shop/issues/', [1, 3, 7, 9]],
  ['/projects/weir/1/issues/?query=problem', [1, 3, 5, 7, 9]],
  ['/organizations/weir/issues/?shortIdLookup=1&query=shop-5', [5]],
])('%s', async (url, ids) => {
  expect(idsOf((await askMany('GET', url)).body)).toEqual(ids)
})

test.each([
  [
    '?query=level:',
    `query: the search cannot be understood at the end: expected a value after 'level:'`,
  ],
  ['?query=is:gone', 'there is no is:gone'],
  ['?sort=trends', 'sort: "trends" is not supported: expected date, new, freq, user, priority'],
  ['?cursor=x', 'cursor: "x" is none'],
  ['?limit=many', 'limit: "many" is no number'],
  ['?statsPeriod=soon', 'statsPeriod: "soon" is no period'],
  ['?start=never', 'start: "never" is no time'],
  ['?project=none', 'project: there is no "none"'],
])('%s is refused', async (query, detail) => {
  const { status, body } = await askMany('GET', `/organizations/weir/issues/${query}`)
  expect(status).toBe(400)
  expect((body as JsonRecord)['detail']).toContain(detail)
})

/** The cursor of a direction, where it has results. */
function cursorOf(link: string, rel: 'next' | 'previous'): string | undefined {
  return new RegExp(`rel="${rel}"; results="true"; cursor="([^"]+)"`).exec(link)?.[1]
}

test('walking by Link sees each issue once, whatever happens meanwhile to those seen', async () => {
  const database = plant(
    Array.from({ length: 25 }, (_, at) => issueOf(at + 1, { lastSeenMs: nowMs - (at >> 2) })),
  )
  const ask = asking(database)
  const seen: number[] = []
  const cursors: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const { body, headers } = await ask(
      'GET',
      `/organizations/weir/issues/?limit=4&cursor=${cursor}`,
    )
    seen.push(...idsOf(body))
    cursor = cursorOf(headers!['link']!, 'next')
    if (cursor !== undefined) cursors.push(cursor)
    // One that was seen comes to the front, another goes away, a new one arrives.
    database.exec(`update issues set last_seen_ms = ${nowMs + 1000} where id = ${seen[0]}`)
    database.exec(`delete from issues where id = ${seen[1]}`)
    database.exec(
      `insert into issues (project, number, type, level, status_changed_ms, first_seen_ms, last_seen_ms)
       values (1, ${1000 + seen.length}, 'error', 'error', 0, 0, ${nowMs + 2000})`,
    )
  }
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, at) => at + 1))
  const back = await ask(
    'GET',
    `/organizations/weir/issues/?limit=4&cursor=${cursors[1]!.replace(/0$/, '1')}`,
  )
  expect(idsOf(back.body)).toHaveLength(4)
  expect(cursorOf(back.headers!['link']!, 'next')).toBeDefined()
})

test('the list takes an index, not all issues', () => {
  const database = plant([issueOf(1)])
  const plan = database
    .prepare(
      `explain query plan select i.id as id, i.last_seen_ms as value from issues i
       where i.project = ? and ((i.status = 'unresolved')) and 1
       order by i.last_seen_ms desc, i.id desc limit ?`,
    )
    .all(1, 10)
    .map(({ detail }) => String(detail))
  expect(plan).toEqual([
    expect.stringMatching(/^SEARCH i USING (?:COVERING )?INDEX issues_by_last_seen/),
  ])
})

const empty = plant([])

test.each([
  [
    `select e.id from events e where e.project = ? and 1 order by e.id desc`,
    /^SEARCH e USING COVERING INDEX events_by_project/,
  ],
  [
    `select e.id from events e where e.event_id = ? and e.project = ?`,
    /INDEX events_by_event_id \(event_id=\? AND project=\?\)/,
  ],
  [
    `select e.id from events e where e.issue = ? and 1 order by e.id desc limit 1`,
    /INDEX events_by_issue \(issue=\?\)/,
  ],
  [
    `select issue, hour_ms from issue_hours where issue in (select value from json_each(?)) and hour_ms >= ?`,
    /^SEARCH issue_hours USING PRIMARY KEY \(issue=\? AND hour_ms>\?\)/,
  ],
  [
    `select i.id from issues i where i.project = ? and i.status = ? and i.last_seen_ms <= ? order by i.last_seen_ms desc, i.id desc`,
    /INDEX issues_by_last_seen \(project=\? AND status=\? AND last_seen_ms<\?\)/,
  ],
  [
    `select x.issue from issue_tags x where x.key = ? and x.value = ? limit 5000`,
    /COVERING INDEX issue_tags_by_value \(key=\? AND value=\?\)/,
  ],
])('%s takes an index, and sorts nothing', (sql, plan) => {
  const rows = empty.prepare(`explain query plan ${sql}`).all()
  const details = rows.map(({ detail }) => String(detail))
  expect(details.some((detail) => plan.test(detail))).toBe(true)
  expect(details.join()).not.toMatch(/TEMP B-TREE FOR ORDER|SCAN [ei]\b/)
})
