import { execFileSync } from 'node:child_process'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import type { MessagePort, Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import type { FlusherMessage } from '../../statsd/receive/protocol.ts'
import { mayBeHandedOver } from '../../statsd/receive/datagram_handle.ts'
import { Receiver } from '../../statsd/receive/receiver.ts'
import type { SwappedTables } from '../../statsd/tables/swapped.ts'
import { FakeWorld } from '../collector/inputs/fake_context.ts'
import { eventually } from '../eventually.ts'
import { KnownNames } from '../statsd/tables/aggregated.ts'
import { receiverSettings } from './receiver_settings.ts'

const host = '127.0.0.1'

const settingsOf = (port: number) =>
  receiverSettings(
    (['udp', 'tcp'] as const).map((protocol) => ({
      address: { protocol, host, port },
      dialect: 'etsy',
    })),
    { mayBeTaken: true, startsLate: true, receiveBufferBytes: 4_000_000 },
  )

async function freePort(): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A receiver that waits for the first metric, the threads it began, and the sums of what it received. */
async function waiting() {
  const workers: Worker[] = []
  const onWorker = (worker: Worker) => workers.push(worker)
  process.on('worker', onWorker)
  onTestFinished(() => void process.off('worker', onWorker))
  const counted = new Map<string, number>()
  const names = new KnownNames()
  const take = ({ counter }: SwappedTables) => {
    const nameOf = names.take('counter', counter)
    for (let row = 0; row < counter.rows; row++) {
      const name = nameOf(counter.ids[row]!)
      counted.set(name, (counted.get(name) ?? 0) + counter.sums[row]!)
    }
  }
  const ports: MessagePort[] = []
  const onTables = (port: MessagePort) => {
    ports.push(port)
    port.on('message', ({ swapped }: FlusherMessage) => {
      take(swapped)
      port.postMessage({ flushed: swapped.turn })
    })
  }
  const world = new FakeWorld()
  const port = await freePort()
  const receiver = new Receiver(settingsOf(port), { context: world.context, onTables })
  const stop = () => receiver.stop(AbortSignal.timeout(5000))
  onTestFinished(stop)
  await receiver.start()
  const udp = createSocket('udp4')
  onTestFinished(() => void udp.close())
  return { receiver, port, workers, ports, counted, udp, stop, warnings: world.warnings }
}

const send = (udp: UdpSocket, port: number, text: string) =>
  new Promise<void>((resolve, reject) =>
    udp.send(text, port, host, (failure) => (failure ? reject(failure) : resolve())),
  )

const linesOf = async (receiver: Receiver) => (await receiver.status())?.lines

test('this Node has what a socket is handed over by', async () => {
  const socket = createSocket('udp4')
  socket.bind(0, host)
  await once(socket, 'listening')
  expect(mayBeHandedOver(socket)).toBe(true)
  socket.close()
})

test('without metrics there is no thread, and the addresses are told and given back', async () => {
  const { receiver, port, workers, stop } = await waiting()
  const { listen, lines } = (await receiver.status())!
  expect(lines).toBe(0)
  expect(listen.map(({ address }) => address)).toEqual([
    `udp://${host}:${port}`,
    `tcp://${host}:${port}`,
  ])
  await stop()
  expect(workers).toHaveLength(0)
  const again = createServer().listen(port, host)
  await once(again, 'listening')
  again.close()
})

test('a thread that is still starting is ended at the deadline of the stop', async () => {
  const { receiver, port, workers, ports, udp } = await waiting()
  const begun = once(process, 'worker')
  await send(udp, port, 'a:1|c')
  await begun
  await receiver.stop(AbortSignal.abort())
  expect(workers[0]!.threadId).toBe(-1)
  expect(ports).toHaveLength(0)
})

test('the first datagram begins the thread; of those that come meanwhile none is lost', async () => {
  const { receiver, port, workers, counted, udp, stop } = await waiting()
  let sent = 0
  while (workers.length === 0 || sent < 400 || (await linesOf(receiver)) === 0) {
    await send(udp, port, 'a:1|c')
    sent += 1
    // As fast as they come otherwise, the kernel's buffer would be full while all cores are busy.
    if (sent % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await eventually(async () => expect(await linesOf(receiver)).toBe(sent))
  expect(workers).toHaveLength(1)
  await stop()
  await eventually(() => expect(counted.get('a')).toBe(sent))
})

test('the first connections begin the thread, which reads what they have sent', async () => {
  const { receiver, port, workers } = await waiting()
  const sockets = Array.from({ length: 3 }, () => connect(port, host))
  for (const socket of sockets) {
    onTestFinished(() => void socket.destroy())
    socket.write('a:1|c\n')
  }
  await eventually(async () => expect(await linesOf(receiver)).toBe(3))
  for (const socket of sockets) socket.write('b:1|c\n')
  const later = connect(port, host)
  onTestFinished(() => void later.destroy())
  later.write('b:1|c\n')
  await eventually(async () => expect(await linesOf(receiver)).toBe(7))
  expect((await receiver.status())?.connections).toBe(4)
  expect(workers).toHaveLength(1)
})

test('what comes just before a stop is received', async () => {
  const { port, counted, udp, stop } = await waiting()
  await send(udp, port, 'last:2|c')
  await stop()
  await eventually(() => expect(counted.get('last')).toBe(2))
})

test('a thread that dies is replaced, and listens anew', async () => {
  const { receiver, port, workers, udp } = await waiting()
  await send(udp, port, 'a:1|c')
  await eventually(async () => expect(await linesOf(receiver)).toBe(1))
  await workers[0]!.terminate()
  await eventually(async () => expect((await receiver.status())?.restarts).toBe(1))
  await send(udp, port, 'a:1|c')
  await eventually(async () => expect(await linesOf(receiver)).toBe(1))
})

test('a thread that dies before it has started is replaced as well', async () => {
  const { receiver, port, workers, udp, warnings } = await waiting()
  process.once('worker', (worker) => void worker.terminate())
  await send(udp, port, 'a:1|c')
  await eventually(() => expect(workers.length).toBeGreaterThan(1))
  await eventually(async () => expect(await linesOf(receiver)).toBe(0))
  await send(udp, port, 'a:1|c')
  await eventually(async () => expect(await linesOf(receiver)).toBe(1))
  expect(warnings.join()).toContain('trying again')
})

/** Calls back when the thread that begins next is ready, before the receiver hears of it. */
function onceReady(act: (worker: Worker) => void) {
  process.once('worker', (worker) => void worker.prependOnceListener('message', () => act(worker)))
}

const sleepAll = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

test('a thread that dies as it takes over is replaced by one, which has the addresses', async () => {
  const { receiver, port, workers, udp } = await waiting()
  onceReady((worker) => {
    void worker.terminate()
    // It is gone before this thread does anything else.
    sleepAll(500)
  })
  await send(udp, port, 'a:1|c')
  await eventually(() => expect(workers.length).toBeGreaterThan(1))
  await eventually(async () => expect(await linesOf(receiver)).toBe(0))
  await send(udp, port, 'a:1|c')
  const socket = connect(port, host)
  onTestFinished(() => void socket.destroy())
  socket.write('a:1|c\n')
  await eventually(async () => expect(await linesOf(receiver)).toBe(2))
  expect(workers).toHaveLength(2)
})

test('what came before the thread is read before what comes after', async () => {
  const { receiver, port, udp } = await waiting()
  onceReady(() => {
    const code = `require('dgram').createSocket('udp4').send('later:1|c',${port},'${host}',process.exit)`
    execFileSync(process.execPath, ['-e', code])
    sleepAll(100)
  })
  await send(udp, port, 'first:1|c')
  await eventually(async () => expect(await linesOf(receiver)).toBe(2))
  // Series are listed as they came.
  const names = (await receiver.show('counter')).map(({ name }) => name)
  expect(names).toEqual(['first', 'later'])
})

test('merging goes on once the thread is there after all', async () => {
  const { receiver, workers } = await waiting()
  process.once('worker', (worker) => void worker.terminate())
  await expect(receiver.ensure()).rejects.toThrow('ended')
  await receiver.ensure()
  expect(await linesOf(receiver)).toBe(0)
  expect(workers).toHaveLength(2)
})

test('to merge what other Weirs flushed the thread begins too', async () => {
  const { receiver, port, workers, udp } = await waiting()
  await Promise.all([receiver.ensure(), receiver.ensure()])
  expect(workers).toHaveLength(1)
  await send(udp, port, 'a:1|c')
  await eventually(async () => expect(await linesOf(receiver)).toBe(1))
})
