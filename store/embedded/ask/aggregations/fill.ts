import type { Group } from './aggregation.ts'
import type { Bounds } from './bounds.ts'
import { checkBuckets } from './limits.ts'

/** A bucket of a histogram before its metrics: a number, and its group. */
export interface Place {
  readonly at: number
  readonly group: Group
}

const empty: Group = { key: null, count: 0, row: undefined, total: 0 }

/**
 * Puts empty buckets where a histogram has none, from the first to the last, or as far as the bounds ask.
 *
 * @param next the place after one
 * @param bounds on places
 * @param most buckets
 * @throws SearchError too_many_buckets_exception
 */
export function fillGaps(
  places: readonly Place[],
  next: (at: number) => number,
  bounds: Bounds<number> | undefined,
  most: number,
): readonly Place[] {
  const [first, last] = [places[0]?.at, places.at(-1)?.at]
  // Without documents a lower and an upper bound are needed to know where to begin and to end.
  const from = lesser(first, bounds?.min ?? (first === undefined ? bounds?.max : undefined))
  const to = greater(last, bounds?.max ?? (last === undefined ? bounds?.min : undefined))
  if (from === undefined || to === undefined) return places
  if (first === undefined && (bounds?.min === undefined || bounds.max === undefined)) return places
  const filled: Place[] = []
  let known = 0
  for (let at = from; at <= to;) {
    const place = places[known]
    if (place && place.at <= at) {
      filled.push(place)
      known += 1
      if (place.at === at) at = next(at)
    } else {
      filled.push({ at, group: empty })
      at = next(at)
    }
    checkBuckets(filled.length, most)
  }
  return [...filled, ...places.slice(known)]
}

const lesser = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
const greater = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
