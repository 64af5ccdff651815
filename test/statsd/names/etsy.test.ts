import { expect, test } from 'vitest'
import type { MetricPoint } from '../../../store/points.ts'
import { namingFields } from '../../../statsd/names/config.ts'
import { EtsyNames, type Naming } from '../../../statsd/names/etsy.ts'
import { z } from 'zod'

const standard = z.strictObject(namingFields).parse({})
const naming = (given: Partial<Naming> = {}): Naming => ({
  ...standard,
  prefix_stats: 'statsd',
  key_name_sanitize: true,
  ...given,
})

const base = { atMs: 0, instance: 'i', flush: 1, intervalMs: 10_000 } as const
const points: MetricPoint[] = [
  { ...base, series: 'a.b;env=x', type: 'counter', sum: 20, count: 3 },
  { ...base, series: 't', type: 'timer', count: 1, exact: { upper_90: 5, 'histogram.bin_2_5': 1 } },
  { ...base, series: 'g', type: 'gauge', last: -1 },
  { ...base, series: 's', type: 'set', count: 4 },
  { ...base, series: 'statsd.numStats', type: 'value', last: 4 },
  { ...base, series: 'statsd.processing_time', type: 'value', last: 0 },
]

function named(given: Partial<Naming> = {}, all: readonly MetricPoint[] = points) {
  const found: [string, number][] = []
  const names = new EtsyNames(naming(given))
  for (const point of all) names.each(point, (name, value) => found.push([name, value]))
  return found
}

test('the legacy namespace', () => {
  expect(named()).toEqual([
    ['stats.a.b;env=x', 2],
    ['stats_counts.a.b;env=x', 20],
    ['stats.timers.t.upper_90', 5],
    ['stats.timers.t.histogram.bin_2_5', 1],
    ['stats.gauges.g', -1],
    ['stats.sets.s.count', 4],
    ['statsd.numStats', 4],
    ['stats.statsd.processing_time', 0],
  ])
  expect(named({ flush_counts: false, global_suffix: 'dc1' }).slice(0, 2)).toEqual([
    ['stats.a.b.dc1;env=x', 2],
    ['stats.timers.t.upper_90.dc1', 5],
  ])
})

test('the new namespace', () => {
  const given = {
    legacy_namespace: false,
    global_prefix: 'p',
    prefix_gauge: '',
    global_suffix: 'z',
  }
  expect(named(given)).toEqual([
    ['p.counters.a.b.rate.z;env=x', 2],
    ['p.counters.a.b.count.z;env=x', 20],
    ['p.timers.t.upper_90.z', 5],
    ['p.timers.t.histogram.bin_2_5.z', 1],
    ['p.g.z', -1],
    ['p.sets.s.count.z', 4],
    ['p.statsd.numStats.z', 4],
    ['p.statsd.processing_time.z', 0],
  ])
  const bare = { legacy_namespace: false, global_prefix: '', prefix_counter: '' }
  expect(named(bare).slice(0, 1)).toEqual([['a.b.rate;env=x', 2]])
})

test('samples keep their names; names not made fit on arrival are here', () => {
  const sample: MetricPoint = {
    atMs: 0,
    instance: 'i',
    series: 'servers.a',
    type: 'value',
    last: 1,
  }
  expect(named({ global_suffix: 'z' }, [sample])).toEqual([['servers.a', 1]])
  const odd: MetricPoint = { ...base, series: 'a b/c;k=v w', type: 'gauge', last: 1 }
  expect(named({ key_name_sanitize: false }, [odd])).toEqual([['stats.gauges.a_b-c;k=v w', 1]])
})

test.each([
  {},
  { legacy_namespace: false },
  { legacy_namespace: false, global_prefix: '', prefix_timer: '', global_suffix: 'z' },
  { global_suffix: 'a.b' },
])('every name is read back: %j', (given) => {
  const names = new EtsyNames(naming(given))
  for (const point of points) {
    names.each(point, (name) => {
      const own = names.read(name).filter(({ series }) => series === point.series)
      expect(own.map(({ type }) => type)).toContain(point.type)
      const isOwn = point.type === 'value'
      expect(own.map((figure) => names.nameOf(figure, isOwn))).toContain(name)
    })
  }
})

test('a name may stand for several series', () => {
  const names = new EtsyNames(naming())
  expect(names.read('stats.timers.a.upper_90')).toEqual([
    { series: 'stats.timers.a.upper_90', type: 'value', figure: 'last' },
    { series: 'a', type: 'timer', figure: { exact: 'upper_90' } },
    { series: 'timers.a.upper_90', type: 'counter', figure: 'rate' },
  ])
  expect(names.read('stats.timers.a.histogram.bin_1').map(({ series }) => series)).toContain('a')
  expect(names.read('stats.statsd.processing_time')).toContainEqual({
    series: 'statsd.processing_time',
    type: 'value',
    figure: 'last',
  })
})
