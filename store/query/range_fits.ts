import { SearchError } from '../search.ts'
import { dateOf } from './date_math.ts'
import { type Numeric, numericOf, numericOrder } from './numeric_order.ts'
import type { RangeQuery, Scalar } from './query.ts'

type Value = string | Numeric | boolean

/**
 * Whether a value lies in a range, by what the value is: times as dates on `@timestamp`, numbers as numbers,
 * texts by code points.
 *
 * @throws SearchError when a bound is no date where it has to be one, unless the query is lenient.
 */
export function rangeFits(query: RangeQuery, nowMs: number): (value: Value) => boolean {
  const { field, gt, gte, lt, lte } = query
  const bounds: [Scalar | undefined, boolean, (order: number) => boolean][] = [
    [gt, true, (order) => order > 0],
    [gte, false, (order) => order >= 0],
    [lt, false, (order) => order < 0],
    [lte, true, (order) => order <= 0],
  ]
  const tests = bounds.flatMap(([bound, roundUp, fits]) => {
    if (bound === undefined) return []
    if (field !== '@timestamp') {
      const order = orderTo(bound)
      return [(value: Value) => fits(order(value))]
    }
    const micros = instantOf(query, bound, roundUp, nowMs)
    if (micros === undefined) return [() => false]
    return [(value: Value) => fits(Number(microsOf(value) - micros))]
  })
  return (value) => {
    if (field === '@timestamp' && !isTime(value)) return false
    return tests.every((test) => test(value))
  }
}

/** In microseconds; undefined for what is no date, of a lenient query. */
function instantOf(query: RangeQuery, bound: Scalar, roundUp: boolean, nowMs: number) {
  const { format, timeZone, lenient } = query
  try {
    return dateOf(bound, { format, timeZone, roundUp, nowMs })
  } catch (failure) {
    if (lenient && failure instanceof SearchError) return undefined
    throw failure
  }
}

/** Negative, 0 or positive; NaN where the two cannot be compared. */
function orderTo(bound: Scalar): (value: Value) => number {
  const text = String(bound)
  const number = numericOf(bound)
  const truth = { true: 1, false: 0 }[text] ?? NaN
  return (value) => {
    if (typeof value === 'string') return byCodePoints(value, text)
    return typeof value === 'boolean' ? Number(value) - truth : numericOrder(value, number)
  }
}

/** As UTF-8 sorts. Surrogates stand for what comes behind all that has none. */
function byCodePoints(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let at = 0; at < length; at++) {
    const [a, b] = [one.charCodeAt(at), other.charCodeAt(at)]
    if (a !== b) return (isSurrogate(a) ? a + 0x10000 : a) - (isSurrogate(b) ? b + 0x10000 : b)
  }
  return one.length - other.length
}

const isSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xe000

const time = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?Z$/

const isTime = (value: Value): value is string => typeof value === 'string' && time.test(value)

/** Of a time as events have it: UTC, to nine digits of a second. */
function microsOf(value: Value): bigint {
  const text = String(value)
  const digits = (time.exec(text)?.[1] ?? '').padEnd(6, '0').slice(0, 6)
  const seconds = Date.parse(text.replace(/\.\d+/, ''))
  return BigInt(seconds) * 1000n + BigInt(digits)
}
