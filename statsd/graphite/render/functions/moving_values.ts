import { aggregationOf, isKnown, type Aggregation } from '../aggregate.ts'

/**
 * The aggregate of the `points` values that end at each value from the one at `points` on, nulls left out; null where
 * fewer than `xFilesFactor` of `points` are known.
 */
export function movingValues(
  values: Float64Array,
  points: number,
  func: string,
  xFilesFactor: number,
): Float64Array {
  const length = Math.max(values.length - points, 0)
  const result = new Float64Array(length)
  // Shorter than a step: nothing is ever in it.
  if (points === 0) return result.fill(NaN)
  const moving = movingOf(func, values, points)
  let known = 0
  for (let i = 1; i < values.length; i++) {
    const added = values[i]!
    if (added === added) known++
    if (i > points) {
      const gone = values[i - points]!
      if (gone === gone) known--
    }
    moving.move(i)
    if (i < points) continue
    result[i - points] = isKnown(known, points, xFilesFactor) ? moving.value(known) : NaN
  }
  return result
}

/** A window that moves by one value at a time; its first value is the one at 1. */
interface Moving {
  /** The value at `i` comes in, the one at `i - points` goes. */
  move(i: number): void
  value(known: number): number
}

function movingOf(func: string, values: Float64Array, points: number): Moving {
  if (func === 'sum' || func === 'total') return movingSum(values, points, (sum) => sum)
  if (func === 'average' || func === 'avg') {
    return movingSum(values, points, (sum, known) => sum / known)
  }
  if (func === 'min') return movingExtreme(values, points, (a, b) => a <= b)
  if (func === 'max') return movingExtreme(values, points, (a, b) => a >= b)
  if (func === 'median') return movingMedian(values, points)
  return recomputed(values, points, aggregationOf(func)!)
}

/**
 * Sums with the rounding error carried along (Neumaier), so that it is that of the values in the window, not of all that
 * ever were.
 */
function movingSum(
  values: Float64Array,
  points: number,
  make: (sum: number, known: number) => number,
): Moving {
  let sum = 0
  let error = 0
  const add = (value: number) => {
    const total = sum + value
    error += Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum
    sum = total
  }
  const restart = (from: number, to: number) => {
    sum = 0
    error = 0
    for (let i = Math.max(from, 1); i <= to; i++) if (values[i] === values[i]) add(values[i]!)
  }
  return {
    move: (i) => {
      // Now and then from the start, and when something infinite may have left.
      if (i % points === 0 || !Number.isFinite(sum)) return restart(i - points + 1, i)
      if (values[i] === values[i]) add(values[i]!)
      const gone = i > points ? values[i - points]! : NaN
      if (gone === gone) add(-gone)
    },
    value: (known) => make(Number.isFinite(error) ? sum + error : sum, known),
  }
}

/** A queue of the values that can still be the least or the greatest, the present one first. */
function movingExtreme(
  values: Float64Array,
  points: number,
  isBetter: (a: number, b: number) => boolean,
): Moving {
  const queue = new Uint32Array(values.length)
  let head = 0
  let tail = 0
  return {
    move: (i) => {
      const value = values[i]!
      if (value === value) {
        while (tail > head && isBetter(value, values[queue[tail - 1]!]!)) tail--
        queue[tail++] = i
      }
      if (head < tail && queue[head]! + points <= i) head++
    },
    value: () => values[queue[head]!]!,
  }
}

/** The window kept in order. */
function movingMedian(values: Float64Array, points: number): Moving {
  const sorted = new Float64Array(Math.min(points, values.length) + 1)
  let length = 0
  const placeOf = (value: number) => {
    let low = 0
    let high = length
    while (low < high) {
      const middle = (low + high) >> 1
      if (sorted[middle]! < value) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    move: (i) => {
      const gone = i > points ? values[i - points]! : NaN
      if (gone === gone) {
        const place = placeOf(gone)
        sorted.copyWithin(place, place + 1, length--)
      }
      const value = values[i]!
      if (value !== value) return
      const place = placeOf(value)
      sorted.copyWithin(place + 1, place, length++)
      sorted[place] = value
    },
    value: (known) =>
      known % 2 === 1 ? sorted[known >> 1]! : (sorted[(known >> 1) - 1]! + sorted[known >> 1]!) / 2,
  }
}

function recomputed(values: Float64Array, points: number, aggregation: Aggregation): Moving {
  let end = 0
  return {
    move: (i) => {
      end = i + 1
    },
    value: () =>
      aggregation(
        values.subarray(Math.max(end - points, 1), end).filter((value) => value === value),
      ),
  }
}
