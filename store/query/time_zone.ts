import { SearchError } from '../search.ts'

/** A time zone's offset from UTC, in milliseconds, at an instant (milliseconds since the epoch). */
export type TimeZone = (instantMs: number) => number

const offset = /^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?$/
const cache = new Map<string, TimeZone>()
const maxCached = 1000

/**
 * `Z`, `UTC`, `+02:00`, `-0330`, `+5`, `UTC+1`, or an IANA name such as `Europe/Berlin`.
 *
 * @throws SearchError 400 when there is none of that name
 */
export function timeZoneOf(name: string): TimeZone {
  const known = cache.get(name)
  if (known) return known
  const zone = readZone(name)
  if (cache.size >= maxCached) cache.clear()
  cache.set(name, zone)
  return zone
}

function readZone(name: string): TimeZone {
  if (name === 'Z' || name === 'z' || name === 'UTC' || name === 'GMT') return () => 0
  const fixed = offset.exec(name)
  if (fixed) {
    const [, sign, hours, minutes = '0', seconds = '0'] = fixed
    const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
    if (Number(hours) > 18 || Number(minutes) > 59 || Number(seconds) > 59) throw unknown(name)
    return () => (sign === '-' ? -ms : ms)
  }
  let format: Intl.DateTimeFormat
  try {
    if (!/^[A-Za-z]/.test(name)) throw unknown(name)
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  } catch {
    throw unknown(name)
  }
  return (instantMs) => {
    const text = format.format(clamped(instantMs))
    const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text)
    if (!match) return 0
    const [, sign, hours, minutes, seconds = '0'] = match
    const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
    return sign === '-' ? -ms : ms
  }
}

const maxInstantMs = 8.64e15
const clamped = (ms: number) => Math.max(-maxInstantMs, Math.min(maxInstantMs, ms))

const unknown = (name: string) =>
  new SearchError(
    400,
    'illegal_argument_exception',
    `Unknown time-zone ID: [${name.slice(0, 100)}]; write an offset (+01:00) or a name (Europe/Berlin)`,
  )

/**
 * The instant at which clocks in the zone show a local time (milliseconds as if it were UTC). A time that
 * clocks skip is moved on by what they skip; of one that they show twice it is the first.
 */
export function instantOf(localMs: number, zone: TimeZone): number {
  const day = 86_400_000
  const before = zone(localMs - day)
  const after = zone(localMs + day)
  if (before === after) return localMs - before
  if (zone(localMs - before) === before) return localMs - before
  if (zone(localMs - after) === after) return localMs - after
  return localMs - before
}
