import type { ConsolidationName } from './consolidation_names.ts'
import type { Series } from './series.ts'

/**
 * Each `points` values become one, counted from the first; the last may be of fewer. It is null when fewer than
 * `xFilesFactor` of `points` are known.
 */
export function consolidated(series: Series, points: number): Float64Array {
  const { values, consolidation, xFilesFactor } = series
  if (points <= 1) return values
  const result = new Float64Array(Math.ceil(values.length / points))
  for (let i = 0; i < result.length; i++) {
    result[i] = ofBucket(values, i * points, points, consolidation, xFilesFactor)
  }
  return result
}

function ofBucket(
  values: Float64Array,
  from: number,
  points: number,
  consolidation: ConsolidationName,
  xFilesFactor: number,
): number {
  const to = Math.min(from + points, values.length)
  let known = 0
  let sum = 0
  let min = Infinity
  let max = -Infinity
  let first = NaN
  let last = NaN
  for (let i = from; i < to; i++) {
    const value = values[i]!
    if (value !== value) continue
    if (known++ === 0) first = value
    sum += value
    if (value < min) min = value
    if (value > max) max = value
    last = value
  }
  if (known === 0 || known / points < xFilesFactor) return NaN
  if (consolidation === 'sum') return sum
  if (consolidation === 'min') return min
  if (consolidation === 'max') return max
  if (consolidation === 'first') return first
  if (consolidation === 'last') return last
  return sum / (consolidation === 'avg_zero' ? to - from : known)
}

/** A series for showing: its `step` is that of the consolidated values. */
export type Shown = Pick<Series, 'name' | 'tags' | 'start' | 'end' | 'step' | 'values'>

/**
 * At most about `maxPoints` values of each series, as graphite-web's JSON has them. Buckets are aligned to multiples of
 * their length, so that a chart does not jitter as time goes on: values before the first whole bucket are left out.
 * The range is that of all series together.
 */
export function fitted(series: readonly Series[], maxPoints: number | undefined): readonly Shown[] {
  if (maxPoints === undefined || maxPoints < 1) return series
  const start = series.reduce((least, one) => Math.min(least, one.start), Infinity)
  const end = series.reduce((most, one) => Math.max(most, one.end), -Infinity)
  return series.map((one) => fittedOne(one, end - start, maxPoints))
}

function fittedOne(series: Series, rangeS: number, maxPoints: number): Shown {
  const { step, start, values } = series
  if (maxPoints === 1) {
    const points = Math.max(values.length, 1)
    return { ...series, step: step * points, values: consolidated(series, points) }
  }
  const points = rangeS / step
  if (maxPoints >= points) return series
  const perPoint = Math.ceil(points / maxPoints)
  const bucketS = perPoint * step
  const nudge = bucketS + (start % step) - (start % bucketS)
  const left = values.subarray(Math.max(Math.trunc(nudge / step) - 1, 0))
  return {
    ...series,
    start: start + nudge,
    step: bucketS,
    values: consolidated({ ...series, values: left }, perPoint),
  }
}
