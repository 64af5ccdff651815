import type { Figure, SeriesValues } from '../metrics.ts'
import { tagsOfSeries } from '../series.ts'

export type Combine = 'sum' | 'mean' | 'min' | 'max' | 'count'

/** Values of several series together. */
export interface Combined {
  /** The tags that they were grouped by. */
  readonly tags: Readonly<Record<string, string>>
  readonly series: number
  readonly figure: Figure
  readonly startMs: number
  readonly stepMs: number
  readonly values: Float64Array
}

/** Combines values of equal steps, by figure and by the values of `by`; where no series has a value there is none. */
export function combined(
  all: readonly SeriesValues[],
  combine: Combine,
  by: readonly string[],
): Combined[] {
  const groups = Map.groupBy(all, ({ figure, series }) => {
    const tags = tagsOfSeries(series)
    return JSON.stringify([figure, by.map((tag) => tags[tag] ?? '')])
  })
  return [...groups.values()].map((members) => {
    const [first] = members
    const tags = tagsOfSeries(first!.series)
    return {
      tags: Object.fromEntries(by.map((tag) => [tag, tags[tag] ?? ''])),
      series: members.length,
      figure: first!.figure,
      startMs: first!.startMs,
      stepMs: first!.stepMs,
      values: first!.values.map((_, place) => {
        const known = members
          .map(({ values }) => values[place]!)
          .filter((value) => !Number.isNaN(value))
        return known.length === 0 ? NaN : together(known, combine)
      }),
    }
  })
}

function together(values: readonly number[], combine: Combine): number {
  if (combine === 'count') return values.length
  if (combine === 'min') return values.reduce((a, b) => Math.min(a, b))
  if (combine === 'max') return values.reduce((a, b) => Math.max(a, b))
  const sum = values.reduce((a, b) => a + b, 0)
  return combine === 'sum' ? sum : sum / values.length
}
