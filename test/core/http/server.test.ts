import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { WeirError } from '../../../core/errors.ts'
import { httpConfig } from '../../../core/http/config.ts'
import { createTestApp, type TestApp } from './app.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

async function started(
  ...given: Parameters<typeof createTestApp>
): Promise<TestApp & { url: string; port: number }> {
  const app = createTestApp(...given)
  await app.http.start()
  cleanups.push(() => app.http.stop(AbortSignal.timeout(100)))
  const url = app.http.urls()[0]!
  return { ...app, url, port: Number(/:(\d+)$/.exec(url)?.[1]) }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'weir-http-'))
  cleanups.push(() => rmSync(path, { recursive: true }))
  return path
}

/** Sends raw text; resolves to all that comes back until the connection ends. */
async function raw(port: number, text: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (data) => (answer += data))
  socket.on('error', () => undefined)
  socket.write(text)
  await once(socket, 'close')
  return answer
}

/** Posts a body as simple clients do: reads nothing before all of it is sent, and asks to close. */
async function sentWhole(port: number, length: number) {
  const socket = connect(port, '127.0.0.1').pause()
  let failure: NodeJS.ErrnoException | undefined
  socket.on('error', (caught) => (failure = caught))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const head = `POST /in/a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n`
  socket.write(head)
  const sent = new Promise((resolve) => socket.write(Buffer.alloc(length, 'x'), resolve))
  await sent
  let answer = ''
  socket.on('data', (data) => (answer += data)).resume()
  await closed
  return { answer, failure }
}

describe('POST /in/<tag>', () => {
  test('hands the body over as it came', async () => {
    const { url, received } = await started()
    const body = Buffer.from([0, 255, 10, 200])
    const reply = await fetch(`${url}/in/nginx.access`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'Application/JSON', 'content-encoding': 'GZIP' },
    })
    expect(reply.status).toBe(200)
    expect(await reply.json()).toEqual({ accepted: 1, errors: [] })
    expect(received[0]).toMatchObject({
      tag: 'nginx.access',
      contentType: 'application/json',
      contentEncoding: 'gzip',
      remoteAddress: '127.0.0.1',
    })
    expect(Buffer.from(received[0]!.body)).toEqual(body)
  })

  test('needs no content type, and no body', async () => {
    const { http, received } = createTestApp()
    const head = 'POST /in/a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n'
    await http.start()
    cleanups.push(() => http.stop(AbortSignal.timeout(100)))
    const port = Number(/:(\d+)$/.exec(http.urls()[0]!)?.[1])
    expect(await raw(port, `${head}content-length: 2\r\n\r\nhi`)).toContain('200 OK')
    expect(
      await raw(port, `${head}content-type: nonsense\r\ncontent-length: 2\r\n\r\nhi`),
    ).toContain('Content-Type has to be')
    expect(
      await raw(port, `${head}transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n`),
    ).toContain('200 OK')
    expect(await raw(port, `${head}\r\n`)).toContain('200 OK')
    expect(received.map(({ body }) => Buffer.from(body).toString())).toEqual(['hi', 'hi!', ''])
  })

  test.each([
    ['declared', { 'content-length': '2000' }],
    ['found while reading', { 'transfer-encoding': 'chunked' }],
  ])('a body above the limit is 413, %s', async (_name, headers) => {
    const { port, counted } = await started({ max_body_size: 1000 })
    const outgoing = request({ port, method: 'POST', path: '/in/a', headers })
    outgoing.on('error', () => undefined)
    outgoing.end('x'.repeat(2000))
    const [incoming] = await once(outgoing, 'response')
    let text = ''
    for await (const part of incoming) text += part
    expect(incoming.statusCode).toBe(413)
    expect(JSON.parse(text).error).toEqual({
      code: 'body_too_large',
      message: expect.stringContaining('http.max_body_size (1.0 kB)') as string,
    })
    expect(counted).toEqual(['body_too_large'])
  })

  test('bodies under way are bounded together, and what was taken is given back', async () => {
    const waiting: (() => void)[] = []
    const { url } = await started(
      { max_body_memory: 1500 },
      {
        receive: () =>
          new Promise((resolve) => waiting.push(() => resolve({ status: 200, body: {} }))),
      },
    )
    const post = () => fetch(`${url}/in/a`, { method: 'POST', body: 'x'.repeat(1000) })
    const first = post()
    await expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(1)
    const second = await post()
    expect(second.status).toBe(503)
    expect(second.headers.get('retry-after')).toBe('1')
    waiting[0]!()
    expect((await first).status).toBe(200)
    const third = post()
    await expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(2)
    waiting[1]!()
    expect((await third).status).toBe(200)
  })

  test('while nothing can be taken in it says so before reading', async () => {
    const { url, received } = await started({}, { paused: () => 'the disk is full' })
    const reply = await fetch(`${url}/in/a`, { method: 'POST', body: 'x' })
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await reply.text()).toContain('the disk is full')
    expect(received).toEqual([])
  })

  test.each([
    ['while nothing can be taken in', {}, 503],
    ['above the limit', { max_body_size: 1000 }, 413],
  ])('who sends all before reading sees its refusal, %s', async (_name, config, status) => {
    const paused = () => (status === 503 ? 'the disk is full' : undefined)
    const { port, counted } = await started(config, { paused })
    const { answer, failure } = await sentWhole(port, 20_000_000)
    expect(failure).toBeUndefined()
    expect(answer).toContain(`HTTP/1.1 ${status}`)
    expect(counted).not.toContain('bad_frame')
  })

  test('a refused body is read away within a bound', async () => {
    const { port } = await started({ max_unread_size: 1000 }, { paused: () => 'the disk is full' })
    const { failure } = await sentWhole(port, 20_000_000)
    expect(['EPIPE', 'ECONNRESET']).toContain(failure?.code)
  })

  test('who ends at the refusal, amid its body, sent no bad frame', async () => {
    const { port, url, counted } = await started({}, { paused: () => 'the disk is full' })
    const socket = connect(port, '127.0.0.1')
    cleanups.push(() => socket.destroy())
    socket.write('POST /in/a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nx')
    await once(socket, 'data')
    socket.end()
    await once(socket, 'close')
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect(counted).toEqual([])
  })

  test('Expect: 100-continue is answered, unless the body would be refused anyway', async () => {
    const { port } = await started({ max_body_size: 10 })
    const expecting = (length: number) =>
      request({
        port,
        method: 'POST',
        path: '/in/a',
        headers: { expect: '100-continue', 'content-length': length },
      })
    const small = expecting(2)
    small.flushHeaders()
    await once(small, 'continue')
    small.end('hi')
    const [taken] = await once(small, 'response')
    expect(taken.statusCode).toBe(200)
    taken.resume()
    const large = expecting(20)
    large.on('continue', () => expect.unreachable())
    large.flushHeaders()
    const [refused] = await once(large, 'response')
    expect(refused.statusCode).toBe(413)
    large.destroy()
  })

  test('another expectation is 417', async () => {
    const { port } = await started()
    const head = 'POST /in/a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nexpect: magic\r\n'
    expect(await raw(port, `${head}content-length: 0\r\n\r\n`)).toContain('417 ')
  })

  test.each([
    ['GET', '/in/a', 405, 'method_not_allowed'],
    ['POST', '/in/', 404, 'not_found'],
    ['POST', '/nowhere', 404, 'not_found'],
    ['POST', '/in/a%20b', 400, 'bad_tag'],
    ['POST', '/in/%', 400, 'bad_request'],
  ] as const)('%s %s is %i', async (method, url, status, code) => {
    const reply = await createTestApp().http.app.inject({
      method,
      url,
      headers: { host: 'localhost' },
    })
    expect([reply.statusCode, reply.json().error.code]).toEqual([status, code])
  })

  test('a Weir that is still starting is no mistake: try again', async () => {
    const starting = new WeirError('WEIR_NOT_RUNNING', 'Weir is starting')
    const { http } = createTestApp({}, { receive: () => Promise.reject(starting) })
    const headers = { host: 'localhost' }
    const reply = await http.app.inject({ method: 'POST', url: '/in/a', payload: 'x', headers })
    expect([reply.statusCode, reply.headers['retry-after']]).toEqual([503, '1'])
    expect(reply.json().error.code).toBe('not_running')
  })

  test('a mistake of ours is 500 and tells nothing', async () => {
    const { http } = createTestApp({}, { receive: () => Promise.reject(new Error('hunter2')) })
    const reply = await http.app.inject({
      method: 'POST',
      url: '/in/a',
      payload: 'x',
      headers: { host: 'localhost' },
    })
    expect(reply.statusCode).toBe(500)
    expect(reply.body).not.toContain('hunter2')
  })
})

describe('what is no HTTP', () => {
  test.each([
    ['garbage', '\u0001\u0002garbage\r\n\r\n'],
    ['half a request', 'POST /in/a HTTP/1.1\r\nhost localhost\r\n\r\n'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ])('%s is answered with 400', async (_name, text) => {
    const { port, url, counted } = await started()
    expect(await raw(port, text)).toContain('HTTP/1.1 400')
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect(counted).toEqual(['bad_frame'])
  })

  test('a body that follows its refusal is no bad frame', async () => {
    const { port, url, counted } = await started()
    const head = 'POST /in/a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n'
    const answer = await raw(port, `${head}content-length: 1\r\n\r\nxand more of it\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 \d+ /)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect(counted).toEqual([])
  })

  test('a whole request before garbage has its own answer', async () => {
    const { port, received, counted } = await started()
    const one = 'POST /in/a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\nx'
    for (const [requests, taken] of [
      [one, 1],
      [one + one, 2],
    ] as const) {
      received.length = 0
      const answer = await raw(port, `${requests}\n{"y":1}\r\n\r\n`)
      expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(Array(taken).fill('HTTP/1.1 200'))
      expect(received).toHaveLength(taken)
    }
    expect(counted).toEqual(['bad_frame', 'bad_frame'])
  })

  test.each([
    ['that is taken', '1\r\nx\r\n', [], '400'],
    ['that is refused', '17\r\nwith more than 10 bytes\r\n', ['body_too_large'], '413'],
  ])('garbage amid a body %s cuts no answer before its own', async (_, body, before, status) => {
    const answered = Promise.withResolvers<void>()
    const { port, url, counted } = await started(
      { max_body_size: 10 },
      {
        receive: async () => {
          await answered.promise
          return { status: 200, body: { accepted: 1, errors: [] } }
        },
      },
    )
    const head = 'POST /in/a HTTP/1.1\r\nhost: localhost\r\n'
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', (data) => (answer += data)).on('error', () => undefined)
    const closed = once(socket, 'close')
    socket.write(`${head}content-length: 1\r\n\r\nx${head}transfer-encoding: chunked\r\n\r\n`)
    socket.write(body)
    await expect.poll(() => counted, { timeout: 20_000 }).toEqual(before)
    socket.write('garbage\r\n')
    // Behind it.
    await fetch(`${url}/healthz`)
    answered.resolve()
    await closed
    expect(answer.match(/(?<=HTTP\/1\.1 )\d+/g)).toEqual(['200', status])
    expect(counted).toEqual(status === '400' ? ['bad_frame'] : before)
  })

  test('garbage that goes on behind a whole request is counted once', async () => {
    const answered = Promise.withResolvers<void>()
    const { port, counted } = await started(
      {},
      {
        receive: async () => {
          await answered.promise
          return { status: 200, body: { accepted: 1, errors: [] } }
        },
      },
    )
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('POST /in/a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\nx')
    for (let part = 0; part < 30; part++) {
      await new Promise((written) => socket.write('\u0001garbage\r\n\r\n', written))
    }
    await expect.poll(() => counted, { timeout: 20_000 }).toEqual(['bad_frame'])
    let answer = ''
    socket.on('data', (data) => (answer += data))
    answered.resolve()
    await once(socket, 'close')
    expect(answer).toContain('HTTP/1.1 200')
    expect(counted).toEqual(['bad_frame'])
  })

  test('a TLS client on a plain port gets the alert that it understands', async () => {
    const { port, counted } = await started()
    const client = connectTls({ port, host: '127.0.0.1' })
    const [failure] = await once(client, 'error')
    expect(String(failure)).toMatch(/handshake failure/)
    expect(counted).toEqual(['tls_failed'])
  })

  test('headers beyond measure are 431', async () => {
    const { port } = await started()
    const answer = await raw(port, `GET / HTTP/1.1\r\nx: ${'x'.repeat(70_000)}\r\n\r\n`)
    expect(answer).toContain('HTTP/1.1 431')
  })

  test('connections that send nothing are closed, and cost others nothing', async () => {
    const { port, url, counted } = await started({ header_timeout: '1s' })
    const sockets: Socket[] = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'))
    const ends = Promise.all(sockets.map((socket) => once(socket.resume(), 'close')))
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    await ends
    expect(counted).toEqual(sockets.map(() => 'idle_timeout'))
  })
})

describe('where it listens', () => {
  test('on several addresses, Unix sockets among them; a stale one is replaced', async () => {
    const path = join(folder(), 'http.sock')
    writeFileSync(join(path, '..', 'note'), '')
    const listen = ['127.0.0.1:0', `unix:${path}`]
    const crashed = createServer().listen(path)
    await once(crashed, 'listening')
    // What a crash leaves: the file without a listener. Closing removes it, so it is made anew.
    crashed.close()
    const { http, received } = await started({ listen })
    expect(http.urls()).toEqual([expect.stringMatching(/^http:\/\/127/), `unix:${path}`])
    const status = async (headers: Record<string, string>) => {
      const outgoing = request({ socketPath: path, path: '/in/a', method: 'POST', headers })
      const [incoming] = await once(outgoing.end('x'), 'response')
      incoming.resume()
      return incoming.statusCode
    }
    expect(await status({})).toBe(200)
    expect(await status({ 'x-forwarded-for': '1.2.3.4' })).toBe(401)
    expect(received[0]?.remoteAddress).toBe('')
  })

  test('a taken address says who has it and what to change', async () => {
    const { url } = await started()
    const second = createTestApp({ listen: url.slice('http://'.length) })
    await expect(second.http.start()).rejects.toMatchObject({
      code: 'WEIR_LISTEN_FAILED',
      message: expect.stringMatching(
        new RegExp(`pid ${process.pid}.*--listen or http.listen`),
      ) as string,
    })
  })

  test('a reload keeps sockets and connections, and applies the rest', async () => {
    const { http, url, config } = await started({ max_body_size: 10 })
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    cleanups.push(() => taken.close())
    const { port } = taken.address() as { port: number }
    const post = async () =>
      (await fetch(`${url}/in/a`, { method: 'POST', body: 'x'.repeat(20) })).status
    expect(await post()).toBe(413)

    const more = httpConfig.parse({ max_body_size: 100 })
    const bad = [...config.listen, { kind: 'tcp' as const, host: '127.0.0.1', port }]
    await expect(http.reload(more, bad)).rejects.toThrow('cannot listen')
    expect(await post()).toBe(413)

    await http.reload(more, [...config.listen, { kind: 'unix', path: join(folder(), 's') }])
    expect(await post()).toBe(200)
    expect(http.urls()).toHaveLength(2)
    await http.reload(more, config.listen)
    expect(http.urls()).toEqual([url])
  })

  test('a reload to TLS that cannot be applied leaves the port as it was', async () => {
    const { http, url, config } = await started()
    const status = async () => (await fetch(`${url}/healthz`)).status
    const files = { cert: join(folder(), 'cert.pem'), key: join(folder(), 'key.pem') }
    const tls = httpConfig.parse({ tls: files })
    await expect(http.reload(tls, config.listen)).rejects.toThrow('http.tls.cert cannot be read')
    expect(await status()).toBe(200)
    for (const path of Object.values(files)) writeFileSync(path, 'nothing')
    await expect(http.reload(tls, config.listen)).rejects.toThrow('cannot be used')
    expect(await status()).toBe(200)
  })

  test('stopping answers what is under way first', async () => {
    const waiting: (() => void)[] = []
    const { http, url } = await started(
      {},
      {
        receive: () =>
          new Promise((resolve) => waiting.push(() => resolve({ status: 200, body: {} }))),
      },
    )
    const reply = fetch(`${url}/in/a`, { method: 'POST', body: 'x' })
    await expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(1)
    const stopped = http.stop(AbortSignal.timeout(5_000))
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
    waiting[0]!()
    expect((await reply).status).toBe(200)
    await stopped
    await http.stop(AbortSignal.timeout(1))
  })

  test('does not wait for an upload that was refused and stalls', async () => {
    const { http, port } = await started({}, { paused: () => 'the disk is full' })
    const socket = connect(port, '127.0.0.1')
    cleanups.push(() => socket.destroy())
    socket.on('error', () => undefined)
    socket.write('POST /in/a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nx')
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 (429|503)/)
    const deadline = new AbortController()
    const stopped = http.stop(deadline.signal)
    // The deadline never comes: only what does not wait for it ends.
    await once(socket, 'close')
    await stopped
  })
})
