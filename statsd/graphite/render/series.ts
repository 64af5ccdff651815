import type { ConsolidationName } from './consolidation_names.ts'
import { tagsOfName } from './tagged_name.ts'

/** How a chart draws a series. */
export interface SeriesOptions {
  readonly stacked?: true
  readonly invisible?: true
  readonly drawAsInfinite?: true
  readonly secondYAxis?: true
  readonly alpha?: number
  readonly lineWidth?: number
  /** Length of the dashes. */
  readonly dashed?: number
}

/**
 * A series of values at a fixed step. It and its values are never changed once made: functions make new ones, which
 * may share values.
 */
export interface Series {
  readonly name: string
  /** What it was found by, or the call that made it: what combining functions name their results after. */
  readonly pathExpression: string
  readonly tags: ReadonlyMap<string, string>
  /** Seconds since the epoch of the first value. */
  readonly start: number
  /** Seconds since the epoch: the end of the last step, exclusive. */
  readonly end: number
  /** Seconds. */
  readonly step: number
  /** NaN is null. */
  readonly values: Float64Array
  /** How several values become one. */
  readonly consolidation: ConsolidationName
  /** The share of values, 0 to 1, that must not be null for a consolidated one not to be. */
  readonly xFilesFactor: number
  readonly color?: string
  readonly options: SeriesOptions
}

export type SeriesList = readonly Series[]

/** A series that no stored one lies behind: named by what makes it, its tags read from the name. */
export function madeSeries(
  made: Pick<Series, 'name' | 'start' | 'end' | 'step' | 'values' | 'xFilesFactor'> &
    Partial<Series>,
): Series {
  return {
    pathExpression: made.name,
    consolidation: 'average',
    options: {},
    ...made,
    tags: made.tags ?? tagsOfName(made.name),
  }
}

/** The same series under a new name, which is also what later functions name it by. */
export function wrapped(series: Series, name: string, change: Partial<Series> = {}): Series {
  return { ...series, name, pathExpression: name, ...change }
}

/** As `wrapped`, leaving out what a chart was told about it. */
export function copied(series: Series, name: string, change: Partial<Series> = {}): Series {
  const { color: _color, ...rest } = series
  return { ...rest, name, pathExpression: name, options: {}, ...change }
}

/** Its tags, and these. */
export function tagged(series: Series, tags: Readonly<Record<string, string>>) {
  return new Map([...series.tags, ...Object.entries(tags)])
}
