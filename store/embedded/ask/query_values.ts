import { SearchError } from '../../search.ts'
import type { Field, FieldType } from '../../fields.ts'
import { defaultDateFormat } from '../../query/date_format.ts'
import { dateOf } from '../../query/date_math.ts'
import type { RangeQuery, Scalar } from '../../query/query.ts'

/** A value of a query that the field's type cannot hold. `lenient` queries take it as one that nothing fits. */
export class ValueError extends SearchError {
  readonly #reason: string
  readonly #at: string

  constructor(reason: string, at: string, type = 'query_shard_exception') {
    super(400, type, `failed to create query: ${reason}`, { at })
    this.name = 'ValueError'
    this.#reason = reason
    this.#at = at
  }

  /** The same of a field. */
  of({ path, type }: Field): ValueError {
    return new ValueError(
      `${this.#reason} (field [${path}] of type [${type}])`,
      this.#at,
      this.type,
    )
  }
}

/** What `make` makes of a query's value; a ValueError of it names the field. */
export function ofField<T>(field: Field, make: () => T): T {
  try {
    return make()
  } catch (failure) {
    throw failure instanceof ValueError ? failure.of(field) : failure
  }
}

export function booleanOf(value: Scalar, at: string): boolean {
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw new ValueError(
    `Can't parse boolean value [${shown(value)}], expected [true] or [false]`,
    at,
  )
}

const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/

export function numberOf(value: Scalar, at: string): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string' && decimal.test(value)) return Number(value)
  throw new ValueError(`For input string: "${shown(value)}"`, at)
}

/** What the type's bits make of a number. */
export function roundedTo(type: FieldType, value: number): number {
  if (type === 'float') return Math.fround(value)
  return type === 'half_float' ? Math.f16round(value) : value
}

const least = -(2n ** 63n)
const most = 2n ** 63n - 1n

/** A whole number, and whether the value lies above it, or beyond what a long holds (`far`). */
export interface Whole {
  readonly floor: bigint
  readonly isExact: boolean
}

export function wholeOf(value: Scalar, at: string): Whole {
  if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) {
    return within(BigInt(value.trim().replace(/^\+/, '')), true)
  }
  const number = numberOf(value, at)
  if (!Number.isFinite(number)) return { floor: number > 0 ? most : least, isExact: false }
  const floor = Math.floor(number)
  return within(BigInt(floor), floor === number)
}

function within(floor: bigint, isExact: boolean): Whole {
  if (floor > most) return { floor: most, isExact: false }
  return floor < least ? { floor: least - 1n, isExact: false } : { floor, isExact }
}

/** Bounds of a time, in microseconds, `from` included and `to` excluded. Undefined: without an end. */
export interface Times {
  readonly from?: bigint
  readonly to?: bigint
}

interface DateReading {
  readonly format?: string | undefined
  readonly timeZone?: string | undefined
  readonly nowMs: number
}

/** A date field is a whole millisecond, a date_nanos as fine as Weir keeps it: a microsecond. */
const step = (field: Field) => (field.type === 'date_nanos' ? 1n : 1000n)

/** @throws SearchError for a bound that is no date */
export function timesOf(field: Field, query: RangeQuery, nowMs: number): Times {
  const { gt, gte, lt, lte, format, timeZone } = query
  const bound = (value: Scalar, roundUp: boolean, after: boolean) =>
    instant(field, value, { format, timeZone, nowMs }, roundUp) + (after ? step(field) : 0n)
  const starts: bigint[] = []
  const ends: bigint[] = []
  if (gt !== undefined) starts.push(bound(gt, true, true))
  if (gte !== undefined) starts.push(bound(gte, false, false))
  if (lt !== undefined) ends.push(bound(lt, false, false))
  if (lte !== undefined) ends.push(bound(lte, true, true))
  return {
    ...(starts.length > 0 && { from: starts.reduce((a, b) => (a > b ? a : b)) }),
    ...(ends.length > 0 && { to: ends.reduce((a, b) => (a < b ? a : b)) }),
  }
}

/** A date as a term is all that it leaves open: a day without a time is the whole day. */
export function timesOfTerm(field: Field, value: Scalar, nowMs: number): Required<Times> {
  return {
    from: instant(field, value, { nowMs }, false),
    to: instant(field, value, { nowMs }, true) + step(field),
  }
}

function instant(field: Field, value: Scalar, reading: DateReading, roundUp: boolean): bigint {
  const format = reading.format ?? field.format ?? defaultDateFormat
  const { timeZone, nowMs } = reading
  const micros = dateOf(value, { format, timeZone, roundUp, nowMs })
  const size = step(field)
  return micros - (((micros % size) + size) % size)
}

export const shown = (value: Scalar) => String(value).slice(0, 200)
