import { SearchError } from '../../../search.ts'

/** Offsets of a time zone from UTC. All times are milliseconds since the epoch. */
export interface TimeZone {
  readonly name: string
  /** Milliseconds to be added to UTC. */
  offsetAt(utcMs: number): number
  /** When the offset changes, in (from, to], ascending. */
  transitions(fromMs: number, toMs: number): readonly number[]
}

export const utc: TimeZone = { name: 'UTC', offsetAt: () => 0, transitions: () => [] }

const zones = new Map<string, TimeZone>([
  ['UTC', utc],
  ['Z', utc],
])

/** `UTC`, `+02:00`, `-5`, `Europe/Berlin`. @throws SearchError for one that is not known */
export function timeZone(name: string | undefined, at: string): TimeZone {
  if (name === undefined) return utc
  const known = zones.get(name) ?? fixedZone(name) ?? namedZone(name)
  if (!known) {
    const reason = `Unknown time-zone ID: ${name}, at ${at}`
    throw new SearchError(400, 'illegal_argument_exception', reason)
  }
  if (zones.size < 1_000) zones.set(name, known)
  return known
}

function fixedZone(name: string): TimeZone | undefined {
  const parts = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(name)
  if (!parts) return undefined
  const [, sign, hours, minutes = '0', seconds = '0'] = parts
  const offset = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
  if (offset > 18 * 3_600_000) return undefined
  const signed = sign === '-' ? -offset : offset
  return { name, offsetAt: () => signed, transitions: () => [] }
}

/** No zone changes twice within it. */
const stepMs = 7 * 86_400_000

function namedZone(name: string): TimeZone | undefined {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  } catch {
    return undefined
  }
  const offsetAt = (utcMs: number) => {
    const parts = format.formatToParts(utcMs)
    const text = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
    const [, sign, hours = '0', minutes = '0', seconds = '0'] =
      /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?/.exec(text) ?? []
    const offset = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
    return sign === '-' ? -offset : offset
  }
  return { name, offsetAt, transitions: (from, to) => transitionsOf(offsetAt, from, to) }
}

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

/** The time of day in UTC that a local time names; in a gap the gap's end, twice there: the first. */
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
