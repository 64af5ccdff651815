import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MessagePort, Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { readMetricsAddress } from '../../statsd/listen_address.ts'
import type {
  FlusherMessage,
  ReceiverNotice,
  ReceiverSettings,
} from '../../statsd/receive/protocol.ts'
import { Receiver } from '../../statsd/receive/receiver.ts'
import { Receiving } from '../../statsd/receive/receiving.ts'
import type { SwappedTables } from '../../statsd/tables/swapped.ts'
import { FakeWorld } from '../collector/inputs/fake_context.ts'
import { KnownNames } from '../statsd/tables/aggregated.ts'
import { receiverSettings } from './receiver_settings.ts'
import { eventually } from '../eventually.ts'

const addressOf = (text: string) => {
  const read = readMetricsAddress(text, ['udp', 'tcp', 'unix', 'unixgram'], 8125)
  if (typeof read === 'string') throw new Error(read)
  return read
}

const settingsOf = (listen: readonly string[], own: Partial<ReceiverSettings> = {}) =>
  receiverSettings(
    listen.map((text) => ({ address: addressOf(text), dialect: 'etsy' })),
    own,
  )

/** Sums of counters by name over swaps. */
class Sums {
  readonly counters = new Map<string, number>()
  readonly #names = new KnownNames()

  add({ counter }: Pick<SwappedTables, 'counter'>): void {
    const nameOf = this.#names.take('counter', counter)
    for (let row = 0; row < counter.rows; row++) {
      const name = nameOf(counter.ids[row]!)
      this.counters.set(name, (this.counters.get(name) ?? 0) + counter.sums[row]!)
    }
  }
}

const receiving = async (listen: readonly string[], own: Partial<ReceiverSettings> = {}) => {
  const swaps: SwappedTables[] = []
  const notices: ReceiverNotice[] = []
  const sums = new Sums()
  const made = new Receiving(settingsOf(listen, own), 1, {
    clock: systemClock,
    seed: 1,
    say: (notice) => notices.push(notice),
    handOver: (swapped) => {
      swaps.push(swapped)
      sums.add(swapped)
    },
  })
  await made.start()
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= made.stop())
  onTestFinished(stop)
  const portOf = (at = 0) => Number(/:(\d+)$/.exec(made.status().listen[at]!.address)![1])
  const lines = (count: number) =>
    // A stranger's line on this machine may come between.
    eventually(() => expect(made.status().lines).toBeGreaterThanOrEqual(count))
  return { made, swaps, notices, sums: sums.counters, portOf, lines, stop }
}

const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'weir-statsd-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const sendUdp = async (type: 'udp4' | 'udp6', port: number, ...packets: (string | Buffer)[]) => {
  const socket = createSocket(type)
  for (const packet of packets) {
    await new Promise((done) =>
      socket.send(packet, port, type === 'udp4' ? '127.0.0.1' : '::1', done),
    )
  }
  socket.close()
}

const opened = async (target: { port: number; host: string } | { path: string }) => {
  const socket = connect(target)
  // Its end is told to those who read.
  socket.on('error', () => undefined).resume()
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}
const local = (port: number) => ({ port, host: '127.0.0.1' })
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
)

test('datagrams over IPv4: many lines, odd bytes, 64 KB', async () => {
  const { portOf, lines, sums, stop, swaps } = await receiving(['udp://127.0.0.1:0'])
  const odd = ['constructor:1|c', '__proto__:2|c', 'a\0b:1|c', '😀x:1|c', 'bad'].join('\n')
  await sendUdp('udp4', portOf(), 'a:1|c\nb:2|c', odd, 'a:1|c\n'.repeat(10_000), '')
  await lines(10_007)
  await stop()
  const expected = [
    ['a', 10_001],
    ['b', 2],
    ['ab', 1],
    ['x', 1],
    ['constructor', 1],
    ['__proto__', 2],
  ] as const
  expect(sums).toEqual(new Map(expected))
  expect(swaps).toHaveLength(1)
  expect(swaps[0]).toMatchObject({ isLast: true, turn: 1, intervals: 1 })
  expect(swaps[0]!.traffic).toMatchObject({ packets: 4, lines: 10_007, badLines: 1 })
})

test('a burst of datagrams is read ahead, none lost and none twice', async () => {
  const { portOf, lines, sums, stop } = await receiving(['udp://127.0.0.1:0'], {
    receiveBufferBytes: 4 * 2 ** 20,
  })
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.connect(portOf(), '127.0.0.1', resolve))
  for (let round = 1; round <= 4; round++) {
    for (let i = 0; i < 2000; i++) socket.send(`n${i % 7}:${i}|c\nall:1|c`)
    await lines(round * 4000)
  }
  socket.close()
  await stop()
  expect(sums.get('all')).toBe(8000)
  const others = [...sums].filter(([name]) => name !== 'all')
  expect(others.reduce((sum, [, value]) => sum + value, 0)).toBe(4 * ((1999 * 2000) / 2))
})

test.skipIf(!hasIpv6)('datagrams and connections over IPv6', async () => {
  const { portOf, lines, sums, stop } = await receiving(['udp://[::1]:0', 'tcp://[::1]:0'])
  await sendUdp('udp6', portOf(0), 'a:1|c')
  const socket = await opened({ port: portOf(1), host: '::1' })
  socket.end('a:2|c\n')
  await lines(2)
  await stop()
  expect(Object.fromEntries(sums)).toEqual({ a: 3 })
})

test('a connection may send by bytes; half a line at its end is refused', async () => {
  const { portOf, lines, sums, stop, made } = await receiving(['tcp://127.0.0.1:0'])
  const slow = await opened(local(portOf()))
  slow.setNoDelay(true)
  for (const character of 'slow:1|c\nslow:2|') {
    slow.write(character)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const other = await opened(local(portOf()))
  other.write('other:1|c\n')
  await lines(2)
  slow.end()
  await eventually(() => expect(made.status().badLines).toBe(1))
  await stop()
  expect(Object.fromEntries(sums)).toEqual({ slow: 1, other: 1 })
})

test('what connections sent before the stop is in the last interval', async () => {
  const { portOf, lines, sums, stop } = await receiving(['tcp://127.0.0.1:0'])
  const socket = await opened(local(portOf()))
  socket.write('a:1|c\n')
  await lines(1)
  await new Promise<void>((resolve) => socket.write('b:1|c\n'.repeat(200_000), () => resolve()))
  await stop()
  expect(sums.get('b')).toBe(200_000)
})

test('a thousand connections at once', async () => {
  const { portOf, lines, sums, stop } = await receiving(['tcp://127.0.0.1:0'])
  const sockets: Socket[] = []
  for (let i = 0; i < 1000; i += 50) {
    const more = Array.from({ length: 50 }, () => opened(local(portOf())))
    sockets.push(...(await Promise.all(more)))
  }
  for (const [at, socket] of sockets.entries()) socket.write(`n${at % 10}:1|c\nhalf`)
  await lines(1000)
  await stop()
  for (let name = 0; name < 10; name++) expect(sums.get(`n${name}`)).toBe(100)
})

test('the number of connections is bounded; a silent one makes room', async () => {
  const { portOf, lines, made, stop, swaps } = await receiving(['tcp://127.0.0.1:0'], {
    maxConnections: 2,
  })
  const [silent, speaking] = [await opened(local(portOf())), await opened(local(portOf()))]
  await eventually(() => expect(made.status().connections).toBe(2))
  speaking!.write('a:1|c\n')
  await lines(1)
  const third = await opened(local(portOf()))
  await eventually(() => expect(silent!.closed).toBe(true))
  third.write('a:1|c\n')
  await lines(2)
  const fourth = await opened(local(portOf()))
  await eventually(() => expect(fourth.closed).toBe(true))
  speaking!.write('a:1|c\n')
  await lines(3)
  await stop()
  expect(swaps[0]!.traffic.refused).toMatchObject({ connection_refused: 1 })
})

test('a connection that says nothing, or nothing more, is closed in time', async () => {
  const { portOf, lines } = await receiving(['tcp://127.0.0.1:0'], {
    silentTimeoutMs: 500,
    idleTimeoutMs: 30,
  })
  const silent = await opened(local(portOf()))
  await eventually(() => expect(silent.closed).toBe(true))
  const idle = await opened(local(portOf()))
  idle.write('a:1|c\n')
  await lines(1)
  await eventually(() => expect(idle.closed).toBe(true))
})

test('who may not send is refused', async () => {
  const own = { deny: ['127.0.0.0/8'] }
  const { portOf, swaps, stop, made } = await receiving(
    ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0'],
    own,
  )
  await sendUdp('udp4', portOf(0), 'a:1|c')
  const refused = await opened(local(portOf(1)))
  await eventually(() => expect(refused.closed).toBe(true))
  await stop()
  expect(made.status().lines).toBe(0)
  expect(swaps[0]!.traffic.refused).toEqual({ connection_refused: 2 })
})

test('a Unix stream socket, with its permissions; what a dead process left makes way', async () => {
  const path = join(folder(), 's.sock')
  const left = createServer()
  await new Promise<void>((resolve) => left.listen(path, resolve))
  await expect(receiving([`unix:${path}`])).rejects.toMatchObject({ code: 'WEIR_LISTEN_FAILED' })
  // Closing would remove it; a process that is killed leaves it.
  renameSync(path, `${path}.kept`)
  await new Promise((resolve) => left.close(resolve))
  renameSync(`${path}.kept`, path)
  const second = await receiving([`unix:${path}`])
  expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
  const socket = await opened({ path })
  socket.write('a:1|c\n')
  await second.lines(1)
  await second.stop()
  expect(existsSync(path)).toBe(false)
})

test('a path that is no socket is left alone', async () => {
  const path = join(folder(), 'file')
  writeFileSync(path, 'precious')
  await expect(receiving([`unix:${path}`])).rejects.toMatchObject({ code: 'WEIR_LISTEN_FAILED' })
  expect(existsSync(path)).toBe(true)
})

test('Unix datagrams say which package they need', async () => {
  const path = join(folder(), 'd.sock')
  const started = receiving([`unixgram:${path}`])
  await expect(started).rejects.toThrow(/node-unix-socket/)
})

test('an address that is taken fails the start and nothing stays open', async () => {
  const first = await receiving(['udp://127.0.0.1:0', 'tcp://127.0.0.1:0'])
  const taken = `tcp://127.0.0.1:${first.portOf(1)}`
  const free = await receiving(['udp://127.0.0.1:0'])
  const port = free.portOf()
  await free.stop()
  await expect(receiving([`udp://127.0.0.1:${port}`, taken])).rejects.toMatchObject({
    code: 'WEIR_LISTEN_FAILED',
  })
  await (await receiving([`udp://127.0.0.1:${port}`])).stop()
})

test('a default address that is taken is told, and the others work', async () => {
  const first = await receiving(['tcp://127.0.0.1:0'])
  const { made, notices, portOf, lines, stop } = await receiving(
    [`tcp://127.0.0.1:${first.portOf()}`, 'udp://127.0.0.1:0'],
    { mayBeTaken: true },
  )
  expect(made.status().listen[1]!.problem).toMatch(/has it/)
  expect(notices.filter(({ notice }) => notice === 'warning')).toHaveLength(1)
  await sendUdp('udp4', portOf(0), 'a:1|c')
  await lines(1)
  await stop()
})

test('intervals that the flusher has no room for are held, and add up', async () => {
  const { portOf, swaps, made, sums, stop } = await receiving(['udp://127.0.0.1:0'], {
    flushIntervalMs: 20,
    maxWaitingSwaps: 1,
  })
  await eventually(() => expect(swaps).toHaveLength(1))
  await sendUdp('udp4', portOf(), 'a:1|c')
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(swaps).toHaveLength(1)
  await sendUdp('udp4', portOf(), 'a:2|c')
  made.flushed()
  await eventually(() => expect(swaps).toHaveLength(2))
  expect(swaps[1]!.intervals).toBeGreaterThan(2)
  await stop()
  expect(Object.fromEntries(sums)).toEqual({ a: 3 })
})

test('the thread: lines, live lines, console questions, the last interval; another when it dies', async () => {
  const world = new FakeWorld()
  const workers: Worker[] = []
  const onWorker = (worker: Worker) => workers.push(worker)
  process.on('worker', onWorker)
  onTestFinished(() => void process.off('worker', onWorker))
  const swaps: SwappedTables[] = []
  const onTables = (port: MessagePort) => {
    port.on('message', ({ swapped }: FlusherMessage) => {
      swaps.push(swapped)
      port.postMessage({ flushed: swapped.turn })
    })
  }
  const receiver = new Receiver(settingsOf(['udp://127.0.0.1:0']), {
    context: world.context,
    onTables,
  })
  onTestFinished(() => receiver.stop(AbortSignal.timeout(5000)))
  await receiver.start()
  const seen: string[] = []
  const unwatch = receiver.watch('lines', (notice) => {
    if (notice.notice === 'lines') seen.push(...notice.lines.map(({ text }) => text))
  })
  const send = async (...packets: string[]) => {
    const { address } = (await receiver.status())!.listen[0]!
    await sendUdp('udp4', Number(/:(\d+)$/.exec(address)![1]), ...packets)
  }
  await send('a:1|c\nbad', 'g:5|g\nt:7|ms')
  await eventually(() => expect(seen).toEqual(['a:1|c', 'bad', 'g:5|g', 't:7|ms']))
  unwatch()
  expect(await receiver.show('gauge')).toEqual([{ name: 'g', value: 5 }])
  expect(await receiver.show('timer')).toEqual([{ name: 't', value: [7] }])
  expect(await receiver.delete('gauge', ['g', 'none'])).toEqual(['g'])
  await workers[0]!.terminate()
  await eventually(async () => expect((await receiver.status())?.restarts).toBe(1))
  await send('b:3|c')
  await eventually(async () => expect((await receiver.status())!.lines).toBe(1))
  await receiver.stop(AbortSignal.timeout(5000))
  await eventually(() => expect(swaps).toHaveLength(1))
  expect(swaps[0]).toMatchObject({ generation: 2, isLast: true })
  expect(swaps[0]!.counter.sums[0]).toBe(3)
  await receiver.stop(AbortSignal.timeout(5000))
})

test('connections that came early are closed where the port cannot be opened anew', async () => {
  const [accepted, taken] = [Promise.withResolvers<Socket>(), { pauseOnConnect: true }]
  const other = createServer(taken, accepted.resolve).listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const client = await opened(local(port))
  const { _handle: handle } = (await accepted.promise) as Socket & { _handle: { fd: number } }
  const settings = settingsOf([`tcp://127.0.0.1:${port}`], { mayBeTaken: true })
  const notices: ReceiverNotice[] = []
  const made = new Receiving(settings, 1, {
    clock: systemClock,
    seed: 1,
    say: (notice) => notices.push(notice),
    handOver: () => undefined,
  })
  await made.start(true)
  const closed = once(client, 'close')
  await made.listen([{ datagrams: [], connections: [handle.fd] }])
  await closed
  expect(made.status().listen[0]!.problem).toContain('cannot listen')
  await made.stop()
  expect(notices).toContainEqual({
    notice: 'impaired',
    counts: new Map([['connection_refused', 1]]),
  })
})
