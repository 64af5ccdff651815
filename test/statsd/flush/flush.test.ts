import { expect, test } from 'vitest'
import type { MetricPoint } from '../../../store/points.ts'
import { Flush, type FlushSettings } from '../../../statsd/flush/flush.ts'
import { type Interval, swapper } from './swapped_of.ts'

const settings: FlushSettings = {
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

/** Points of each interval, those of the daemon itself apart. */
function flushed(intervals: readonly Interval[], given: Partial<FlushSettings> = {}) {
  const flush = new Flush({ ...settings, ...given })
  const swap = swapper()
  return intervals.map((interval, i) => {
    const points: MetricPoint[] = []
    const add = (point: MetricPoint) => void points.push(point)
    flush.run(swap(interval), { instance: 'i', flush: i + 1 }, add, () => 0)
    const isOwn = ({ series }: MetricPoint) => series.startsWith('statsd.')
    const own = points.filter(isOwn).map((point) => [point.series, point.last ?? point.sum])
    return {
      points: points.filter((point) => !isOwn(point)),
      own: Object.fromEntries(own) as Record<string, number>,
    }
  })
}

const brief = ({ points }: { points: readonly MetricPoint[] }) =>
  points.map(({ series, type, sum, count, last }) =>
    [type, series, type === 'counter' ? sum : (last ?? count)].join(' '),
  )

const busy: Interval = {
  counters: { 'c;b=1;a=2': { sum: 2.5, count: 3 } },
  gauges: { g: { last: 4 } },
  timers: { t: { values: [3, 1], upSampled: 20 } },
  sets: { s: { members: ['x', 'y', 'x'] } },
}

test('points of an interval', () => {
  const [first] = flushed([busy])
  const base = { atMs: 10_000, intervalMs: 10_000, instance: 'i', flush: 1 }
  expect(first!.points).toEqual([
    { ...base, series: 'c;a=2;b=1', type: 'counter', sum: 2.5, count: 3 },
    {
      ...base,
      series: 't',
      type: 'timer',
      sum: 4,
      count: 20,
      min: 1,
      max: 3,
      exact: expect.objectContaining({ count: 20, count_ps: 2, mean_90: 2, upper_90: 3 }) as object,
      sketch: { zero: 0, positive: { offset: 0, counts: expect.anything() as number[] } },
    },
    { ...base, series: 'g', type: 'gauge', last: 4, sum: 4, count: 1, min: 4, max: 4 },
    { ...base, series: 's', type: 'set', count: 2 },
  ])
})

test('what is idle is sent as 0 or as it was', () => {
  expect(flushed([busy, {}]).map(brief)[1]).toEqual([
    'counter c;a=2;b=1 0',
    'timer t 0',
    'gauge g 4',
    'set s 0',
  ])
})

test('idle series are deleted where the config says so, all or by type', () => {
  expect(flushed([busy, {}, busy], { delete_idle_stats: true }).map(brief)).toEqual([
    ['counter c;a=2;b=1 2.5', 'timer t 20', 'gauge g 4', 'set s 2'],
    [],
    ['counter c;a=2;b=1 2.5', 'timer t 20', 'gauge g 4', 'set s 2'],
  ])
  const some = { delete_idle_stats: true, delete_sets: false, delete_gauges: false }
  expect(flushed([busy, {}], some).map(brief)[1]).toEqual(['gauge g 4', 'set s 0'])
})

test('an idle gauge outlives gauges_max_ttl flushes', () => {
  const given = { delete_gauges: true, gauges_max_ttl: 3 }
  const gauge = { gauges: { g: { last: 1 } } }
  const counts = flushed([gauge, {}, {}, {}, {}, gauge], given).map(({ points }) => points.length)
  expect(counts).toEqual([1, 1, 1, 0, 0, 1])
})

test('what the console deleted is not sent again', () => {
  const removed = { counter: ['c;b=1;a=2'], gauge: ['g'] }
  expect(flushed([busy, { removed }, {}]).map(brief).slice(1)).toEqual([
    ['timer t 0', 'set s 0'],
    ['timer t 0', 'set s 0'],
  ])
})

test("the daemon's own metrics, as Etsy counts them", () => {
  const traffic = { packets: 2, lines: 5, badLines: 1 }
  const late = { traffic, swappedMs: 25_499, counters: { 'statsd.packets_received': { sum: 10 } } }
  const own = flushed([{}, {}, { ...busy, ...late }]).map((each) => each.own)
  expect(own[0]).toMatchObject({ 'statsd.numStats': 3, 'statsd.packets_received': 0 })
  expect(own[0]).not.toHaveProperty(['statsd.timestamp_lag'])
  expect(own[1]).toMatchObject({ 'statsd.numStats': 4, 'statsd.timestamp_lag': 0 })
  expect(own[2]).toEqual({
    'statsd.bad_lines_seen': 1,
    'statsd.packets_received': 12,
    'statsd.metrics_received': 5,
    'statsd.timestamp_lag': -5,
    'statsd.numStats': 7,
    'statsd.processing_time': 0,
    'statsd.graphiteStats.calculationtime': 0,
  })
})

test('a new receiving thread begins without series', () => {
  const flush = new Flush(settings)
  const run = (swapped: ReturnType<ReturnType<typeof swapper>>) => {
    const names: string[] = []
    flush.run(
      swapped,
      { instance: 'i', flush: 1 },
      (point) => void names.push(point.series),
      () => 0,
    )
    return names.filter((name) => !name.startsWith('statsd.'))
  }
  expect(run(swapper(1)({ gauges: { old: { last: 1 } } }))).toEqual(['old'])
  expect(run(swapper(2)({ gauges: { new: { last: 1 } } }))).toEqual(['new'])
})

test("DogStatsD's histograms and distributions", () => {
  const values = Array.from({ length: 20 }, (_, i) => i + 1)
  const [first, second] = flushed([
    {
      histograms: { h: { values: [1, 2, 3, 10], weights: [1, 1, 1, 2] } },
      distributions: { d: { values } },
    },
    {},
  ])
  const [histogram, distribution] = first!.points
  expect(histogram!.exact).toEqual({ avg: 5.2, count: 5, median: 3, '95percentile': 10, max: 10 })
  expect(histogram).toMatchObject({ type: 'timer', sum: 26, count: 5, min: 1, max: 10 })
  expect(distribution!.exact).toMatchObject({ count: 20, sum: 210, avg: 10.5, min: 1, max: 20 })
  expect(Math.abs(distribution!.exact!['p95']! - 19)).toBeLessThan(0.2)
  expect(second!.points).toEqual([])
})

test('a timer and a histogram of one name are one point', () => {
  const [first] = flushed([
    { timers: { x: { values: [1, 3] } }, histograms: { x: { values: [5] } } },
  ])
  expect(first!.points).toHaveLength(1)
  expect(first!.points[0]).toMatchObject({ sum: 9, count: 3, min: 1, max: 5 })
  expect(first!.points[0]!.exact).toMatchObject({ upper_90: 3, '95percentile': 5 })
  expect(first!.own['statsd.numStats']).toBe(4)
})

test('several flushes a second have times of their own', () => {
  const flush = new Flush({ ...settings, flush_interval: 100 })
  expect(flush.atMs(swapper()({ swappedMs: 1234 }))).toBe(1234)
  expect(new Flush(settings).atMs(swapper()({ swappedMs: 1534 }))).toBe(2000)
})
