import { expect, test } from 'vitest'
import { EtsyLines } from '../../../statsd/line/etsy.ts'
import { Traffic } from '../../../statsd/line/traffic.ts'
import type { TableLimits } from '../../../statsd/tables/limits.ts'
import { transferList } from '../../../statsd/tables/swapped.ts'
import { Tables } from '../../../statsd/tables/tables.ts'
import { KnownNames, ofEachKind, takeAll, tableLimits } from './aggregated.ts'

const tablesOf = (own: Partial<TableLimits> = {}) => {
  const tables = new Tables(tableLimits(own), 3)
  const traffic = new Traffic()
  const reader = new EtsyLines(tables, traffic)
  const names = new KnownNames()
  const send = (...lines: string[]) => {
    const packet = Buffer.from(lines.join('\n'))
    reader.packet(packet, 0, packet.length)
  }
  return { tables, traffic, send, take: () => takeAll(tables, names) }
}

test('values beyond the limit of a timer go into a sketch, with their sums', () => {
  const { send, take } = tablesOf({ maxTimerValues: 2 })
  send('t:1|ms', 't:2|ms|@0.5', 't:100|ms', 't:0|ms', 'other:5|ms')
  const { swapped, timers } = take()
  expect(timers.get('t')).toEqual({ values: [1, 2], upSampled: 5 })
  expect(timers.get('other')!.values).toEqual([5])
  const [beyond] = swapped.timer.beyond
  expect(beyond).toMatchObject({ row: 0, count: 2, weight: 2, sum: 100, sumSquares: 10_000 })
  expect(beyond).toMatchObject({ min: 0, max: 100, sketch: { zero: 1 } })
  expect([...beyond!.sketch.positive.counts]).toEqual([1])
})

test('values of all timers together have a limit, too', () => {
  const { send, take } = tablesOf({ maxValues: 3 })
  send('a:1|ms', 'b:1|ms', 'a:2|ms', 'b:2|ms', 'c:9|ms')
  const { swapped, timers } = take()
  expect(timers.get('a')!.values).toEqual([1, 2])
  expect(swapped.timer.beyond.map(({ row }) => row)).toEqual([1, 2])
  send('a:7|ms')
  expect(take().timers.get('a')!.values).toEqual([7])
})

test('a log of many values is in parts, and in order', () => {
  const { send, take } = tablesOf()
  for (let i = 0; i < 150_000; i += 100) {
    send(...Array.from({ length: 100 }, (_, at) => `t${at % 3}:${i + at}|ms`))
  }
  const { swapped, timers } = take()
  expect(swapped.timer.log.map(({ length }) => length)).toEqual([65_536, 65_536, 18_928])
  const values = [...timers.values()].flatMap((timer) => timer.values)
  expect(values).toHaveLength(150_000)
  for (const timer of timers.values()) {
    expect(timer.values.every((value, at) => at === 0 || value > timer.values[at - 1]!)).toBe(true)
  }
})

test('members of sets are counted once; too many are dropped, counted', () => {
  const { send, take, traffic } = tablesOf({ maxSetMembers: 3 })
  send('a:x|s', 'a:x|s', 'b:x|s', 'a:y|s', 'a:z|s', 'a:x|s')
  const { sets, swapped } = take()
  expect(sets).toEqual(
    new Map([
      ['a', new Set(['x', 'y'])],
      ['b', new Set(['x'])],
    ]),
  )
  expect([...swapped.set.sizes.subarray(0, 2)]).toEqual([2, 1])
  expect(traffic.take().refused).toEqual(new Map([['statsd_limit', 1]]))
  send('a:z|s')
  expect(take().sets).toEqual(new Map([['a', new Set(['z'])]]))
})

test('gauges keep their value from flush to flush, and what it was in between', () => {
  const { send, take } = tablesOf()
  send('g:10|g', 'g:-4|g', 'g:+1|g')
  const first = take()
  expect(first.gauges.get('g')).toBe(7)
  const { mins, maxs, sums, counts } = first.swapped.gauge
  expect([mins[0], maxs[0], sums[0], counts[0]]).toEqual([6, 10, 23, 3])
  expect(take().gauges.size).toBe(0)
  send('g:+3|g')
  expect(take().gauges.get('g')).toBe(10)
})

test('a gauge that was idle for its time to live is set by a sign', () => {
  const { send, take } = tablesOf({ gaugeTtlFlushes: 2 })
  send('g:10|g')
  take()
  send('g:+1|g')
  expect(take().gauges.get('g')).toBe(11)
  take()
  send('g:+1|g')
  expect(take().gauges.get('g')).toBe(1)
})

test('a gauge that is forgotten and comes again begins anew', () => {
  const { tables, send, take } = tablesOf({ idleFlushes: ofEachKind(1) })
  send('g:10|g')
  take()
  take()
  expect(tables.gauge.series.size).toBe(0)
  send('h:1|g', 'g:+2|g')
  expect(take().gauges).toEqual(
    new Map([
      ['h', 1],
      ['g', 2],
    ]),
  )
})

test('a swap is handed over whole: nothing of it stays with the tables', () => {
  const { tables, send } = tablesOf()
  send('a:1|c', 'b:1|ms', 'c:1|g', 'd:1|s')
  const { counter, gauge, timer, set, histogram, distribution, value, events } = tables.swap()
  const swapped = { counter, gauge, timer, set, histogram, distribution, value, events }
  const buffers = transferList(swapped as never)
  structuredClone(0, { transfer: buffers })
  send('a:1|c', 'b:2|ms', 'c:1|g', 'd:1|s', 'e:1|c')
  const next = tables.swap()
  expect([next.counter.rows, next.timer.rows, next.gauge.rows, next.set.rows]).toEqual([2, 1, 1, 1])
})
