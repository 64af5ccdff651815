import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import net from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Flush, type FlushSettings } from '../../statsd/flush/flush.ts'
import { EtsyNames, type Naming } from '../../statsd/names/etsy.ts'
import { requirePeer } from '../peers/require.ts'
import { type Interval, swapper } from '../statsd/flush/swapped_of.ts'

/**
 * The arithmetic of a flush and the names that it sends, held to the very code of Etsy's statsd: the same values
 * go through its lib/process_metrics.js and backends/graphite.js, and every line is compared.
 */

const peer = requirePeer('statsd')
const load = createRequire(import.meta.url)

interface EtsyMetrics {
  readonly counters: Record<string, number>
  readonly timers: Record<string, number[]>
  readonly timer_counters: Record<string, number>
  readonly gauges: Record<string, number>
  readonly sets: Record<string, { size(): number }>
  readonly pctThreshold: readonly number[]
  readonly histogram: FlushSettings['histogram']
}

interface EtsyConfig {
  readonly settings: Pick<
    FlushSettings,
    | 'flush_interval'
    | 'percent_threshold'
    | 'histogram'
    | 'calculated_timer_metrics'
    | 'prefix_stats'
  >
  readonly naming: Naming
}

const realConnect = net.createConnection
let payload: Promise<string>
beforeAll(() => {
  // The backend makes a connection for each flush; this one is a string.
  net.createConnection = (() => {
    const socket = new EventEmitter()
    payload = new Promise((resolve) => {
      Object.assign(socket, { write: (text: string) => resolve(text), end: () => undefined })
    })
    queueMicrotask(() => socket.emit('connect'))
    return socket
  }) as unknown as typeof net.createConnection
})
afterAll(() => {
  net.createConnection = realConnect
})

async function etsyLines({ settings, naming }: EtsyConfig, metrics: EtsyMetrics) {
  const root = peer!.path
  const path = join(root, 'backends', 'graphite.js')
  // Its settings are variables of the module.
  delete load.cache[path]
  const backend = load(path) as { init(...given: unknown[]): boolean }
  const { process_metrics: process } = load(join(root, 'lib', 'process_metrics.js')) as {
    process_metrics(...given: unknown[]): void
  }
  const events = new EventEmitter()
  const { global_suffix: globalSuffix } = naming
  backend.init(
    0,
    {
      graphiteHost: 'nowhere',
      flushInterval: settings.flush_interval,
      prefixStats: settings.prefix_stats,
      flush_counts: naming.flush_counts,
      keyNameSanitize: naming.key_name_sanitize,
      graphite: {
        legacyNamespace: naming.legacy_namespace,
        globalPrefix: naming.global_prefix,
        prefixCounter: naming.prefix_counter,
        prefixTimer: naming.prefix_timer,
        prefixGauge: naming.prefix_gauge,
        prefixSet: naming.prefix_set,
        ...(globalSuffix !== undefined && { globalSuffix }),
      },
    },
    events,
    { log: () => undefined },
  )
  const { calculated_timer_metrics: listed, flush_interval: intervalMs } = settings
  process(metrics, [...listed], intervalMs, 1, (done: unknown) => events.emit('flush', 1, done))
  return linesOf(await payload)
}

function linesOf(text: string): Map<string, number> {
  const lines = text.trimEnd().split('\n')
  return new Map(lines.map((line) => [line.split(' ')[0]!, Number(line.split(' ')[1])]))
}

function ourLines({ settings, naming }: EtsyConfig, interval: Interval): Map<string, number> {
  const flush = new Flush({
    ...settings,
    gauges_max_ttl: 1,
    delete_idle_stats: false,
    delete_counters: undefined,
    delete_timers: undefined,
    delete_sets: undefined,
    delete_gauges: undefined,
  })
  const names = new EtsyNames(naming)
  const found = new Map<string, number>()
  const id = { instance: 'i', flush: 1 }
  flush.run(
    swapper()(interval),
    id,
    (point) => names.each(point, (name, value) => found.set(name, value + 0)),
    () => 0,
  )
  return found
}

const name = fc.stringMatching(/^[a-zA-Z][a-z0-9_]{0,6}(\.[a-z]{1,4}){0,2}(;[a-c]=[a-z]{1,3})?$/)
const number = fc.oneof(
  fc.integer({ min: -1000, max: 100_000 }),
  fc.double({ min: -1e6, max: 1e12, noNaN: true }),
)
const positive = fc.oneof(
  fc.integer({ min: 0, max: 2000 }),
  fc.double({ min: 0, max: 1e9, noNaN: true }),
)
const byName = <T>(value: fc.Arbitrary<T>, most = 6) =>
  fc.dictionary(name, value, { maxKeys: most })
const percent = fc.oneof(
  fc.constantFrom(1, 10, 50, 75, 90, 95, 99, 99.9, 99.99, 0.5, -1, -10, -90, -99.5),
  fc.integer({ min: 1, max: 100 }),
)
const settings = fc.record({
  flush_interval: fc.constantFrom(100, 1000, 10_000, 60_000),
  percent_threshold: fc.uniqueArray(percent, { minLength: 1, maxLength: 5 }),
  histogram: fc.array(
    fc.record({
      metric: fc.constantFrom('', 'a', 'b.', 'tt'),
      bins: fc
        .uniqueArray(fc.constantFrom<number>(0.5, 1, 2.5, 10, 100, 1e6), { maxLength: 4 })
        .map((bins) => [...bins.toSorted((a, b) => a - b), 'inf' as const]),
    }),
    { maxLength: 3 },
  ),
  calculated_timer_metrics: fc.constantFrom<string[]>(
    [],
    ['count', 'upper_percent', 'mean_percent', 'histogram'],
    ['sum', 'lower_percent', 'std', 'median', 'count_ps'],
  ),
  prefix_stats: fc.constantFrom('statsd', 'own.stats'),
})
const part = fc.constantFrom('', 'x', 'y.z')
const naming = fc.record({
  legacy_namespace: fc.boolean(),
  global_prefix: fc.constantFrom('stats', '', 'dc1.stats'),
  prefix_counter: part,
  prefix_timer: part,
  prefix_gauge: part,
  prefix_set: part,
  global_suffix: fc.constantFrom(undefined, 'suffix', 'a.b'),
  flush_counts: fc.boolean(),
  key_name_sanitize: fc.constant(true),
})
const interval = fc.record({
  counters: byName(number),
  gauges: byName(number),
  timers: byName(fc.array(positive, { minLength: 1, maxLength: 40 })),
  sets: byName(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 })),
})

const changing = /processing_time|calculationtime|last_exception|last_flush|flush_time|flush_length/

test.skipIf(!peer)('every figure and name is that of its code', { timeout: 120_000 }, async () => {
  let compared = 0
  const runs = Number(process.env['FUZZ_RUNS'] ?? 1000)
  await fc.assert(
    fc.asyncProperty(settings, naming, interval, async (settings, naming, given) => {
      const config = { settings, naming: { ...naming, prefix_stats: settings.prefix_stats } }
      const { prefix_stats: own } = settings
      const ownCounters = ['bad_lines_seen', 'packets_received', 'metrics_received']
      const theirs = await etsyLines(config, {
        counters: {
          ...given.counters,
          ...Object.fromEntries(ownCounters.map((each) => [`${own}.${each}`, 0])),
        },
        timers: Object.fromEntries(
          Object.entries(given.timers).map(([key, values]) => [key, values.slice()]),
        ),
        timer_counters: Object.fromEntries(
          Object.entries(given.timers).map(([key, { length }]) => [key, length * 10]),
        ),
        gauges: given.gauges,
        sets: Object.fromEntries(
          Object.entries(given.sets).map(([key, members]) => [
            key,
            { size: () => new Set(members).size },
          ]),
        ),
        pctThreshold: settings.percent_threshold,
        histogram: settings.histogram,
      })
      const ours = ourLines(config, {
        counters: mapped(given.counters, (sum) => ({ sum })),
        gauges: mapped(given.gauges, (last) => ({ last })),
        timers: mapped(given.timers, (values) => ({ values, upSampled: values.length * 10 })),
        sets: mapped(given.sets, (members) => ({ members })),
      })
      for (const [key, value] of theirs) {
        // A negative percentile of all values is NaN there, and their sum here.
        if (!Number.isNaN(value) && !changing.test(key)) continue
        theirs.delete(key)
        ours.delete(key)
      }
      expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs))
      compared += ours.size
    }),
    { numRuns: runs },
  )
  console.log(`${compared} names and values of ${runs} flushes compared with Etsy's code`)
})

const mapped = <T, U>(given: Record<string, T>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(given).map(([key, value]) => [key, change(value)]))
