import type { JsonRecord } from '../../store/search.ts'
import type { EventBounds } from './bounds.ts'
import type { Findings } from './findings.ts'
import type { Raw } from './reading.ts'

/** Seconds of the first instant of the year 10000: who says later has sent milliseconds. */
const maxSeconds = 253_402_300_800
const iso =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,20}))?)?\s?(?:[Zz]|UTC|([+-])(\d\d):?(\d\d)?)?)?$/

/**
 * Seconds since the epoch, to the microsecond: of a number, of RFC 3339 with any fraction, of digits as text; a
 * time without a zone is UTC. Undefined when it is none.
 */
export function readTimestamp(value: Raw): number | undefined {
  if (typeof value === 'number') return inRange(value)
  if (typeof value !== 'string' || value.length > 64) return undefined
  const match = iso.exec(value)
  if (match === null) return /^\d{1,12}(?:\.\d+)?$/.test(value) ? inRange(Number(value)) : undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction] = match
  const days = Date.UTC(Number(year), Number(month) - 1, Number(day))
  if (new Date(days).getUTCDate() !== Number(day) || Number(month) > 12) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  const east = (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0)) * (match[8] === '-' ? -1 : 1)
  const clock = Number(hour) * 3600 + (Number(minute) - east) * 60 + Number(second)
  return inRange(days / 1000 + clock + Number(`0.${fraction ?? 0}`))
}

function inRange(seconds: number): number | undefined {
  if (!(seconds >= 0 && seconds < maxSeconds)) return undefined
  return rounded(seconds)
}

const rounded = (seconds: number): number => Math.round(seconds * 1e6) / 1e6

/** When an event happened, and what all its times are moved by. */
export interface EventTime {
  readonly seconds: number
  readonly shift: number
}

/**
 * A sender whose clock is off by `min_clock_drift` or more gets all its times moved by the difference. What is
 * then still too far ahead or too old happened when it was received.
 */
export function eventTime(
  findings: Findings,
  raw: JsonRecord,
  receivedMs: number,
  sentAtMs: number | undefined,
  bounds: EventBounds,
): EventTime {
  const received = receivedMs / 1000
  const sent = readTimestamp(raw['timestamp'])
  if (sent === undefined) {
    if (raw['timestamp'] !== undefined && raw['timestamp'] !== null) {
      findings.invalid('timestamp', raw['timestamp'], 'a time, RFC 3339 or seconds since the epoch')
    }
    return { seconds: received, shift: driftOf(receivedMs, sentAtMs, bounds) }
  }
  const drift = driftOf(receivedMs, sentAtMs, bounds)
  const seconds = rounded(sent + drift)
  const asSent = raw['timestamp']
  const tooLate = seconds - received > bounds.max_ahead / 1000
  const tooOld = received - seconds > bounds.max_age / 1000
  if (!tooLate && !tooOld) {
    if (drift !== 0) {
      const reason = `the sender's clock differs by ${Math.round(drift)} s`
      findings.wrong('clock_drift', 'timestamp', asSent, reason)
    }
    return { seconds, shift: drift }
  }
  const type = tooLate ? 'future_timestamp' : 'past_timestamp'
  findings.wrong(type, 'timestamp', asSent, `received at ${new Date(receivedMs).toISOString()}`)
  return { seconds: received, shift: received - sent }
}

function driftOf(receivedMs: number, sentAtMs: number | undefined, bounds: EventBounds): number {
  if (sentAtMs === undefined) return 0
  const drift = receivedMs - sentAtMs
  return Math.abs(drift) >= bounds.min_clock_drift ? drift / 1000 : 0
}

/** A time within the event, such as a breadcrumb's, moved as the event's own is. */
export function shifted(seconds: number, shift: number): number {
  return shift === 0 ? seconds : Math.max(0, rounded(seconds + shift))
}
