import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createStdin } from '../../../collector/inputs/stdin/stdin_input.ts'
import { FakeWorld, started } from './fake_context.ts'
import { eventually } from '../../eventually.ts'

const config = {
  tag: 'stdin',
  framing: 'newline',
  max_message_size: 1000,
  long_messages: 'cut',
  max_pending_bytes: 100,
} as const

test('lines are delivered, the last one without a line end too, and the end is no error', async () => {
  const world = new FakeWorld()
  const stream = new PassThrough()
  const input = await started(createStdin(config, world.context, () => stream))
  stream.write('one\ntw')
  await eventually(() => expect(world.messages).toEqual(['one']))
  expect(input.status()['state']).toBe('open')
  stream.end('o\nlast')
  await eventually(() => expect(world.messages).toEqual(['one', 'two', 'last']))
  expect(input.status()['state']).toBe('ended')
  expect(world.delivered[0]).toMatchObject({ tag: 'stdin', context: {} })
})

test('the writer waits while max_pending_bytes are not durable', async () => {
  const world = new FakeWorld()
  world.holds = true
  const stream = new PassThrough()
  await started(createStdin(config, world.context, () => stream))
  stream.write(`${'x'.repeat(120)}\n`)
  await eventually(() => expect(stream.isPaused()).toBe(true))
  stream.write('more\n')
  world.release()
  await eventually(() => expect(world.messages).toEqual(['x'.repeat(120), 'more']))
})

test('stop delivers an unfinished line, and only the first worker reads', async () => {
  const world = new FakeWorld()
  const stream = new PassThrough()
  const input = createStdin(config, world.context, () => stream)
  await input.start()
  stream.write('half')
  await eventually(() => expect(stream.readableLength).toBe(0))
  await input.stop(AbortSignal.timeout(20_000))
  expect(world.messages).toEqual(['half'])
  const second = new FakeWorld({ worker: { index: 1, count: 2 } })
  const idle = createStdin(config, second.context, () => new PassThrough())
  await started(idle)
  expect(idle.status()['state']).toBe('not read')
})

test('a stream that fails keeps what came', async () => {
  const world = new FakeWorld()
  const stream = new PassThrough()
  const input = await started(createStdin(config, world.context, () => stream))
  stream.write('one\nhalf')
  await eventually(() => expect(world.messages).toEqual(['one']))
  stream.destroy(new Error('EIO'))
  await eventually(() => expect(world.messages).toEqual(['one', 'half']))
  expect(input.status()['state']).toBe('failed')
})
