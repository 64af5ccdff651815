import { expect, test } from 'vitest'
import type { DamagedFile } from '../../../../store/embedded/segments/manifest.ts'
import type { Segment } from '../../../../store/embedded/segments/segment.ts'
import {
  joinedBytesMax,
  leaving,
  leavingDamaged,
} from '../../../../store/embedded/segments/retention.ts'

const retention = { age: 1_000, size: 1e9, streams: [{ match: 'kept-*', age: 5_000 }] }
const damaged = (file: string, foundMs: number, stream?: string): DamagedFile => ({
  file,
  stream,
  rows: 1,
  minMicros: null,
  maxMicros: null,
  reason: 'no Parquet',
  foundMs,
})

test('what was set aside goes when its rows would, counted from when it was found', () => {
  const files = [damaged('a', 1_000), damaged('b', 2_500), damaged('c', 1_000, 'kept-x')]
  expect(leavingDamaged(files, retention, 3_000).map(({ file }) => file)).toEqual(['a'])
  expect(leavingDamaged(files, retention, 9_000).map(({ file }) => file)).toEqual(['b', 'a', 'c'])
})

test('of very many the last found stay', () => {
  const files = Array.from({ length: 150 }, (_, n) => damaged(`${n}`, n))
  const gone = leavingDamaged(files, retention, 200)
  expect(gone).toHaveLength(50)
  expect(gone.every(({ foundMs }) => foundMs < 50)).toBe(true)
})

const segment = (id: number, bytes: number): Segment => {
  const micros = BigInt(id) * 1_000_000n
  const part = { stream: 'logs-a', rows: 1, minMicros: micros, maxMicros: micros, untimed: 0 }
  return { id, bytes, maxMicros: micros, parts: [part] } as unknown as Segment
}
const kept = (size: number, floor = 0) => ({
  retention: { age: 1e12, size, streams: [] },
  min_free_disk: floor,
})
const ids = ({ gone }: ReturnType<typeof leaving>) => gone.map(({ segment: { id } }) => id)

test('metric points count towards the size, and what events cannot give is lacking', () => {
  const segments = [segment(1, 10), segment(2, 10), segment(3, 10)]
  const state = { nowMs: 5_000, freeBytes: 1e9 }
  const some = leaving(segments, kept(45), { ...state, besideBytes: 30 })
  expect([ids(some), some.lacking]).toEqual([[1], 0])
  expect(some.trimmed.map(({ segment: { id } }) => id)).toEqual([2])
  const all = leaving(segments, kept(45), { ...state, besideBytes: 60 })
  expect([ids(all), all.lacking]).toEqual([[1, 2, 3], 15])
})

test('a disk with less free than it should have takes the oldest events, and then asks for more', () => {
  const state = { nowMs: 5_000, besideBytes: 0, freeBytes: 100 }
  const some = leaving([segment(1, 10), segment(2, 10)], kept(1e9, 105), state)
  expect([ids(some), some.lacking]).toEqual([[1], 0])
  const all = leaving([segment(1, 10), segment(2, 10)], kept(1e9, 150), state)
  expect([ids(all), all.lacking]).toEqual([[1, 2], 30])
})

test('what is joined is a small part of what may be kept, in bytes and in time', () => {
  const dayMs = 86_400_000
  const streams = [
    { match: 'little-*', size: 320_000_000 },
    { match: 'short-*', age: dayMs },
    { match: 'long-*', age: 30 * dayMs },
  ]
  const rules = { age: 14 * dayMs, size: 10e9, streams }
  const names = ['little-1', 'short-1', 'long-1', 'other']
  const most = names.map((name) => joinedBytesMax(rules, name))
  expect(most).toEqual([10_000_000, 0, 64_000_000, 64_000_000])
  expect(joinedBytesMax({ ...rules, size: 640_000_000 }, 'other')).toBe(20_000_000)
})

test('by size the oldest go, and no more than a 32nd too much, however large a segment is', () => {
  const [budget, slack] = [3_200, 100]
  const state = { nowMs: 5_000, freeBytes: 1e9, besideBytes: 0 }
  for (let seed = 1; seed < 500; seed++) {
    const many = 1 + (seed % 9)
    const segments = Array.from({ length: many }, (_, id) =>
      segment(id, 1 + ((seed * (id + 7) * 7_919) % (seed % 3 === 0 ? 9_000 : 900))),
    )
    const before = segments.reduce((sum, { bytes }) => sum + bytes, 0)
    const { gone, trimmed } = leaving(segments, kept(budget), state)
    const wholly = gone.reduce((sum, each) => sum + each.segment.bytes, 0)
    const partly = trimmed.reduce((sum, each) => sum + each.segment.bytes * each.share, 0)
    const left = before - wholly - partly
    if (before <= budget) expect(left).toBe(before)
    else {
      expect(left).toBeLessThanOrEqual(budget + 1e-6)
      expect(left).toBeGreaterThanOrEqual(budget - slack - 1e-6)
    }
    expect(gone.map((each) => each.segment.id)).toEqual(
      segments.slice(0, gone.length).map((s) => s.id),
    )
    for (const each of trimmed) expect(each.segment.id).toBe(gone.length)
    for (const { share } of trimmed) expect(share).toBeLessThan(1)
  }
})

test('what is too much for its own rule and for all together is trimmed once, for both', () => {
  const state = { nowMs: 5_000, freeBytes: 1e9, besideBytes: 0 }
  const retention = { age: 1e12, size: 5_000, streams: [{ match: 'logs-*', size: 6_400 }] }
  const large = leaving([segment(1, 10_000)], { retention, min_free_disk: 0 }, state)
  expect(large.gone).toEqual([])
  expect(large.trimmed.map(({ share }) => share)).toEqual([(5_000 + 5_000 / 32) / 10_000])
})
