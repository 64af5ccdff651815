import { expect, test } from 'vitest'
import type { JsonRecord, JsonValue } from '../../../store/search.ts'
import { changeOf } from '../../../errors/api/change_body.ts'
import { plant } from '../search/planted.ts'
import { apiConfig } from '../../../errors/api/config.ts'
import { asking, nowMs } from './asking.ts'
import { eventOf, issueOf } from './made.ts'

const issues = () => [1, 2, 3, 4].map((id) => issueOf(id, { project: id === 4 ? 2 : 1 }))
const text = (value: unknown) => (value as JsonRecord)['detail'] as string

test.each<[JsonRecord, object]>([
  [{ status: 'unresolved' }, { status: { to: 'unresolved' } }],
  [{ status: 'resolved' }, { status: { to: 'resolved', resolution: { kind: 'now' } } }],
  [
    { status: 'resolvedInNextRelease' },
    { status: { to: 'resolved', resolution: { kind: 'next_release' } } },
  ],
  [
    { status: 'resolved', statusDetails: { inRelease: 'shop@2' } },
    { status: { to: 'resolved', resolution: { kind: 'release', release: 'shop@2' } } },
  ],
  [
    { status: 'resolved', statusDetails: { inRelease: 'latest' } },
    { status: { to: 'resolved', resolution: { kind: 'release' } } },
  ],
  [
    { status: 'resolved', statusDetails: { inCommit: { commit: 'abcdef1', repository: 'shop' } } },
    {
      status: {
        to: 'resolved',
        resolution: { kind: 'commit', commit: 'abcdef1', repository: 'shop' },
      },
    },
  ],
  [{ status: 'muted' }, { status: { to: 'ignored', until: {} } }],
  [
    { status: 'ignored', statusDetails: { ignoreCount: 10, ignoreWindow: 60 } },
    { status: { to: 'ignored', until: { events: 10, windowMs: 3_600_000 } } },
  ],
  [
    { status: 'ignored', snoozeDuration: 5 },
    { status: { to: 'ignored', until: { ms: nowMs + 300_000 } } },
  ],
  [
    { status: 'ignored', substatus: 'archived_until_escalating' },
    { status: { to: 'ignored', until: { isEscalating: true } } },
  ],
  [{ assignedTo: 'user:ana' }, { assignee: 'ana' }],
  [{ assignedTo: 'me' }, { assignee: 'ana' }],
  [{ assignedTo: '' }, { assignee: null }],
  [{ assignedTo: null }, { assignee: null }],
  [
    { isBookmarked: true, hasSeen: true, priority: 'low' },
    { isBookmarked: true, priority: 'low' },
  ],
])('%j', (body, change) => {
  expect(changeOf(body, 'ana', nowMs)).toEqual(change)
})

test.each<[JsonRecord, string]>([
  [{ status: 'gone' }, 'status: expected resolved'],
  [{ discard: true }, 'discard: not supported'],
  [{ colour: 'red' }, 'colour: nothing that can be changed'],
  [{ isBookmarked: 'yes' }, 'isBookmarked: expected true or false'],
  [
    { status: 'ignored', statusDetails: { ignoreCount: -1 } },
    'ignoreCount: expected a whole number',
  ],
  [
    { status: 'ignored', statusDetails: { ignoreWindow: 10 } },
    'ignoreCount: ignoreWindow needs it',
  ],
  [
    { status: 'ignored', ignoreCount: 3, ignoreUserWindow: 10 },
    'ignoreUserCount: ignoreUserWindow needs it',
  ],
  [{ status: 'resolved', statusDetails: { inCommit: 7 } }, 'statusDetails.inCommit'],
  [{ status: 'resolved', statusDetails: 7 }, 'statusDetails: expected an object'],
  [{ priority: 'urgent' }, 'priority: expected'],
  [{ assignedTo: 7 }, 'assignedTo: expected a name'],
])('%j is refused', (body, problem) => {
  expect(() => changeOf(body, 'ana', nowMs)).toThrow(problem)
})

test('an issue is resolved, taken back, archived', async () => {
  const ask = asking(plant(issues()))
  const resolved = await ask('PUT', '/organizations/weir/issues/1/', {
    status: 'resolved',
    statusDetails: { inRelease: 'shop@2.0.0' },
  })
  expect(resolved.body).toMatchObject({
    status: 'resolved',
    statusDetails: { inRelease: 'shop@2.0.0', actor: { name: 'ana' } },
    activity: [
      { type: 'set_resolved_in_release', data: { version: 'shop@2.0.0' }, user: { name: 'ana' } },
    ],
  })
  const [entry] = (resolved.body as { activity: JsonRecord[] }).activity
  const back = await ask('DELETE', `/issues/1/activities/${String(entry!['id'])}/`)
  expect(back.body).toMatchObject({ status: 'unresolved' })
  expect((await ask('DELETE', '/issues/1/activities/999/')).status).toBe(404)
  const archived = await ask('PUT', '/issues/SHOP-1/', {
    status: 'ignored',
    statusDetails: { ignoreUserCount: 3 },
  })
  expect(archived.body).toMatchObject({
    status: 'ignored',
    substatus: 'archived_until_condition_met',
    statusDetails: { ignoreUserCount: 3, ignoreCount: null },
  })
})

test.each(['inRelease', 'inNextRelease'])('%s needs a release that there is', async (key) => {
  const database = plant(issues())
  const ask = asking(database)
  const details = { [key]: key === 'inRelease' ? 'latest' : true }
  const body = { status: 'resolved', statusDetails: details }
  const detail = `statusDetails.${key}: the project "shop" has no release yet`
  for (const url of ['/issues/1/', '/organizations/weir/issues/?id=1&id=4']) {
    expect(await ask('PUT', url, body)).toMatchObject({ status: 400, body: { detail } })
  }
  expect(statuses(database)).not.toContain('resolved')
  const soon = await ask('PUT', '/issues/1/', { status: 'resolvedInNextRelease' })
  expect(soon.body).toMatchObject({ status: 'resolved', statusDetails: { inNextRelease: true } })
  database.exec("insert into releases (project, version, created_ms) values (1, 'shop@1', 0)")
  expect(await ask('PUT', '/issues/1/', body)).toMatchObject({ status: 200 })
})

test('an overtaken change is not taken back: the refusal says what changed since', async () => {
  const ask = asking(plant(issues()))
  for (const assignedTo of ['bob', 'eve']) await ask('PUT', '/issues/1/', { assignedTo })
  const { body } = await ask('GET', '/issues/1/activities/')
  const older = (body as { activity: JsonRecord[] }).activity.at(-1)!
  const refused = await ask('DELETE', `/issues/1/activities/${String(older['id'])}/`)
  expect(refused.status).toBe(409)
  expect(text(refused.body)).toBe(
    'since then it was assigned to eve by ana (2026-02-01T12:30:00.000Z): only the latest change of its kind can be taken back',
  )
})

const statuses = (database: ReturnType<typeof plant>) =>
  database
    .prepare('select status from issues order by id')
    .all()
    .map((row) => row['status'])

test.each<[string, string, JsonValue, number, string[]]>([
  [
    'PUT',
    '/projects/weir/shop/issues/?id=1&id=4&id=77',
    { status: 'resolved' },
    200,
    ['resolved', 'unresolved', 'unresolved', 'unresolved'],
  ],
  [
    'PUT',
    '/projects/weir/shop/issues/?status=unresolved',
    { status: 'muted' },
    200,
    ['ignored', 'ignored', 'ignored', 'unresolved'],
  ],
  [
    'PUT',
    '/organizations/weir/issues/?query=problem%202',
    { status: 'resolved' },
    200,
    ['unresolved', 'resolved', 'unresolved', 'unresolved'],
  ],
  [
    'PUT',
    '/organizations/weir/issues/?id=SHOP-3',
    { status: 'resolved' },
    200,
    ['unresolved', 'unresolved', 'resolved', 'unresolved'],
  ],
  [
    'PUT',
    '/organizations/weir/issues/?id=99',
    { status: 'resolved' },
    204,
    ['unresolved', 'unresolved', 'unresolved', 'unresolved'],
  ],
  [
    'PUT',
    '/organizations/weir/issues/',
    { isBookmarked: true },
    400,
    ['unresolved', 'unresolved', 'unresolved', 'unresolved'],
  ],
  ['DELETE', '/organizations/weir/issues/?id=1&id=2', null, 204, ['unresolved', 'unresolved']],
  [
    'DELETE',
    '/organizations/weir/issues/',
    null,
    400,
    ['unresolved', 'unresolved', 'unresolved', 'unresolved'],
  ],
  ['DELETE', '/issues/1/', null, 202, ['unresolved', 'unresolved', 'unresolved']],
])('%s %s', async (method, url, body, status, after) => {
  const database = plant(issues())
  expect((await asking(database)(method, url, body)).status).toBe(status)
  expect(statuses(database)).toEqual(after)
})

test('deleting all issues has to be said, and is logged', async () => {
  const database = plant(issues())
  const logged: object[] = []
  const ask = asking(database, logged)
  const wholes = ['*', '**', '""', '()', 'is:ignored OR *', '* *', '!!*']
  const stars = [
    'title:*',
    'TITLE:"**"',
    'level:[error,*]',
    'culprit:* message:*',
    'first_release:*',
  ]
  const others = [
    'error.type:*',
    'assigned:*',
    'has:title',
    'has:timesSeen',
    '!title:""',
    '!!level:*',
  ]
  const all = [...wholes, ...stars, ...others].map((query) => `query=${encodeURIComponent(query)}`)
  const none = ['query=', 'query=%20', 'id=', 'id=&query=', 'status=unresolved']
  for (const nothing of [...none, ...all]) {
    const refused = await ask('DELETE', `/organizations/weir/issues/?${nothing}`)
    expect(refused.status, nothing).toBe(400)
  }
  const refused = await ask('DELETE', '/organizations/weir/issues/?query=')
  expect(text(refused.body)).toContain('query=timesSeen:>0')
  expect(statuses(database)).toHaveLength(4)
  expect(logged).toEqual([])
  expect((await ask('DELETE', '/organizations/weir/issues/?query=timesSeen:>0')).status).toBe(204)
  expect(statuses(database)).toEqual([])
  expect(logged).toMatchObject([{ message: 'issues were deleted', count: 4, actor: 'ana' }])
})

test('what was not searched to its end deletes and changes nothing', async () => {
  const sdk = (name: string) => ({ sdk: { name, version: '1' } })
  const database = plant(
    Array.from({ length: 30 }, (_, n) =>
      issueOf(n + 1, { kept: [eventOf(sdk(n === 0 ? 'sentry.go' : 'sentry.python'))] }),
    ),
  )
  const limits = { ...apiConfig.parse(undefined), search_bodies_max: 10 }
  const path = '/organizations/weir/issues/?query=!sdk.name:sentry.python'
  for (const [method, body] of [
    ['DELETE', null],
    ['PUT', { status: 'resolved' }],
  ] as const) {
    const refused = await asking(database)(method, path, body, { limits })
    expect([refused.status, text(refused.body)]).toEqual([
      400,
      expect.stringContaining('errors.api.search_bodies_max'),
    ])
  }
  expect(statuses(database)).toEqual(Array.from({ length: 30 }, () => 'unresolved'))
})

test('issues are merged, and hashes taken out again', async () => {
  const database = plant(issues())
  for (const id of [1, 2]) {
    database.exec(
      `insert into issue_hashes (project, hash, issue, version, variant, events, first_seen_ms, last_seen_ms)
       values (1, '${String(id).repeat(32)}', ${id}, 'v1', 'app', ${id}, 0, 0)`,
    )
  }
  const ask = asking(database)
  const merged = await ask('PUT', '/organizations/weir/issues/?id=1&id=2', { merge: 1 })
  expect(merged.body).toEqual({ merge: { parent: '2', children: ['1'] } })
  // Links to what was merged lead on.
  expect((await ask('GET', '/issues/1/')).body).toMatchObject({ id: '2', count: '3' })
  const hashes = (await ask('GET', '/issues/2/hashes/')).body as JsonRecord[]
  expect(hashes.map(({ id }) => String(id)).toSorted((a, b) => a.localeCompare(b))).toEqual([
    '1'.repeat(32),
    '2'.repeat(32),
  ])
  const apart = await ask('DELETE', `/issues/2/hashes/?id=${'1'.repeat(32)}`)
  expect(apart).toMatchObject({ status: 202, body: { issues: ['1'] } })
  expect((await ask('GET', '/issues/SHOP-1/')).body).toMatchObject({ id: '1' })
  const refused = await ask('PUT', '/organizations/weir/issues/?id=1&id=4', { merge: 1 })
  expect(text(refused.body)).toContain('different projects')
})

test('comments are written, changed and deleted', async () => {
  const ask = asking(plant([issueOf(1, { kept: [eventOf()] })]))
  const made = await ask('POST', '/issues/1/comments/', { text: 'looks like the <cache>' })
  expect(made).toMatchObject({
    status: 201,
    body: { type: 'note', data: { text: 'looks like the <cache>' }, user: { name: 'ana' } },
  })
  const id = String((made.body as JsonRecord)['id'])
  await ask('PUT', `/issues/1/notes/${id}/`, { text: 'it is' })
  expect((await ask('GET', '/issues/1/notes/')).body).toMatchObject([{ data: { text: 'it is' } }])
  expect((await ask('GET', '/organizations/weir/issues/')).body).toMatchObject([{ numComments: 1 }])
  expect((await ask('DELETE', `/issues/1/comments/${id}/`)).status).toBe(204)
  expect((await ask('DELETE', `/issues/1/comments/${id}/`)).status).toBe(404)
  expect((await ask('POST', '/issues/1/comments/', { text: ' ' })).status).toBe(400)
  expect((await ask('POST', '/issues/7/comments/', { text: 'x' })).status).toBe(404)
})

test.each([
  ['activities', 23],
  ['notes', 11],
  ['comments', 11],
])('%s are walked by Link, each once, whatever happens meanwhile', async (path, count) => {
  const database = plant([issueOf(1)])
  const happens = (kind: string) =>
    database.exec(
      `insert into activity (project, issue, kind, at_ms) values (1, 1, '${kind}', ${nowMs})`,
    )
  for (let at = 0; at < 23; at++) happens(at % 2 ? 'note' : 'merge')
  const ask = asking(database)
  const ids: number[] = []
  for (let next: string | undefined = ''; next !== undefined;) {
    const { body, headers } = await ask('GET', `/issues/1/${path}/?limit=4&cursor=${next}`)
    const page = (Array.isArray(body) ? body : (body as JsonRecord)['activity']) as JsonRecord[]
    ids.push(...page.map(({ id }) => Number(id)))
    happens('note')
    next = /rel="next"; results="true"; cursor="([^"]+)"/.exec(headers!['link']!)?.[1]
  }
  expect(new Set(ids).size).toBe(count)
  expect(ids).toEqual(ids.toSorted((a, b) => b - a))
})
