import { isKnown, last, type Aggregation } from '../aggregate.ts'
import { madeSeries, type Series } from '../series.ts'

/** Aggregates of buckets of `interval` seconds, the first at `start`, as many as begin before `end`. */
export function summarizedValues(
  series: Series,
  aggregation: Aggregation,
  interval: number,
  start: number,
  end: number,
): Float64Array {
  const { step, values } = series
  const length = Math.min(Math.ceil((series.end - series.start) / step), values.length)
  const result = new Float64Array(Math.max(Math.ceil((end - start) / interval), 0))
  let i = 0
  for (let bucket = 0; bucket < result.length; bucket++) {
    const from = start + bucket * interval
    let first = i
    let known = 0
    for (let time = series.start + i * step; i < length && time < from + interval; time += step) {
      if (time <= from) first = i
      const value = values[i]!
      if (time >= from && value === value) known++
      i++
    }
    const isEnough = isKnown(known, interval / step, series.xFilesFactor)
    result[bucket] = isEnough ? aggregation(values.subarray(first, i)) : NaN
  }
  return result
}

/**
 * The series at the step at which its first three values that are neither null nor zero come, if nulls are around the
 * third; else as it is.
 */
export function withoutGaps(series: Series): Series {
  const { values, step, start } = series
  const isSeen = (value: number | undefined) =>
    value !== undefined && value === value && value !== 0
  const isNull = (value: number | undefined) => value !== undefined && value !== value
  const first = values.findIndex(isSeen)
  const second = values.findIndex((value, i) => i > first && isSeen(value))
  const guess = second - first
  const third = second + guess
  if (first < 0 || second < 0 || guess <= 1 || third > values.length - 2) return series
  if (!isSeen(values[third]) || !isNull(values[third - 1]) || !isNull(values[third + 1]))
    return series
  const interval = guess * step
  const from = start + first * step
  const summarized = summarizedValues(series, last, interval, from, series.end)
  const { name, pathExpression, tags, consolidation, xFilesFactor } = series
  return madeSeries({
    name,
    pathExpression,
    tags,
    consolidation,
    xFilesFactor,
    start: from,
    end: from + interval * (summarized.length - 1),
    step: interval,
    values: summarized,
  })
}
