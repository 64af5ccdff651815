import { type PointSketch, type SketchBuckets, sketchGamma } from '../../store/points.ts'

/** Buckets of one sign at most: 1 % each, they span 17 decimal places. The lowest of more are put together. */
const mostBuckets = 2048
const perLog = 1 / Math.log(sketchGamma)
/** In the middle of a bucket, so that both its ends are within alpha. */
const middle = 2 / (1 + sketchGamma)

/** The bucket of a value above 0. */
export const bucketOf = (value: number) => Math.ceil(Math.log(value) * perLog)
const valueOf = (bucket: number) => sketchGamma ** bucket * middle

/** Counts of consecutive buckets that grow at both ends. */
class Buckets {
  #counts = new Float64Array(8)
  #offset = 0
  #length = 0

  add(bucket: number, amount: number): void {
    if (this.#length === 0) {
      this.#offset = bucket
      this.#length = 1
    } else if (bucket < this.#offset) this.#growDown(bucket)
    else if (bucket >= this.#offset + this.#length) this.#growUp(bucket)
    // What is below the lowest bucket that there may be belongs to that one.
    const at = Math.max(0, bucket - this.#offset)
    this.#counts[at] = this.#counts[at]! + amount
  }

  get buckets(): SketchBuckets | undefined {
    if (this.#length === 0) return undefined
    return { offset: this.#offset, counts: this.#counts.subarray(0, this.#length) }
  }

  #growDown(bucket: number): void {
    const end = this.#offset + this.#length
    const from = Math.max(bucket, end - mostBuckets)
    if (from >= this.#offset) return
    this.#move(from, end - from)
  }

  #growUp(bucket: number): void {
    const from = Math.max(this.#offset, bucket + 1 - mostBuckets)
    this.#move(from, bucket + 1 - from)
  }

  /** Makes `from` the lowest bucket; those below go into it. */
  #move(from: number, length: number): void {
    const old = this.#counts
    const shift = this.#offset - from
    if (shift !== 0 || length > old.length) {
      this.#counts = new Float64Array(Math.max(length, Math.min(mostBuckets, old.length * 2)))
      for (let i = 0; i < this.#length; i++) {
        const at = Math.max(0, i + shift)
        this.#counts[at] = this.#counts[at]! + old[i]!
      }
    }
    this.#offset = from
    this.#length = length
  }
}

/**
 * A DDSketch (arXiv 1908.10693), alpha 1 %: quantiles are within 1 % of the true ones, and two sketches merge
 * exactly, because a bucket depends on the value alone.
 */
export class Sketch {
  #zero = 0
  readonly #positive = new Buckets()
  readonly #negative = new Buckets()

  /** @param amount how many such values there are. */
  add(value: number, amount = 1): void {
    if (value > 0) this.#positive.add(bucketOf(value), amount)
    else if (value < 0) this.#negative.add(bucketOf(-value), amount)
    else this.#zero += amount
  }

  merge({ zero, positive, negative }: PointSketch): void {
    this.#zero += zero
    if (positive) mergeBuckets(this.#positive, positive)
    if (negative) mergeBuckets(this.#negative, negative)
  }

  toPoint(): PointSketch {
    const positive = this.#positive.buckets
    const negative = this.#negative.buckets
    return { zero: this.#zero, ...(positive && { positive }), ...(negative && { negative }) }
  }

  /** Values in ascending order, with how many there are of each. */
  *values(): Generator<readonly [value: number, amount: number]> {
    const { positive, negative } = this.toPoint()
    if (negative) {
      for (let i = negative.counts.length - 1; i >= 0; i--) {
        if (negative.counts[i]! > 0) yield [-valueOf(negative.offset + i), negative.counts[i]!]
      }
    }
    if (this.#zero > 0) yield [0, this.#zero]
    if (!positive) return
    for (let i = 0; i < positive.counts.length; i++) {
      if (positive.counts[i]! > 0) yield [valueOf(positive.offset + i), positive.counts[i]!]
    }
  }

  /** The value at a rank (0 is the least value) and the sum of that many values below it. */
  at(rank: number): { readonly value: number; readonly below: number } {
    let passed = 0
    let below = 0
    let last = NaN
    for (const [value, amount] of this.values()) {
      if (passed + amount > rank) return { value, below: below + value * (rank - passed) }
      passed += amount
      below += value * amount
      last = value
    }
    return { value: last, below }
  }
}

function mergeBuckets(into: Buckets, { offset, counts }: SketchBuckets): void {
  for (let i = 0; i < counts.length; i++) {
    if (counts[i]! > 0) into.add(offset + i, counts[i]!)
  }
}

/** The sketch of values in ascending order, of which there is at least one. */
export function sketchOf(sorted: Float64Array): PointSketch {
  const offset = bucketOf(sorted[0]!)
  const length = bucketOf(sorted[sorted.length - 1]!) + 1 - offset
  if (sorted[0]! > 0 && length <= mostBuckets) {
    const counts: number[] = []
    for (let i = 0; i < sorted.length; i++) {
      const at = bucketOf(sorted[i]!) - offset
      while (counts.length <= at) counts.push(0)
      counts[at]! += 1
    }
    return { zero: 0, positive: { offset, counts } }
  }
  const sketch = new Sketch()
  for (let i = 0; i < sorted.length;) {
    const value = sorted[i]!
    let end = i + 1
    while (end < sorted.length && sorted[end] === value) end += 1
    sketch.add(value, end - i)
    i = end
  }
  return sketch.toPoint()
}
