import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { acceptorOn, incomingWith, key, nowMs } from './accepted.ts'

const eventId = '9ec79c33ec9942ab8353589fcb2e04dc'

describe('/store/', () => {
  test.each([
    ['JSON', '{"message":"hello"}'],
    ['Base64 of zlib', deflateSync('{"message":"hello"}').toString('base64')],
  ])('%s', async (_name, body) => {
    const weir = acceptorOn()
    const answer = await weir.post(body, { endpoint: 'store' })
    expect(answer.status).toBe(200)
    const [report] = weir.ofKind('event')
    expect(JSON.parse(answer.body)).toEqual({ id: report?.event_id })
    expect(report?.event.logentry?.formatted).toBe('hello')
  })

  test('GET is answered with an image', async () => {
    const weir = acceptorOn()
    const query = new URLSearchParams({
      sentry_key: key,
      sentry_data: '{"message":"hello"}',
    }).toString()
    const answer = await weir.accept(incomingWith('', { endpoint: 'store', isGet: true, query }))
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/gif'])
    expect(weir.ofKind('event')).toHaveLength(1)
  })

  test('an envelope is taken for one, and the project found by the key', async () => {
    const weir = acceptorOn()
    const contentType = 'application/x-sentry-envelope'
    const changes = { endpoint: 'store' as const, project: undefined, headers: { contentType } }
    expect((await weir.post(`{}\n{"type":"event"}\n{}`, changes)).status).toBe(200)
    expect(weir.ofKind('event')).toMatchObject([{ project: 42 }])
  })

  test.each(['', '[1]', '"x"', 'hello', '{"a":'])('%j is a 400', async (body) => {
    const weir = acceptorOn()
    const answer = await weir.post(body, { endpoint: 'store' })
    expect(answer.status).toBe(400)
    expect(Object.keys(JSON.parse(answer.body) as object)).toEqual(['detail', 'causes'])
    expect(weir.reports).toEqual([])
  })
})

describe('security reports', () => {
  const csp = {
    'csp-report': {
      'document-uri': 'https://shop.example.com/cart',
      'violated-directive': 'script-src self',
      'blocked-uri': 'https://evil.example.com/x.js',
    },
  }
  const reporting = {
    type: 'csp-violation',
    url: 'https://shop.example.com/cart',
    body: {
      documentURL: 'https://shop.example.com/cart',
      effectiveDirective: 'img-src',
      blockedURL: 'inline',
    },
  }
  test.each([
    ['CSP', csp, 'csp'],
    ['a list of the Reporting API', [reporting, { type: 'deprecation', body: {} }], 'csp'],
    ['Expect-CT', { 'expect-ct-report': { hostname: 'a.example.com', port: 443 } }, 'expectct'],
    ['Expect-Staple', { 'expect-staple-report': { hostname: 'a.example.com' } }, 'expectstaple'],
    ['HPKP', { hostname: 'a.example.com', 'known-pins': ['x'] }, 'hpkp'],
  ])('%s', async (_name, body, type) => {
    const weir = acceptorOn()
    const query = `sentry_key=${key}&sentry_release=1.2&sentry_environment=prod`
    const answer = await weir.post(JSON.stringify(body), { endpoint: 'security', query })
    expect(answer).toMatchObject({ status: 200, body: '' })
    expect(weir.ofKind('event')).toMatchObject([
      { event: { type, release: '1.2', environment: 'prod' } },
    ])
  })

  test('other reports of browsers are dropped with 200; no JSON is a 400', async () => {
    const weir = acceptorOn()
    const post = (body: string) => weir.post(body, { endpoint: 'security' })
    expect((await post('[{"type":"network-error"}]')).status).toBe(200)
    expect((await post('{')).status).toBe(400)
    expect(weir.ofKind('event')).toEqual([])
    expect((await weir.post('[]', { endpoint: 'nel' })).status).toBe(200)
  })
})

/** A `multipart/form-data` body of fields and files. */
function formOf(parts: readonly { name: string; file?: string; text: string }[]) {
  const lines = parts.flatMap(({ name, file, text }) => [
    '--xyz',
    `content-disposition: form-data; name="${name}"${file ? `; filename="${file}"` : ''}`,
    ...(file ? ['content-type: application/octet-stream'] : []),
    '',
    text,
  ])
  return {
    body: [...lines, '--xyz--', ''].join('\r\n'),
    contentType: 'multipart/form-data; boundary=xyz',
  }
}

describe('crash reports', () => {
  const dump = { name: 'upload_file_minidump', file: 'a.dmp', text: 'MDMP…' }

  test('a minidump with an event in form fields', async () => {
    const weir = acceptorOn()
    const { body, contentType } = formOf([
      { name: 'sentry__1', text: '{"release":"1.2",' },
      { name: 'sentry__2', text: '"tags":{"a":"b"}}' },
      { name: 'sentry[environment]', text: 'prod' },
      { name: 'sentry[__proto__][x]', text: 'y' },
      dump,
      { name: 'log', file: 'log.txt', text: 'hello' },
    ])
    const answer = await weir.post(body, { endpoint: 'minidump', headers: { contentType } })
    expect(answer.headers['content-type']).toContain('text/plain')
    expect(answer.body).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(weir.ofKind('event')).toMatchObject([
      {
        event: {
          platform: 'native',
          level: 'fatal',
          release: '1.2',
          environment: 'prod',
          tags: [['a', 'b']],
        },
        attachments: [
          { name: 'a.dmp', type: 'event.minidump' },
          { name: 'log.txt', type: 'event.attachment', size: 5 },
        ],
      },
    ])
  })

  test.each([
    ['no file', formOf([{ name: 'sentry', text: '{}' }])],
    ['a form cut off', { ...formOf([dump]), body: formOf([dump]).body.slice(0, 80) }],
    ['no boundary', { body: 'x', contentType: 'multipart/form-data' }],
    ['no form', { body: 'x', contentType: 'text/plain' }],
  ])('%s is a 400', async (_name, { body, contentType }) => {
    const weir = acceptorOn()
    const answer = await weir.post(body, { endpoint: 'minidump', headers: { contentType } })
    expect(answer.status).toBe(400)
    expect(weir.reports).toEqual([])
  })

  test("Unreal's container is kept as it is", async () => {
    const weir = acceptorOn()
    const query = 'AppEnvironment=prod&UserID=u'
    const answer = await weir.post('UE4', { endpoint: 'unreal', query, path: { key } })
    expect(answer.status).toBe(200)
    expect(weir.ofKind('event')).toMatchObject([
      {
        event: { environment: 'prod', user: { id: 'u' } },
        attachments: [{ type: 'unreal.crash', size: 3 }],
      },
    ])
  })

  test('attachments of an event that came before', async () => {
    const weir = acceptorOn()
    const { body, contentType } = formOf([{ name: 'a', file: 'a.txt', text: 'hello' }])
    const changes = { endpoint: 'attachments' as const, headers: { contentType } }
    expect((await weir.post(body, { ...changes, path: { event: eventId } })).status).toBe(201)
    expect((await weir.post(body, { ...changes, path: { event: 'x' } })).status).toBe(400)
    expect(weir.reports).toMatchObject([{ kind: 'attachments', event_id: eventId }])
  })
})

test('a check-in by curl', async () => {
  const weir = acceptorOn()
  const call = (query: string) =>
    weir.post('', { endpoint: 'check_in', isGet: true, path: { monitor: 'nightly', key }, query })
  expect((await call('status=in_progress&environment=prod')).status).toBe(200)
  expect((await call('status=error&duration=1.5')).status).toBe(200)
  expect((await call('status=fine')).status).toBe(400)
  expect(weir.ofKind('check_in').map(({ body }) => body)).toMatchObject([
    { monitor_slug: 'nightly', status: 'in_progress', environment: 'prod' },
    { monitor_slug: 'nightly', status: 'error', duration: 1.5 },
  ])
})

describe('a check-in with a body', () => {
  const posted = async (body: string, contentType: string, query = '') => {
    const weir = acceptorOn()
    const path = { monitor: 'nightly', key }
    const headers = { contentType }
    const { status, body: answered } = await weir.post(body, {
      endpoint: 'check_in',
      path,
      query,
      headers,
    })
    return { status, answered, kept: weir.ofKind('check_in').map(({ body: checkIn }) => checkIn) }
  }
  const [json, form] = ['application/json', 'application/x-www-form-urlencoded']
  const monitor_config = {
    schedule: { type: 'interval', value: 5, unit: 'minute' },
    timezone: 'Europe/Vienna',
    checkin_margin: 2,
  }

  test('of JSON fails as it says, with its schedule', async () => {
    const told = { status: 'error', duration: 2, environment: 'dev', monitor_config }
    for (const type of [json, form]) {
      const { status, kept } = await posted(JSON.stringify(told), type)
      expect(status).toBe(200)
      expect(kept).toEqual([{ ...told, monitor_slug: 'nightly', check_in_id: '0'.repeat(32) }])
    }
  })

  test('of a form too; a body stands before the query', async () => {
    const { kept } = await posted('status=error&duration=1.5', form, 'status=ok&environment=dev')
    expect(kept).toMatchObject([{ status: 'error', duration: 1.5, environment: 'dev' }])
  })

  test('that ends the one in progress need not name it', async () => {
    const begun = await posted('{"status":"in_progress"}', json)
    const { id } = JSON.parse(begun.answered) as { id: string }
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(begun.kept).toMatchObject([{ check_in_id: id }])
    const ended = await posted(`{"status":"ok","check_in_id":"${id}"}`, json)
    expect(ended.kept).toMatchObject([{ check_in_id: id }])
    expect((await posted('status=ok', form)).kept).toMatchObject([{ check_in_id: '0'.repeat(32) }])
  })

  const withConfig = (config: unknown) => JSON.stringify({ status: 'ok', monitor_config: config })
  test.each([
    ['', json, /no status/],
    ['{}', json, /no status/],
    ['duration=1', form, /no status/],
    ['{"status":"failed"}', json, /one of ok, in_progress, error/],
    ['{"status":7}', json, /one of ok, in_progress, error/],
    ['["ok"]', json, /no JSON object/],
    ['{"status":"ok"', form, /no JSON object/],
    ['status=ok&check_in_id=7', form, /check_in_id/],
    [withConfig(7), json, /monitor_config: expected an object/],
    [
      withConfig({ schedule: { type: 'crontab', value: '61 * * * *' } }),
      json,
      /schedule: expected/,
    ],
    [withConfig({ schedule: { type: 'interval', value: 0, unit: 'day' } }), json, /schedule:/],
    [withConfig({ timezone: 'Europe/Wien' }), json, /timezone: expected/],
    [`{"status":"ok","environment":"${'x'.repeat(1_100_000)}"}`, json, /max_small_item_size/],
  ])('%.60j is refused', async (body, contentType, problem) => {
    const { status, answered, kept } = await posted(body, contentType)
    expect(status).toBe(body.length > 1_000_000 ? 413 : 400)
    expect(answered).toMatch(problem)
    expect(kept).toEqual([])
  })
})

test('the dialog takes a multipart form too', async () => {
  const weir = acceptorOn()
  const query = new URLSearchParams({ dsn: `http://${key}@weir.example/42`, eventId }).toString()
  const dialog = { endpoint: 'feedback' as const, project: undefined, query }
  const given = { name: 'A', email: 'a@b.c', comments: 'it broke' }
  const fields = Object.entries(given).map(([name, text]) => ({ name, text }))
  const { body, contentType } = formOf(fields)
  expect((await weir.post(body, { ...dialog, headers: { contentType } })).status).toBe(200)
  expect(weir.reports).toMatchObject([{ kind: 'feedback', feedback: { message: 'it broke' } }])
  const half = formOf(fields.slice(0, 2)).body
  expect((await weir.post(half, { ...dialog, headers: { contentType } })).body).toContain(
    'comments',
  )
})

test('the dialog that asks users', async () => {
  const weir = acceptorOn()
  const dsn = `http://${key}@weir.example/42`
  const query = new URLSearchParams({ dsn, eventId }).toString()
  const dialog = { endpoint: 'feedback' as const, project: undefined, query }
  const form = new URLSearchParams({ name: 'A', email: 'a@b.c', comments: 'it broke' }).toString()
  expect((await weir.post(form, dialog)).status).toBe(200)
  expect(await weir.post('name=A', dialog)).toMatchObject({
    status: 400,
    body: expect.stringContaining('comments') as string,
  })
  expect(
    (await weir.post(form, { ...dialog, query: `dsn=${encodeURIComponent(dsn)}` })).status,
  ).toBe(400)
  expect(weir.reports).toMatchObject([
    {
      kind: 'feedback',
      event_id: eventId,
      received_ms: nowMs,
      feedback: { message: 'it broke', source: 'dialog' },
    },
  ])
})
