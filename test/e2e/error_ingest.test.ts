/** What SDKs send, over real HTTP: every endpoint, encoding and way of asking; and what is never to be found. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newFolder, weir } from '../commands/weir.ts'
import { waitFor } from '../peers/process.ts'
import { RunningWeir } from './running_weir.ts'

const key = 'a'.repeat(32)
const limited = 'b'.repeat(32)
const proxied = '/obs'

let folder: string
let running: RunningWeir
const config = {
  http: { listen: '127.0.0.1:0', base_url: `http://obs.example.com${proxied}/` },
  errors: {
    spotlight: { listen: '127.0.0.1:0' },
    limits: { max_envelope_size: '1MB', max_event_size: '100KB' },
    projects: {
      shop: { id: 42, keys: [key] },
      small: { id: 43, keys: [limited], quota: { errors: { month: 2 } } },
    },
  },
}
beforeAll(async () => {
  folder = newFolder()
  running = await RunningWeir.start(folder, config)
})
afterAll(async () => {
  await running.kill()
  rmSync(folder, { recursive: true })
})

/** Everything that reports have left in the journal. */
const kept = (): string => textsBelow(join(running.data, 'journal', 'errors'))

function textsBelow(path: string): string {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'weir.sock')
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
    .join('\n')
}

let messages = 0
const newMessage = () => `message ${++messages} of this test`
const envelope = (message: string) =>
  Buffer.from(`{}\n{"type":"event"}\n${JSON.stringify({ message })}\n`)
const post = (
  path: string,
  body: string | Buffer | URLSearchParams,
  headers: Record<string, string> = {},
) => fetch(running.url + path, { method: 'POST', body, headers })
const withKey = `/api/42/envelope/?sentry_key=${key}`

describe('an envelope', () => {
  test.each([
    ['as it is', '', (bytes: Buffer) => bytes],
    ['gzip', 'gzip', gzipSync],
    ['deflate', 'deflate', deflateSync],
    ['br', 'br', brotliCompressSync],
    ['zstd', 'zstd', zstdCompressSync],
  ] as const)('%s', async (_name, encoding, compress) => {
    const message = newMessage()
    const headers: Record<string, string> = encoding === '' ? {} : { 'content-encoding': encoding }
    const answer = await post(withKey, compress(envelope(message)), headers)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/) as string })
    // It is durable before it is answered.
    expect(kept()).toContain(message)
  })

  test.each([
    `/api/42/envelope?sentry_key=${key}`,
    `//api//42///envelope//?sentry_key=${key}`,
    `${proxied}/api/42/envelope/?sentry_key=${key}`,
  ])('at %s', async (path) => {
    expect((await post(path, envelope(newMessage()))).status).toBe(200)
  })

  test.each([
    'text/plain;charset=UTF-8',
    'application/x-sentry-envelope',
    'application/json',
    'nonsense',
  ])('as %s', async (type) => {
    const headers = { 'content-type': type }
    expect((await post(withKey, envelope(newMessage()), headers)).status).toBe(200)
  })

  test('in chunks', async () => {
    const message = newMessage()
    const sent = request(running.url + withKey, { method: 'POST' })
    for (const byte of envelope(message)) sent.write(Buffer.from([byte]))
    sent.end()
    const [answer] = (await once(sent, 'response')) as [{ statusCode: number; resume: () => void }]
    answer.resume()
    expect(answer.statusCode).toBe(200)
    expect(kept()).toContain(message)
  })

  test('through a tunnel', async () => {
    const dsn = `http://${key}@obs.example.com${proxied}/42`
    const body = envelope(newMessage()).toString().replace('{}', JSON.stringify({ dsn }))
    expect((await post('/tunnel', body)).status).toBe(200)
  })
})

describe('answers', () => {
  test.each([
    ['no key', '/api/42/envelope/', envelope('x'), {}, 401],
    ['no project', '/api/44/envelope/?sentry_key=x', envelope('x'), {}, 403],
    ['no envelope', withKey, 'hello', {}, 400],
    ['no gzip', withKey, 'hello', { 'content-encoding': 'gzip' }, 400],
    ['a bomb', withKey, gzipSync(Buffer.alloc(3_000_000)), { 'content-encoding': 'gzip' }, 413],
    ['a large event', withKey, envelope('x'.repeat(200_000)), {}, 413],
    ['no endpoint', '/api/42/nothing/', 'x', {}, 404],
    ['no number', '/api/shop/envelope/', 'x', {}, 404],
  ] as const)('%s', async (_name, path, body, headers, status) => {
    const answer = await post(path, body, { ...headers, origin: 'https://shop.example.com' })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-sentry-rate-limits')
    expect(answer.headers.get('x-sentry-error')).toBeTruthy()
    expect(Object.keys((await answer.json()) as object)).toEqual(['detail', 'causes'])
  })

  test('browsers may ask before they send', async () => {
    const headers = { origin: 'https://x', 'access-control-request-method': 'POST' }
    for (const path of [
      '/api/42/envelope/',
      '/api/42/store/',
      '/tunnel',
      '/api/embed/error-page/',
    ]) {
      const answer = await fetch(running.url + path, { method: 'OPTIONS', headers })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('access-control-allow-headers')).toContain('x-sentry-auth')
    }
  })

  test('what others own is left to them', async () => {
    for (const path of ['/api/status', '/healthz', '/metrics']) {
      expect((await fetch(running.url + path)).status).toBe(200)
    }
    // Pages of others may report, and ask nothing.
    const headers = { origin: 'https://shop.example.com' }
    expect((await fetch(`${running.url}/api/status`, { headers })).status).toBe(403)
  })
})

test('an image, and the dialog', async () => {
  const query = new URLSearchParams({ sentry_key: key, sentry_data: '{"message":"by image"}' })
  const image = await fetch(`${running.url}/api/42/store/?${query.toString()}`)
  expect([image.status, image.headers.get('content-type')]).toEqual([200, 'image/gif'])
  expect(Buffer.from(await image.arrayBuffer()).toString('latin1')).toMatch(/^GIF89a/)
  const dsn = encodeURIComponent(`http://${key}@x/42`)
  const page = `/api/embed/error-page/?dsn=${dsn}&eventId=${'c'.repeat(32)}`
  const script = await (await fetch(`${running.url}${page}&title=%3C/script%3E`)).text()
  expect(script).not.toContain('</script>')
  expect(script).toContain(`http://obs.example.com${proxied}/api/embed/error-page`)
  const form = new URLSearchParams({ name: 'A', email: 'a@b.c', comments: 'it broke' })
  expect((await post(page, form)).status).toBe(200)
})

test('a project made while Weir runs works at once, and so does a key that is disabled', async () => {
  const command = async (...args: string[]) => {
    const { code, stdout } = await weir([
      'project',
      ...args,
      '-c',
      running.configPath,
      '-d',
      running.data,
    ])
    expect(code).toBe(0)
    return stdout
  }
  const made = await command('add', 'fresh')
  const [dsn, fresh, id] = /http:\/\/([0-9a-f]{32})@obs\.example\.com\/obs\/(\d+)/.exec(made) ?? []
  expect(dsn).toBeDefined()
  const path = `/api/${id}/envelope/?sentry_key=${fresh}`
  expect((await post(path, envelope(newMessage()))).status).toBe(200)
  expect(await command('key', 'disable', 'fresh', fresh!.slice(0, 8))).toContain('disabled')
  expect((await post(path, envelope(newMessage()))).status).toBe(403)
  expect(await command('ls')).toContain('every key is disabled')
})

test("Spotlight's sidecar takes envelopes without a DSN, and shows them", async () => {
  const following = new AbortController()
  const { body } = await fetch(`${running.url}/stream`, { signal: following.signal })
  const message = newMessage()
  const page = { origin: 'http://localhost:3000', 'content-encoding': 'gzip' }
  const taken = await post('/stream', gzipSync(envelope(message)), page)
  expect([taken.status, taken.headers.get('access-control-allow-origin')]).toEqual([
    200,
    page.origin,
  ])
  let seen = ''
  for await (const part of body!.pipeThrough(new TextDecoderStream())) {
    seen += part
    if (seen.includes(message)) break
  }
  expect(seen).toContain('event:application/x-sentry-envelope\ndata:{}\n')
  following.abort()
  expect((await fetch(`${running.url}/health`)).status).toBe(200)
  // Only pages of this machine.
  const plain = newMessage()
  await post('/stream', envelope(plain))
  const again = new AbortController()
  const later = await fetch(`${running.url}/stream?base64=1`, { signal: again.signal })
  seen = ''
  for await (const part of later.body!.pipeThrough(new TextDecoderStream())) {
    seen += part
    if (seen.includes(envelope(plain).toString('base64'))) break
  }
  again.abort()
  const foreign = { origin: 'https://evil.example.com' }
  expect((await post('/stream', envelope('x'), foreign)).status).toBe(403)
  expect((await fetch(`${running.url}/stream`, { headers: foreign })).status).toBe(403)
})

test("Spotlight's own port has its endpoints, and no others", async () => {
  const urls = running.log('Weir is running').at(-1)!['urls'] as string[]
  const port = urls.find((url) => url !== running.url)
  const message = newMessage()
  const headers = { 'content-type': 'application/x-sentry-envelope' }
  const taken = await fetch(`${port}/stream`, { method: 'POST', body: envelope(message), headers })
  expect(taken.status).toBe(200)
  expect(kept()).toContain(message)
  expect((await fetch(`${port}/health`)).status).toBe(200)
  expect((await fetch(`${port}${withKey}`, { method: 'POST', body: envelope('x') })).status).toBe(
    404,
  )
})

test('a new config holds at once', async () => {
  const strict = { ...config.errors, quota: { errors: { month: 0 } } }
  expect(await running.reload({ ...config, errors: strict })).toBe('applied')
  const refused = await post(withKey, envelope(newMessage()))
  expect(refused.status).toBe(429)
  expect(refused.headers.get('x-sentry-rate-limits')).toContain('organization:quota_errors_month')
  expect(await running.reload(config)).toBe('applied')
  expect((await post(withKey, envelope(newMessage()))).status).toBe(200)
})

test('a backup has reports, what was made of them, and their files', async () => {
  const attachment = '{"type":"attachment","filename":"a.txt"}\nfor the backup\n'
  const body = envelope(newMessage()).toString() + attachment
  expect((await post(withKey, body)).status).toBe(200)
  const database = join(running.data, 'errors', 'errors.sqlite')
  await waitFor('a report to be digested', () => existsSync(database))
  const to = join(folder, 'backup')
  const { code } = await weir(['backup', to, '-d', running.data])
  expect(code).toBe(0)
  const { files } = JSON.parse(readFileSync(join(to, 'backup.json'), 'utf8')) as {
    files: { path: string }[]
  }
  const blob = createHash('sha256').update('for the backup').digest('hex')
  expect(files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['errors/errors.sqlite', `errors/blobs/${blob.slice(0, 2)}/${blob}`]),
  )
})

test('quotas hold over a kill', async () => {
  const path = `/api/43/envelope/?sentry_key=${limited}`
  const statuses = async () => (await post(path, envelope(newMessage()))).status
  expect([await statuses(), await statuses()]).toEqual([200, 200])
  expect(await statuses()).toBe(429)
  await running.kill()
  running = await RunningWeir.start(folder, config)
  const answer = await post(path, envelope(newMessage()))
  expect(answer.status).toBe(429)
  expect(answer.headers.get('x-sentry-rate-limits')).toMatch(/^\d+:error;default;security:project:/)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('logs that were acknowledged are counted, each once, over a kill', async () => {
  const path = `/api/43/envelope/?sentry_key=${limited}`
  const send = async (items: object[]) => {
    const container = JSON.stringify({ items })
    expect((await post(path, `{}\n{"type":"log"}\n${container}\n`)).status).toBe(200)
  }
  await Promise.all(Array.from({ length: 20 }, () => send([{ body: 'one' }, { body: 'two' }])))
  await running.kill()
  running = await RunningWeir.start(folder, config)
  await send([{ body: 'größe' }])
  const counted = async () => {
    const query = 'field=sum(quantity)&groupBy=category&groupBy=outcome&project=43&statsPeriod=1d'
    const answer = await fetch(`${running.url}/api/0/organizations/weir/stats_v2/?${query}`)
    const { groups } = (await answer.json()) as {
      groups: { by: { category: string; outcome: string }; totals: Record<string, number> }[]
    }
    return groups.flatMap(({ by, totals }) =>
      by.category.startsWith('log_')
        ? [`${Object.values(by).join()} ${totals['sum(quantity)']}`]
        : [],
    )
  }
  const all = ['log_byte,accepted 127', 'log_item,accepted 41']
  await waitFor('the counts', async () => (await counted()).toSorted().join() === all.join())
})

test('what is secret in a report is nowhere in the data folder', async () => {
  const canaries: string[] = []
  const canary = () => {
    const text = `canary${canaries.length}x7f3a9c`
    canaries.push(text)
    return text
  }
  const event = {
    message: 'with secrets',
    extra: { password: canary(), nested: { api_key: canary(), list: [{ secret: canary() }] } },
    user: { id: '1', data: { token: canary() } },
    request: {
      url: `https://u:${canary()}@shop.example.com/?x=1&access_token=${canary()}`,
      headers: { Authorization: `Bearer ${canary()}`, Cookie: `sessionid=${canary()}` },
      data: JSON.stringify({ password: canary() }),
    },
    exception: {
      values: [
        {
          type: 'E',
          value: 'v',
          stacktrace: { frames: [{ function: 'f', vars: { passwd: canary() } }] },
        },
      ],
    },
    breadcrumbs: [{ message: 'm', data: { credentials: canary() } }],
    tags: { auth_token: canary() },
    contexts: { app: { mysql_pwd: canary() } },
  }
  const body = `{}\n{"type":"event"}\n${JSON.stringify(event)}\n`
  expect((await post(withKey, body)).status).toBe(200)
  const log = {
    items: [
      { level: 'info', body: 'x', attributes: { password: { value: canary(), type: 'string' } } },
    ],
  }
  expect((await post(withKey, `{}\n{"type":"log"}\n${JSON.stringify(log)}\n`)).status).toBe(200)
  expect((await post('/stream', body)).status).toBe(200)
  await waitFor('the report to be kept', () => kept().includes('with secrets'))
  const everything = textsBelow(running.data) + running.process.stderr()
  expect(canaries.filter((text) => everything.includes(text))).toEqual([])
})

test('logs of SDKs are found where all logs are', async () => {
  const [item, record] = [newMessage(), newMessage()]
  const log = JSON.stringify({ items: [{ level: 'warn', body: item }] })
  expect((await post(withKey, `{}\n{"type":"log"}\n${log}\n`)).status).toBe(200)
  const logRecords = [{ severityText: 'INFO', body: { stringValue: record } }]
  const otlp = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
  const json = { 'content-type': 'application/json' }
  const path = `/api/42/otlp/v1/logs?sentry_key=${key}`
  expect((await post(path, otlp, json)).status).toBe(200)
  const found = async (text: string) => {
    const query = { query: { match_phrase: { message: text } } }
    const answer = await post('/es/logs-shop-*/_search', JSON.stringify(query), json)
    const { hits } = (await answer.json()) as { hits: { hits: { _source: unknown }[] } }
    return hits.hits.map(({ _source }) => _source)
  }
  const wanted = [
    [item, 'warn'],
    [record, 'info'],
  ] as const
  for (const [message, level] of wanted) {
    await waitFor(`"${message}" in the store`, async () => (await found(message)).length > 0)
    expect(await found(message)).toMatchObject([{ message, log: { level } }])
  }
})
