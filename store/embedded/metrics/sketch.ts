import { sketchGamma } from '../../points.ts'
import { bucketBase } from './point_columns.ts'

/** A merged sketch of one series and step: buckets ascending (`bucketBase`), counts beside them. */
export interface MergedSketch {
  readonly buckets: readonly number[]
  readonly counts: readonly number[]
  /** Sum of `counts`. */
  readonly total: number
}

/** What a sketch says of the values at one end. */
export interface Part {
  readonly count: number
  readonly sum: number
  readonly sumSquares: number
  /** The innermost of them. */
  readonly edge: number
}

/** The value of a bucket: in its middle, so that it is within 1 % of whatever fell into it. */
export function bucketValue(bucket: number): number {
  if (bucket === 0) return 0
  const value = (2 * sketchGamma ** (Math.abs(bucket) - bucketBase)) / (sketchGamma + 1)
  return bucket > 0 ? value : -value
}

/** The value at a quantile, 0 to 1; NaN when there is none. */
export function quantileOf({ buckets, counts, total }: MergedSketch, quantile: number): number {
  const rank = quantile * (total - 1)
  let passed = 0
  for (const [place, bucket] of buckets.entries()) {
    passed += counts[place]!
    if (passed > rank) return bucketValue(bucket)
  }
  return buckets.length === 0 ? NaN : bucketValue(buckets.at(-1)!)
}

/** The `count` lowest values, or highest, as Etsy's percentiles take them. */
export function partOf(sketch: MergedSketch, count: number, isTop: boolean): Part {
  const { buckets, counts } = sketch
  let [left, sum, sumSquares, edge] = [count, 0, 0, NaN]
  for (let step = 0; step < buckets.length && left > 0; step++) {
    const place = isTop ? buckets.length - 1 - step : step
    const taken = Math.min(left, counts[place]!)
    edge = bucketValue(buckets[place]!)
    sum += edge * taken
    sumSquares += edge * edge * taken
    left -= taken
  }
  return { count, sum, sumSquares, edge }
}
