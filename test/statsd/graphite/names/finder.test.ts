import { describe, expect, it } from 'vitest'
import { Finder } from '../../../../statsd/graphite/names/finder.ts'
import { storeFetch, tagExpression } from '../../../../statsd/graphite/names/fetch.ts'
import { mountsOf } from '../../../../statsd/graphite/names/mounts.ts'
import { EtsyNames, type Naming } from '../../../../statsd/names/etsy.ts'
import { fakeStore } from '../fake_store.ts'

const naming: Naming = {
  legacy_namespace: true,
  global_prefix: 'stats',
  prefix_counter: 'counters',
  prefix_timer: 'timers',
  prefix_gauge: 'gauges',
  prefix_set: 'sets',
  global_suffix: undefined,
  flush_counts: true,
  prefix_stats: 'statsd',
  key_name_sanitize: true,
}
const store = fakeStore([
  ['counter', 'web.requests'],
  ['counter', 'web.requests;host=a'],
  ['counter', 'statsd.packets_received'],
  ['timer', 'web.time'],
  ['gauge', 'web.users'],
  ['set', 'web.visitors'],
  ['value', 'servers.a.load'],
  ['value', 'servers.b.load'],
  ['value', 'servers.b.load.one'],
  ['value', 'disk.free;host=a;mount=/'],
  ['value', 'statsd.processing_time'],
  ['value', 'statsd.numStats'],
])
const deadline = new AbortController().signal
const finding = { limit: 100, deadline }

function finder(changed: Partial<Naming> = {}): Finder {
  const options = { ...naming, ...changed }
  const timers = {
    percent_threshold: [90],
    histogram: [{ metric: 'web', bins: [10, 'inf' as const] }],
    calculated_timer_metrics: [],
    isDatadog: false,
  }
  return new Finder({ store, mounts: mountsOf(options, timers), names: new EtsyNames(options) })
}

const names = async (pattern: string, changed?: Partial<Naming>) =>
  (await finder(changed).leaves(pattern, finding)).map(({ name }) => name)
const nodes = async (pattern: string, changed?: Partial<Naming>) =>
  (await finder(changed).nodes(pattern, finding)).map(
    ({ path, isLeaf, isBranch }) => path + (isLeaf ? ' leaf' : '') + (isBranch ? ' branch' : ''),
  )

describe('with the legacy namespace', () => {
  it('finds the figures of each type under the names that Etsy gives them', async () => {
    expect(await names('stats.web.requests')).toEqual(['stats.web.requests'])
    expect(await names('stats_counts.*.*')).toEqual([
      'stats_counts.statsd.packets_received',
      'stats_counts.web.requests',
    ])
    expect(await names('stats.timers.web.time.{mean,upper}*')).toEqual([
      'stats.timers.web.time.mean',
      'stats.timers.web.time.mean_90',
      'stats.timers.web.time.upper',
      'stats.timers.web.time.upper_90',
    ])
    expect(await names('stats.timers.web.time.histogram.*')).toEqual([
      'stats.timers.web.time.histogram.bin_10',
      'stats.timers.web.time.histogram.bin_inf',
    ])
    expect(await names('stats.gauges.web.users')).toEqual(['stats.gauges.web.users'])
    expect(await names('stats.sets.*.*.count')).toEqual(['stats.sets.web.visitors.count'])
    expect(await names('servers.*.load')).toEqual(['servers.a.load', 'servers.b.load'])
  })

  it("has the daemon's own samples where Etsy has them", async () => {
    expect(await names('stats.statsd.*')).toEqual([
      'stats.statsd.packets_received',
      'stats.statsd.processing_time',
    ])
    expect(await names('statsd.*')).toEqual(['statsd.numStats'])
  })

  it('finds a tagged series by its whole name, and not by a glob', async () => {
    expect(await names('disk.free;host=a;mount=/')).toEqual(['disk.free;host=a;mount=/'])
    expect(await names('disk.*')).toEqual([])
    expect(await names('stats.web.requests;host=a')).toEqual(['stats.web.requests;host=a'])
  })

  it('finds the figure of a percentile that the config has no more', async () => {
    expect(await names('stats.timers.web.time.upper_75')).toEqual([
      'stats.timers.web.time.upper_75',
    ])
    expect(await names('stats.timers.web.none.upper_75')).toEqual([])
  })

  it('shows the tree level by level', async () => {
    expect(await nodes('*')).toEqual([
      'disk branch',
      'servers branch',
      'stats branch',
      'stats_counts branch',
      'statsd branch',
    ])
    expect(await nodes('stats.*')).toEqual([
      'stats.gauges branch',
      'stats.sets branch',
      'stats.statsd branch',
      'stats.timers branch',
      'stats.web branch',
    ])
    expect(await nodes('stats.timers.web.*')).toEqual(['stats.timers.web.time branch'])
    expect(await nodes('stats.timers.web.time.h*')).toEqual([
      'stats.timers.web.time.histogram branch',
    ])
    expect(await nodes('servers.b.*')).toEqual(['servers.b.load leaf branch'])
  })
})

it('finds the names of the new namespace, with a suffix', async () => {
  const changed = { legacy_namespace: false, global_suffix: 'eu' }
  expect(await names('stats.counters.web.requests.*.eu', changed)).toEqual([
    'stats.counters.web.requests.count.eu',
    'stats.counters.web.requests.rate.eu',
  ])
  expect(await names('stats.timers.web.time.mean_90.eu', changed)).toEqual([
    'stats.timers.web.time.mean_90.eu',
  ])
  expect(await nodes('stats.counters.web.requests.*', changed)).toEqual([
    'stats.counters.web.requests.count branch',
    'stats.counters.web.requests.rate branch',
  ])
})

describe('by tags', () => {
  const tagged = async (...expressions: string[]) =>
    (await finder().tagged(expressions.map(tagExpression), finding)).map(({ name }) => name)

  it('finds every figure of the series that fit', async () => {
    expect(await tagged('host=a')).toEqual([
      'disk.free;host=a;mount=/',
      'stats.web.requests;host=a',
      'stats_counts.web.requests;host=a',
    ])
    expect(await tagged('host=a', 'mount!=/')).toEqual([
      'stats.web.requests;host=a',
      'stats_counts.web.requests;host=a',
    ])
  })

  it("takes name for the name in Graphite's world", async () => {
    expect(await tagged('name=stats.web.requests', 'host=a')).toEqual(['stats.web.requests;host=a'])
    expect(await tagged('name=~stats_', 'host=a')).toEqual(['stats_counts.web.requests;host=a'])
  })

  it('refuses what is no expression', async () => {
    await expect(tagged('name=~(')).rejects.toThrow('"("')
    expect(() => tagExpression('host')).toThrow('"host" is none of tag=value')
  })
})

it('reads values after from, up to until, as Whisper does', async () => {
  const fetch = storeFetch(finder(), store, deadline)
  const ask = (fromS: number, untilS: number) =>
    fetch([
      {
        pattern: { kind: 'glob', text: 'servers.a.load' },
        fromS,
        untilS,
        maxSeries: 10,
        maxPoints: 100,
      },
    ])
  const [[exact] = []] = await ask(100, 130)
  expect(exact).toMatchObject({ name: 'servers.a.load', start: 110, end: 140, step: 10 })
  expect([...exact!.values]).toEqual([2, 3, 4])
  const [[between] = []] = await ask(95, 105)
  expect(between).toMatchObject({ start: 100, end: 110 })
})
