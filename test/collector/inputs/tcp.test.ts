import { connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { inputs } from '../../../collector/inputs/all.ts'
import type { Input } from '../../../collector/input.ts'
import { FakeWorld, started } from './fake_context.ts'
import { eventually } from '../../eventually.ts'

const create = (world: FakeWorld, config: Record<string, unknown> = {}) => {
  const parsed = inputs.schema.parse({ type: 'tcp', listen: '127.0.0.1:0', ...config })
  return inputs.create(parsed, world.context)
}

const portOf = (input: Input) => {
  const [listening] = input.status()['listen'] as string[]
  return Number(/:(\d+)$/.exec(listening!)![1])
}

const client = (input: Input): Socket => {
  const socket = connect(portOf(input), '127.0.0.1')
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  return socket
}

const closed = (socket: Socket) =>
  new Promise<void>((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
    socket.resume()
  })

test('messages over one and over several connections, in segments of any size', async () => {
  const world = new FakeWorld()
  const input = await started(create(world))
  const one = client(input)
  const two = client(input)
  one.write('a1\na')
  await eventually(() => expect(world.messages).toEqual(['a1']))
  two.write('b1\r\nb2\n')
  await eventually(() => expect(world.messages).toEqual(['a1', 'b1', 'b2']))
  one.end('2\nlast')
  await eventually(() => expect(world.messages).toEqual(['a1', 'b1', 'b2', 'a2', 'last']))
  expect(world.count('unfinished_message')).toBe(1)
  expect(world.delivered[0]).toMatchObject({
    tag: 'tcp',
    context: { source: { address: '127.0.0.1', ip: '127.0.0.1', port: expect.any(Number) } },
  })
  await closed(one)
  await eventually(() => expect(input.status()['connections']).toBe(1))
  expect(await world.metric('weir_connections_open')).toBe(1)
  expect(await world.metric('weir_events_received_total')).toBe(5)
})

test('a connection reset amid a message loses nothing that came', async () => {
  const world = new FakeWorld()
  const input = await started(create(world))
  const socket = client(input)
  socket.write('whole\nhalf')
  await eventually(() => expect(world.messages).toEqual(['whole']))
  socket.resetAndDestroy()
  await eventually(() => expect(world.messages).toEqual(['whole', 'half']))
})

test('a custom delimiter and a limit: the longer message goes up to the delimiter', async () => {
  const world = new FakeWorld()
  const options = { framing: { delimiter: ';' }, max_message_size: 12, long_messages: 'drop' }
  const input = await started(create(world, options))
  client(input).write('tcptest1;tcptest2;toolongmessage;tcptest3;')
  await eventually(() => expect(world.messages).toEqual(['tcptest1', 'tcptest2', 'tcptest3']))
  expect(world.count('message_too_long_dropped')).toBe(1)
})

test('a bad octet count closes that connection only, the valid part is kept', async () => {
  const world = new FakeWorld()
  const input = await started(create(world, { framing: 'octet_counted' }))
  const good = client(input)
  const bad = client(input)
  bad.write('3 abcnonsense')
  await closed(bad)
  expect(world.messages).toEqual(['abc'])
  expect(world.count('bad_frame')).toBe(1)
  good.write('2 ok')
  await eventually(() => expect(world.messages).toEqual(['abc', 'ok']))
})

test('a sender waits while max_pending_bytes are not durable', async () => {
  const world = new FakeWorld()
  world.holds = true
  const input = await started(create(world, { max_pending_bytes: '100KB' }))
  const socket = client(input)
  const lines = 40_000
  const line = `${'x'.repeat(99)}\n`
  socket.write(line.repeat(lines))
  await eventually(() => expect(world.unsettled).toBeGreaterThan(0))
  await eventually(() => expect(Number(input.status()['pending_bytes'])).toBeGreaterThan(90_000))
  expect(world.messages.length).toBeLessThan(lines / 2)
  world.release()
  await eventually(() => expect(world.messages).toHaveLength(lines))
})

test('many senders wait together, and a wait is no silence', async () => {
  const world = new FakeWorld()
  world.holds = true
  const options = { max_pending_bytes: '100KB', idle_timeout: '500ms' }
  const input = await started(create(world, options))
  const line = `${'x'.repeat(999)}\n`
  const sockets = Array.from({ length: 20 }, () => client(input))
  for (const socket of sockets) socket.write(line.repeat(200))
  await eventually(() => expect(Number(input.status()['pending_bytes'])).toBeGreaterThan(90_000))
  const late = client(input)
  late.write('late\n')
  // More than twice the timeout: nothing else tells that it passed without effect.
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(Number(input.status()['pending_bytes'])).toBeLessThan(1_000_000)
  expect(world.count('idle_timeout')).toBe(0)
  world.release()
  await eventually(() => expect(world.messages).toHaveLength(4001))
})

test('networks that may not connect', async () => {
  const world = new FakeWorld()
  const input = await started(create(world, { allow: ['10.0.0.0/8', '::1'] }))
  await closed(client(input))
  expect(world.count('connection_refused')).toBe(1)
  const friendly = await started(create(world, { allow: ['127.0.0.0/8'], deny: ['127.0.0.2'] }))
  client(friendly).write('hello\n')
  await eventually(() => expect(world.messages).toEqual(['hello']))
})

test('at max_connections a silent one makes room, one that sent does not', async () => {
  const world = new FakeWorld()
  const input = await started(create(world, { max_connections: 2 }))
  const talking = client(input)
  talking.write('a\n')
  await eventually(() => expect(world.messages).toEqual(['a']))
  const silent = client(input)
  await eventually(() => expect(input.status()['connections']).toBe(2))
  const third = client(input)
  await closed(silent)
  third.write('b\n')
  await eventually(() => expect(world.messages).toEqual(['a', 'b']))
  expect(world.count('idle_timeout')).toBe(1)
  await closed(client(input))
  expect(world.count('connection_refused')).toBe(1)
  talking.write('c\n')
  await eventually(() => expect(world.messages).toEqual(['a', 'b', 'c']))
})

test('a connection that sends nothing is closed, one that did stays', async () => {
  const world = new FakeWorld()
  // Longer than what is sent at once may take to come.
  const input = await started(create(world, { silent_timeout: '1s' }))
  const talking = client(input)
  talking.write('a\n')
  await closed(client(input))
  expect(world.count('idle_timeout')).toBe(1)
  talking.write('b\n')
  await eventually(() => expect(world.messages).toEqual(['a', 'b']))
})

test('a TLS client on a plain port is told so', async () => {
  const world = new FakeWorld()
  const input = await started(create(world))
  const socket = client(input)
  const answer: Buffer[] = []
  socket.on('data', (bytes) => answer.push(bytes))
  socket.write(Buffer.from([0x16, 3, 1, 0, 10, 1, 2, 3]))
  await closed(socket)
  expect(Buffer.concat(answer)[0]).toBe(0x15)
  expect(world.count('tls_failed')).toBe(1)
  expect(world.messages).toEqual([])
  expect(world.warnings.join()).toContain('a TLS client on a port without TLS')
})

test('port scanners do no harm', async () => {
  const world = new FakeWorld()
  const input = await started(create(world))
  for (let i = 0; i < 20; i++)
    client(input).once('connect', function reset(this: Socket) {
      this.resetAndDestroy()
    })
  client(input).write('fine\n')
  await eventually(() => expect(world.messages).toEqual(['fine']))
  await eventually(() => expect(input.status()['connections']).toBe(1))
})

test('a taken port is refused with who has it and what to change', async () => {
  const world = new FakeWorld()
  const port = portOf(await started(create(world)))
  const second = await create(world, { listen: ['127.0.0.1:0', `127.0.0.1:${port}`] })
  await expect(second.start()).rejects.toThrow(
    process.platform === 'linux'
      ? new RegExp(`tcp://127.0.0.1:${port}: .*\\(pid ${process.pid}\\).*listen of input`)
      : /another process/,
  )
  expect(second.status()['listen']).toEqual([])
})

test('stop delivers what is unfinished and counts what is not taken', async () => {
  const world = new FakeWorld()
  const input = await create(world)
  await input.start()
  const socket = client(input)
  socket.write('whole\nhalf')
  await eventually(() => expect(world.messages).toEqual(['whole']))
  world.failure = new Error('stopping')
  await input.stop(AbortSignal.timeout(20_000))
  expect(world.messages).toEqual(['whole', 'half'])
  expect(world.count('stopped')).toBe(1)
  await closed(socket)
})

describe('with other options on the same address', () => {
  const parsed = (config: object) => inputs.schema.parse({ type: 'tcp', ...config })
  const listen = '127.0.0.1:0'

  test('connections go on: their next message has the new options, the framing is theirs', async () => {
    const world = new FakeWorld()
    const input = await started(create(world, { tag: 'old' }))
    const socket = client(input)
    socket.write('a\nhalf')
    await eventually(() => expect(world.messages).toEqual(['a']))
    const options = { tag: 'new', framing: 'nul', add_remote_addr: false, max_pending_bytes: 10 }
    input.adopt!(parsed({ listen, ...options }))!()
    socket.write(' of it\nb\n')
    await eventually(() => expect(world.messages).toEqual(['a', 'half of it', 'b']))
    expect(world.delivered.map(({ tag }) => tag)).toEqual(['old', 'new'])
    expect(world.delivered.map(({ context }) => Object.keys(context))).toEqual([['source'], []])
    client(input).write('c\0')
    await eventually(() => expect(world.messages.at(-1)).toBe('c'))
  })

  test('who is not allowed any more is closed', async () => {
    const world = new FakeWorld()
    const input = await started(create(world))
    const socket = client(input)
    socket.write('a\n')
    await eventually(() => expect(world.messages).toEqual(['a']))
    input.adopt!(parsed({ listen, deny: ['127.0.0.0/8'] }))!()
    await closed(socket)
    expect(world.count('connection_refused')).toBe(1)
  })

  test('another address, TLS or backlog needs another input', async () => {
    const input = await started(create(new FakeWorld()))
    const tls = { cert: '/a', key: '/b' }
    for (const change of [{ listen: '127.0.0.1:1' }, { listen, tls }, { listen, backlog: 5 }]) {
      expect(input.adopt!(parsed(change))).toBeUndefined()
    }
  })
})
