import { expect, test } from 'vitest'
import type { Batch } from '../../../core/journal/batch.ts'
import type { Files } from '../../../core/files.ts'
import { decodePoint } from '../../../store/points.ts'
import type { Forwarded } from '../../../statsd/forward/forwarded.ts'
import type { SwappedTables } from '../../../statsd/tables/swapped.ts'
import { Flusher } from '../../../statsd/flush/flusher.ts'
import { KeyFlush, keyLines } from '../../../statsd/flush/key_flush.ts'
import { fakeContext } from '../../collector/fake_world.ts'
import { swapper } from './swapped_of.ts'

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

function flusherOf(append: (batches: readonly Batch[]) => Promise<'durable'>, nextFlush = 5) {
  const context = fakeContext()
  const flushed: number[] = []
  const saved: string[] = []
  const files = { replace: async (_path: string, text: string) => void saved.push(text) }
  const flusher = new Flusher(
    settings,
    { id: 'i', nextFlush },
    {
      files: files as unknown as Files,
      context,
      append,
      namespace: 'default',
      // Nobody hands anything over.
      forwarded: {
        mergeInto: (tables: SwappedTables) => ({ tables, positions: {}, settle: () => undefined }),
      } as unknown as Forwarded,
      forwards: false,
      keyFlush: undefined,
      onFlushed: (turn) => void flushed.push(turn),
    },
  )
  return { flusher, context, flushed, saved }
}

test('a swap is one batch with its number; events go with it', async () => {
  const appended: (readonly Batch[])[] = []
  const { flusher, flushed } = flusherOf(async (batches) => {
    appended.push(batches)
    return 'durable'
  })
  const swap = swapper()
  const events = { count: 1, bytes: new TextEncoder().encode('{"@timestamp":"x"}\n') }
  flusher.take(swap({ gauges: { g: { last: 2 } } }))
  flusher.take({ ...swap({ traffic: { packets: 3, lines: 4, badLines: 1 } }), events })
  expect(flusher.status().waiting).toBe(2)
  await flusher.settled()
  expect(flushed).toEqual([1, 2])
  const [[first], [second, third]] = appended as [[Batch], [Batch, Batch]]
  expect(first).toMatchObject({
    stream: 'metrics-statsd-default',
    tag: 'metric points',
    positions: { statsd: { instance: 'i', flush: 5 } },
  })
  const points = Buffer.from(first.bytes).toString().trim().split('\n').map(decodePoint)
  expect(points).toHaveLength(first.count)
  expect(points[0]).toMatchObject({ series: 'g', last: 2, flush: 5 })
  expect(second.positions).toEqual({ statsd: { instance: 'i', flush: 6 } })
  expect(third).toMatchObject({
    stream: 'logs-statsd.events-default',
    tag: 'statsd.events',
    count: 1,
  })
  expect(flusher.status()).toMatchObject({
    flush: 6,
    lastFlushMs: 20_000,
    waiting: 0,
    traffic: { packets: 3, lines: 4, badLines: 1 },
    lagSeconds: 0,
  })
})

test('what the journal refuses for good is counted, and the next goes on', async () => {
  let fails = true
  const { flusher, context, flushed } = flusherOf(async () => {
    if (fails) throw new Error('closed')
    return 'durable'
  })
  const swap = swapper()
  flusher.take(swap({}))
  await flusher.settled()
  expect(context.counted.get('stopped')).toBe(6)
  fails = false
  flusher.take(swap({}))
  await flusher.settled()
  expect(flushed).toEqual([1, 2])
  // A number is never used twice, though nothing was made durable under the first.
  expect(flusher.status().flush).toBe(6)
})

test('numbers are put aside before they are used', async () => {
  const { flusher, saved } = flusherOf(async () => 'durable', 1)
  const swap = swapper()
  for (let i = 0; i < 101; i++) flusher.take(swap({}))
  await flusher.settled()
  expect(saved.map((text) => JSON.parse(text) as object)).toEqual([
    { instance: 'i', next_flush: 201 },
  ])
})

test('the key flush lists the busiest names', () => {
  const counts = new Map([
    ['a', 1],
    ['b', 3],
    ['c', 2],
  ])
  const at = new Date(0)
  expect(keyLines(counts, 50, at)).toEqual([
    `${String(at)} count=3 key=b`,
    `${String(at)} count=2 key=c`,
  ])
  expect(keyLines(counts, 0, at)).toEqual([])
})

test('the key flush is written when it is due, to its file', async () => {
  let nowMs = 0
  const written: string[] = []
  const done = Promise.withResolvers<void>()
  const files = {
    append: async (_path: string, text: string) => {
      written.push(text)
      done.resolve()
    },
  }
  const context = fakeContext()
  const clock = { ...context.clock, monotonic: () => nowMs, now: () => 0 }
  const keys = new KeyFlush(
    { interval: 1000, percent: 100, log: '/keys' },
    { files: files as unknown as Files, context: { ...context, clock } },
  )
  keys.add('a', 2)
  keys.add('idle', 0)
  keys.flushed()
  nowMs = 1500
  keys.add('a', 1)
  keys.flushed()
  await done.promise
  expect(written).toEqual([expect.stringMatching(/ count=3 key=a\n$/)])
})
