import { SearchError } from '../search.ts'
import { defaultDateFormat, parseDate } from './date_format.ts'
import { instantOf, timeZoneOf, type TimeZone } from './time_zone.ts'

export interface DateOptions {
  /** `||` between formats. Default that of date fields. */
  readonly format?: string | undefined
  /** Of dates without one, and for rounding to days and more. Default UTC. */
  readonly timeZone?: string | undefined
  /** As `gt` and `lte` need it: `/d` and what is left out are the end of the day. Default false. */
  readonly roundUp?: boolean | undefined
  /** What `now` means, in milliseconds since the epoch. */
  readonly nowMs: number
}

/**
 * A date as a query has it: in one of the formats, or with Elasticsearch's date maths: `now-1h`, `now/d`,
 * `2024-01-01||+1M/d`.
 *
 * @returns microseconds since the epoch
 * @throws SearchError 400
 */
export function dateOf(value: string | number | boolean, options: DateOptions): bigint {
  const nanos = nanosOf(value, options)
  return (nanos - (((nanos % 1000n) + 1000n) % 1000n)) / 1000n
}

/** As `dateOf`, in nanoseconds. */
export function nanosOf(value: string | number | boolean, options: DateOptions): bigint {
  const { format = defaultDateFormat, timeZone = 'Z', roundUp = false, nowMs } = options
  const text = String(value)
  if (text.startsWith('now'))
    return calculated(text.slice(3), BigInt(nowMs) * 1_000_000n, timeZone, roundUp, text)
  const bar = text.indexOf('||')
  if (bar < 0) return parseDate(text, format, { roundUp, timeZone })
  const anchor = parseDate(text.slice(0, bar), format, { roundUp: false, timeZone })
  return calculated(text.slice(bar + 2), anchor, timeZone, roundUp, text)
}

const maxSteps = 100

/** `+1M/d` on a date. */
function calculated(
  maths: string,
  from: bigint,
  timeZone: string,
  roundUp: boolean,
  whole: string,
): bigint {
  const zone = timeZoneOf(timeZone)
  const steps = [...maths.matchAll(/([+-])(\d{0,9})([yMwdhHms])|\/([yMwdhHms])/g)]
  if (steps.map(([step]) => step).join('') !== maths || steps.length > maxSteps)
    throw new SearchError(
      400,
      'parse_exception',
      `operator not supported for date math [${whole.slice(0, 100)}]; write such as now-1h, now/d, 2024-01-01||+1M`,
    )
  const rest = ((from % 1_000_000n) + 1_000_000n) % 1_000_000n
  let ms = Number((from - rest) / 1_000_000n)
  let nanos = rest
  for (const [, sign, digits, unit, rounding] of steps) {
    if (rounding !== undefined) {
      ms = rounded(ms, rounding, zone, roundUp)
      nanos = 0n
      // Every rounding up ends in the last nanosecond of its unit.
      if (roundUp) {
        ms -= 1
        nanos = 999_999n
      }
    } else
      ms = moved(ms, (digits === '' ? 1 : Number(digits)) * (sign === '-' ? -1 : 1), unit!, zone)
    if (!(Math.abs(ms) <= maxMs))
      throw new SearchError(
        400,
        'parse_exception',
        `the date [${whole.slice(0, 100)}] is out of range`,
      )
  }
  return BigInt(ms) * 1_000_000n + nanos
}

const maxMs = 8.64e15
const fixedMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  H: 3_600_000,
  m: 60_000,
  s: 1000,
}

/** Days and longer keep the time that clocks show; hours and shorter are as long as they are. */
function moved(ms: number, amount: number, unit: string, zone: TimeZone): number {
  const fixed = fixedMs[unit]
  if (fixed !== undefined) return ms + amount * fixed
  const local = new Date(ms + zone(ms))
  if (unit === 'd' || unit === 'w')
    local.setUTCDate(local.getUTCDate() + amount * (unit === 'w' ? 7 : 1))
  else addMonths(local, unit === 'y' ? amount * 12 : amount)
  return instantOf(local.getTime(), zone)
}

/** 31 January and a month is the last day of February. */
function addMonths(date: Date, amount: number) {
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + amount)
  const last = new Date(date.getTime())
  last.setUTCMonth(last.getUTCMonth() + 1, 0)
  date.setUTCDate(Math.min(day, last.getUTCDate()))
}

/** The beginning of the unit, or of the next one. */
function rounded(ms: number, unit: string, zone: TimeZone, isNext: boolean): number {
  const local = new Date(ms + zone(ms))
  if (unit === 'y') local.setUTCMonth(0, 1)
  if (unit === 'M') local.setUTCDate(1)
  if (unit === 'w') local.setUTCDate(local.getUTCDate() - ((local.getUTCDay() + 6) % 7))
  const fixed = fixedMs[unit]
  if (fixed === undefined) {
    local.setUTCHours(0, 0, 0, 0)
    const start = instantOf(local.getTime(), zone)
    return isNext ? moved(start, 1, unit, zone) : start
  }
  const start = ms - (((local.getTime() % fixed) + fixed) % fixed)
  return isNext ? start + fixed : start
}
