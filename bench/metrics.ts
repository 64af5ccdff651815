import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { formatTable } from '../commands/table.ts'
import { systemClock } from '../core/clock.ts'
import { systemFiles } from '../core/files.ts'
import { Journal } from '../core/journal/journal.ts'
import { PartitionWriter } from '../core/journal/writer.ts'
import { createMetrics, Registry } from '../core/metrics.ts'
import { processStarter } from '../store/embedded/child_handle.ts'
import { embeddedConfig } from '../store/embedded/config.ts'
import { EmbeddedEngine } from '../store/embedded/engine.ts'
import { EmbeddedMetrics } from '../store/embedded/embedded_metrics.ts'
import type { ReadRequest, SeriesKey } from '../store/metrics.ts'
import { metricPointsTag, PointWriter, pointStream } from '../store/points.ts'
import { option } from './options.ts'
import { usageOf } from './process.ts'

const pointsPartition = 'points'
const intervalMs = 10_000
const hourMs = 3_600_000
/** Flushes that go into the journal before the engine takes them: what waits has to fit there. */
const roundPoints = 4_000_000

/**
 * Metric points from journal to Parquet: points a second, bytes a point, memory, and how long questions take, cold
 * (the first of a process) and warm; 100,000 series every ten seconds; a catalogue of a million series.
 */
export async function run(): Promise<void> {
  const series = Number(option('series') ?? 2_000)
  const hours = Number(option('hours') ?? 24)
  await inFolder(async (folder) => {
    const kept = await dayOfPoints(folder, series, hours)
    await questions(folder, series, kept)
  })
  await inFolder(wideFlushes)
  await inFolder(manySeries)
}

async function inFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-metrics-'))
  mkdirSync(folder, { recursive: true })
  try {
    await action(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Store {
  readonly engine: EmbeddedEngine
  readonly metrics: EmbeddedMetrics
  append(points: PointWriter): Promise<void>
  /** Seconds until all that was appended is in files, and those of the process's CPU. */
  takeIn(): Promise<{ seconds: number; cpuSeconds: number }>
  figures(): Promise<Record<string, number>>
  peakRssMB(): number
  cpuSeconds(): number
  close(): Promise<void>
}

async function open(folder: string): Promise<Store> {
  const log = pino({ level: 'warn' })
  const world = {
    files: systemFiles,
    clock: systemClock,
    log,
    metrics: createMetrics(new Registry()),
    count: () => undefined,
  }
  const sizes = { maxDisk: 20e9, segmentBytes: 64e6, groupBytes: 16e6 }
  const journal = await Journal.open({ dataFolder: folder, whenFull: 'block', ...sizes }, world)
  const feed = journal.feed('store', {})
  const writer = new PartitionWriter(await journal.seed(pointsPartition, journal.positions()), {
    ...world,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    space: journal.space,
    onDurable: (mark) => journal.mark(pointsPartition, mark),
    onTrouble: (trouble) => journal.trouble(pointsPartition, trouble),
    onDropped: () => undefined,
  })
  await writer.open()
  // A day is kept as it came, so that its size is that of points.
  const options = embeddedConfig.parse({
    query_timeout: '120s',
    seal_after: '10h',
    seal_size: '512MB',
    metrics: { retention: [{ match: '', steps: '10s:2d,1m:6d,10m:1800d' }] },
  })
  const entry = fileURLToPath(new URL('../store/embedded/child_main.ts', import.meta.url))
  const context = { ...world, id: 'store', random: Math.random, dataFolder: folder }
  const startChild = processStarter(entry, process.env)
  const engine = new EmbeddedEngine(options, {
    context,
    feed,
    routes: { outputs: [], points: true },
    startChild,
  })
  await engine.start()
  const usage = () => usageOf(engine.state.pid!)
  return {
    engine,
    metrics: new EmbeddedMetrics(engine),
    append: async (points) => {
      const { bytes, count } = points.take()
      await writer.append([{ stream: pointStream('statsd'), tag: metricPointsTag, bytes, count }])
    },
    async takeIn() {
      const cpuBefore = engine.state.pid === undefined ? 0 : usage().cpuSeconds
      const began = performance.now()
      await engine.refresh()
      const seconds = (performance.now() - began) / 1000
      return { seconds, cpuSeconds: usage().cpuSeconds - cpuBefore }
    },
    figures: async () => (await engine.statistics())['metrics'] as Record<string, number>,
    peakRssMB: () => usage().peakRssMB,
    cpuSeconds: () => usage().cpuSeconds,
    async close() {
      await engine.stop(AbortSignal.timeout(120_000))
      await journal.releaseFeed(feed)
      await writer.close(AbortSignal.timeout(10_000))
    },
  }
}

const keyOf = (n: number): SeriesKey => ({
  series: `servers.web${n >> 4}.app.${['requests', 'memory'][n & 1]}_${(n & 15) >> 1}`,
  type: n % 2 === 0 ? 'counter' : 'gauge',
})

/** Half counters, half gauges with two decimals that wander. */
function addFlush(
  writer: PointWriter,
  keys: readonly SeriesKey[],
  atMs: number,
  gauges: Float64Array,
) {
  for (const [n, key] of keys.entries()) {
    const point = { ...key, atMs, intervalMs, instance: '01JD00000000000000000BENCH' }
    if (key.type === 'counter') {
      const count = Math.floor(Math.random() * 100)
      writer.add({ ...point, sum: count, count })
    } else {
      gauges[n] = Math.round((gauges[n]! + Math.random() - 0.5) * 100) / 100
      writer.add({ ...point, last: gauges[n]! })
    }
  }
}

/** @returns the time behind the last point, in milliseconds since the epoch. */
async function dayOfPoints(folder: string, series: number, hours: number): Promise<number> {
  const keys = Array.from({ length: series }, (_, n) => keyOf(n))
  const gauges = new Float64Array(series).fill(100)
  const writer = new PointWriter()
  const endMs = Math.floor(systemClock.now() / hourMs) * hourMs
  const store = await open(folder)
  let [points, waiting, seconds, cpuSeconds] = [0, 0, 0, 0]
  for (let atMs = endMs - hours * hourMs; atMs < endMs; atMs += intervalMs) {
    addFlush(writer, keys, atMs, gauges)
    points += series
    waiting += series
    if (writer.length > 4_000_000) await store.append(writer)
    if (waiting < roundPoints && atMs + intervalMs < endMs) continue
    if (writer.length > 0) await store.append(writer)
    const taken = await store.takeIn()
    seconds += taken.seconds
    cpuSeconds += taken.cpuSeconds
    waiting = 0
  }
  const began = performance.now()
  await store.engine.compact()
  const mergeSeconds = (performance.now() - began) / 1000
  const { bytes, segments } = await store.figures()
  const row = [
    String(points),
    (points / seconds).toFixed(0),
    ((cpuSeconds / points) * 1e6).toFixed(1),
    (bytes! / points).toFixed(2),
    store.peakRssMB().toFixed(0),
    `${mergeSeconds.toFixed(1)} s`,
    String(segments),
  ]
  await store.close()
  const header = [
    'POINTS',
    'POINTS/S',
    'CPU µS/POINT',
    'BYTES/POINT',
    'PEAK RSS MB',
    'MERGED IN',
    'FILES',
  ]
  console.log(formatTable(header, [row]))
  console.log('\naim: 300,000 points/s; 2 bytes; below 900 MB\n')
  return endMs
}

async function questions(folder: string, series: number, endMs: number): Promise<void> {
  const dayMs = 24 * hourMs
  const some = (count: number) =>
    Array.from({ length: count }, () => keyOf(Math.floor(Math.random() * series)))
  const asked: [string, () => ReadRequest][] = [
    [
      '1 series, an hour',
      () => ({ series: some(1), figures: ['value'], fromMs: endMs - hourMs, untilMs: endMs }),
    ],
    [
      '20 series, a day',
      () => ({ series: some(20), figures: ['value'], fromMs: endMs - dayMs, untilMs: endMs }),
    ],
    [
      '20 series, a day by 5 min',
      () => ({
        series: some(20),
        figures: ['value'],
        fromMs: endMs - dayMs,
        untilMs: endMs,
        stepMs: 300_000,
      }),
    ],
    [
      '1,000 series, a day',
      () => ({
        series: Array.from({ length: Math.min(1_000, series) }, (_, n) => keyOf(n)),
        figures: ['value'],
        fromMs: endMs - dayMs,
        untilMs: endMs,
      }),
    ],
  ]
  const rows: string[][] = []
  for (const [name, request] of asked) {
    const store = await open(folder)
    const timed = async () => {
      const began = performance.now()
      await store.metrics.read(request(), AbortSignal.timeout(60_000))
      return performance.now() - began
    }
    await store.metrics.find({ glob: 'none', limit: 1 }, AbortSignal.timeout(60_000))
    const cold = await timed()
    const warm: number[] = []
    const cpuBefore = store.cpuSeconds()
    const began = performance.now()
    while (warm.length < 9 || (warm.length < 50 && performance.now() - began < 5_000))
      warm.push(await timed())
    const cpuMs = ((store.cpuSeconds() - cpuBefore) * 1000) / warm.length
    warm.sort((a, b) => a - b)
    const [median, worst] = [warm[warm.length >> 1]!, warm.at(-1)!]
    rows.push([name, ...[cold, median, worst, cpuMs].map((each) => each.toFixed(1))])
    await store.close()
  }
  console.log(formatTable(['QUESTION', 'COLD MS', 'WARM MS', 'WORST MS', 'CPU MS'], rows))
  console.log('\naim: 1 series over an hour < 10 ms, 20 series over a day < 50 ms\n')
}

/** 100,000 series at once: how long a flush takes, the first with all names new. */
async function wideFlushes(folder: string): Promise<void> {
  const series = 100_000
  const keys = Array.from({ length: series }, (_, n) => keyOf(n))
  const gauges = new Float64Array(series).fill(100)
  const writer = new PointWriter()
  const store = await open(folder)
  const rows: string[][] = []
  const startMs = Math.floor(systemClock.now() / intervalMs) * intervalMs - 20 * intervalMs
  for (let flush = 0; flush < 12; flush++) {
    addFlush(writer, keys, startMs + flush * intervalMs, gauges)
    await store.append(writer)
    const { seconds, cpuSeconds } = await store.takeIn()
    if (flush < 2 || flush > 9) {
      const rss = store.peakRssMB().toFixed(0)
      rows.push([`${flush + 1}.`, (seconds * 1000).toFixed(0), cpuSeconds.toFixed(2), rss])
    }
  }
  await store.close()
  console.log(formatTable(['FLUSH OF 100,000', 'FOUND AFTER MS', 'CPU S', 'PEAK RSS MB'], rows))
  console.log()
}

/** A million names, tagged: how long it takes to learn them, and to look some up. */
async function manySeries(folder: string): Promise<void> {
  const series = Number(option('names') ?? 1_000_000)
  const writer = new PointWriter()
  const store = await open(folder)
  const atMs = systemClock.now()
  const point = { type: 'gauge', atMs, intervalMs, instance: 'bench', last: 1 } as const
  for (let n = 0; n < series; n++) {
    const host = `web${n % 1_000}`
    writer.add({ ...point, series: `dc${n % 7}.${host}.disk${n}.used;env=${n % 3};host=${host}` })
    if (writer.length > 4_000_000) await store.append(writer)
  }
  if (writer.length > 0) await store.append(writer)
  const { seconds } = await store.takeIn()
  const rows = [['learnt', (seconds * 1000).toFixed(0), String(series)]]
  const timed = async (name: string, ask: () => Promise<readonly unknown[]>) => {
    const began = performance.now()
    const found = await ask()
    rows.push([name, (performance.now() - began).toFixed(1), String(found.length)])
  }
  const { metrics } = store
  const patience = () => AbortSignal.timeout(60_000)
  const limit = 10_000
  await timed('children *', () => metrics.children({ glob: '*', limit }, patience()))
  await timed('children dc1.*', () => metrics.children({ glob: 'dc1.*', limit }, patience()))
  await timed('find dc1.web1.*.used', () =>
    metrics.find({ glob: 'dc1.web1.*.used', limit }, patience()),
  )
  await timed('find *.web77.*.used', () =>
    metrics.find({ glob: '*.web77.*.used', limit }, patience()),
  )
  const tags = [
    { tag: 'host', operator: '=', value: 'web77' },
    { tag: 'env', operator: '=~', value: '[12]' },
  ] as const
  await timed('host=web77, env=~[12]', () => metrics.find({ tags, limit }, patience()))
  await timed('values of host', () => metrics.tagValues({ tag: 'host', limit }, patience()))
  rows.push(['peak RSS MB', store.peakRssMB().toFixed(0), ''])
  await store.close()
  console.log(formatTable(['A MILLION SERIES', 'MS', 'FOUND'], rows))
}
