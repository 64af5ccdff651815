import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { systemFiles } from '../../core/files.ts'
import { Journal } from '../../core/journal/journal.ts'
import { decodePoint } from '../../store/points.ts'
import { Flushing } from '../../statsd/flush/flushing.ts'
import type { SwappedTables } from '../../statsd/tables/swapped.ts'
import { fakeContext } from '../collector/fake_world.ts'
import { waitFor } from '../peers/process.ts'
import { catJournal } from '../../core/journal/admin.ts'
import { type Interval, swapper } from '../statsd/flush/swapped_of.ts'

const settings = {
  flush_interval: 10_000,
  percent_threshold: [90],
  histogram: [],
  calculated_timer_metrics: [],
  prefix_stats: 'statsd',
  gauges_max_ttl: 1,
  delete_idle_stats: false,
  delete_counters: undefined,
  delete_timers: undefined,
  delete_sets: undefined,
  delete_gauges: undefined,
}

let folder: string
let journal: Journal
let flushing: Flushing
/** The receiving thread's end. */
let port: MessagePort
let flushed: number[]
let renewed: number
let swap: ReturnType<typeof swapper>
let context: Context

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-flushing-'))
  context = { ...fakeContext(systemClock), dataFolder: folder }
  journal = await Journal.open(
    { dataFolder: folder, maxDisk: 1e9, whenFull: 'block', segmentBytes: 1e8, groupBytes: 1e7 },
    {
      files: systemFiles,
      clock: systemClock,
      log: context.log,
      metrics: context.metrics,
      count: () => undefined,
    },
  )
  renewed = 0
  flushed = []
  flushing = make(settings)
  connect()
})
function make(given: typeof settings): Flushing {
  return new Flushing(
    {
      settings: given,
      keyFlush: { interval: 0, percent: 100 },
      namespace: 'default',
      limits: { maxSeries: 1000, maxSeriesOf: {} } as never,
      forwards: false,
    },
    false,
    {
      context,
      journal,
      instance: { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', nextFlush: 1 },
      logLevel: 'silent',
      renew: async () => {
        renewed += 1
        connect()
      },
    },
  )
}

afterEach(async () => {
  await flushing.stop(AbortSignal.timeout(5_000))
  port.close()
  rmSync(folder, { recursive: true })
})

function connect(): void {
  const { port1, port2 } = new MessageChannel()
  port = port1
  port.on('message', (answer: { flushed: number }) => void flushed.push(answer.flushed))
  swap = swapper(renewed + 1)
  flushing.receiveFrom(port2)
}

const hand = (interval: Interval) => port.postMessage({ swapped: swap(interval) })
const busy: Interval = { gauges: { g: { last: 1 } } }

async function flushesOf(series: string): Promise<(number | undefined)[]> {
  const found: (number | undefined)[] = []
  for await (const { line } of catJournal(journal, systemFiles, {})) {
    const point = decodePoint(line)
    if (point.series === series) found.push(point.flush)
  }
  return found
}

test('nothing is flushed, and no thread started, before something came', async () => {
  hand({})
  await waitFor('the answer', () => flushed.length === 1)
  expect(await flushing.status()).toBeUndefined()
  hand(busy)
  hand({})
  await waitFor('two flushes', () => flushed.length === 3)
  expect(await flushesOf('g')).toEqual([1, 2])
  expect(await flushing.status()).toMatchObject({ flush: 2, restarts: 0 })
})

test('stop takes what was handed over, the first swap as well', async () => {
  hand(busy)
  await flushing.stop(AbortSignal.timeout(5_000))
  expect(await flushesOf('g')).toEqual([1])
  await flushing.stop(AbortSignal.timeout(5_000))
})

test('a stop waits for the journal no longer than its deadline', async () => {
  const seeded = Promise.withResolvers<never>()
  const seed = vi.spyOn(journal, 'seed').mockReturnValueOnce(seeded.promise)
  hand(busy)
  await waitFor('the start', () => seed.mock.calls.length > 0)
  await flushing.stop(AbortSignal.abort())
  seeded.resolve({} as never)
  expect(await flushing.status()).toBeUndefined()
})

test('a thread that dies is replaced, and numbers go on', async () => {
  hand(busy)
  hand(busy)
  await waitFor('two flushes', () => flushed.length === 2)
  // No tables at all: what a mistake of ours would do.
  port.postMessage({ swapped: {} as SwappedTables })
  await waitFor('another thread', () => renewed === 1)
  hand(busy)
  await waitFor('a flush', () => flushed.length === 3)
  expect(await flushesOf('g')).toEqual([1, 2, 3])
  expect(await flushing.status()).toMatchObject({ flush: 3, restarts: 1 })
})

test('a receiving thread that is replaced goes on with another port', async () => {
  hand(busy)
  await waitFor('a flush', () => flushed.length === 1)
  const before = port
  connect()
  hand({ gauges: { other: { last: 2 } } })
  await waitFor('a flush', () => flushed.length === 2)
  before.close()
  expect(await flushesOf('other')).toEqual([2])
})

test('a thread that cannot start is tried again, less and less often, until the end', async () => {
  await flushing.stop(AbortSignal.timeout(5_000))
  port.close()
  // Its constructor will not have it.
  flushing = make({ ...settings, percent_threshold: null as never })
  connect()
  hand(busy)
  await waitFor('a second attempt', () => renewed > 0)
  const begun = performance.now()
  await flushing.stop(AbortSignal.timeout(5_000))
  expect(performance.now() - begun).toBeLessThan(5_000)
  expect(await flushing.status()).toBeUndefined()
})

test('the first and last interval is flushed although its receiving thread has ended', async () => {
  hand(busy)
  const stopped = flushing.stop(AbortSignal.timeout(5_000))
  // As its thread does when it ends: both ends are gone from the next turn of the loop on.
  port.close()
  await stopped
  expect(await flushesOf('g')).toEqual([1])
})
