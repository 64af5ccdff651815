/**
 * A point in time as whole seconds since the epoch and the digits of its fraction as they were given,
 * so that nanoseconds survive (a Date holds milliseconds, a double not even microseconds).
 */
export interface Instant {
  readonly seconds: number
  /** 0 to 9 decimal digits. */
  readonly fraction: string
}

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what ISO text with four digits, and targets, can hold. */
const earliest = -62_135_596_800
const latest = 253_402_300_799

/** Days from 1970-01-01 to a date of the Gregorian calendar; `month` is 1 to 12. */
export function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (monthDays[month - 1] ?? 0)
}

let lastDay = Number.NaN
let lastDayText = ''

/** `2015-05-17` for a count of days since 1970-01-01 within the years 0001 to 9999. */
function dateText(day: number): string {
  if (day === lastDay) return lastDayText
  lastDay = day
  // toISOString writes years 0000 to 9999 with four digits.
  lastDayText = new Date(day * 86_400_000).toISOString().slice(0, 10)
  return lastDayText
}

const two = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'))

/** `2015-05-17T10:05:03` for whole seconds; undefined outside of the years 0001 to 9999. */
export function secondsText(seconds: number): string | undefined {
  if (!(seconds >= earliest && seconds <= latest)) return undefined
  const day = Math.floor(seconds / 86_400)
  const rest = seconds - day * 86_400
  const hour = Math.floor(rest / 3600)
  const minute = Math.floor((rest - hour * 3600) / 60)
  return `${dateText(day)}T${two[hour]}:${two[minute]}:${two[rest - hour * 3600 - minute * 60]}`
}

/**
 * The instant as `@timestamp` writes it: ISO 8601, UTC, `Z`, with 3, 6 or 9 digits of a second
 * (zeros are added, digits beyond nine dropped). Undefined outside of the years 0001 to 9999.
 */
export function isoOf({ seconds, fraction }: Instant): string | undefined {
  const text = secondsText(seconds)
  if (text === undefined) return undefined
  const digits = fraction.slice(0, 9)
  const places = digits.length <= 3 ? 3 : digits.length <= 6 ? 6 : 9
  return `${text}.${digits.padEnd(places, '0')}Z`
}

/** The parts of a date and time without a zone, as seconds since the epoch if it were UTC. */
export function civilSeconds(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  return daysOf(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
}
