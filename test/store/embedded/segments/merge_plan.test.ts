/** Which segments are merged: however many come, few stay, and each row is written a few times. */
import { expect, test } from 'vitest'
import {
  compactPlan,
  type MergeOptions,
  mergePlan,
} from '../../../../store/embedded/segments/merge_plan.ts'
import type { Segment } from '../../../../store/embedded/segments/segment.ts'

const joinedBytesMax = 48_000_000
const options: MergeOptions = {
  sourceBytesMax: 64_000_000,
  fanIn: 8,
  mergedBytesMax: () => Infinity,
  joinedBytesMax: () => joinedBytesMax,
  mayJoin: () => true,
}
const packing = 8

function segmentOf(id: number, sourceBytes: number, about: Partial<Segment> = {}): Segment {
  return {
    id,
    file: `${id}`,
    stream: 'logs',
    day: '2026-11-21',
    bytes: sourceBytes / packing,
    words: true,
    merged: false,
    parts: [],
    rows: 1,
    sourceBytes,
    minMicros: BigInt(id),
    maxMicros: BigInt(id),
    untimed: 0,
    counted: true,
    ...about,
  }
}

/** Segments as they are merged. */
class Merging {
  readonly segments = new Map<number, Segment>()
  #id = 0
  /** Bytes of documents that came, were written anew, and copied. */
  came = 0
  anew = 0
  copied = 0

  add(sourceBytes: number, about: Partial<Segment> = {}): void {
    const segment = segmentOf(++this.#id, sourceBytes, about)
    this.segments.set(segment.id, segment)
    this.came += sourceBytes
  }

  settle(plan = mergePlan, by = options): void {
    const planned = () => plan(this.segments.values(), by)
    for (let next = planned(); next; next = planned()) {
      const sourceBytes = next.segments.reduce((sum, segment) => sum + segment.sourceBytes, 0)
      for (const { id } of next.segments) this.segments.delete(id)
      const { minMicros, day, counted, words } = next.segments[0]!
      const about = { minMicros, day, counted, words, merged: true }
      this.segments.set(++this.#id, segmentOf(this.#id, sourceBytes, about))
      if (next.isJoin) this.copied += sourceBytes
      else this.anew += sourceBytes
    }
  }
}

test('of a stream that comes without end few segments stay', () => {
  const merging = new Merging()
  // Half a second of 20,000 events a second each, for twenty minutes.
  for (let n = 0; n < 2_400; n++) {
    merging.add(5_000_000)
    merging.settle()
    const all = [...merging.segments.values()]
    const small = all.filter(({ bytes }) => bytes * 2 <= joinedBytesMax)
    expect(small.length).toBeLessThanOrEqual(7 + 3 + 3)
  }
  const { segments, came, anew, copied } = merging
  const bytes = [...segments.values()].map((segment) => segment.bytes)
  expect(Math.max(...bytes)).toBeLessThanOrEqual(joinedBytesMax)
  expect(segments.size).toBeLessThan(came / packing / 24_000_000 + 14)
  expect(anew / came).toBeLessThan(1.1)
  expect(copied / came).toBeLessThan(2.1)
})

test('segments as they come in bulk are left alone, and those that may not be joined', () => {
  const bulk = Array.from({ length: 20 }, (_, id) => segmentOf(id, 260_000_000))
  expect(mergePlan(bulk, options)).toBeUndefined()
  expect(compactPlan(bulk, options)).toBeUndefined()
  const apart = Array.from({ length: 20 }, (_, id) => segmentOf(id, 40_000_000))
  expect(mergePlan(apart, { ...options, mayJoin: () => false })).toBeUndefined()
  expect(mergePlan(apart, options)?.isJoin).toBe(true)
})

test('those are joined whose times follow each other, of one day, and that have the same beside their rows', () => {
  const about = (id: number): Partial<Segment> => ({
    day: id % 2 === 0 ? '2026-11-21' : '2026-11-22',
    counted: id % 3 > 0,
    words: id % 5 > 0,
    minMicros: BigInt(-id),
  })
  const segments = Array.from({ length: 200 }, (_, id) => segmentOf(id, 50_000_000, about(id)))
  const plan = mergePlan(segments, options)!
  expect(plan.segments.length).toBe(4)
  for (const key of ['day', 'counted', 'words'] as const)
    expect(new Set(plan.segments.map((segment) => segment[key])).size).toBe(1)
  const times = plan.segments.map(({ minMicros }) => Number(minMicros))
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  const merging = new Merging()
  for (let id = 0; id < 200; id++) merging.add(50_000_000, about(id))
  merging.settle(compactPlan)
  expect(merging.segments.size).toBeLessThan(200 / 3)
})

test.each([
  ['of one stream and day', {}],
  ['of several streams', { stream: undefined, day: undefined, merged: true }],
])('where little may be kept, what is merged is a small part of it: segments %s', (_, about) => {
  const few = { ...options, mergedBytesMax: () => 150_000, joinedBytesMax: () => 150_000 }
  const merging = new Merging()
  for (let n = 0; n < 300; n++) {
    merging.add(n % 7 === 0 ? 3_000_000 : 40_000 + n * 100, about)
    merging.settle(n % 2 === 0 ? mergePlan : compactPlan, few)
  }
  merging.settle(compactPlan, few)
  const own = [...merging.segments.values()].map(({ bytes }) => bytes)
  const merged = own.filter((bytes) => bytes !== 3_000_000 / packing)
  expect(Math.max(...merged)).toBeLessThanOrEqual(150_000)
  expect(merged.filter((bytes) => bytes * 2 <= 150_000).length).toBeLessThanOrEqual(3)
  expect(own.length - merged.length).toBe(43)
})
