/** TERM and HUP of a Weir at work. */
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newFolder, weir } from '../commands/weir.ts'
import { freePort, waitFor } from '../peers/process.ts'
import { RunningWeir } from './running_weir.ts'

let folder: string
let running: RunningWeir | undefined
const closing: { close(): unknown }[] = []
beforeEach(() => {
  folder = newFolder()
})
afterEach(async () => {
  await running?.kill()
  running = undefined
  for (const server of closing.splice(0)) server.close()
  rmSync(folder, { recursive: true })
})

const http = { listen: '127.0.0.1:0' }
const start = async (config: object) => (running = await RunningWeir.start(folder, config))
const post = async (served: RunningWeir, message: string) => {
  const body = JSON.stringify({ message })
  const headers = { 'content-type': 'application/json' }
  return (await fetch(`${served.url}/in/test`, { method: 'POST', headers, body })).status
}

describe('TERM', () => {
  /** A target that takes requests and never answers; resolves once it has got `count` of them. */
  async function silentTarget(): Promise<{ url: string; requests: () => number }> {
    let requests = 0
    const server: Server = createServer(() => void (requests += 1)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push({ close: () => (server.closeAllConnections(), server.close()) })
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}`, requests: () => requests }
  }
  const config = (host: string, shutdown_timeout: string) => ({
    http,
    shutdown_timeout,
    collector: { outputs: [{ type: 'elasticsearch', match: '**', hosts: [host] }] },
  })

  test('ends within shutdown_timeout while a target does not answer; nothing is lost', async () => {
    const target = await silentTarget()
    const served = await start(config(target.url, '2s'))
    expect(await post(served, 'kept')).toBe(200)
    await waitFor('a request to the target', () => target.requests() > 0)
    const before = performance.now()
    served.process.child.kill('SIGTERM')
    expect((await served.process.ended).code).toBe(0)
    expect(performance.now() - before).toBeLessThan(30_000)
    const { stdout } = await weir(['journal', 'cat', '-d', served.data])
    expect(stdout).toContain('"kept"')
    expect((await weir(['journal', 'ls', '-d', served.data])).stdout).toMatch(/elasticsearch .* 1 /)
  })

  test('ends at once while a target is away', async () => {
    const served = await start(config('http://127.0.0.1:1', '200s'))
    expect(await post(served, 'kept')).toBe(200)
    const before = performance.now()
    served.process.child.kill('SIGTERM')
    expect((await served.process.ended).code).toBe(0)
    expect(performance.now() - before).toBeLessThan(60_000)
  })

  test('a second one ends at once', async () => {
    const target = await silentTarget()
    const served = await start(config(target.url, '200s'))
    expect(await post(served, 'kept')).toBe(200)
    await waitFor('a request to the target', () => target.requests() > 0)
    served.process.child.kill('SIGTERM')
    await served.said('stopping')
    const before = performance.now()
    served.process.child.kill('SIGTERM')
    expect((await served.process.ended).code).toBe(143)
    expect(performance.now() - before).toBeLessThan(60_000)
    expect((await weir(['journal', 'cat', '-d', served.data])).stdout).toContain('"kept"')
  })
})

describe('HUP', () => {
  const tcp = (id: string, port = 0) => ({ type: 'tcp', id, listen: `127.0.0.1:${port}` })
  const file = (id: string) => ({ type: 'file', id, match: '**', path: join(folder, id) })
  const config = (inputs: object[], outputs: object[]) => ({ http, collector: { inputs, outputs } })
  const has = (id: string, line: string) =>
    waitFor(`${line} in ${id}`, () => {
      const path = join(folder, id)
      return existsSync(path) && readFileSync(path, 'utf8').includes(`"${line}"`)
    })
  async function open(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    closing.push({ close: () => socket.destroy() })
    return socket
  }
  const refused = async (port: number) => {
    const [failure] = await once(connect(port, '127.0.0.1'), 'error')
    return (failure as NodeJS.ErrnoException).code
  }

  test('adds and removes inputs and outputs; connections of the others stay open', async () => {
    const served = await start(config([tcp('one')], [file('a')]))
    const socket = await open(await served.portOf('one'))
    socket.write('first\n')
    await has('a', 'first')

    const more = config([tcp('one'), tcp('two')], [file('a'), file('b')])
    expect(await served.reload(more)).toBe('applied')
    const second = await served.portOf('two')
    ;(await open(second)).write('by the new input\n')
    socket.write('second\n')
    for (const id of ['a', 'b']) {
      await has(id, 'by the new input')
      await has(id, 'second')
    }

    expect(await served.reload(config([tcp('one')], [file('a')]))).toBe('applied')
    expect(await refused(second)).toBe('ECONNREFUSED')
    socket.write('third\n')
    await has('a', 'third')
    expect(readFileSync(join(folder, 'b'), 'utf8')).not.toContain('"third"')
    const { inputs, outputs } = await served.status()
    expect([inputs.map(({ id }) => id), outputs.map(({ id }) => id)]).toEqual([['one'], ['a']])
  })

  test('a renewed certificate of an input is taken over, a broken one refused', async () => {
    const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name)) as [
      string,
      string,
    ]
    const renew = (name: string) => {
      const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`]
      execFileSync('openssl', [...made, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    }
    renew('old')
    const secure = config([{ ...tcp('one'), tls: { cert, key } }], [file('a')])
    const served = await start(secure)
    const port = await served.portOf('one')
    const shown = async () => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const { subject } = socket.getPeerCertificate()
      socket.destroy()
      return subject.CN
    }
    expect(await shown()).toBe('old')
    renew('new')
    expect(await served.reload(secure)).toBe('applied')
    expect(await shown()).toBe('new')
    writeFileSync(cert, 'garbage')
    expect(await served.reload(secure)).toBe('refused')
    expect(await shown()).toBe('new')
  })

  test('while it starts: the config is read again once it runs', async () => {
    const served = (running = new RunningWeir(folder, config([], [file('a')])))
    await waitFor('the data folder to be held', () => existsSync(join(served.data, 'lock.json')))
    served.process.child.kill('SIGHUP')
    await served.said('read again and applied')
    expect(served.log('Weir is running')).toHaveLength(1)
  })

  test('a file with nothing in it, as when it is being written, is refused', async () => {
    const served = await start(config([tcp('one')], [file('a')]))
    for (const [times, text] of ['', '# later\n\n'].entries()) {
      writeFileSync(served.configPath, text)
      served.process.child.kill('SIGHUP')
      await served.said('the new config was refused', times + 1)
    }
    expect(served.process.stderr()).toContain('there is nothing in it')
    expect((await served.status()).inputs.map(({ id }) => id)).toEqual(['one'])
  })

  test('a config that is wrong, or cannot be applied, is refused; the old one runs on', async () => {
    const served = await start(config([tcp('one'), tcp('two')], [file('a'), file('b')]))
    const socket = await open(await served.portOf('one'))
    socket.write('first\n')
    await has('b', 'first')

    expect(await served.reload(config([{ type: 'tpc' }], []))).toBe('refused')
    expect(served.process.stderr()).toContain('did you mean \\"tcp\\"')

    const holder = createTcpServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    closing.push(holder)
    const { port } = holder.address() as AddressInfo
    expect(await served.reload(config([tcp('one'), tcp('three', port)], [file('a')]))).toBe(
      'refused',
    )
    expect(served.process.stderr()).toContain(`(pid ${process.pid}) has it`)

    socket.write('second\n')
    ;(await open(await served.portOf('two'))).write('by two\n')
    for (const id of ['a', 'b']) {
      await has(id, 'second')
      await has(id, 'by two')
    }
    const { inputs, outputs } = await served.status()
    expect(inputs.map(({ id }) => id).toSorted()).toEqual(['one', 'two'])
    expect(outputs.map(({ id }) => id).toSorted()).toEqual(['a', 'b'])
  })

  test('other options on the same address: whoever sends goes on, nothing lost and nothing twice', async () => {
    const parsers = ['none', { type: 'regexp', expression: '^(?<message>.*)$' }, 'json']
    const inputs = (turn: number, port: number) => [
      { ...tcp('one', port), parser: parsers[turn % 3], max_message_size: 1000 + turn },
      {
        type: 'unix',
        path: join(folder, 'in.sock'),
        tag: `unix.${turn}`,
        parser: parsers[turn % 3],
      },
      { type: 'udp', id: 'udp', listen: `127.0.0.1:${port}`, tag: `udp.${turn}` },
      { type: 'http', add_remote_addr: turn % 2 === 0 },
    ]
    const port = await freePort()
    const served = await start(config(inputs(0, port), [file('a')]))
    const datagrams = createSocket('udp4')
    closing.push(datagrams)
    const [overTcp, overUnix] = [await open(port), connect(join(folder, 'in.sock'))]
    closing.push({ close: () => overUnix.destroy() })
    let sent = 0
    let isOver = false
    const send = async () => {
      for (; !isOver; sent++) {
        overTcp.write(`tcp ${sent}\n`)
        overUnix.write(`unix ${sent}\n`)
        datagrams.send(`udp ${sent}`, port, '127.0.0.1')
        expect(await post(served, `http ${sent}`)).toBe(200)
      }
    }
    const sending = send()
    for (let turn = 1; turn < 7; turn++) {
      expect(await served.reload(config(inputs(turn, port), [file('a')]))).toBe('applied')
      const before = sent
      await waitFor('more to be sent', () => sent > before + 3)
    }
    isOver = true
    await sending
    const written = join(folder, 'a')
    const lines = () => {
      const text = existsSync(written) ? readFileSync(written, 'utf8') : ''
      return text.match(/(tcp|unix|udp|http) \d+/g) ?? []
    }
    await waitFor('every line', () => lines().length >= 4 * sent)
    const expected = ['tcp', 'unix', 'udp', 'http'].flatMap((by) =>
      Array.from({ length: sent }, (_, number) => `${by} ${number}`),
    )
    expect(lines().toSorted()).toEqual(expected.toSorted())
    expect([overTcp, overUnix].map((socket) => socket.destroyed)).toEqual([false, false])
  })

  test('an input that changes keeps its connections when the change cannot be applied', async () => {
    const served = await start(config([tcp('one')], [file('a')]))
    const socket = await open(await served.portOf('one'))
    socket.write('first\n')
    await has('a', 'first')
    const holder = createTcpServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    closing.push(holder)
    const { port } = holder.address() as AddressInfo
    const tls = { cert: join(folder, 'none'), key: join(folder, 'none') }
    for (const changed of [tcp('one', port), { ...tcp('one'), tls }]) {
      expect(await served.reload(config([changed], [file('a')]))).toBe('refused')
    }
    socket.write('second\n')
    await has('a', 'second')
  })

  test('the first input that listens starts the thread that was not needed before', async () => {
    const served = await start(config([], [file('a')]))
    const threads = () => readThreadNames(served.pid)
    expect(await post(served, 'nobody takes it')).toBe(400)
    expect(await served.reload(config([{ type: 'http' }], [file('a')]))).toBe('applied')
    if (threads()) expect(threads()).not.toContain('collector-0')
    expect(await served.reload(config([tcp('one')], [file('a')]))).toBe('applied')
    ;(await open(await served.portOf('one'))).write('first\n')
    await has('a', 'first')
    if (threads()) expect(threads()).toContain('collector-0')
  })

  test('so does the first body, even if several come at once', async () => {
    const served = await start({ http, collector: { workers: 2, outputs: [file('a')] } })
    expect((await served.input('http')).id).toBe('http')
    const statuses = await Promise.all(['one', 'two', 'three'].map((line) => post(served, line)))
    expect(statuses).toEqual([200, 200, 200])
    for (const line of ['one', 'two', 'three']) await has('a', line)
  })
})

/** Names of a process's threads; undefined where the system does not say. */
function readThreadNames(pid: number): string[] | undefined {
  const folder = `/proc/${pid}/task`
  if (!existsSync(folder)) return undefined
  return readdirSync(folder).map((id) => readFileSync(`${folder}/${id}/comm`, 'utf8').trim())
}
