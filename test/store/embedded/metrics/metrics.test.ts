import { afterEach, describe, expect, test } from 'vitest'
import type { MetricPoint } from '../../../../store/points.ts'
import { openStore, type TestStore } from '../setup.ts'
import { batchOf, metricsOf, nowMs, patience, valuesOf } from './setup.ts'

let store: TestStore | undefined
afterEach(async () => {
  await store?.close()
  store = undefined
})

const counter = (ago: number, sum: number, more: Partial<MetricPoint> = {}): MetricPoint => ({
  atMs: nowMs - ago * 10_000,
  series: 'web.requests',
  type: 'counter',
  instance: 'a',
  intervalMs: 10_000,
  sum,
  count: 1,
  ...more,
})
const last = (steps: number) => ({ fromMs: nowMs - (steps - 1) * 10_000, untilMs: nowMs + 1 })

test('points of the journal are read by figure and step', async () => {
  store = await openStore()
  const metrics = metricsOf(store)
  await store.append(batchOf([counter(3, 5), counter(2, 7), counter(0, 11)]))
  await metrics.refresh()
  const key = { series: 'web.requests', type: 'counter' } as const
  expect(await valuesOf(metrics, key, 'sum', last(4))).toEqual([5, 7, null, 11])
  expect(await valuesOf(metrics, key, 'rate', last(4))).toEqual([0.5, 0.7, null, 1.1])
  const sums = await valuesOf(metrics, key, 'sum', { ...last(4), stepMs: 60_000 })
  expect(sums.reduce<number>((a, b) => a + (b ?? 0), 0)).toBe(23)
})

test('the last write of an instance, series and time wins; instances add up', async () => {
  store = await openStore()
  const metrics = metricsOf(store)
  await store.append(batchOf([counter(1, 1), counter(1, 2), counter(0, 9)]))
  await metrics.refresh()
  await store.append(batchOf([counter(1, 3), counter(1, 10, { instance: 'b' })]))
  await metrics.refresh()
  const key = { series: 'web.requests', type: 'counter' } as const
  const expected = [13, 9]
  expect(await valuesOf(metrics, key, 'sum', last(2))).toEqual(expected)
  await store.engine.compact()
  expect(await valuesOf(metrics, key, 'sum', last(2))).toEqual(expected)
  const { metrics: found } = await store.engine.statistics()
  expect(found).toMatchObject({ series: 1, points: 3 })
})

test('gauges: the last; what was set in between is known at the finest step', async () => {
  store = await openStore()
  const metrics = metricsOf(store)
  const gauge = { type: 'gauge', sum: undefined, count: undefined } as unknown as MetricPoint
  await store.append(
    batchOf([
      counter(1, 0, { ...gauge, last: 4, min: 1, max: 9, sum: 14, count: 3 }),
      counter(0, 0, { ...gauge, last: 4 }),
    ]),
  )
  await metrics.refresh()
  const key = { series: 'web.requests', type: 'gauge' } as const
  expect(await valuesOf(metrics, key, 'last', last(2))).toEqual([4, 4])
  expect(await valuesOf(metrics, key, 'max', last(2))).toEqual([9, 4])
  expect(await valuesOf(metrics, key, 'mean', last(2))).toEqual([14 / 3, 4])
  expect(await valuesOf(metrics, key, 'value', last(2))).toEqual([4, 4])
})

test('timers: what Etsy sent at the finest step, sketches where points are combined', async () => {
  store = await openStore()
  const metrics = metricsOf(store)
  const bucket = (value: number) => Math.ceil(Math.log(value) / Math.log(1.01 / 0.99))
  const timer = (ago: number, values: number[], instance = 'a'): MetricPoint => {
    const buckets = values.map(bucket)
    const offset = Math.min(...buckets)
    const counts = new Float64Array(Math.max(...buckets) - offset + 1)
    for (const each of buckets) counts[each - offset]! += 1
    const sum = values.reduce((a, b) => a + b, 0)
    return {
      ...counter(ago, sum, { type: 'timer', instance, count: values.length }),
      min: Math.min(...values),
      max: Math.max(...values),
      exact: { upper_90: 123.5, mean: sum / values.length, 'histogram.bin_10': values.length },
      sketch: { zero: 0, positive: { offset, counts } },
    }
  }
  await store.append(
    batchOf([timer(2, [1, 2, 3]), timer(1, [10, 20]), timer(1, [30], 'b'), timer(0, [5])]),
  )
  await metrics.refresh()
  const key = { series: 'web.requests', type: 'timer' } as const
  expect(await valuesOf(metrics, key, { exact: 'upper_90' }, last(3))).toEqual([123.5, 30, 123.5])
  expect(await valuesOf(metrics, key, { exact: 'histogram.bin_10' }, last(3))).toEqual([3, 3, 1])
  expect(await valuesOf(metrics, key, 'mean', last(3))).toEqual([2, 20, 5])
  const median = await valuesOf(metrics, key, { quantile: 0.5 }, last(3))
  for (const [place, expected] of [2, 20, 5].entries()) {
    expect(Math.abs(median[place]! - expected) / expected).toBeLessThanOrEqual(0.011)
  }
})

describe('roll-ups', () => {
  test('come when retention wants them, and answer as the points did', async () => {
    const steps = [{ match: '', steps: '10s:1h,1m:1d' }]
    const embedded = {
      retention: steps,
      aggregation: [],
      max_series: 100,
      max_values: 1_000_000,
      page_cache: 1_000_000,
    }
    store = await openStore({ metrics: embedded })
    const metrics = metricsOf(store)
    const base = Math.floor((nowMs - 7_200_000) / 60_000) * 60_000
    const points = Array.from({ length: 12 }, (_, n) => counter(0, n, { atMs: base + n * 10_000 }))
    await store.append(batchOf(points))
    await store.append(batchOf([counter(0, 100, { atMs: nowMs - 2 * 86_400_000 }), counter(0, 1)]))
    await metrics.refresh()
    const key = { series: 'web.requests', type: 'counter' } as const
    const time = { fromMs: base, untilMs: base + 120_000 }
    const expected = [15, 51]
    expect(await valuesOf(metrics, key, 'sum', time)).toEqual(expected)
    await store.engine.compact()
    expect(await valuesOf(metrics, key, 'sum', time)).toEqual(expected)
    const { metrics: found } = await store.engine.statistics()
    expect(found).toMatchObject({
      points: 3,
      steps: [
        { step_ms: 0, points: 1 },
        { step_ms: 60_000, points: 2 },
      ],
    })
  })
})

test('series are found by glob, by level and by tag', async () => {
  store = await openStore()
  const metrics = metricsOf(store)
  const names = ['a.b.c', 'a.b-x', 'a.b', 'a.bb.c;env=prod;zone=1', 'a.bb.c;env=dev', 'z']
  await store.append(batchOf(names.map((series) => counter(0, 1, { series }))))
  await store.append(batchOf([counter(0, 1, { series: 'a.b', type: 'gauge', last: 1 })]))
  await metrics.refresh()
  const find = async (query: object) => {
    const found = await metrics.find({ limit: 100, ...query }, patience())
    return found.map(({ series }) => series)
  }
  expect(await find({ glob: 'a.*' })).toEqual(['a.b', 'a.b', 'a.b-x'])
  expect(await find({ glob: 'a.b*.c' })).toEqual([
    'a.b.c',
    'a.bb.c;env=dev',
    'a.bb.c;env=prod;zone=1',
  ])
  expect(await find({ glob: '*', types: ['counter'] })).toEqual(['z'])
  expect(await find({ glob: '{a,z}.b.?' })).toEqual(['a.b.c'])
  const children = await metrics.children({ glob: 'a.*', limit: 100 }, patience())
  expect(children).toEqual([
    { path: 'a.b', name: 'b', types: ['counter', 'gauge'], isBranch: true },
    { path: 'a.b-x', name: 'b-x', types: ['counter'], isBranch: false },
    { path: 'a.bb', name: 'bb', types: [], isBranch: true },
  ])
  const tag = (text: string, operator: '=' | '!=' | '=~' | '!=~', value: string) => {
    return { tag: text, operator, value }
  }
  expect(await find({ tags: [tag('env', '=', 'prod')] })).toEqual(['a.bb.c;env=prod;zone=1'])
  expect(await find({ tags: [tag('env', '=~', 'd'), tag('zone', '=', '')] })).toEqual([
    'a.bb.c;env=dev',
  ])
  expect(await find({ tags: [tag('name', '=', 'a.bb.c'), tag('zone', '!=', '1')] })).toEqual([
    'a.bb.c;env=dev',
  ])
  expect(await find({ tags: [tag('name', '=~', 'a\\.bb'), tag('env', '!=~', 'd')] })).toEqual([
    'a.bb.c;env=prod;zone=1',
  ])
  await expect(find({ tags: [tag('env', '!=', 'prod')] })).rejects.toThrow(
    'at least one expression',
  )
  await expect(find({ tags: [tag('env', '=~', '(')] })).rejects.toThrow('cannot be used')
  expect(await metrics.tagNames({ limit: 10 }, patience())).toEqual(['env', 'name', 'zone'])
  expect(await metrics.tagValues({ tag: 'env', limit: 10 }, patience())).toEqual(['dev', 'prod'])
  expect(
    await metrics.tagValues(
      { tag: 'zone', tags: [tag('env', '=', 'prod')], limit: 10 },
      patience(),
    ),
  ).toEqual(['1'])
})

test('expressions over tags that would explode elsewhere take linear time', async () => {
  store = await openStore()
  const metrics = metricsOf(store)
  const long = `${'a'.repeat(200)}!`
  await store.append(batchOf([counter(0, 1, { series: `${long};env=${long}` })]))
  await metrics.refresh()
  const find = async (value: string) =>
    await metrics.find({ tags: [{ tag: 'env', operator: '=~', value }], limit: 10 }, patience())
  for (const value of ['(a+)+$', '(a|aa)+$', '(a|a?)+b', '(.*a){20}$'])
    expect(await find(value)).toEqual([])
  expect(await find('(a+)+!$')).toHaveLength(1)
  await expect(find('(a)\\1')).rejects.toThrow('cannot be used')
})

test('points and events of one journal pass each other', async () => {
  store = await openStore()
  const metrics = metricsOf(store)
  const { linesOf } = await import('../../../core/journal/setup.ts')
  await store.append(linesOf([1]))
  await store.append(batchOf([counter(0, 1)]))
  await store.append(linesOf([2]))
  await metrics.refresh()
  expect(await store.all('logs-a-default')).toHaveLength(2)
  expect(await store.engine.statistics()).toMatchObject({ documents: 2, metrics: { points: 1 } })
  expect(await store.engine.verify()).toMatchObject({ verified: 2, damaged: [] })
})

test('metrics alone beyond retention.size: the oldest points go', async () => {
  const retention = { age: 1e12, clock_jump_wait: 0, size: 1, streams: [] }
  store = await openStore({ retention })
  const metrics = metricsOf(store)
  await store.append(batchOf([counter(1, 1), counter(0, 2)]))
  await metrics.refresh()
  await store.engine.compact()
  expect(await store.engine.statistics()).toMatchObject({ metrics: { points: 0, segments: 0 } })
  await store.append(batchOf([counter(0, 3)]))
  await metrics.refresh()
  const key = { series: 'web.requests', type: 'counter' } as const
  expect(await valuesOf(metrics, key, 'sum', last(2))).toEqual([null, 3])
})

test('points of the smallest memory that is allowed are taken in and merged', async () => {
  store = await openStore({ memory_limit: 256e6 })
  const metrics = metricsOf(store)
  const points = Array.from({ length: 60 }, (_, n) =>
    Array.from({ length: 1_500 }, (__, ago) => counter(ago, ago, { series: `web${n}.requests` })),
  )
  for (const own of points) await store.append(batchOf(own))
  await metrics.refresh()
  for (const own of points) await store.append(batchOf(own))
  await metrics.refresh()
  await store.engine.compact()
  const { metrics: found } = await store.engine.statistics()
  expect(found).toMatchObject({ series: 60, points: 90_000 })
})
