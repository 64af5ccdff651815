/**
 * Whatever comes in, Weir lives, the good lines beside the bad ones arrive, each bad one is counted under
 * its reason, and a sender that can be told is told where and what. LONG=1 sends lines of 1 GB.
 */
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { constants, deflateRawSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newFolder } from '../commands/weir.ts'
import { waitFor } from '../peers/process.ts'
import { RunningWeir } from './running_weir.ts'

const MB = 1_000_000
const longBytes = process.env['LONG'] ? 1000 * MB : 50 * MB
/** Idle it has 150 MB; most of the rest is http's max_inflated_size, 256 MB. */
const rssMax = 600

let folder: string
let weir: RunningWeir
const port: Record<string, number> = {}

beforeAll(async () => {
  folder = newFolder()
  weir = await RunningWeir.start(folder, {
    http: { listen: '127.0.0.1:0' },
    collector: {
      inputs: [
        { type: 'tcp', listen: '127.0.0.1:0', parser: 'json' },
        { type: 'udp', listen: '127.0.0.1:0', parser: 'json' },
        { type: 'unix', path: join(folder, 'in.sock'), parser: 'json' },
        { type: 'tail', paths: [join(folder, '*.log')], parser: 'json', poll_interval: '20ms' },
        { type: 'http' },
      ],
      outputs: [{ type: 'file', match: '**', path: join(folder, 'out.ndjson') }],
    },
  })
  for (const id of ['tcp', 'udp']) port[id] = await weir.portOf(id)
})
afterAll(async () => {
  await weir.kill()
  rmSync(folder, { recursive: true })
})

const output = () => {
  const path = join(folder, 'out.ndjson')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
const good = (marker: string) => `{"marker":"${marker}"}\n`
const arrived = (...markers: string[]) =>
  waitFor(`${markers.join(' and ')} in the output`, () => {
    if (!weir.isAlive) throw new Error(`Weir ended: ${weir.process.stderr()}`)
    const text = output()
    return markers.every((marker) => text.includes(`"${marker}"`))
  })

interface Reply {
  status: number
  body: { accepted?: number; errors?: { line: number; reason: string }[]; error?: object }
}
async function post(
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/x-ndjson' },
): Promise<Reply> {
  const sent = typeof body === 'string' ? body : new Uint8Array(body)
  const reply = await fetch(`${weir.url}/in/http`, { method: 'POST', headers, body: sent })
  return { status: reply.status, body: (await reply.json()) as Reply['body'] }
}

const open = async (where: { port: number } | { path: string }): Promise<Socket> => {
  const socket = 'port' in where ? connect(where.port, '127.0.0.1') : connect(where.path)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}
/** Resolves when there is room for more, or nobody who would take it. */
const writable = (socket: Socket) =>
  Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined)
const httpPort = () => Number(new URL(weir.url).port)

/** How each input is given a text. */
const send: Record<string, (text: Buffer) => Promise<unknown>> = {
  tcp: async (text) => (await open({ port: port['tcp']! })).end(text),
  unix: async (text) => (await open({ path: join(folder, 'in.sock') })).end(text),
  tail: async (text) => appendFileSync(join(folder, 'app.log'), text),
  udp: async (text) => {
    const socket = createSocket('udp4')
    await new Promise((resolve) => socket.send(text, port['udp'], '127.0.0.1', resolve))
    socket.close()
  },
  http: post,
}

interface Case {
  readonly line: string | Buffer
  /** Where it is counted; a line without one is no problem at all. */
  readonly reason?: string
  /** Where tail, whose files may have holes, counts it. */
  readonly tailReason?: string
  /** What the output has of it, as text. */
  readonly kept?: string
  /** What an HTTP client is told. */
  readonly told?: RegExp
}

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
const cases: Record<string, Case> = {
  'invalid JSON': {
    line: '{"bad":',
    reason: 'invalid_json',
    kept: '"message":"{\\"bad\\":"',
    told: /^invalid_json: expected .* at byte 7/,
  },
  'no object': {
    line: '["bad"]',
    reason: 'not_an_object',
    kept: '"message":"[\\"bad\\"]"',
    told: /^not_an_object/,
  },
  'invalid UTF-8': {
    line: Buffer.from('{"latin1":"\xff"}', 'latin1'),
    reason: 'invalid_utf8',
    kept: '"latin1":"\ufffd"',
  },
  'half a surrogate pair': {
    line: '{"half":"\\ud800"}',
    reason: 'lone_surrogate',
    kept: '"half":"\ufffd"',
  },
  'a NUL in a string': {
    line: '{"nul":"\0"}',
    reason: 'invalid_json',
    kept: '\\"nul\\":\\"\\u0000\\"',
    told: /^invalid_json: .*control character at byte 8/,
  },
  NULs: { line: '\0\0\0\0', reason: 'invalid_json', tailReason: 'nul_run', told: /^invalid_json/ },
  'nested 200 deep': { line: nested(200), reason: 'too_deep', told: /max_depth 100 at byte 500/ },
  'nested 10,000 deep': {
    line: `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
    reason: 'too_deep',
    told: /max_depth 100 at byte 104/,
  },
  '__proto__ and constructor': {
    line: '{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}},"toString":3}',
    kept: '"__proto__":{"x":1},"constructor":{"prototype":{"y":2}},"toString":3',
  },
  'a key twice': { line: '{"twice":1,"twice":2}', reason: 'duplicate_key', kept: '"twice":2' },
  'numbers beyond 2^53': {
    line: '{"n":12345678901234567890,"p":0.10000000000000000555111512312578,"e":1.50e+3}',
    kept: '"n":12345678901234567890,"p":0.10000000000000000555111512312578,"e":1.50e+3',
  },
  'a time in year 0': {
    line: '{"@timestamp":"0000-01-01T00:00:00Z"}',
    reason: 'invalid_time',
    kept: '{"timestamp_invalid":"0000-01-01T00:00:00Z"}',
  },
  'a time in year 10000': {
    line: '{"@timestamp":"10000-01-01T00:00:00Z"}',
    reason: 'invalid_time',
    kept: '{"timestamp_invalid":"10000-01-01T00:00:00Z"}',
  },
}

describe.each(Object.keys(send))('bad lines by %s', (input) => {
  test('are counted, and cost the good ones nothing', async () => {
    const expected = new Map<string, number>()
    for (const [name, { line, reason, tailReason, told }] of Object.entries(cases)) {
      const lines = [good(`${input} before ${name}`), line, '\n', good(`${input} after ${name}`)]
      const text = Buffer.concat(lines.map((part) => Buffer.from(part as string)))
      const reply = await send[input]!(text)
      const counted = input === 'tail' ? (tailReason ?? reason) : reason
      if (counted !== undefined) expected.set(counted, (expected.get(counted) ?? 0) + 1)
      if (input !== 'http') continue
      const errors = told ? [{ line: 2, reason: expect.stringMatching(told) }] : []
      expect(reply, name).toEqual({ status: 200, body: { accepted: told ? 2 : 3, errors } })
    }
    const markers = Object.keys(cases).flatMap((name) => [
      `${input} before ${name}`,
      `${input} after ${name}`,
    ])
    await arrived(...markers)
    const component = `input.${input}`
    const { impaired } = await weir.status()
    const counts = impaired.filter((each) => each.component === component)
    expect(new Map(counts.map(({ reason, events }) => [reason, events]))).toEqual(expected)

    const ownLines = output()
      .split('\n')
      .filter((line) => isOf(line, input))
      .join('\n')
    for (const [name, { kept, told }] of Object.entries(cases)) {
      // What an HTTP sender was told of is its to send again.
      if (kept !== undefined && !(input === 'http' && told)) expect(ownLines, name).toContain(kept)
    }
    expect(ownLines.split('\n').every((line) => typeof JSON.parse(line) === 'object')).toBe(true)
  })
})

/** Whether a line of the output is of that input: told by where it says that it came from. */
function isOf(line: string, input: string): boolean {
  if (line === '') return false
  const { log, source } = JSON.parse(line) as { log?: object; source?: { port?: number } }
  if (input === 'tail') return log !== undefined
  if (input === 'unix') return log === undefined && source === undefined
  if (input === 'tcp') return source?.port !== undefined
  return source !== undefined && source.port === undefined
}

describe(`a line of ${longBytes / MB} MB`, () => {
  const part = Buffer.alloc(MB, 'x')

  test('on tcp', async () => {
    const socket = await open({ port: port['tcp']! })
    for (let sent = 0; sent < longBytes; sent += MB) {
      if (!socket.write(part)) await writable(socket)
    }
    socket.end(`\n${good('after the long line by tcp')}`)
    await arrived('after the long line by tcp')
    expect(await weir.counted('input.tcp', 'message_too_long')).toBe(1)
  })

  test('on tail', async () => {
    const path = join(folder, 'long.log')
    for (let written = 0; written < longBytes; written += MB) appendFileSync(path, part)
    appendFileSync(path, `\n${good('after the long line by tail')}`)
    await arrived('after the long line by tail')
    expect(await weir.counted('input.tail', 'line_too_long')).toBe(1)
    rmSync(path)
  })

  test('on http: one that fits the body is refused by its place', async () => {
    const before = await weir.counted('input.http', 'body_too_large')
    const text = `${good('before the long line by http')}${'x'.repeat(20 * MB)}\n${good('after the long line by http')}`
    const { status, body } = await post(text)
    expect([status, body.accepted]).toEqual([200, 2])
    const reason = 'the event has 20.0 MB, the limit is 1.0 MB (max_message_size)'
    expect(body.errors).toEqual([{ line: 2, reason }])
    await arrived('before the long line by http', 'after the long line by http')
    expect(await weir.counted('input.http', 'body_too_large')).toBe(before + 1)
  })

  test('on http: a body without an end is refused before it is read', async () => {
    const before = await weir.counted('http', 'body_too_large')
    const socket = await open({ port: httpPort() })
    let answer = ''
    socket.on('data', (bytes) => (answer += bytes))
    socket.write('POST /in/http HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n')
    for (let sent = 0; sent < 2 * longBytes && answer === '' && !socket.destroyed; sent += MB) {
      socket.write(`${part.length.toString(16)}\r\n`)
      socket.write(part)
      if (!socket.write('\r\n')) await writable(socket)
    }
    await waitFor('the answer', () => answer !== '')
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toContain('http.max_body_size (64.0 MB): send it in parts, or raise that option')
    socket.destroy()
    expect(await weir.counted('http', 'body_too_large')).toBe(before + 1)
  })
})

describe('compressed bodies', () => {
  const gzip = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' }

  test('half a gzip', async () => {
    const whole = gzipSync(Array.from({ length: 1000 }, (_, i) => good(`gzip ${i}`)).join(''))
    const reply = await post(whole.subarray(0, whole.length / 2), gzip)
    expect(reply.status).toBe(400)
    expect(reply.body.errors?.[0]?.reason).toMatch(/gzip.*(end|cut|incomplete)/i)
    expect(await weir.counted('input.http', 'bad_encoding')).toBe(1)
    expect((await post(whole, gzip)).body.accepted).toBe(1000)
    await arrived('gzip 999')
  })

  test('a zip bomb: 30 MB that inflate to 30 GB', async () => {
    const before = await weir.counted('input.http', 'body_too_large')
    const reply = await post(bomb(30_000 * MB), gzip)
    expect(reply.status).toBe(413)
    expect(reply.body.errors?.[0]?.reason).toContain('max_inflated_size')
    expect(await weir.counted('input.http', 'body_too_large')).toBe(before + 1)
    expect(weir.rss).toBeLessThan(rssMax)
  })
})

/** A gzip of spaces: one deflate block that ends at a byte, so that it can be repeated. */
function bomb(bytes: number): Buffer {
  const block = 10 * MB
  const spaces = Buffer.alloc(block, ' ')
  const repeated = deflateRawSync(spaces, { finishFlush: constants.Z_FULL_FLUSH })
  const header = gzipSync('').subarray(0, 10)
  return Buffer.concat([header, ...Array.from({ length: bytes / block }, () => repeated)])
}

describe('strangers', () => {
  const ports = { tcp: () => port['tcp']!, http: httpPort }
  const componentOf = { tcp: 'input.tcp', http: 'http' }

  test.each(['tcp', 'http'] as const)('a TLS client on the plain %s port', async (kind) => {
    const client = connectTls({ port: ports[kind](), host: '127.0.0.1' })
    const [failure] = await once(client, 'error')
    expect(String(failure)).toContain('handshake failure')
    expect(await weir.counted(componentOf[kind], 'tls_failed')).toBe(1)
  })

  test('a port scanner', async () => {
    const probes = [
      '',
      '\r\n\r\n',
      '\0'.repeat(64),
      'SSH-2.0-x\r\n',
      '\x80\x9e\x01\x03\x01',
      'GET / HTTP/9',
    ]
    const [invalid, frames] = [
      await weir.counted('input.tcp', 'invalid_json'),
      await weir.counted('http', 'bad_frame'),
    ]
    for (const where of Object.values(ports)) {
      for (const probe of probes) {
        const socket = await open({ port: where() })
        socket.resume().end(Buffer.from(probe, 'latin1'))
        await once(socket, 'close')
        ;(await open({ port: where() })).resetAndDestroy()
      }
    }
    await send['tcp']!(Buffer.from(good('after the scan by tcp')))
    expect((await post(good('after the scan by http'))).status).toBe(200)
    await arrived('after the scan by tcp', 'after the scan by http')
    expect(await weir.counted('input.tcp', 'invalid_json')).toBeGreaterThan(invalid)
    expect(await weir.counted('http', 'bad_frame')).toBeGreaterThan(frames)
  })

  test.for(['tcp', 'http'] as const)('5,000 silent connections to %s', async (kind, context) => {
    const limit = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }))
    if (limit < 6_000) {
      console.log(`skipped: ${limit} open files are allowed (ulimit -n), 6000 are needed`)
      return context.skip()
    }
    const before = weir.rss
    const sockets: Socket[] = []
    for (let i = 0; i < 5_000; i += 100) {
      const opened = Array.from({ length: 100 }, () => open({ port: ports[kind]() }))
      sockets.push(...(await Promise.all(opened)))
    }
    console.log(
      `5,000 silent connections to ${kind}: ${before} MB before, ${weir.rss} MB with them`,
    )
    expect(weir.rss).toBeLessThan(rssMax)
    await send[kind]!(Buffer.from(good(`beside the silent ${kind}`)))
    await arrived(`beside the silent ${kind}`)
    for (const socket of sockets) socket.destroy()
  })
})

test('after all that: the same process, of bounded size, ready and with an empty hand', async () => {
  expect(weir.isAlive).toBe(true)
  expect((await fetch(`${weir.url}/readyz`)).status).toBe(200)
  expect(weir.log('worker died')).toEqual([])
  console.log(`RSS at the end: ${weir.rss} MB`)
  expect(weir.rss).toBeLessThan(rssMax)
  await waitFor('everything to be durable', async () => {
    const { inputs } = await weir.status()
    return inputs.every(({ pending_bytes }) => (pending_bytes ?? 0) === 0)
  })
})
