import { isIP } from 'node:net'
import { isExactNumber, textOfScalar } from '../../core/exact_json.ts'
import type { Field } from '../fields.ts'
import { parseDate } from '../query/date_format.ts'
import { SearchError, type JsonValue } from '../search.ts'
import { isRecord } from './request_body.ts'
import { timestampOf } from './timestamp.ts'

/** Types whose `ignore_malformed` keeps a document with a value that does not fit. */
export const canBeMalformed: ReadonlySet<string> = new Set([
  ...'long integer short byte unsigned_long double float half_float scaled_float date'.split(' '),
  ...'date_nanos ip boolean'.split(' '),
])

/** Whether the field's type can hold a value that is neither null nor an array, as Elasticsearch has it. */
export function fieldFits(field: Field, value: JsonValue): boolean {
  const { type } = field
  if (type === 'flattened' || type === 'object') return isRecord(value)
  if (isRecord(value)) return false
  if (type === 'boolean') return typeof value === 'boolean' || /^(true|false|)$/.test(String(value))
  if (type === 'ip') return typeof value === 'string' && isAddress(value)
  if (type === 'date' || type === 'date_nanos') return fitsDate(field, value)
  if (type === 'constant_keyword') {
    return field.value === undefined || String(field.value) === String(value)
  }
  return !canBeMalformed.has(type) || fitsNumber(type, value)
}

/** Zones (`fe80::1%eth0`) are of one machine and no part of an address. */
const isAddress = (text: string) => isIP(text) !== 0 && !text.includes('%')

const wholes: Readonly<Record<string, readonly [least: bigint, most: bigint]>> = {
  byte: [-128n, 127n],
  short: [-32_768n, 32_767n],
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
  unsigned_long: [0n, 2n ** 64n - 1n],
}

function fitsNumber(type: string, value: JsonValue): boolean {
  if (typeof value === 'boolean') return false
  const text = isExactNumber(value) ? textOfScalar(value) : value
  if (String(text).trim() === '') return false
  const number = Number(text)
  const whole = wholes[type]
  if (!whole) return Number.isFinite(roundedTo(type, number))
  if (!Number.isFinite(number)) return false
  const [least, most] = whole
  const isWhole = typeof text === 'string' && /^\s*[+-]?\d+\s*$/.test(text)
  const exact = BigInt(isWhole ? text.trim().replace('+', '') : Math.trunc(number))
  return exact >= least && exact <= most
}

/** What the type's bits make of a number: infinite where it is too large for them. */
function roundedTo(type: string, number: number): number {
  if (type === 'float') return Math.fround(number)
  return type === 'half_float' ? Math.f16round(number) : number
}

function fitsDate(field: Field, value: JsonValue): boolean {
  if (typeof value === 'boolean') return false
  const { format, type } = field
  const isNanos = type === 'date_nanos'
  if (format === undefined || standardFormats.has(format)) {
    const time = timestampOf(isExactNumber(value) ? Number(value.rawJSON) : value)
    return time !== undefined && !(isNanos && isBeyondNanos(time))
  }
  try {
    const nanos = parseDate(textOfScalar(value), format, { roundUp: false, timeZone: 'Z' })
    return !isNanos || (nanos >= 0n && nanos < 2n ** 63n)
  } catch (failure) {
    if (failure instanceof SearchError) return false
    throw failure
  }
}

/** A date_nanos is a long of nanoseconds since 1970. */
function isBeyondNanos(time: string): boolean {
  const digits = time.slice(0, -1)
  return digits < '1970' || digits > '2262-04-11T23:47:16.854775807'
}

/** Those that `timestampOf` reads, which is faster. */
const standardFormats = new Set([
  'strict_date_optional_time||epoch_millis',
  'strict_date_optional_time',
  'strict_date_optional_time_nanos',
  'strict_date_optional_time_nanos||epoch_millis',
])
