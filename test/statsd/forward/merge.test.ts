import { describe, expect, test } from 'vitest'
import { Flush } from '../../../statsd/flush/flush.ts'
import { FlushMerge } from '../../../statsd/forward/merge.ts'
import type { SwappedTables } from '../../../statsd/tables/swapped.ts'
import type { MetricPoint } from '../../../store/points.ts'
import { Aggregator, begin, settings } from './aggregator.ts'
import { Edge, limits } from './edges.ts'

describe('gauges', () => {
  const gauge = (points: ReadonlyMap<string, MetricPoint>, name: string) =>
    points.get(`gauge ${name}`)

  test('the last by time counts, whichever came last', () => {
    const aggregator = new Aggregator()
    const [early, late] = [new Edge(1), new Edge(2)]
    early.send('g:1|g')
    late.send('g:5|g\ng:3|g')
    const pieces = [...late.flush(begin + 500), ...early.flush(begin)]
    const { points } = aggregator.flush(begin + 1000, pieces)
    expect(gauge(points, 'g')).toMatchObject({ last: 3, min: 1, max: 5, count: 3, sum: 9 })
  })

  test('a flush that comes late does not take a newer value back', () => {
    const aggregator = new Aggregator()
    const [early, late] = [new Edge(1), new Edge(2)]
    early.send('g:1|g')
    late.send('g:2|g')
    const delayed = early.flush(begin)
    aggregator.flush(begin + 1000, late.flush(begin + 500))
    const { points } = aggregator.flush(begin + 2000, delayed)
    expect(gauge(points, 'g')).toMatchObject({ last: 2, min: 1, max: 1, count: 1 })
  })

  test('what is set here in the interval counts as of the flush', () => {
    const aggregator = new Aggregator()
    const edge = new Edge(1)
    edge.send('g:1|g')
    aggregator.edge.send('g:7|g')
    const { points } = aggregator.flush(begin + 1000, edge.flush(begin + 500))
    expect(gauge(points, 'g')).toMatchObject({ last: 7, count: 2 })
  })

  test('an edge does not repeat what was not set', () => {
    const edge = new Edge(1)
    edge.send('g:1|g')
    expect(edge.flush(begin).flatMap(({ lines }) => lines)).toHaveLength(1)
    expect(edge.flush(begin + 1000)).toEqual([])
  })
})

test('idle series that were only handed over send what idle series send', () => {
  const aggregator = new Aggregator()
  const edge = new Edge(1)
  edge.send('c:2|c\ng:3|g')
  aggregator.flush(begin, edge.flush(begin))
  const { points } = aggregator.flush(begin + 1000, [])
  expect(points.get('counter c')).toMatchObject({ sum: 0 })
  expect(points.get('gauge g')).toMatchObject({ last: 3 })
})

test('series that are idle for longer than they may be are forgotten', () => {
  const idleFlushes = { ...limits.idleFlushes, counter: 2 }
  const aggregator = new Aggregator({ idleFlushes })
  const edge = new Edge(1)
  edge.send('c:2|c')
  const sums = [edge.flush(begin), [], [], []].map((pieces, turn) => {
    const { points } = aggregator.flush(begin + turn * 1000, pieces)
    return points.get('counter c')?.sum
  })
  expect(sums).toEqual([2, 0, undefined, undefined])
})

test('a series keeps its id through coming here, being handed over, and both', () => {
  const aggregator = new Aggregator()
  const edge = new Edge(1)
  const sums: (number | undefined)[] = []
  for (const [turn, [here, there]] of [
    [1, 0],
    [0, 10],
    [1, 10],
    [0, 0],
    [1, 0],
  ].entries()) {
    if (here) aggregator.edge.send(`a:${here}|c\nother${turn}:1|c`)
    if (there) edge.send(`a:${there}|c\nedge${turn}:1|c`)
    const atMs = begin + turn * 1000
    sums.push(aggregator.flush(atMs, edge.flush(atMs)).points.get('counter a')?.sum)
  }
  expect(sums).toEqual([1, 10, 11, 0, 1])
})

test('ids that were known before the first merge keep their names', () => {
  const edge = new Edge(1)
  const here = new Edge(9)
  const flush = new Flush(settings)
  const seen: string[] = []
  const run = (tables: SwappedTables) =>
    flush.run(
      tables,
      { instance: 'x', flush: 1 },
      ({ series, sum }) => seen.push(`${series} ${sum}`),
      () => 0,
    )
  here.send('a:1|c\nb:1|c')
  run(here.swap(begin))
  const known = [
    [0, 'a'],
    [1, 'b'],
  ] as const
  const merge = new FlushMerge((kind) => (kind === 'counter' ? known : []), limits)
  edge.send('b:5|c\nc:7|c')
  here.send('a:1|c\nd:1|c')
  seen.length = 0
  run(merge.merge(here.swap(begin + 1000), edge.flush(begin + 1000)).tables)
  expect(seen).toEqual(expect.arrayContaining(['a 1', 'b 5', 'c 7', 'd 1']))
})

test('beyond the limits new series and members are left out, and told', () => {
  const aggregator = new Aggregator({
    maxSeriesOf: { ...limits.maxSeriesOf, counter: 1 },
    maxSetMembers: 2,
  })
  const edge = new Edge(1)
  aggregator.edge.send('old:1|c')
  aggregator.flush(begin, [])
  edge.send('old:1|c\nnew:1|c\ns:1|s\ns:2|s\ns:3|s')
  const { points, losses } = aggregator.flush(begin + 1000, edge.flush(begin + 1000))
  expect(points.get('counter old')).toMatchObject({ sum: 1 })
  expect(points.has('counter new')).toBe(false)
  expect(points.get('set s')).toMatchObject({ count: 2 })
  expect(losses).toEqual({ series: 1, members: 1 })
})

test('traffic adds up', () => {
  const aggregator = new Aggregator()
  const edge = new Edge(1)
  edge.send('a:1|c\nbad')
  aggregator.edge.send('a:1|c')
  const { points } = aggregator.flush(begin, edge.flush(begin))
  expect(points.get('counter statsd.packets_received')).toMatchObject({ sum: 2 })
  expect(points.get('counter statsd.metrics_received')).toMatchObject({ sum: 3 })
  expect(points.get('counter statsd.bad_lines_seen')).toMatchObject({ sum: 1 })
})
