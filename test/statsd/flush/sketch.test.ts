import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sketchAccuracy } from '../../../store/points.ts'
import { Sketch, sketchOf } from '../../../statsd/flush/sketch.ts'

/** Values that a timer or a distribution has: signs and zeros, too. */
const value = fc.oneof(
  fc.double({ min: 1, max: 1e4, noNaN: true }),
  fc.integer({ min: -1000, max: 1000 }),
)
const values = fc.array(value, { minLength: 1, maxLength: 50 })
const quantile = fc.double({ min: 0, max: 1, noNaN: true })

const built = (given: readonly number[]) => {
  const sketch = new Sketch()
  for (const each of given) sketch.add(each)
  return sketch
}

/** Comparing long arrays is slow otherwise. */
const text = (sketch: Sketch) => {
  const { zero, positive, negative } = sketch.toPoint()
  const parts = [positive, negative].map(
    (part) => part && [part.offset, ...Array.from(part.counts)],
  )
  return JSON.stringify([zero, ...parts])
}

test('a quantile is within 1 % of the exact one', () => {
  fc.assert(
    fc.property(values, quantile, (given, q) => {
      const sorted = Float64Array.from(given).toSorted()
      const rank = Math.floor(q * (given.length - 1))
      const exact = sorted[rank]!
      const found = built(given).at(rank).value
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.abs(exact) * sketchAccuracy * 1.0001)
    }),
  )
})

test('two sketches merge into that of all values', () => {
  fc.assert(
    fc.property(values, values, (one, other) => {
      const merged = built(one)
      merged.merge(built(other).toPoint())
      expect(text(merged)).toBe(text(built([...one, ...other])))
    }),
  )
})

test('sorted values give the same sketch, and each value is in it', () => {
  fc.assert(
    fc.property(values, (given) => {
      const sketch = new Sketch()
      sketch.merge(sketchOf(Float64Array.from(given).toSorted()))
      expect(text(sketch)).toBe(text(built(given)))
      expect([...sketch.values()].reduce((sum, [, amount]) => sum + amount, 0)).toBe(given.length)
    }),
  )
})

test('values that span more than the buckets lose their lowest, not their number', () => {
  const given = [1e-300, 1e-200, 1, 10, 1e300]
  const sketch = built(given)
  const { positive } = sketch.toPoint()
  expect(positive!.counts.length).toBe(2048)
  expect(Array.from(positive!.counts).reduce((sum, count) => sum + count, 0)).toBe(5)
  const back = built(given.toReversed()).toPoint()
  expect(back).toEqual(sketch.toPoint())
  expect(sketchOf(Float64Array.from(given))).toEqual(sketch.toPoint())
})
