import { expect, test } from 'vitest'
import { WeirError } from '../../../core/errors.ts'
import { errorsConfig } from '../../../errors/config.ts'
import { Accepting, type AcceptingWorld } from '../../../errors/ingest/accepting.ts'
import type { AcceptRequest } from '../../../errors/ingest/protocol.ts'
import { eventually } from '../../eventually.ts'
import { incomingWith, projectOf } from './accepted.ts'

const config = errorsConfig.parse({})
const answer = { status: 200, headers: {}, body: '{}' }

/** Threads that live until they are told to die. */
function threads() {
  const started: { asked: AcceptRequest[]; die: () => void; counts: unknown }[] = []
  const recovered: string[] = []
  let listener: ((projects: readonly never[]) => void) | undefined
  let failing = 0
  let readiness: Promise<void> = Promise.resolve()
  let ended = 0
  const world = {
    context: {
      clock: { monotonic: () => 0, sleep: async () => undefined },
      log: { error: () => undefined },
      metrics: { worker_restarts: { inc: () => void (world.restarts += 1) } },
    },
    restarts: 0,
    journal: {
      seed: async (partition: string) => ({ partition }),
      recover: async (partition: string) => {
        recovered.push(partition)
        return new Map([
          ['errors quota p 42', [1, { 'errors hour': '0/7' }]],
          ['other', [1, {}]],
        ])
      },
      positions: () => new Map(),
      space: { shared: undefined, limit: 1 },
      mark: () => undefined,
      trouble: () => undefined,
    },
    projects: {
      all: async () => [projectOf()],
      listen: (each: typeof listener) => {
        listener = each
        return () => undefined
      },
    },
    logLevel: 'silent',
    startThread: (
      seed: { counts: unknown },
      _onNotice: unknown,
      onExit: (failure?: Error) => void,
    ) => {
      const died = Promise.withResolvers<never>()
      died.promise.catch(() => undefined)
      const thread = {
        asked: [] as AcceptRequest[],
        counts: seed.counts,
        die: () => {
          died.reject(new WeirError('WEIR_WORKER_DIED', 'the thread ended'))
          onExit(new Error('out of memory'))
        },
      }
      started.push(thread)
      const ready = failing-- > 0 ? Promise.reject(new Error('no room')) : readiness
      return {
        ready: Promise.race([ready, died.promise]),
        ask: (request: AcceptRequest) => {
          thread.asked.push(request)
          const isHeld = request.ask === 'accept' && request.incoming.query === 'hold'
          return isHeld
            ? died.promise
            : Promise.resolve(request.ask === 'accept' ? answer : undefined)
        },
        end: async (finish: (withinMs: number) => Promise<unknown>) => void (await finish(1)),
        terminate: async () => {
          ended += 1
          died.reject(new WeirError('WEIR_WORKER_DIED', 'the thread ended'))
        },
      }
    },
  }
  const accepting = new Accepting(config, world as unknown as AcceptingWorld)
  return {
    accepting,
    started,
    recovered,
    world,
    fail: () => void (failing = 1),
    hang: () => void (readiness = new Promise(() => undefined)),
    ended: () => ended,
    change: () => listener?.([]),
  }
}

test('a thread is started by the first report, once', async () => {
  const { accepting, started } = threads()
  expect(accepting.status.running).toBe(false)
  const post = () => accepting.accept(incomingWith('{}'))
  expect(await Promise.all([post(), post()])).toEqual([answer, answer])
  expect(started).toHaveLength(1)
})

test('it can be started ahead of the first report', async () => {
  const { accepting, started } = threads()
  accepting.warm()
  accepting.warm()
  await accepting.accept(incomingWith('{}'))
  accepting.warm()
  expect(started).toHaveLength(1)
})

test('a thread that dies fails what is under way, and the next report starts another', async () => {
  const { accepting, started, recovered, world } = threads()
  await accepting.accept(incomingWith('{}'))
  const held = accepting.accept(incomingWith('{}', { query: 'hold' }))
  started[0]!.die()
  await expect(held).rejects.toMatchObject({ code: 'WEIR_WORKER_DIED' })
  expect(await accepting.accept(incomingWith('{}'))).toBe(answer)
  expect(recovered).toEqual(['errors', 'error-logs'])
  // Counts of quotas that were durable go on.
  expect(started[1]?.counts).toEqual([['errors quota p 42', { 'errors hour': '0/7' }]])
  expect([world.restarts, accepting.status.restarts]).toEqual([1, 1])
})

test('a thread that cannot start is tried again by the next report', async () => {
  const { accepting, fail } = threads()
  fail()
  await expect(accepting.accept(incomingWith('{}'))).rejects.toThrow('no room')
  expect(await accepting.accept(incomingWith('{}'))).toBe(answer)
})

test('it hears of projects that change, and of a new config', async () => {
  const { accepting, started, change } = threads()
  await accepting.accept(incomingWith('{}'))
  change()
  await accepting.configure(config)
  const asked = started[0]!.asked.map(({ ask }) => ask)
  expect(asked.filter((ask) => ask === 'projects').length).toBeGreaterThanOrEqual(1)
  expect(asked.filter((ask) => ask === 'configure').length).toBeGreaterThanOrEqual(1)
})

test('stopped, it takes nothing', async () => {
  const { accepting } = threads()
  await accepting.accept(incomingWith('{}'))
  await accepting.stop(AbortSignal.timeout(100))
  await expect(accepting.accept(incomingWith('{}'))).rejects.toMatchObject({
    code: 'WEIR_NOT_RUNNING',
  })
})

test('a thread that never gets ready is ended at the deadline of the stop', async () => {
  const { accepting, started, hang, ended } = threads()
  hang()
  const report = accepting.accept(incomingWith('{}'))
  const failed = expect(report).rejects.toMatchObject({ code: 'WEIR_WORKER_DIED' })
  await eventually(() => expect(started).toHaveLength(1))
  await accepting.stop(AbortSignal.abort())
  expect(ended()).toBeGreaterThan(0)
  await failed
})

test('a thread that what it needs comes too late for is not started', async () => {
  const { accepting, started, world } = threads()
  const projects = Promise.withResolvers<ReturnType<typeof projectOf>[]>()
  world.projects.all = () => projects.promise
  const report = accepting.accept(incomingWith('{}'))
  const failed = expect(report).rejects.toMatchObject({ code: 'WEIR_NOT_RUNNING' })
  await accepting.stop(AbortSignal.abort())
  projects.resolve([])
  await failed
  expect(started).toHaveLength(0)
})
