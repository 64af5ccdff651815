/** Where the HTTP port can be: TLS, a Unix socket, a socket that was passed on. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { request as requestPlain } from 'node:http'
import { request as requestTls, type RequestOptions } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newFolder, weir, type WeirOptions } from '../commands/weir.ts'
import { RunningWeir } from './running_weir.ts'

let folder: string
let running: RunningWeir[] = []
beforeEach(() => {
  folder = newFolder()
})
afterEach(async () => {
  for (const each of running) await each.kill()
  running = []
  rmSync(folder, { recursive: true })
})

async function start(config: object, options: WeirOptions = {}): Promise<RunningWeir> {
  const started = new RunningWeir(folder, config, options)
  running.push(started)
  await started.said('Weir is running')
  return started
}

/** Posts a line; resolves to the status and what came back. */
async function post(options: RequestOptions): Promise<[number | undefined, unknown]> {
  const send = options.ca ? requestTls : requestPlain
  const request = send({
    ...options,
    // A connection that is kept would show an old certificate.
    agent: false,
    method: 'POST',
    path: '/in/test',
    headers: { host: 'localhost', 'content-type': 'application/json' },
  })
  request.end('{"message":"hello"}')
  const [reply] = await once(request, 'response')
  let text = ''
  for await (const part of reply) text += part
  return [reply.statusCode, JSON.parse(text)]
}
const taken = [200, { accepted: 1, errors: [] }]

const openssl = (args: readonly string[]) =>
  spawnSync('openssl', args.join(' ').split(' ')).status === 0

test.skipIf(!openssl(['version']))('TLS; HUP reads a new certificate', async () => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const certify = () =>
    openssl([
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=weir -days 2',
      `-addext subjectAltName=DNS:localhost -keyout ${key} -out ${cert}`,
    ])
  expect(certify()).toBe(true)
  const config = { http: { listen: '127.0.0.1:0', tls: { cert, key } } }
  const served = await start(config)
  expect(served.url).toMatch(/^https:/)
  const port = Number(new URL(served.url).port)
  const first = readFileSync(cert)
  expect(await post({ host: '127.0.0.1', port, ca: first, servername: 'localhost' })).toEqual(taken)

  certify()
  expect(await served.reload(config)).toBe('applied')
  const ca = readFileSync(cert)
  expect(await post({ host: '127.0.0.1', port, ca, servername: 'localhost' })).toEqual(taken)
  await expect(post({ host: '127.0.0.1', port, ca: first })).rejects.toThrow(/certificate/)
})

test('a Unix socket, also one that a crash left behind', async () => {
  const socketPath = join(folder, 'http.sock')
  const config = { http: { listen: `unix:${socketPath}` } }
  const first = await start(config)
  expect(first.url).toBe(`unix:${socketPath}`)
  expect(await post({ socketPath })).toEqual(taken)
  expect(statSync(socketPath).mode & 0o777).toBe(0o660)
  await first.kill()
  await start(config)
  expect(await post({ socketPath })).toEqual(taken)
})

test('a socket that was passed on, as systemd does it', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const served = await start({}, { passed: server })
  server.close()
  expect(served.url).toBe(`http://127.0.0.1:${port}`)
  expect(await post({ host: '127.0.0.1', port })).toEqual(taken)
  expect(await served.reload({ log: { level: 'debug' } })).toBe('applied')
  expect(await post({ host: '127.0.0.1', port })).toEqual(taken)
})

test('a descriptor that is no socket is a clear error', async () => {
  const { code, stderr } = await weir(['start', '-d', join(folder, 'data'), '--listen', 'fd:9'])
  expect(stderr).toContain('descriptor 9 is no socket that listens')
  expect(code).toBe(69)
})

test('PORT, unless the config says where', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const env = { PORT: String(port) }
  const first = await start({}, { env })
  expect(first.url).toBe(`http://127.0.0.1:${port}`)
  await first.kill()
  const second = await start({ http: { listen: '127.0.0.1:0' } }, { env })
  expect(second.url).not.toBe(`http://127.0.0.1:${port}`)
})

test('an address open to others that nobody may use is warned about', async () => {
  const warning = 'http.tokens is empty'
  const open = await start({ http: { listen: '0.0.0.0:0' } })
  await open.said(warning)
  const tokens = [{ name: 'a', secret: 'x'.repeat(32) }]
  expect(await open.reload({ http: { listen: '0.0.0.0:0', tokens } })).toBe('applied')
  expect(open.log(warning)).toHaveLength(1)
})
