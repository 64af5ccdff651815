import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WordSet } from '../../../../store/embedded/segments/word_set.ts'

const hash = fc.oneof(
  fc.integer({ min: 1, max: 3_000 }),
  fc.integer({ min: -3_000, max: -1 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).filter((each) => each !== 0),
)

test('each word is there once, in order, whenever somebody looks', () => {
  fc.assert(
    fc.property(fc.array(fc.array(hash, { maxLength: 2_000 }), { maxLength: 4 }), (parts) => {
      const set = new WordSet(1_000_000)
      const all = new Set<number>()
      for (const part of parts) {
        for (const each of part) {
          set.add(each)
          all.add(each >>> 0)
        }
        expect(set.size).toBe(all.size)
        expect([...set.sorted()]).toEqual([...all].toSorted((a, b) => a - b))
      }
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 50) },
  )
})

test('a set of too many words is full, and says so', () => {
  const set = new WordSet(1_000)
  for (let n = 1; n <= 1_000; n++) set.add(n * 2_654_435)
  expect(set.full).toBe(false)
  for (let n = 1; n <= 10_000; n++) set.add(n * 7_919)
  expect(set.full).toBe(true)
})
