import { expect, test } from 'vitest'
import { openMetrics, text004 } from '../../../core/exposition/formats.ts'
import type { MetricPoint } from '../../../store/points.ts'
import { sketchOf } from '../../../statsd/flush/sketch.ts'
import { readMappings } from '../../../statsd/prometheus/mapping/load.ts'
import { Mapper } from '../../../statsd/prometheus/mapping/mapper.ts'
import { SeriesTable } from '../../../statsd/prometheus/table.ts'
import { Targets } from '../../../statsd/prometheus/target.ts'

const tableOf = (mapping = '', most = 1000) =>
  new SeriesTable(new Targets(new Mapper(readMappings(mapping, 'mapping.yml'))), most)

const point = (
  type: MetricPoint['type'],
  series: string,
  rest: Partial<MetricPoint>,
  atMs = 1000,
): MetricPoint => ({ atMs, series, type, instance: 'i', flush: 1, intervalMs: 10_000, ...rest })

const counter = (series: string, sum: number, atMs = 1000) =>
  point('counter', series, { sum, count: sum === 0 ? 0 : 1 }, atMs)
const gauge = (series: string, last: number) => point('gauge', series, { last, count: 1 })
const timer = (series: string, values: number[], atMs = 1000, rest: Partial<MetricPoint> = {}) => {
  const sorted = Float64Array.from(values).toSorted()
  const sum = values.reduce((total, value) => total + value, 0)
  return point(
    'timer',
    series,
    {
      count: values.length,
      sum,
      min: sorted[0]!,
      max: sorted.at(-1)!,
      sketch: sketchOf(sorted),
      exact: { mean: sum / values.length },
      ...rest,
    },
    atMs,
  )
}

const shown = (table: SeriesTable, nowMs = 1000) =>
  [...text004.write(table.families(nowMs))].join('').replace(/^#.*\n/gm, '')
const reasonOf = (table: SeriesTable, given: MetricPoint) => {
  const result = table.add(given)
  return 'refused' in result ? result.refused : undefined
}

test('counters add up, gauges are the last, sets are their size, tags are labels', () => {
  const table = tableOf()
  table.add(counter('hits;env=prod;a-b=c', 2))
  table.add(counter('hits;env=prod;a-b=c', 3, 2000))
  table.add(counter('hits', 1))
  table.add(gauge('depth.of-queue', 7))
  table.add(gauge('depth.of-queue', -1.5))
  table.add(point('set', 'users', { count: 42 }))
  expect(shown(table)).toBe('hits{a_b="c",env="prod"} 5\nhits 1\ndepth_of_queue -1.5\nusers 42\n')
  expect(table.size).toBe(4)
})

test('a summary: seconds, quantiles of the last while, count and sum for good', () => {
  const mapping = 'defaults: { summary_options: { max_age: 10s, age_buckets: 2 } }'
  const table = tableOf(mapping)
  table.add(timer('t', [100, 200, 300], 1000))
  expect(shown(table)).toBe(
    't{quantile="0.5"} 0.19872948427245567\nt{quantile="0.9"} 0.3\nt{quantile="0.99"} 0.3\nt_sum 0.6\nt_count 3\n'.replace(
      '0.19872948427245567',
      String(valueNear(table, 0.2)),
    ),
  )
  table.add(timer('t', [], 2000, { count: 0 }))
  table.add(timer('t', [1000], 6000))
  expect(shown(table, 6000)).toContain('t_sum 1.6\nt_count 4\n')
  expect(shown(table, 11_000)).toContain('t{quantile="0.5"} 1\n')
  expect(shown(table, 17_000)).toContain('t{quantile="0.5"} NaN\n')
  expect([...openMetrics.write(table.families(17_000))].join('')).toContain('t_count 4\n')
})

/** The median that is shown, having checked that it is within 1 %. */
function valueNear(table: SeriesTable, wanted: number): number {
  const value = Number(/quantile="0.5"} (\S+)/.exec(shown(table))![1])
  expect(Math.abs(value - wanted) / wanted).toBeLessThanOrEqual(0.01)
  return value
}

test('a histogram: values at a bound are below it, buckets are cumulative', () => {
  const table = tableOf(
    'defaults: { observer_type: histogram, histogram_options: { buckets: [0.025, 0.1, 1] } }',
  )
  table.add(timer('t', [0, 25, 26, 100, 101.9, 2000]))
  table.add(timer('t', [1000, 1000], 2000))
  expect(shown(table)).toBe(
    't_bucket{le="0.025"} 2\nt_bucket{le="0.1"} 4\nt_bucket{le="1"} 7\nt_bucket{le="+Inf"} 8\nt_sum 4.2529\nt_count 8\n',
  )
})

test('sampled values count for those that were not sent; DogStatsD has no milliseconds', () => {
  const table = tableOf(
    'defaults: { observer_type: histogram, histogram_options: { buckets: [1] } }',
  )
  table.add(timer('t', [500, 1500], 1000, { count: 20 }))
  expect(shown(table)).toBe('t_bucket{le="1"} 10\nt_bucket{le="+Inf"} 20\nt_sum 20\nt_count 20\n')
  const other = tableOf()
  other.add(timer('h', [500], 1000, { exact: { avg: 500 } }))
  expect(shown(other)).toContain('h_sum 500\n')
})

test('rules: names, labels, scale, labels of the metric or of the rule', () => {
  const table = tableOf(`
mappings:
- { match: "req.*", name: requests, labels: { code: $1, env: rule } }
- { match: "kept.*", name: kept, labels: { env: rule }, honor_labels: true }
- { match: "kb", name: bytes, scale: 1024 }
- { match: "gone.*", action: drop }
- { match: "us", name: us, observer_type: histogram, scale: 0.001, buckets: [0.002] }
`)
  table.add(counter('req.200;env=metric', 1))
  table.add(counter('kept.1;env=metric', 1))
  table.add(gauge('kb', 2))
  table.add(timer('us', [1500, 2500]))
  expect(reasonOf(table, counter('gone.x', 1))).toBe('dropped_by_rule')
  expect(shown(table)).toBe(
    'requests{code="200",env="rule"} 1\nkept{env="metric"} 1\nbytes 2048\n' +
      'us_bucket{le="0.002"} 1\nus_bucket{le="+Inf"} 2\nus_sum 0.004\nus_count 2\n',
  )
})

test('conflicts cost only who came second', () => {
  const table = tableOf()
  table.add(counter('a', 1))
  table.add(timer('t', [1]))
  expect(reasonOf(table, gauge('a', 1))).toBe('type_conflict')
  expect(reasonOf(table, counter('t_count', 1))).toBe('type_conflict')
  table.add(counter('u_sum', 1))
  expect(reasonOf(table, timer('u', [1]))).toBe('type_conflict')
  expect(reasonOf(table, counter('a', -1))).toBe('negative_counter')
  // Two names that become one are one series.
  table.add(counter('a-b', 1))
  table.add(counter('a.b', 1))
  expect(shown(table)).toMatch(/^a 1\n[^]*\nu_sum 1\na_b 2\n$/)
})

test('a label that the type needs itself is renamed', () => {
  const table = tableOf()
  table.add(timer('t;quantile=x', [1]))
  expect(shown(table)).toContain('t_count{exported_quantile="x"} 1\n')
})

test('no more series than the limit; those that are there go on', () => {
  const table = tableOf('', 2)
  table.add(counter('a', 1))
  table.add(counter('b', 1))
  expect(reasonOf(table, counter('c', 1))).toBe('series_limit')
  table.add(counter('a', 1))
  expect(shown(table)).toBe('a 2\nb 1\n')
})

test('what gets nothing goes after its ttl, and its name is free', () => {
  const table = tableOf('defaults: { ttl: 30s }')
  table.add(counter('a', 1, 1000))
  table.add(timer('t', [1], 1000))
  table.add(counter('a', 0, 31_000))
  table.expire(31_000)
  expect(table.size).toBe(2)
  table.add(counter('a', 1, 31_000))
  table.expire(31_001)
  expect(shown(table)).toBe('a 2\n')
  expect(reasonOf(table, counter('t_count', 1, 31_001))).toBeUndefined()
})

test('names like those of every object are names', () => {
  const table = tableOf()
  table.add(counter('constructor;__proto__=x', 1))
  table.add(counter('__proto__', 1))
  expect(shown(table)).toBe('constructor{_proto__="x"} 1\n__proto__ 1\n')
})
