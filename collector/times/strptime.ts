import { civilSeconds, isLeapYear, type Instant } from './instant.ts'
import { isDate } from './iso.ts'
import { abbreviationOffset, parseOffset, type Zone } from './zone.ts'

/** Reads the whole of a text by one format; undefined when it does not fit or is no possible time. */
export type ReadText = (text: string) => Instant | undefined

/** What the directives found. */
interface Found {
  text: string
  at: number
  year?: number
  month?: number
  day?: number
  dayOfYear?: number
  hour?: number
  minute?: number
  second?: number
  fraction?: string
  afternoon?: boolean
  offset?: number
  epoch?: number
}
type Step = (found: Found) => boolean

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const monthTails = 'uary ruary ch il  e y ust tember ober ember ember'.split(' ')
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const weekdayTails = ['day', 'day', 'sday', 'nesday', 'rsday', 'day', 'urday']

/** Directives that stand for several. */
const composed: Readonly<Record<string, string>> = {
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  D: '%m/%d/%y',
  x: '%m/%d/%y',
  F: '%Y-%m-%d',
  c: '%a %b %e %H:%M:%S %Y',
  v: '%e-%b-%Y',
  '+': '%a %b %e %H:%M:%S %Z %Y',
}

type NumberField = 'month' | 'day' | 'dayOfYear' | 'hour' | 'minute' | 'second'

const numbers: Readonly<Record<string, readonly [NumberField, digits: number, max: number]>> = {
  m: ['month', 2, 12],
  d: ['day', 2, 31],
  e: ['day', 2, 31],
  j: ['dayOfYear', 3, 366],
  H: ['hour', 2, 24],
  k: ['hour', 2, 24],
  I: ['hour', 2, 12],
  l: ['hour', 2, 12],
  M: ['minute', 2, 59],
  S: ['second', 2, 60],
}

const others: Readonly<Record<string, Step>> = {
  Y: (found) => {
    const sign = take(found, /[+-]/y)
    const year = take(found, /\d{1,4}/y)
    if (year === undefined) return false
    found.year = sign === '-' ? -Number(year) : Number(year)
    return true
  },
  y: (found) => {
    const year = take(found, /\d{1,2}/y)
    if (year === undefined) return false
    found.year = Number(year) + (Number(year) < 69 ? 2000 : 1900)
    return true
  },
  b: (found) => {
    const month = name(found, months, monthTails)
    found.month = month + 1
    return month >= 0
  },
  a: (found) => name(found, weekdays, weekdayTails) >= 0,
  p: (found) => {
    const half = take(found, /[ap]\.?m\.?/iy)
    if (half === undefined) return false
    found.afternoon = half[0] === 'p' || half[0] === 'P'
    return true
  },
  N: (found) => {
    const fraction = take(found, /\d+/y)
    if (fraction !== undefined) found.fraction = fraction
    return fraction !== undefined
  },
  // Not Ruby's: a point and a fraction where there is one, for Go's layouts.
  f: (found) => {
    const fraction = take(found, /[.,]\d+/y)
    if (fraction !== undefined) found.fraction = fraction.slice(1)
    return true
  },
  z: (found) => {
    const zone = take(found, /[+-]\d\d(?::?\d\d){0,2}|[A-Za-z]+/y)
    if (zone === undefined) return false
    const offset = parseOffset(zone) ?? abbreviationOffset(zone)
    if (offset !== undefined) found.offset = offset
    return offset !== undefined
  },
  s: (found) => epoch(found, 1),
  Q: (found) => epoch(found, 1000),
  n: (found) => take(found, /\s*/y) !== undefined,
  '%': (found) => found.text[found.at++] === '%',
}
const aliases: Readonly<Record<string, string>> = {
  B: 'b',
  h: 'b',
  A: 'a',
  P: 'p',
  L: 'N',
  Z: 'z',
  t: 'n',
}

function take(found: Found, pattern: RegExp): string | undefined {
  pattern.lastIndex = found.at
  const match = pattern.exec(found.text)?.[0]
  if (match !== undefined) found.at += match.length
  return match
}

function name(found: Found, heads: readonly string[], tails: readonly string[]): number {
  const index = heads.indexOf(found.text.slice(found.at, found.at + 3).toLowerCase())
  if (index < 0) return -1
  found.at += 3
  const tail = tails[index]!
  if (found.text.slice(found.at, found.at + tail.length).toLowerCase() === tail) {
    found.at += tail.length
  }
  return index
}

function epoch(found: Found, perSecond: number): boolean {
  const digits = take(found, /-?\d{1,15}/y)
  if (digits === undefined) return false
  found.epoch = Math.floor(Number(digits) / perSecond)
  if (perSecond > 1) {
    found.fraction = String(Number(digits) - found.epoch * perSecond).padStart(3, '0')
  }
  return true
}

function numberStep(field: NumberField, digits: number, max: number): Step {
  const pattern = new RegExp(`\\d{1,${digits}}`, 'y')
  return (found) => {
    if (found.text[found.at] === ' ') found.at += 1
    const value = Number(take(found, pattern) ?? NaN)
    found[field] = value
    return value <= max
  }
}

/** The steps of a strptime format; throws a RangeError that names a directive nobody knows. */
function compile(format: string): Step[] {
  const steps: Step[] = []
  for (const [part, directive] of format.matchAll(/%[-0^#:]*\d*([A-Za-z%+])|\s+|[^%\s]+|%/g)) {
    if (directive === undefined) {
      if (part === '%') throw new RangeError(`time format "${format}" ends within a directive`)
      if (part.trim() === '') steps.push((found) => take(found, /\s*/y) !== undefined)
      else
        steps.push((found) => found.text.startsWith(part, found.at) && !!(found.at += part.length))
      continue
    }
    const number = numbers[directive]
    const other = others[aliases[directive] ?? directive]
    const several = composed[directive]
    if (several !== undefined) steps.push(...compile(several))
    else if (number) steps.push(numberStep(...number))
    else if (other) steps.push(other)
    else throw new RangeError(`time format "${format}": %${directive} is not known`)
  }
  return steps
}

/**
 * A reader for a strptime format, by Ruby's rules: `%d` takes one or two digits and a space before
 * them, white space in the format takes any amount, names are read in either length and case, `%N` and
 * `%L` take any number of digits, `%z` takes offsets and names. All of the text must be used up.
 *
 * Without a year, it is the latest year that puts the time at most two days after `now` (milliseconds
 * since the epoch), so that December read in January is last year's; without a date it is today.
 * Throws a RangeError for a format that nobody knows.
 */
export function strptime(format: string, zone: Zone, now: () => number): ReadText {
  const steps = compile(format)
  return (text) => {
    const found: Found = { text, at: 0 }
    for (const step of steps) if (!step(found)) return undefined
    return found.at === text.length ? instantOf(found, zone, now) : undefined
  }
}

function instantOf(found: Found, zone: Zone, now: () => number): Instant | undefined {
  const fraction = (found.fraction ?? '').slice(0, 9)
  if (found.epoch !== undefined) return { seconds: found.epoch, fraction }
  if (found.afternoon !== undefined)
    found.hour = ((found.hour ?? 12) % 12) + (found.afternoon ? 12 : 0)
  const { hour = 0, minute = 0, second = 0 } = found
  if (hour === 24 && (minute > 0 || second > 0)) return undefined
  const at = (year: number, month: number, day: number): number | undefined => {
    if (!isDate(year, month, day)) return undefined
    const local = civilSeconds(year, month, day, hour, minute, second)
    return local - (found.offset ?? zone(local))
  }
  const seconds = secondsOf(found, at, now() / 1000, zone)
  return seconds === undefined ? undefined : { seconds, fraction }
}

type SecondsAt = (year: number, month: number, day: number) => number | undefined

function secondsOf(found: Found, at: SecondsAt, now: number, zone: Zone): number | undefined {
  const { year, dayOfYear, month, day } = found
  if (year !== undefined) {
    if (dayOfYear === undefined) return at(year, month ?? 1, day ?? 1)
    if (dayOfYear < 1 || (dayOfYear === 366 && !isLeapYear(year))) return undefined
    const first = at(year, 1, 1)
    return first === undefined ? undefined : first + (dayOfYear - 1) * 86_400
  }
  const today = new Date((now + zone(now)) * 1000)
  const thisYear = today.getUTCFullYear()
  if (month === undefined) return at(thisYear, today.getUTCMonth() + 1, day ?? today.getUTCDate())
  // 29 February is at most eight years away.
  for (let guess = thisYear + 1; guess >= thisYear - 8; guess--) {
    const seconds = at(guess, month, day ?? 1)
    if (seconds !== undefined && seconds <= now + 2 * 86_400) return seconds
  }
  return undefined
}
