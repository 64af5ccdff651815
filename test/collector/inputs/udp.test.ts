import { createSocket } from 'node:dgram'
import { expect, onTestFinished, test } from 'vitest'
import { inputs } from '../../../collector/inputs/all.ts'
import { systemClock } from '../../../core/clock.ts'
import type { Input } from '../../../collector/input.ts'
import { FakeWorld, started } from './fake_context.ts'
import { eventually } from '../../eventually.ts'

const create = (world: FakeWorld, config: Record<string, unknown> = {}) => {
  const parsed = inputs.schema.parse({ type: 'udp', listen: 'udp://127.0.0.1:0', ...config })
  return inputs.create(parsed, world.context)
}

const portOf = (input: Input, index = 0) => {
  const listening = input.status()['listen'] as string[]
  return Number(/:(\d+)$/.exec(listening[index]!)![1])
}

const sender = (type: 'udp4' | 'udp6' = 'udp4') => {
  const socket = createSocket(type)
  onTestFinished(() => void socket.close())
  const host = type === 'udp4' ? '127.0.0.1' : '::1'
  return (port: number, datagram: string | Buffer) =>
    new Promise<void>((resolve, reject) => {
      socket.send(datagram, port, host, (failure) => (failure ? reject(failure) : resolve()))
    })
}

test('each line of a datagram is a message, with the address it came from', async () => {
  const world = new FakeWorld()
  const input = await started(create(world, { tag: 'app' }))
  const send = sender()
  await send(portOf(input), 'one\r\ntwo\n\nthree')
  await eventually(() => expect(world.messages).toEqual(['one', 'two', 'three']))
  expect(world.delivered[0]).toMatchObject({
    tag: 'app',
    context: { source: { address: '127.0.0.1', ip: '127.0.0.1' } },
  })
  expect(await world.metric('weir_events_received_total')).toBe(3)
})

test('a whole datagram is a message when framing says so', async () => {
  const world = new FakeWorld()
  const input = await started(create(world, { framing: 'datagram', add_remote_addr: false }))
  await sender()(portOf(input), 'one\ntwo\n')
  await eventually(() => expect(world.messages).toEqual(['one\ntwo']))
  expect(world.delivered[0]?.context).toEqual({})
})

test('what arrives while a delivery is under way is delivered together', async () => {
  const world = new FakeWorld()
  const input = await started(create(world))
  const send = sender()
  world.holds = true
  await send(portOf(input), 'first')
  await eventually(() => expect(world.delivered).toHaveLength(1))
  await Promise.all(Array.from({ length: 50 }, (_, i) => send(portOf(input), `m${i}`)))
  await eventually(() => expect(world.messages).toHaveLength(51))
  expect(world.delivered.length).toBeLessThan(30)
  world.release()
})

test('datagrams beyond max_pending_bytes are counted', async () => {
  const world = new FakeWorld()
  world.holds = true
  const input = await started(create(world, { max_pending_bytes: 30 }))
  const send = sender()
  await send(portOf(input), 'x'.repeat(20))
  await send(portOf(input), 'y'.repeat(20))
  await eventually(() => expect(world.count('datagram_overflow')).toBe(1))
  world.release()
  await eventually(() => expect(world.unsettled).toBe(0))
  await send(portOf(input), 'z'.repeat(20))
  await eventually(() => expect(world.messages).toEqual(['x'.repeat(20), 'z'.repeat(20)]))
})

test('a message too long is cut or dropped', async () => {
  for (const [longMessages, messages] of [
    ['cut', ['12345', 'ab']],
    ['drop', ['ab']],
  ] as const) {
    const world = new FakeWorld()
    const input = await started(create(world, { max_message_size: 5, long_messages: longMessages }))
    await sender()(portOf(input), '123456\nab')
    await eventually(() => expect(world.messages).toEqual(messages))
    expect([...world.counted.values()]).toEqual([1])
  }
})

test('IPv4 and IPv6 side by side, and networks that may not send', async () => {
  const world = new FakeWorld()
  const listen = ['127.0.0.1:0', 'udp://[::1]:0']
  const input = await started(create(world, { listen, deny: ['127.0.0.0/8'] }))
  await sender()(portOf(input), 'refused')
  await eventually(() => expect(world.count('connection_refused')).toBe(1))
  await sender('udp6')(portOf(input, 1), 'taken')
  await eventually(() => expect(world.messages).toEqual(['taken']))
  expect(world.delivered[0]?.context).toEqual({ source: { address: '::1', ip: '::1' } })
})

test.skipIf(process.platform !== 'linux')('drops of the kernel are counted', async () => {
  // A clock whose seconds pass at once.
  const sleep = () => new Promise<void>((resolve) => setTimeout(resolve, 5))
  const hurried = new FakeWorld({ clock: { ...systemClock, sleep } })
  const input = await started(create(hurried, { receive_buffer: 4096, framing: 'datagram' }))
  const send = sender()
  // Sent within one turn of the event loop, so nothing is received in between.
  await Promise.all(Array.from({ length: 200 }, () => send(portOf(input), Buffer.alloc(1000, 'x'))))
  await eventually(() => {
    expect(hurried.count('udp_kernel_drop')).toBeGreaterThan(0)
    expect(hurried.count('udp_kernel_drop') + hurried.messages.length).toBe(200)
  })
})

test.skipIf(process.platform !== 'linux')(
  'a receive buffer the kernel does not grant is said',
  async () => {
    const world = new FakeWorld()
    await started(create(world, { receive_buffer: '1GB' }))
    expect(world.warnings.join()).toContain('sysctl -w net.core.rmem_max=1000000000')
  },
)

test('a taken port is refused with who has it and what to change', async () => {
  const world = new FakeWorld()
  const port = portOf(await started(create(world)))
  const second = await create(world, { listen: `127.0.0.1:${port}` })
  await expect(second.start()).rejects.toThrow(
    process.platform === 'linux'
      ? new RegExp(`udp://127.0.0.1:${port}: .*\\(pid ${process.pid}\\).*listen of input`)
      : /another process/,
  )
})

test('with several workers each has a socket, or only the first', async () => {
  const worker = (index: number) => new FakeWorld({ worker: { index, count: 2 } })
  const only = await started(create(worker(1), { reuse_port: false }))
  expect(only.status()['listen']).toEqual([])
  const first = await started(create(worker(0)))
  const second = await started(create(worker(1), { listen: `127.0.0.1:${portOf(first)}` }))
  expect(portOf(second)).toBe(portOf(first))
})

test('what was received before stop is delivered by stop', async () => {
  const world = new FakeWorld()
  const input = await create(world)
  await input.start()
  world.holds = true
  await sender()(portOf(input), 'first')
  await eventually(() => expect(world.messages).toEqual(['first']))
  let stopped = false
  const stopping = input.stop(AbortSignal.timeout(5000)).then(() => (stopped = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(stopped).toBe(false)
  world.failure = new Error('stopping')
  world.release()
  await stopping
  expect(world.count('stopped')).toBe(1)
})

test('other options on the same address: the socket and what is gathered stay', async () => {
  const world = new FakeWorld()
  const input = await started(create(world, { tag: 'old' }))
  const send = sender()
  const port = portOf(input)
  const parsed = (config: object) => inputs.schema.parse({ type: 'udp', ...config })
  const listen = 'udp://127.0.0.1:0'
  world.holds = true
  await send(port, 'one')
  await eventually(() => expect(world.messages).toEqual(['one']))
  const options = { tag: 'new', framing: 'datagram', receive_buffer: '64KiB' }
  input.adopt!(parsed({ listen, ...options }))!()
  expect(portOf(input)).toBe(port)
  world.release()
  await send(port, 'two\nthree')
  await eventually(() => expect(world.messages).toEqual(['one', 'two\nthree']))
  expect(world.delivered.map(({ tag }) => tag)).toEqual(['old', 'new'])
  expect(input.status()['receive_buffer_bytes']).toBe(65_536)
  expect(input.adopt!(parsed({ listen: '127.0.0.1:1' }))).toBeUndefined()
})
