import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endpoints } from '../../errors/api/endpoints.ts'
import { newFolder, weir as runWeir } from '../commands/weir.ts'
import { waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { RunningWeir } from './running_weir.ts'
import { run } from './source_maps/uploading.ts'

/** Sentry's web API over real HTTP: each endpoint, sentry-cli's calls, the commands. */

const key = 'c'.repeat(32)
const [reader, admin] = ['a-token-that-may-read', 'a-token-that-may-all']
const clis = (['sentry-cli-2', 'sentry-cli-3'] as const).flatMap((name) => {
  const peer = requirePeer(name)
  return peer ? [{ name, program: join(peer.path, 'bin', 'sentry-cli') }] : []
})

interface Issue {
  readonly id: string
  readonly shortId: string
  readonly permalink: string
  readonly title: string
  readonly count: string
  readonly status: string
}

let folder: string
let running: RunningWeir
let dsn: string

const ask = async (path: string, init: RequestInit = {}) =>
  await fetch(`${running.url}/api/0${path}`, init)
const json = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
  const answer = await ask(path, init)
  const text = await answer.text()
  expect(`${answer.status} ${text.slice(0, 500)}`).toMatch(/^2/)
  return JSON.parse(text) as T
}
const issues = (query = '') =>
  json<Issue[]>(`/organizations/weir/issues/?query=${encodeURIComponent(query)}`)
const put = (body: object): RequestInit => ({ method: 'PUT', body: JSON.stringify(body) })
const command = async (...args: string[]) => await runWeir(['errors', ...args, '-d', running.data])

/** Sends an event, and waits until it is counted. */
async function send(event: object & { event_id: string }): Promise<void> {
  const { username, host, pathname } = new URL(dsn)
  const answer = await fetch(`http://${host}/api${pathname}/store/?sentry_key=${username}`, {
    method: 'POST',
    body: JSON.stringify(event),
  })
  expect(answer.status).toBe(200)
  await waitFor(
    'the event',
    async () => (await ask(`/organizations/weir/eventids/${event.event_id}/`)).ok,
  )
}

beforeAll(async () => {
  folder = newFolder()
  const tokens = [
    { name: 'grafana', secret: reader, scopes: ['read'] },
    { name: 'ops', secret: admin, scopes: ['admin'] },
  ]
  running = await RunningWeir.start(folder, {
    http: { listen: '127.0.0.1:0', tokens },
    errors: { projects: { shop: { id: 42, name: 'Shop', keys: [key] } } },
  })
  dsn = `http://${key}@${new URL(running.url).host}/42`
  const sent = await runWeir(['send', 'demo', '--errors', '--dsn', dsn, '--events', '60'])
  expect(`${sent.code} ${sent.stderr}`).toContain('0 60 events are sent')
  const counted = async () => (await issues()).reduce((sum, { count }) => sum + Number(count), 0)
  await waitFor('all events', async () => (await counted()) === 60)
})
afterAll(async () => {
  await running?.kill()
  rmSync(folder, { recursive: true })
})

test('each endpoint that only reads answers', async () => {
  const [issue] = await issues()
  const event = await json<{ eventID: string }>(`/issues/${issue!.id}/events/latest/`)
  const known: Record<string, string> = {
    organization: 'weir',
    project: 'shop',
    team: 'weir',
    issue: issue!.id,
    event: event.eventID,
    short: issue!.shortId,
    key: 'level',
    version: 'shop@1.4.0',
  }
  const needed: Record<string, string> = {
    stats_v2: '?field=sum(quantity)',
    sessions: '?field=sum(session)',
    events: '?field=id',
    data: '?field=session.all',
  }
  // What there is none of is told apart from paths that nobody knows.
  const absent = new Set(['attachment', 'monitor'])
  for (const { method, path } of endpoints) {
    if (method !== 'GET') continue
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
    const isKey = path.includes('/keys/')
    const filled = path.replaceAll(/:(\w+)/g, (_, name: string) =>
      encodeURIComponent(isKey && name === 'key' ? key : (known[name] ?? 'none')),
    )
    const query = needed[path.split('/').at(-1)!] ?? ''
    const answer = await ask(`${filled}/${query}`)
    const wanted = names.some((name) => absent.has(name)) ? 404 : 200
    expect(`${filled} ${answer.status} ${wanted === 200 ? '' : await answer.text()}`).toMatch(
      wanted === 200 ? / 200 $/ : / 404 \{"detail":"(?!Weir does not)/,
    )
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  }
})

test('the link that answers and alerts have leads to the issue', async () => {
  const [issue] = await issues()
  const answer = await fetch(issue!.permalink)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ id: issue!.id, shortId: issue!.shortId })
})

test('an event has its parts, and its neighbours', async () => {
  const [issue] = await issues('error.type:KeyError')
  const events = await json<{ eventID: string }[]>(`/issues/${issue!.id}/events/?full=1`)
  expect(events.length).toBeGreaterThan(1)
  const newest = await json<Record<string, unknown>>(
    `/projects/weir/shop/events/${events[0]!.eventID}/`,
  )
  expect(newest).toMatchObject({
    groupID: issue!.id,
    projectID: '42',
    title: "KeyError: 'shipping_address'",
    platform: 'python',
    nextEventID: null,
    previousEventID: events[1]!.eventID,
    sdk: { name: 'sentry.python.django' },
    user: { email: expect.stringMatching(/@example\.com$/) as string },
  })
  const entries = newest['entries'] as { type: string; data: { values?: object[] } }[]
  expect(entries.map(({ type }) => type)).toEqual(['exception', 'breadcrumbs', 'request'])
  expect(entries[0]!.data.values![0]).toMatchObject({
    type: 'KeyError',
    stacktrace: {
      frames: [
        {},
        {},
        {
          filename: 'shop/shipping.py',
          lineNo: 31,
          inApp: true,
          context: [
            [30, 'def quote(order, data):'],
            [31, "    address = data['shipping_address']"],
            [32, '    zone = zone_of(address)'],
          ],
        },
      ],
    },
  })
  const stored = await json<object>(`/projects/weir/shop/events/${events[0]!.eventID}/json/`)
  expect(stored).toMatchObject({
    event_id: events[0]!.eventID,
    exception: { values: [{ type: 'KeyError' }] },
  })
  const grouping = await json<object>(
    `/projects/weir/shop/events/${events[0]!.eventID}/grouping-info/`,
  )
  expect(grouping).toMatchObject({
    app: { contributes: true, hash: expect.stringMatching(/^[0-9a-f]{32}$/) as string },
  })
})

test('walking by Link sees each issue once while events come in', async () => {
  const first = await issues()
  const seen: string[] = []
  let next: string | undefined = '/organizations/weir/issues/?query=&limit=2'
  for (let page = 0; next !== undefined; page++) {
    const answer = await ask(next)
    seen.push(...((await answer.json()) as Issue[]).map(({ id }) => id))
    const link = /<([^>]+)>; rel="next"; results="true"/.exec(answer.headers.get('link') ?? '')?.[1]
    next = link?.replace(`${running.url}/api/0`, '')
    await send({
      event_id: `${page}`.padStart(32, 'f'),
      // Of its own, or of the issue that was seen first.
      exception: { values: [{ type: `New${page}Error`, value: 'while walking' }] },
    } as never)
  }
  const known = new Set(first.map(({ id }) => id))
  expect(seen.filter((id) => known.has(id)).toSorted()).toEqual([...known].toSorted())
  expect(new Set(seen).size).toBe(seen.length)
})

test('tokens say who may read and who may change', async () => {
  const from = (token?: string) => ({
    'x-forwarded-for': '192.0.2.7',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  })
  const [issue] = await issues()
  const path = `/issues/${issue!.id}/`
  const status = async (init: RequestInit) => (await ask(path, init)).status
  expect(await status({ headers: from() })).toBe(401)
  expect(await status({ headers: from(reader) })).toBe(200)
  expect(await status({ ...put({ priority: 'low' }), headers: from(reader) })).toBe(403)
  expect(await status({ ...put({ priority: 'low' }), headers: from(admin) })).toBe(200)
  const refused = await ask(path, { headers: from() })
  expect(await refused.json()).toEqual({
    detail: expect.stringContaining('a token with the scope "read"') as string,
  })
})

test('unknown paths and broken bodies are told, and counted', async () => {
  const unknown = await ask('/organizations/weir/replays/')
  expect([unknown.status, await unknown.json()]).toEqual([
    404,
    { detail: expect.stringContaining('replays are not kept') as string },
  ])
  const broken = await ask('/organizations/weir/issues/?id=1', { method: 'PUT', body: '{' })
  expect([broken.status, await broken.json()]).toEqual([400, { detail: 'the body is no JSON' }])
  const metrics = await (await fetch(`${running.url}/metrics`)).text()
  expect(metrics).toMatch(/weir_error_requests_total\{[^}]*endpoint="api_unknown"[^}]*\} [1-9]/)
})

test('what is resolved comes back when it happens again', async () => {
  const event = {
    event_id: 'ab'.repeat(16),
    exception: { values: [{ type: 'OnceError', value: 'x' }] },
  }
  await send(event)
  const [issue] = await issues('error.type:OnceError')
  await json(`/issues/${issue!.id}/`, put({ status: 'resolved' }))
  expect(await issues('error.type:OnceError is:unresolved')).toEqual([])
  await send({ ...event, event_id: 'cd'.repeat(16), timestamp: Date.now() / 1000 + 10 } as never)
  await waitFor(
    'the regression',
    async () => (await issues('error.type:OnceError is:regressed')).length === 1,
  )
})

test('projects and keys are made, and reports with a disabled key refused', async () => {
  const made = await json<{ slug: string; id: string }>('/teams/weir/weir/projects/', {
    method: 'POST',
    body: JSON.stringify({ name: 'A new one', platform: 'node' }),
  })
  expect(made).toMatchObject({ slug: 'a-new-one', platform: 'node' })
  const keys = `/projects/weir/a-new-one/keys/`
  const [first] = await json<{ id: string; dsn: { public: string } }[]>(keys)
  expect(first!.dsn.public).toBe(`http://${first!.id}@${new URL(running.url).host}/${made.id}`)
  await json(`${keys}${first!.id}/`, put({ isActive: false }))
  const second = await json<{ id: string }>(keys, { method: 'POST', body: '{"name":"browser"}' })
  expect((await ask(`${keys}${second.id}/`, { method: 'DELETE' })).status).toBe(204)
  const send = () =>
    fetch(`${running.url}/api/${made.id}/store/?sentry_key=${first!.id}`, {
      method: 'POST',
      body: '{"message":"x"}',
    })
  await waitFor('the refusal', async () => (await send()).status === 403)
  expect((await ask('/projects/weir/a-new-one/', { method: 'DELETE' })).status).toBe(204)
})

test('files and words of users are found with their event', async () => {
  const id = '0f'.repeat(16)
  const event = {
    event_id: id,
    exception: { values: [{ type: 'FileError', value: 'with a file' }] },
  }
  const report = { event_id: id, name: 'Jo', email: 'jo@example.com', comments: 'it broke' }
  const bytes = '<script>alert(1)</script>'
  const items = [
    [{ type: 'event' }, JSON.stringify(event)],
    [
      {
        type: 'attachment',
        filename: 'a page.html',
        content_type: 'text/html',
        length: bytes.length,
      },
      bytes,
    ],
    [{ type: 'user_report' }, JSON.stringify(report)],
  ] as const
  const body = [
    `{"event_id":"${id}"}`,
    ...items.flatMap(([header, item]) => [JSON.stringify(header), item]),
  ].join('\n')
  const sent = await fetch(`${running.url}/api/42/envelope/?sentry_key=${key}`, {
    method: 'POST',
    body,
  })
  expect(sent.status).toBe(200)
  const path = `/projects/weir/shop/events/${id}/attachments/`
  const files = async () =>
    (await ask(path)).json() as Promise<{ id: string; name: string; size: number }[]>
  await waitFor('the file', async () => (await files()).length === 1)
  const [file] = await files()
  expect(file).toMatchObject({ name: 'a page.html', size: bytes.length, mimetype: 'text/html' })
  const download = await ask(`${path}${file!.id}/?download=1`)
  expect(await download.text()).toBe(bytes)
  // No browser shows it as a page of this Weir.
  expect(download.headers.get('content-type')).toBe('application/octet-stream')
  expect(download.headers.get('content-disposition')).toBe('attachment; filename="a_page.html"')
  const [issue] = await issues('error.type:FileError')
  const said = () => json<object[]>(`/issues/${issue!.id}/user-reports/`)
  await waitFor('the words', async () => (await said()).length === 1)
  expect(await said()).toMatchObject([
    { comments: 'it broke', email: 'jo@example.com', eventID: id },
  ])
  expect(await json(`/issues/${issue!.id}/attachments/`)).toMatchObject([{ name: 'a page.html' }])
  expect((await ask(`/issues/${issue!.id}/`, { method: 'DELETE' })).status).toBe(202)
  expect((await ask(`/issues/${issue!.id}/`)).status).toBe(404)
  expect((await ask(`${path}${file!.id}/?download=1`)).status).toBe(404)
})

test('weir errors', async () => {
  const ls = await command('ls', 'error.type:KeyError')
  expect(ls.stdout).toMatch(/^ISSUE .*TITLE\nSHOP-\w+ .*KeyError: 'shipping_address'\n$/)
  const shortId = /SHOP-\w+/.exec(ls.stdout)![0]
  const show = await command('show', shortId)
  expect(show.stdout).toContain('shop/shipping.py:31 in quote\n')
  expect(show.stdout).toContain(">   31 |     address = data['shipping_address']\n")
  const shown = JSON.parse((await command('show', shortId, '--json')).stdout) as {
    event: { eventID: string }
  }
  const explain = await command('explain', shown.event.eventID)
  expect(explain.stdout).toMatch(/\+ function "quote"[^]*Kept\n {2}because it is/)
  const two = await command('resolve', shortId, '--in-next-release', '--in-release', '2')
  expect(two).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be used with') })
  expect((await command('resolve', shortId, '--in-next-release')).stderr).toBe(`${shortId}: done\n`)
  expect((await command('show', shortId)).stdout).toContain('resolved: inNextRelease')
  const unknown = await command('resolve', shortId, '--in-release', 'nope')
  expect(unknown).toMatchObject({
    code: 0,
    stderr: `${shortId}: done\nno release "nope" is known yet\n`,
  })
  const known = await command('resolve', shortId, '--in-release', 'shop@1.4.0')
  expect(known.stderr).toBe(`${shortId}: done\n`)
  expect((await command('archive', shortId, '--until-events', '5')).code).toBe(0)
  expect((await command('unresolve', shortId)).code).toBe(0)
  expect((await command('show', 'SHOP-ZZZ')).stderr).toContain('there is no issue "SHOP-ZZZ"')
  expect((await command('ls', 'level:')).stderr).toContain("expected a value after 'level:'")
})

describe.each(clis)('$name', ({ program }) => {
  const cli = (...args: string[]) =>
    run([program, ...args], folder, {
      SENTRY_URL: running.url,
      SENTRY_AUTH_TOKEN: admin,
      SENTRY_ORG: 'weir',
      SENTRY_PROJECT: 'shop',
    })

  test('tells who it is, and lists what there is', async () => {
    const said = async (...args: string[]) => {
      const { code, text } = await cli(...args)
      expect(`${code} ${text}`).toMatch(/^0 /)
      return text
    }
    expect(await said('info')).toContain('event:read')
    expect(await said('organizations', 'list')).toContain('weir')
    expect(await said('projects', 'list')).toContain('shop')
    expect(await said('issues', 'list')).toContain("KeyError: 'shipping_address'")
    expect(await said('issues', 'list', '--query', 'level:fatal')).not.toContain('KeyError')
    expect(await said('events', 'list')).toContain('KeyError')
    expect(await said('releases', 'list')).toContain('1.4.0')
    await fetch(`${running.url}/api/42/cron/nightly/${key}/?status=ok`)
    const monitors = () => json<object[]>('/organizations/weir/monitors/')
    await waitFor('the monitor', async () => (await monitors()).length > 0)
    expect(await said('monitors', 'list')).toContain('nightly')
  })

  test('changes issues, and sends events', async () => {
    const [issue] = await issues('error.type:runtime.boundsError')
    const status = async () => (await json<Issue>(`/issues/${issue!.id}/`)).status
    for (const [verb, after] of [
      ['resolve', 'resolved'],
      ['unresolve', 'unresolved'],
      ['mute', 'ignored'],
    ] as const) {
      const { code, text } = await cli('issues', verb, '--id', issue!.id)
      expect(`${code} ${text}`).toContain('0 Updated matching issues.')
      expect(await status()).toBe(after)
    }
    const message = `said by ${program}`
    const { code, text } = await run([program, 'send-event', '-m', message], folder, {
      SENTRY_DSN: dsn,
      SENTRY_URL: running.url,
    })
    expect(`${code} ${text}`).toContain('0 Event dispatched.')
    await waitFor('its event', async () => (await issues(`"${message}"`)).length === 1)
  })
})
