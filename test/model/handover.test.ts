import { expect, test } from 'vitest'
import type { WorkerLink } from '../../collector/worker_link.ts'
import { Workers } from '../../collector/workers.ts'
import { ownerOfPosition } from '../../collector/ownership.ts'
import { randomFrom, SimulatedDisk } from '../simulated_files.ts'
import type { Journal } from '../../core/journal/journal.ts'
import { PartitionWriter, type WriterSeed } from '../../core/journal/writer.ts'
import { linesOf, openJournal, type TestWorld } from '../core/journal/setup.ts'
import { fakeContext } from '../collector/fake_world.ts'

const logs = Array.from({ length: 8 }, (_, i) => `/l/svc${i}.log`)
const keyOf = (path: string) => `input.tail/${path}`

type World = Required<Pick<TestWorld, 'files' | 'clock' | 'randomBytes' | 'dataFolder'>>

/** What a worker does once it has begun: its writer, and the logs that are its own. */
type Work = (writer: PartitionWriter, own: readonly string[]) => Promise<void>

/** A data folder on a disk that can be crashed, and Weirs that run on it one after the other. */
class Runs {
  readonly disk = new SimulatedDisk(7)
  readonly #random = randomFrom(11)
  readonly #context = fakeContext()
  /** By log, where the journal was told that it was read to; none once it was forgotten. */
  readonly offsets = new Map<string, number>()

  /** Starts Weir with so many workers, each of which does `work`; settles once all have begun. */
  async start(count: number, work: Work = async () => undefined): Promise<readonly WriterSeed[]> {
    const world = this.#mount()
    const journal = await openJournal(world)
    await journal.reader({ id: 'out', wants: () => true, maxLag: undefined })
    const seeds: WriterSeed[] = []
    const workers = new Workers(
      { inputs: [{ type: 'tail' }], filters: [], namespace: 'default', onError: undefined },
      count,
      journal,
      {
        ...this.#context,
        ...world,
        logLevel: 'silent',
        hostname: 'h',
        startThread: ({ writer }) => {
          seeds.push(writer)
          const ready = this.#run(writer, { index: seeds.length - 1, count }, work, world, journal)
          return { ready, end: async () => undefined } as unknown as WorkerLink
        },
      },
    )
    await workers.start()
    return seeds
  }

  async #run(
    seed: WriterSeed,
    { index, count }: { index: number; count: number },
    work: Work,
    world: World,
    journal: Journal,
  ): Promise<void> {
    const writer = new PartitionWriter(seed, {
      ...world,
      space: journal.space,
      onDurable: (mark) => journal.mark(seed.partition, mark),
      onTrouble: () => undefined,
      onDropped: () => undefined,
    })
    await writer.open()
    await work(
      writer,
      logs.filter((path) => ownerOfPosition({ path }, count) === index),
    )
  }

  /** Reads each log to `offset`, or forgets it. */
  to(offset: number | null): Work {
    return async (writer, own) => {
      for (const path of own) {
        const position = offset === null ? null : { path, offset }
        await writer.append([linesOf([1], { positions: { [keyOf(path)]: position } })])
        if (offset === null) this.offsets.delete(path)
        else this.offsets.set(path, offset)
      }
    }
  }

  /** What the workers of a start that nothing disturbs are given, all in all. */
  async given(count: number): Promise<ReadonlyMap<string, number>> {
    const given = new Map<string, number>()
    for (const [index, { positions }] of (await this.start(count)).entries()) {
      for (const [, at] of Object.values(positions)) {
        expect(ownerOfPosition(at, count), 'whose it is').toBe(index)
        given.set(String(at['path']), Number(at['offset']))
      }
    }
    this.disk.kill()
    return given
  }

  #mount(): World {
    const { clock } = this.#context
    const randomBytes = (count: number) =>
      Uint8Array.from({ length: count }, () => this.#random() * 256)
    return { files: this.disk.mount(), clock, randomBytes, dataFolder: '/data' }
  }
}

/** Whether `start` settled; otherwise the disk's process ended at call `at`, counted from now. */
async function startKilledAt(
  { disk }: Runs,
  at: number,
  how: 'kill' | 'crash',
  start: () => Promise<unknown>,
): Promise<boolean> {
  const ended = Promise.withResolvers<false>()
  const last = disk.calls + at
  disk.fail = ({ number }) => {
    if (number === last) {
      disk[how]()
      ended.resolve(false)
    }
    return undefined
  }
  const settled = await Promise.race([start().then(() => true), ended.promise])
  disk.fail = () => undefined
  disk.kill()
  return settled
}

test.each([
  [2, 4],
  [4, 2],
  [2, 3],
  [3, 1],
])('a start with another number of workers (%i, then %i) may end at any step', async (from, to) => {
  for (const how of ['kill', 'crash'] as const) {
    for (const last of [from, to]) {
      for (let at = 1, settled = false; !settled; at++) {
        const runs = new Runs()
        await runs.start(from, runs.to(5))
        runs.disk.kill()
        settled = await startKilledAt(runs, at, how, () => runs.start(to))
        const text = `${how} at call ${at}, then ${last} workers`
        expect(await runs.given(last), text).toEqual(runs.offsets)
      }
    }
  }
})

test('workers that have begun may read on before such a start ends at any step', async () => {
  for (let at = 1, settled = false; !settled; at++) {
    const runs = new Runs()
    await runs.start(2, runs.to(5))
    runs.disk.kill()
    settled = await startKilledAt(runs, at, 'kill', () => runs.start(4, runs.to(9)))
    const given = await runs.given(4)
    expect(given.size).toBe(logs.length)
    for (const [path, offset] of runs.offsets) {
      // The last one may be durable before anybody heard of it.
      expect(given.get(path), `${path}, killed at call ${at}`).toBeGreaterThanOrEqual(offset)
    }
  }
})

test('what a worker forgets does not come back from one that had it before', async () => {
  for (const [from, to] of [
    [4, 2],
    [2, 4],
  ] as const) {
    const runs = new Runs()
    await runs.start(from, runs.to(5))
    runs.disk.kill()
    await runs.start(to, runs.to(null))
    runs.disk.kill()
    expect(await runs.given(to)).toEqual(new Map())
  }
})

test('a start with as many workers as before writes nothing more', async () => {
  const runs = new Runs()
  await runs.start(2, runs.to(5))
  runs.disk.kill()
  const [, second] = await runs.start(2)
  // One segment for each worker and start.
  expect(second!.generation).toBe(4)
})

test('a disk that does not take what is handed over keeps no Weir from starting', async () => {
  const runs = new Runs()
  await runs.start(4, runs.to(5))
  runs.disk.kill()
  let left = 100
  runs.disk.fail = ({ kind }) => (kind === 'open' && left-- > 0 ? 'ENOSPC' : undefined)
  await runs.start(2)
  runs.disk.kill()
  runs.disk.fail = () => undefined
  expect(await runs.given(2)).toEqual(runs.offsets)
})
