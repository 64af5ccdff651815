import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createBodyReader } from '../../../core/http/body.ts'

const reader = (max_body_size = 1_000, max_body_memory = 1_500) =>
  createBodyReader(
    () => ({ max_body_size, max_body_memory }),
    () => undefined,
  )
const written = (...parts: string[]): PassThrough => {
  const stream = new PassThrough()
  for (const part of parts) stream.write(part)
  return stream
}

test('a body is whole, in memory of its own', async () => {
  const { body } = await reader().read(written('a', 'ö', 'c').end())
  expect(body.toString()).toBe('aöc')
  expect(body.buffer.byteLength).toBe(body.length)
  const empty = await reader().read(written().end())
  expect(empty.body).toHaveLength(0)
})

test('one that is too large is refused where it becomes so, and its rest read away', async () => {
  const bodies = reader()
  const stream = written('x'.repeat(600), 'x'.repeat(600))
  await expect(bodies.read(stream)).rejects.toMatchObject({ status: 413 })
  const ended = new Promise((resolve) => stream.on('end', resolve))
  stream.end('x'.repeat(100_000))
  await ended
  // What it had is given back.
  await bodies.read(written('x'.repeat(1_000)).end())
})

test('all bodies under way are bounded together, until they are released', async () => {
  const bodies = reader()
  const { release } = await bodies.read(written('x'.repeat(800)).end())
  await expect(bodies.read(written('x'.repeat(800)).end())).rejects.toMatchObject({ status: 503 })
  release()
  const { body } = await bodies.read(written('x'.repeat(800)).end())
  expect(body).toHaveLength(800)
})

test('a client that leaves amid its body', async () => {
  const bodies = reader()
  const left = written('a')
  const reading = bodies.read(left)
  left.destroy()
  await expect(reading).rejects.toThrow('ended before')
  const broken = written('a')
  const failing = bodies.read(broken)
  broken.destroy(new Error('ECONNRESET'))
  await expect(failing).rejects.toThrow('ECONNRESET')
  await expect(bodies.read(broken)).rejects.toThrow('ended before')
  const { body } = await bodies.read(written('x'.repeat(1_000)).end())
  expect(body).toHaveLength(1_000)
})

test('a stream that breaks while its rest is read away is nobody’s error', async () => {
  const stream = written('x'.repeat(2_000))
  await expect(reader().read(stream)).rejects.toMatchObject({ status: 413 })
  const closed = new Promise((resolve) => stream.on('close', resolve))
  stream.destroy(new Error('ECONNRESET'))
  await closed
})
