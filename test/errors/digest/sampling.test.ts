import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evicted, reasonsToKeep, why } from '../../../errors/digest/sampling.ts'

const ordinary = {
  isFirst: false,
  isNewRelease: false,
  isNewEnvironment: false,
  hasNewTag: false,
  hasAttachments: false,
  newestInMinute: 3,
  keptInHour: 0,
}
const bounds = { perMinute: 3, perHour: undefined }

test('an event is kept that is the first, or new in some way, or while the minute has room', () => {
  expect(reasonsToKeep(ordinary, bounds)).toBe(0)
  expect(reasonsToKeep({ ...ordinary, isFirst: true }, bounds)).toBe(why.first)
  expect(reasonsToKeep({ ...ordinary, newestInMinute: 2 }, bounds)).toBe(why.newest)
  const both = { ...ordinary, isNewRelease: true, hasNewTag: true }
  expect(reasonsToKeep(both, bounds)).toBe(why.release | why.tag)
})

test('beyond the quota of an hour only the first is kept', () => {
  const quota = { perMinute: 3, perHour: 5 }
  const new_ = { ...ordinary, isNewRelease: true, hasAttachments: true, keptInHour: 5 }
  expect(reasonsToKeep(new_, quota)).toBe(0)
  expect(reasonsToKeep({ ...new_, isFirst: true }, quota)).toBe(why.first)
})

const kept = fc
  .array(fc.record({ why: fc.integer({ min: 1, max: 63 }), timestampMs: fc.nat(1e9) }), {
    maxLength: 60,
  })
  .map((events) => events.map((event, place) => ({ ...event, id: place + 1 })))

test('eviction leaves as many as asked, the newest always, and never nothing', () => {
  fc.assert(
    fc.property(kept, fc.nat(70), (events, keep) => {
      const gone = evicted(events, keep)
      const left = events.length - gone.length
      expect(left).toBe(Math.min(events.length, Math.max(1, keep)))
      expect(new Set(gone).size).toBe(gone.length)
      if (events.length > 0) expect(gone).not.toContain(events.length)
    }),
  )
})

test('what tells more stays: the first, releases, tags, before what was only new', () => {
  const events = [why.first, why.newest, why.release, why.newest, why.tag, why.newest].map(
    (bits, place) => ({ id: place + 1, why: bits, timestampMs: place * 60_000 }),
  )
  expect(evicted(events, 4).toSorted((a, b) => a - b)).toEqual([2, 4])
  expect(evicted(events, 2).toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5])
})

test('of equals those go that leave the smallest gap', () => {
  const at = [0, 100, 110, 120, 5000, 9000]
  const events = at.map((seconds, place) => ({
    id: place + 1,
    why: 2,
    timestampMs: seconds * 1000,
  }))
  expect(evicted(events, 5)).toEqual([3])
})
