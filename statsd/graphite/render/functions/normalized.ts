import { aggregated, aggregationOf } from '../aggregate.ts'
import { consolidated } from '../consolidate.ts'
import { madeSeries, type Series, type SeriesList } from '../series.ts'
import type { Call } from './call.ts'

/** Series at one step, so that values of the same place belong together. */
export interface Normalized {
  readonly series: SeriesList
  /** Of each series, consolidated to the step. */
  readonly columns: readonly Float64Array[]
  readonly start: number
  readonly end: number
  readonly step: number
}

/**
 * Brings series to the least common multiple of their steps; undefined when there are none. Values are matched by
 * their place, as graphite-web does, not by their time: series of one request begin together.
 */
export function normalized(lists: readonly SeriesList[]): Normalized | undefined {
  const series = lists.flat()
  if (series.length === 0) return undefined
  const step = series.map((one) => one.step).reduce(leastCommonMultiple)
  const start = series.reduce((least, one) => Math.min(least, one.start), Infinity)
  const end = series.reduce((most, one) => Math.max(most, one.end), -Infinity)
  return {
    series,
    columns: series.map((one) => consolidated(one, step / one.step)),
    start,
    end: end - ((end - start) % step),
    step,
  }
}

function leastCommonMultiple(a: number, b: number): number {
  return a === b ? a : (a / greatestCommonDivisor(a, b)) * b
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** What combined series are named after: each path expression once. */
export function pathsOf(list: SeriesList): string {
  return [...new Set(list.map(({ pathExpression }) => pathExpression))].join(',')
}

/** One series of many, or none of none. `func` is named as the aggregation, with `Series` after it or not. */
export function aggregateSeries(
  lists: readonly SeriesList[],
  func: string,
  call: Call,
  xFilesFactor = call.xFilesFactor,
): Series | undefined {
  const bare = func.replace(/Series$/, '')
  const aggregation = aggregationOf(bare) ?? call.fail(`there is no aggregation ${func}`)
  const normal = normalized(lists)
  if (normal === undefined) return undefined
  const { series, columns, start, end, step } = normal
  const name = `${bare}Series(${pathsOf(series)})`
  const tags = tagsInCommon(series)
  if (!tags.has('name')) tags.set('name', name)
  tags.set('aggregatedBy', bare)
  const values = aggregated(columns, aggregation, xFilesFactor)
  return madeSeries({ name, start, end, step, values, tags, xFilesFactor })
}

function tagsInCommon([first, ...others]: SeriesList): Map<string, string> {
  const tags = new Map(first!.tags)
  for (const [tag, value] of tags) {
    if (others.some((series) => series.tags.get(tag) !== value)) tags.delete(tag)
  }
  return tags
}

/** One as it is, of more than one their sum; the name is that of the sum. */
export function totalOf(list: SeriesList, call: Call): Series {
  if (list.length === 1) return list[0]!
  const { columns, start, end, step, series } = normalized([list])!
  const values = aggregated(columns, aggregationOf('sum')!, 0)
  const name = `sumSeries(${pathsOf(series)})`
  return madeSeries({ name, start, end, step, values, xFilesFactor: call.xFilesFactor })
}

/** Values of two series at each place; the longer one decides how many. */
export function pairwise(
  name: string,
  pair: readonly [Series, Series],
  call: Call,
  make: (first: number, second: number) => number,
): Series {
  const { columns, start, end, step } = normalized([pair])!
  const [first, second] = columns as [Float64Array, Float64Array]
  const values = new Float64Array(Math.max(first.length, second.length))
  for (let i = 0; i < values.length; i++) values[i] = make(first[i] ?? NaN, second[i] ?? NaN)
  return madeSeries({ name, start, end, step, values, xFilesFactor: call.xFilesFactor })
}

/** Null where the divisor is zero or null. */
export function quotient(dividend: number, divisor: number): number {
  return divisor === 0 ? NaN : dividend / divisor
}
