import { join, once, sql, verbatim, type Sql } from '../../sql.ts'
import { utcOfLocal, type TimeZone } from './time_zone.ts'
import { integer } from './values.ts'

/** How long a bucket of a date histogram is: milliseconds, or a unit of the calendar (`m h d w M q y`). */
export type Interval = { readonly ms: number } | { readonly unit: string }

/** Buckets of time, to Elasticsearch's rules where a zone's offset changes. Times are in milliseconds. */
export interface Rounding {
  /** The key of the bucket that a time falls into. */
  floor(ms: number): number
  /** The key after this one. */
  next(key: number): number
  /** The key in microseconds of an expression in microseconds. @param range what the values are within */
  sql(micros: Sql, range: TimeRange | undefined): Sql
}
export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

const longMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 129_600_000,
  w: 907_200_000,
  M: 3_888_000_000,
  q: 11_664_000_000,
  y: 47_347_200_000,
}

/** @param offsetMs by how much every bucket begins later */
export function rounding(interval: Interval, zone: TimeZone, offsetMs: number): Rounding {
  const toMidnight = 'unit' in interval && !'mh'.includes(interval.unit)
  const floorOf = (local: number) =>
    'ms' in interval
      ? Math.floor(local / interval.ms) * interval.ms
      : floorLocal(local, interval.unit)
  /** Enough to be within the next bucket. */
  const stepMs = 'ms' in interval ? interval.ms : longMs[interval.unit]!
  const exact = (ms: number): number => {
    const offset = zone.offsetAt(ms)
    const local = floorOf(ms + offset)
    if (toMidnight) return utcOfLocal(zone, local)
    const key = local - offset
    const change = zone.transitions(key, ms).at(-1)
    if (change === undefined) return key
    // Clocks skip the start of a fixed length: the bucket begins where they do.
    const there = utcOfLocal(zone, local)
    if ('ms' in interval && there + zone.offsetAt(there) !== local) return there
    return exact(change - 1)
  }
  return {
    floor: (ms) => exact(ms - offsetMs) + offsetMs,
    next(key) {
      const bare = key - offsetMs
      const next = exact(bare + stepMs)
      // Where clocks go back, a bucket may be longer.
      return (next > bare ? next : exact(bare + 2 * stepMs)) + offsetMs
    },
    sql(micros, range) {
      const shift = integer(BigInt(offsetMs) * 1000n)
      const bare = offsetMs === 0 ? micros : sql`(${micros} - ${shift})`
      const key = once(bare, '_micros', (one) => {
        if (!range || zone.isFixed) return floorSql(one, interval, zone.offsetAt(0))
        const [fromMs, toMs] = [range.fromMs - offsetMs - 1, range.toMs - offsetMs]
        return piecewise(one, interval, zone, fromMs, toMs, exact)
      })
      return offsetMs === 0 ? key : sql`(${key} + ${shift})`
    },
  }
}

/**
 * Between two changes of the offset it is arithmetic. What that puts at or before the change itself falls into
 * the one bucket that the change is in, whatever the rules make of it.
 */
function piecewise(
  micros: Sql,
  interval: Interval,
  zone: TimeZone,
  fromMs: number,
  toMs: number,
  exact: (ms: number) => number,
): Sql {
  const changes = zone.transitions(fromMs, toMs + 1)
  const floor = (change: number) => floorSql(micros, interval, zone.offsetAt(change))
  const fromChange = (change: number) => {
    const [at, key] = [change, exact(change)].map((ms) => integer(BigInt(ms) * 1000n)) as [Sql, Sql]
    return sql`case when ${floor(change)} <= ${at} then ${key} else ${floor(change)} end`
  }
  const starts = [fromMs, ...changes]
  const branches = changes.map((change, place) => {
    return sql`when ${micros} < ${integer(BigInt(change) * 1000n)} then ${fromChange(starts[place]!)}`
  })
  if (changes.length === 0) return fromChange(fromMs)
  return sql`case ${join(branches, ' ')} else ${fromChange(changes.at(-1)!)} end`
}

const truncated: Readonly<Record<string, string>> = { M: 'month', q: 'quarter', y: 'year' }
const daySql = 86_400_000
const fixedUnits: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: daySql,
  w: 7 * daySql,
}

function floorSql(micros: Sql, interval: Interval, offsetMs: number): Sql {
  const offset = BigInt(offsetMs) * 1000n
  const calendar = 'unit' in interval ? truncated[interval.unit] : undefined
  if (calendar !== undefined) {
    const local = sql`make_timestamp(${micros} + ${integer(offset)})`
    return sql`(epoch_us(date_trunc(${verbatim(`'${calendar}'`)}, ${local})) - ${integer(offset)})`
  }
  const lengthMs = 'ms' in interval ? interval.ms : fixedUnits[interval.unit]!
  // Weeks begin on Monday, and the epoch was a Thursday.
  const days = 'unit' in interval && interval.unit === 'w' ? BigInt(3 * daySql) * 1000n : 0n
  const length = integer(BigInt(lengthMs) * 1000n)
  const local = offset + days === 0n ? micros : sql`(${micros} + ${integer(offset + days)})`
  // Of times before the epoch the remainder is negative; the others are spared the second division.
  const rest = sql`${local} % ${length}`
  return sql`(${micros} - case when ${local} >= 0 then ${rest} else ((${rest}) + ${length}) % ${length} end)`
}

/** The start of a local time's unit: `s m h d w M q y`. Weeks begin on Monday. */
function floorLocal(localMs: number, unit: string): number {
  const day = 86_400_000
  const fixed = unit === 'w' ? undefined : fixedUnits[unit]
  if (fixed) return Math.floor(localMs / fixed) * fixed
  if (unit === 'w') return Math.floor((localMs + 3 * day) / (7 * day)) * 7 * day - 3 * day
  const date = new Date(localMs)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const first = new Date(0)
  first.setUTCFullYear(year, unit === 'y' ? 0 : unit === 'q' ? month - (month % 3) : month, 1)
  return first.getTime()
}
