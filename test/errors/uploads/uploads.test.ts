import { afterEach, expect, test } from 'vitest'
import { sha1, startUploads } from './running_uploads.ts'
import { bundle } from './zip.ts'

type Running = Awaited<ReturnType<typeof startUploads>>
let running: Running | undefined
const start = async (...given: Parameters<typeof startUploads>) =>
  (running = await startUploads(...given))
afterEach(async () => {
  await running?.stop()
  running = undefined
})

const id = '7d5ff54c-22ae-5dc6-8eff-f7adbfa7764c'
const app = (content = '{"version":3,"mappings":""}', debugId = id) =>
  bundle([
    {
      name: 'app.js',
      type: 'minified_source',
      content: `e() // ${debugId}`,
      headers: { 'debug-id': debugId, sourcemap: 'app.js.map' },
    },
    { name: 'app.js.map', type: 'source_map', content, headers: { 'debug-id': debugId } },
    { name: 'readme.txt', type: 'other', content: 'nobody reads it' },
  ])

test('an upload goes in by chunks, is put together, and its files are known', async () => {
  const { upload, rows, waiting, blobs } = await start()
  const { first, sent, last, again } = await upload(app(), { version: 'shop@1.2.3' }, 100)
  expect(first.body).toMatchObject({ state: 'not_found' })
  expect((first.body as { missingChunks: string[] }).missingChunks.length).toBeGreaterThan(2)
  expect(sent).toEqual({ status: 200, body: {} })
  expect(last).toEqual({ status: 200, body: { state: 'ok', missingChunks: [], detail: null } })
  expect(
    rows('select project, debug_id, type, release, dist, url, map_reference from artifacts'),
  ).toEqual([
    {
      project: 42,
      debug_id: id.replaceAll('-', ''),
      type: 'minified_source',
      release: 'shop@1.2.3',
      dist: '',
      url: '~/app.js',
      map_reference: 'app.js.map',
    },
    {
      project: 42,
      debug_id: id.replaceAll('-', ''),
      type: 'source_map',
      release: 'shop@1.2.3',
      dist: '',
      url: '~/app.js.map',
      map_reference: null,
    },
  ])
  expect(
    rows('select project, version, package, sort is not null as sorted from releases'),
  ).toEqual([{ project: 42, version: 'shop@1.2.3', package: 'shop', sorted: 1 }])
  expect([blobs(), waiting()]).toEqual([2, []])
  // Asked again it is there, although its chunks are not.
  expect((await again()).body).toMatchObject({ state: 'ok' })
})

test('the same upload for another project, or again after it failed, is asked for anew', async () => {
  const { upload, rows } = await start()
  await upload(app())
  const { first, last } = await upload(app(), { projects: ['shop', '43'] })
  expect([first.body, last.body]).toMatchObject([{ state: 'not_found' }, { state: 'ok' }])
  expect(rows('select distinct project from artifacts order by 1')).toEqual([
    { project: 42 },
    { project: 43 },
  ])
  const bad = await upload(Buffer.from('no bundle'))
  expect(bad.last.body).toEqual({
    state: 'error',
    missingChunks: [],
    detail: 'the upload is no artifact bundle: it begins with neither SYSB nor PK',
  })
  expect((await bad.again()).body).toMatchObject({ state: 'not_found' })
})

test('the same bytes for two projects at once: one is asked to send them again, and nothing is lost', async () => {
  const { upload, ask, rows } = await start()
  const { request } = await upload(app())
  const assemble = '/organizations/weir/artifactbundle/assemble/'
  const both = { ...request, projects: ['shop', 'blog'] }
  const { sent } = await upload(app(), { projects: ['none'] })
  expect(sent.status).toBe(200)
  const answers = await Promise.all([
    ask('POST', assemble, { ...request, projects: ['blog'] }),
    ask('POST', assemble, both),
  ])
  const states = answers.map(({ body }) => (body as { state: string }).state)
  expect(states.toSorted()).toEqual(['not_found', 'ok'])
  expect(rows('select count(*) as n from artifacts where project = 43')).toEqual([{ n: 2 }])
})

test('a limit that an upload breaks is named, and nothing of it stays', async () => {
  const { upload, waiting, blobs } = await start({ source_maps: { max_file_size: '2KB' } })
  const { last } = await upload(app('x'.repeat(5_000)))
  expect(last.body).toMatchObject({
    state: 'error',
    detail: 'files/_/_/app.js.map is larger than errors.source_maps.max_file_size (2.0 kB)',
  })
  expect([waiting(), blobs()]).toEqual([[], 0])
})

test('files of a bundle that breaks in its midst are let go', async () => {
  const bytes = app('{"version":3}'.padEnd(3_000, ' abcdefgh'))
  const at = bytes.indexOf('app.js.map') + 12
  bytes.fill(0xff, at, at + 8)
  const { upload, blobs, rows } = await start()
  const { last } = await upload(bytes)
  expect(last.body).toMatchObject({ state: 'error' })
  expect([blobs(), rows('select 1 from artifacts')]).toEqual([0, []])
})

test('chunks are what their names say, and no larger than announced', async () => {
  const { ask, waiting } = await start()
  const send = (name: string, content: string, field = 'file') => {
    const form = new FormData()
    form.append(field, new Blob([content]), name)
    return ask('POST', '/organizations/weir/chunk-upload/', form)
  }
  expect((await send(sha1('b'), 'a')).body).toEqual({
    detail: `the chunk ${sha1('b')} has the SHA-1 ${sha1('a')}: send it again`,
  })
  expect((await send('../../etc/passwd', 'a')).status).toBe(400)
  expect((await send(sha1('a'), 'a', 'file_gzip')).body).toEqual({ detail: 'a chunk is no gzip' })
  expect((await send(sha1('a'), 'a', 'else')).status).toBe(400)
  expect((await send(sha1('a'), 'a'.repeat(9 * 2 ** 20))).status).toBe(413)
  expect(waiting()).toEqual([])
  const answer = await ask('POST', '/organizations/weir/chunk-upload/', { none: true })
  expect(answer.status).toBe(400)
})

test('uploads that are never completed are bounded', async () => {
  const { ask } = await start({ source_maps: { max_pending: '1KB' } })
  const send = (content: string) => {
    const form = new FormData()
    form.append('file', new Blob([content]), sha1(content))
    return ask('POST', '/organizations/weir/chunk-upload/', form)
  }
  expect((await send('a'.repeat(1_000))).status).toBe(200)
  const full = await send('b')
  expect([full.status, full.body]).toEqual([
    413,
    {
      detail:
        'uploads that are not complete fill errors.source_maps.max_pending (1.0 kB): they go after a day',
    },
  ])
})

test('what is not known is named: organization, project, body', async () => {
  const { ask } = await start()
  const assemble = '/organizations/weir/artifactbundle/assemble/'
  const detail = async (...asked: Parameters<typeof ask>) => {
    const { status, body } = await ask(...asked)
    return [status, (body as { detail: string }).detail]
  }
  expect(await detail('GET', '/organizations/acme/chunk-upload/')).toEqual([
    400,
    'there is no organization "acme": Weir has one, "weir" (SENTRY_ORG=weir, or org: "weir")',
  ])
  const body = { checksum: sha1('a'), chunks: [sha1('a')], projects: ['web'] }
  expect(await detail('POST', assemble, body)).toEqual([
    400,
    'there is no project "web": there are shop, blog; weir project add NAME makes one',
  ])
  expect((await detail('POST', assemble, { ...body, projects: [] }))[0]).toBe(400)
  expect((await detail('POST', assemble, { ...body, projects: [42], chunks: ['../x'] }))[0]).toBe(
    400,
  )
  expect((await detail('POST', assemble, []))[0]).toBe(400)
  expect(
    (await detail('POST', '/organizations/weir/releases/', { version: 'a', projects: ['web'] }))[0],
  ).toBe(400)
  expect(
    (
      await detail('POST', '/organizations/weir/releases/', { version: '..', projects: ['shop'] })
    )[0],
  ).toBe(400)
})

test('a token with the scope ingest is needed through a proxy', async () => {
  const secret = 'a-secret-of-a-build-server'
  const { ask } = await start({}, { tokens: [{ name: 'ci', secret, scopes: ['ingest'] }] })
  const path = '/organizations/weir/chunk-upload/'
  const proxied = { 'x-forwarded-for': '203.0.113.7' }
  const { status, body } = await ask('GET', path, undefined, proxied)
  expect([status, (body as { detail: string }).detail]).toEqual([
    401,
    expect.stringContaining('http.tokens'),
  ])
  const known = await ask('GET', path, undefined, { ...proxied, authorization: `Bearer ${secret}` })
  expect(known.status).toBe(200)
  expect(
    (
      await ask('DELETE', '/organizations/weir/releases/1/', undefined, {
        ...proxied,
        authorization: `Bearer ${secret}`,
      })
    ).status,
  ).toBe(403)
})

test('the oldest release goes when there is too much, the newest never', async () => {
  const { upload, rows, blobs } = await start({ source_maps: { max_disk: '5KB' } })
  const map = (fill: string) => app(fill.repeat(3_000), `${id.slice(0, -1)}${fill}`)
  await upload(map('a'), { version: '1' })
  await upload(map('b'), { version: '2' })
  expect(rows('select distinct release from artifacts')).toEqual([{ release: '2' }])
  expect(blobs()).toBe(2)
  await upload(map('c'), { version: '3' })
  await upload(map('d'))
  expect(rows('select distinct release from artifacts')).toEqual([{ release: '' }])
  expect(blobs()).toBe(2)
})

test('a release: made, finished, told its commits and deploys, deleted with its files', async () => {
  const { ask, upload, rows, blobs } = await start()
  const releases = '/organizations/weir/releases'
  const version = encodeURIComponent('shop@1.0.0/rc')
  const made = await ask('POST', `${releases}/`, {
    version: 'shop@1.0.0/rc',
    projects: ['shop', 43],
  })
  expect([made.status, made.body]).toMatchObject([
    201,
    {
      version: 'shop@1.0.0/rc',
      dateReleased: null,
      projects: [{ slug: 'shop' }, { slug: 'blog' }],
    },
  ])
  expect(
    (await ask('POST', `${releases}/`, { version: 'shop@1.0.0/rc', projects: ['shop'] })).status,
  ).toBe(208)
  const archived = { version: 'shop@1.0.0/rc', projects: [], status: 'archived' }
  expect(await ask('POST', `${releases}/`, archived)).toMatchObject({
    status: 208,
    body: { status: 'archived', projects: [{ slug: 'shop' }, { slug: 'blog' }] },
  })
  const at = '2026-01-31T12:00:00.000Z'
  const commits = [
    {
      id: 'abc1234',
      repository: 'acme/shop',
      author_name: 'Ana',
      message: 'fix',
      timestamp: at,
      patch_set: [{ path: 'a.ts', type: 'M' }],
    },
    { id: 'abc1233' },
  ]
  expect(
    (await ask('PUT', `${releases}/${version}/`, { dateReleased: at, commits, ref: 'main' })).body,
  ).toMatchObject({ dateReleased: at, ref: 'main', commitCount: 2, lastCommit: { id: 'abc1234' } })
  expect(rows('select place, id, repository from release_commits where project = 42')).toEqual([
    { place: 0, id: 'abc1234', repository: 'acme/shop' },
    { place: 1, id: 'abc1233', repository: null },
  ])
  expect((await ask('GET', '/organizations/weir/repos/')).body).toMatchObject([
    { name: 'acme/shop', status: 'active' },
  ])
  const deploy = await ask('POST', `${releases}/${version}/deploys/`, {
    environment: 'production',
    dateStarted: at,
  })
  expect([deploy.status, deploy.body]).toMatchObject([
    201,
    { environment: 'production', dateStarted: at },
  ])
  expect((await ask('POST', `${releases}/${version}/deploys/`, {})).status).toBe(400)
  expect((await ask('POST', `${releases}/none/deploys/`, { environment: 'x' })).status).toBe(404)
  // Told by its head alone.
  await ask('POST', '/projects/weir/shop/releases/', {
    version: '2',
    refs: [{ repository: 'acme/shop', commit: 'def5678', previousCommit: 'abc1234' }],
  })
  expect(rows("select id from release_commits where version = '2'")).toEqual([{ id: 'def5678' }])
  expect(
    (await ask('GET', '/projects/weir/shop/releases/3/previous-with-commits/')).body,
  ).toMatchObject({ version: '2', lastCommit: { id: 'def5678' } })
  await upload(app(), { version: 'shop@1.0.0/rc' })
  expect(blobs()).toBe(2)
  expect((await ask('DELETE', `${releases}/${version}/`)).status).toBe(204)
  expect([
    blobs(),
    rows('select version from releases'),
    rows('select 1 from artifacts union all select 1 from deploys'),
  ]).toEqual([0, [{ version: '2' }], []])
  expect((await ask('PUT', `${releases}/${version}/`, { ref: 'x' })).status).toBe(404)
})

test('files of a release one by one, as old uploaders send them', async () => {
  const { ask, rows, blobs } = await start()
  const files = '/projects/weir/shop/releases/1.0/files/'
  const form = new FormData()
  form.append('name', '~/static/app.js')
  form.append('dist', '7')
  form.append('header', 'Sourcemap:app.js.map')
  form.append('file', new Blob(['e()']), 'app.js')
  const sent = await ask('POST', files, form)
  expect([sent.status, sent.body]).toMatchObject([
    201,
    { name: '~/static/app.js', dist: '7', size: 3, headers: { Sourcemap: 'app.js.map' } },
  ])
  expect(rows('select type, release, url, map_reference from artifacts')).toEqual([
    {
      type: 'minified_source',
      release: '1.0',
      url: '~/static/app.js',
      map_reference: 'app.js.map',
    },
  ])
  const list = await ask('GET', files)
  expect(list.body).toMatchObject([{ name: '~/static/app.js' }])
  const file = (list.body as { id: string }[])[0]!.id
  expect((await ask('DELETE', `${files}${file}/`)).status).toBe(204)
  expect((await ask('DELETE', `${files}${file}/`)).status).toBe(404)
  expect(blobs()).toBe(0)
  expect((await ask('POST', files, new FormData())).status).toBe(400)
})

test('debug files of native code are refused one by one, and the uploader goes on', async () => {
  const { ask } = await start()
  const answer = await ask('POST', '/projects/weir/shop/files/difs/assemble/', {
    [sha1('a')]: { name: 'lib.so', chunks: [] },
  })
  expect(answer).toMatchObject({
    status: 200,
    body: { [sha1('a')]: { state: 'error', missingChunks: [] } },
  })
})
