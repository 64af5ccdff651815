import { timeZoneOf } from '../../../query/time_zone.ts'

/** Offsets of a time zone from UTC, and when they change. All times are milliseconds since the epoch. */
export interface TimeZone {
  /** Milliseconds to be added to UTC. */
  offsetAt(utcMs: number): number
  /** When the offset changes, in (from, to], ascending. */
  transitions(fromMs: number, toMs: number): readonly number[]
  /** It never changes. */
  readonly isFixed: boolean
}

/** @throws SearchError for one that is not known */
export function timeZone(name: string | undefined): TimeZone {
  const offsetAt = timeZoneOf(name ?? 'UTC')
  const isFixed = name === undefined || !/[A-Za-z]{2}/.test(name.replace(/^(UTC|GMT|UT)/, ''))
  const transitions = (from: number, to: number) =>
    isFixed ? [] : transitionsOf(offsetAt, from, to)
  return { offsetAt, transitions, isFixed }
}

/** No zone changes twice within it. */
const stepMs = 7 * 86_400_000

function transitionsOf(offsetAt: (ms: number) => number, from: number, to: number): number[] {
  const found: number[] = []
  for (let low = from; low < to; low += stepMs) {
    const high = Math.min(low + stepMs, to)
    if (offsetAt(low) === offsetAt(high)) continue
    let [before, after] = [low, high]
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (offsetAt(middle) === offsetAt(before)) before = middle
      else after = middle
    }
    found.push(after)
  }
  return found
}

/**
 * When clocks show a local time: the first time they do, or, where they skip it, the moment at which they skip.
 * So Elasticsearch rounds; dates that people write are read otherwise (`instantOf`).
 */
export function utcOfLocal(zone: TimeZone, localMs: number): number {
  const day = 86_400_000
  const before = zone.offsetAt(localMs - day)
  const after = zone.offsetAt(localMs + day)
  if (before === after) return localMs - before
  const [transition] = zone.transitions(localMs - day, localMs + day)
  if (transition === undefined) return localMs - before
  if (localMs - before < transition) return localMs - before
  return Math.max(localMs - after, transition)
}
