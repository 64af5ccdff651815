import { once } from 'node:events'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newFolder, spawnWeir, weir, type Weir } from '../commands/weir.ts'

let folder: string
let started: Weir[] = []
beforeEach(() => {
  folder = newFolder()
})
afterEach(async () => {
  for (const { child, ended } of started) {
    child.kill('SIGKILL')
    await ended
  }
  started = []
  rmSync(folder, { recursive: true, force: true })
})

const patience = { timeout: 60_000 }

/** Starts Weir on a port of the system's choice; resolves to its address once it runs. */
async function start(...args: string[]): Promise<{ running: Weir; url: string; data: string }> {
  const data = join(folder, 'data')
  const running = spawnWeir(['start', '--data-dir', data, ...args])
  started.push(running)
  await expect.poll(() => running.stderr(), patience).toContain('Weir is running')
  const line = running
    .stderr()
    .split('\n')
    .find((text) => text.includes('Weir is running'))!
  return { running, url: JSON.parse(line).urls[0], data }
}
const post = (url: string, message: string) =>
  fetch(`${url}/in/test`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message }),
  })

test(
  'without a config: a line goes in by HTTP and is in the journal, running or stopped',
  patience,
  async () => {
    const { running, url, data } = await start('--listen', '127.0.0.1:0')
    const reply = await post(url, 'hello')
    expect([reply.status, await reply.json()]).toEqual([200, { accepted: 1, errors: [] }])
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('weir_events_received_total')

    const cat = async () => (await weir(['journal', 'cat', '--tag', 'test', '-d', data])).stdout
    expect(JSON.parse(await cat())).toMatchObject({ message: 'hello' })
    const second = await weir(['start', '--data-dir', data, '--listen', '127.0.0.1:0'])
    expect(second.code).toBe(75)
    expect(second.stderr).toContain(`in use by process ${running.child.pid}`)

    running.child.kill('SIGTERM')
    expect((await running.ended).code).toBe(0)
    expect(existsSync(join(data, 'weir.sock'))).toBe(false)
    expect(existsSync(join(data, 'lock.json'))).toBe(false)
    expect(JSON.parse(await cat())).toMatchObject({ message: 'hello' })
  },
)

test('a taken port says who has it, with code 69', patience, async () => {
  const { url, running } = await start('--listen', '127.0.0.1:0')
  const address = url.slice('http://'.length)
  const second = await weir(['start', '-d', join(folder, 'other'), '--listen', address])
  expect(second.code).toBe(69)
  expect(second.stderr).toContain(`pid ${running.child.pid}`)
  expect(second.stderr).toContain('--listen or http.listen')
})

test('a taken port says so also when lines are on their way in by then', patience, async () => {
  const { url, running } = await start('--listen', '127.0.0.1:0')
  const [config, socket] = [join(folder, 'weir.yaml'), join(folder, 'lines.sock')]
  writeFileSync(
    config,
    `statsd: { enabled: false }
collector:
  inputs: [{ type: unix, path: ${socket}, tag: lines }]
  outputs: [{ type: file, path: ${join(folder, 'out.ndjson')} }]
`,
  )
  const address = url.slice('http://'.length)
  const data = join(folder, 'other')
  const second = spawnWeir(['start', '-c', config, '-d', data, '--listen', address])
  started.push(second)
  // Its input is there for a moment only.
  let sender: Socket | undefined
  const sending = setInterval(() => {
    if (sender && !sender.destroyed) sender.write('a line\n')
    else sender = connect(socket).on('error', () => undefined)
  }, 1)
  const { code } = await second.ended
  clearInterval(sending)
  expect([code, second.stderr()]).toEqual([69, expect.stringContaining(`pid ${running.child.pid}`)])
  expect(existsSync(join(data, 'lock.json'))).toBe(false)
})

test('HUP applies a new config and refuses a bad one; connections stay', patience, async () => {
  const config = join(folder, 'weir.yaml')
  const write = (size: string) =>
    writeFileSync(config, `http: { listen: "127.0.0.1:0", max_body_size: ${size} }\n`)
  write('1MB')
  const { running, url } = await start('--config', config)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  expect((await post(url, 'x'.repeat(100))).status).toBe(200)

  write('10')
  running.child.kill('SIGHUP')
  await expect.poll(() => running.stderr(), patience).toContain('read again and applied')
  expect((await post(url, 'x'.repeat(100))).status).toBe(413)

  write('lots')
  running.child.kill('SIGHUP')
  await expect.poll(() => running.stderr(), patience).toContain('refused; the old one runs on')
  expect(running.stderr()).toContain('is not a size')
  expect((await post(url, 'x'.repeat(100))).status).toBe(413)

  socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toContain('200 OK')
})
