import { expect, test } from 'vitest'
import type { WorkerLink } from '../../collector/worker_link.ts'
import { Workers, type WorkersWorld } from '../../collector/workers.ts'
import { systemFiles } from '../../core/files.ts'
import type { Journal } from '../../core/journal/journal.ts'
import { eventually } from '../eventually.ts'
import { fakeContext } from './fake_world.ts'

/** A journal that knows nothing. */
const journal = {
  positions: () => new Map(),
  positionsIn: () => new Map(),
  partitions: [],
  recover: async () => new Map(),
  seed: async () => ({}),
  space: {},
}

/** Threads that are there once told so, and end when told so. */
class Threads {
  readonly started: { ready: () => void; end: () => void }[] = []
  ended = 0
  readonly startThread: NonNullable<WorkersWorld['startThread']> = (_seed, _onNotice, onExit) => {
    const ready = Promise.withResolvers<void>()
    const end = () => {
      ready.reject(new Error('it ended'))
      onExit(undefined)
    }
    this.started.push({ ready: () => ready.resolve(), end })
    return {
      ready: ready.promise,
      terminate: async () => undefined,
      end: async () => void this.ended++,
    } as unknown as WorkerLink
  }
}

/** Of one worker, which is ready. */
async function oneWorker(threads: Threads, asked: object = journal): Promise<Workers> {
  const { log, metrics, clock, dataFolder } = fakeContext()
  const given = { files: systemFiles, randomBytes: () => new Uint8Array(16) }
  const world = { log, metrics, clock, dataFolder, ...given }
  const workers = new Workers(
    { inputs: [{ type: 'tcp' }] } as unknown as ConstructorParameters<typeof Workers>[0],
    1,
    asked as Journal,
    { ...world, logLevel: 'silent', hostname: 'h', startThread: threads.startThread },
  )
  const start = workers.start()
  await eventually(() => expect(threads.started).toHaveLength(1))
  threads.started[0]!.ready()
  await start
  return workers
}

test('a worker that dies, and again while another is started, is one worker in the end', async () => {
  const threads = new Threads()
  const workers = await oneWorker(threads)

  threads.started[0]!.end()
  await eventually(() => expect(threads.started).toHaveLength(2))
  threads.started[1]!.end()
  await eventually(() => expect(threads.started.length).toBeGreaterThan(2))
  threads.started[2]!.ready()
  // Whoever else would start one has had the time.
  await eventually(() => expect(threads.started).toHaveLength(3))
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(threads.started).toHaveLength(3)
  await workers.stop(AbortSignal.abort())
})

test('a worker that is started again while Weir stops is stopped, too', async () => {
  const threads = new Threads()
  const workers = await oneWorker(threads)

  threads.started[0]!.end()
  await eventually(() => expect(threads.started).toHaveLength(2))
  const stop = workers.stop(AbortSignal.abort())
  threads.started[1]!.ready()
  await stop
  expect(threads.ended).toBe(1)
})

test('a worker that died is not started again once Weir stops', async () => {
  const threads = new Threads()
  const workers = await oneWorker(threads)

  threads.started[0]!.end()
  await workers.stop(AbortSignal.abort())
  expect(threads.started).toHaveLength(1)
})

test('a worker that never gets ready again is ended at the deadline of the stop', async () => {
  const threads = new Threads()
  const workers = await oneWorker(threads)

  threads.started[0]!.end()
  await eventually(() => expect(threads.started).toHaveLength(2))
  const deadline = new AbortController()
  const stop = workers.stop(deadline.signal)
  deadline.abort()
  await stop
  expect(threads.ended).toBe(1)
})

test('a replacement that the journal is asked for beyond the stop is not started', async () => {
  const threads = new Threads()
  const recovered = Promise.withResolvers<object>()
  const workers = await oneWorker(threads, { ...journal, recover: () => recovered.promise })

  threads.started[0]!.end()
  await workers.stop(AbortSignal.abort())
  recovered.resolve(new Map())
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(threads.started).toHaveLength(1)
})
