import type { TimeZone } from './time_zone.ts'

/** Seconds of the longest offset and the latest time that are understood: a few thousand years. */
const maxSeconds = 1e11

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const dayS = 86_400

export type TimeUnit = 'seconds' | 'minutes' | 'hours' | 'days' | 'weeks' | 'months' | 'years'

/** By their beginnings, in the order in which they are tried: `mon` is not minutes, and a bare `m` is nothing. */
const units: readonly (readonly [beginning: string, unit: TimeUnit, seconds: number])[] = [
  ['s', 'seconds', 1],
  ['min', 'minutes', 60],
  ['h', 'hours', 3600],
  ['d', 'days', dayS],
  ['w', 'weeks', 7 * dayS],
  ['mon', 'months', 30 * dayS],
  ['y', 'years', 365 * dayS],
]

/**
 * A time as `from` and `until` have it (graphite-web's `attime.py`): an epoch in seconds, `-10min`, `now-1d`, `noon`,
 * `midnight+2h`, `teatime yesterday`, `monday`, `jan 5`, `20240131`, `12:30 20240131`, `01/31/24`.
 *
 * @returns seconds since the epoch.
 * @throws RangeError saying what is not understood.
 */
export function parseTime(text: string, zone: TimeZone, nowS: number): number {
  const short = text.trim().toLowerCase().replaceAll(/[_, ]/g, '')
  if (/^\d+$/.test(short) && !isDate(short)) return within(Number(short), text)
  const sign = short.includes('+') ? short.indexOf('+') : short.indexOf('-')
  const reference = sign < 0 ? short : short.slice(0, sign)
  const offset = sign < 0 ? '' : short.slice(sign)
  return within(referenceTime(reference, zone, nowS) + parseOffset(offset), text)
}

/** Eight digits that can be a date are one, not an epoch of 1970. */
function isDate(digits: string): boolean {
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)].map(Number)
  return digits.length === 8 && year! > 1900 && month! < 13 && day! < 32
}

/**
 * Seconds of an offset such as `-10min`, `+1d`, `1h30min`; an empty one is 0. A month has 30 days, a year 365.
 *
 * @throws RangeError saying what is not understood.
 */
export function parseOffset(text: string): number {
  if (text === '') return 0
  const parts = /^([+-]?)((?:\d+[a-zA-Z]+)+)$/.exec(text)
  if (parts === null) {
    throw new RangeError(
      `"${text}" is not a length of time; write a number and a unit, such as 5min`,
    )
  }
  let seconds = 0
  for (const [, digits, unit] of parts[2]!.matchAll(/(\d+)([a-zA-Z]+)/g)) {
    seconds += Number(digits) * secondsOf(unit!)
  }
  return within(parts[1] === '-' ? -seconds : seconds, text)
}

/** @throws RangeError unless the text begins as one of the units. */
export function unitOf(text: string): TimeUnit {
  return lookedUp(text)[1]
}

function secondsOf(unit: string): number {
  return lookedUp(unit)[2]
}

function lookedUp(text: string) {
  const found = units.find(([beginning]) => text.startsWith(beginning))
  if (found !== undefined) return found
  const meant =
    text === 'm' ? '; minutes are min, months mon' : '; there are s, min, h, d, w, mon, y'
  throw new RangeError(`"${text}" is not a unit of time${meant}`)
}

function within(seconds: number, text: string): number {
  if (Math.abs(seconds) <= maxSeconds) return seconds
  throw new RangeError(`"${text}" is out of range`)
}

/** What stands before the offset: a time of the day, then a day. Both may be left out, but not half of one. */
function referenceTime(reference: string, zone: TimeZone, nowS: number): number {
  if (reference === '' || reference === 'now') return nowS
  const clock = timeOfDay(reference)
  if (clock.hour > 23 || clock.minute > 59) {
    throw new RangeError(`"${reference}" is not a time of the day`)
  }
  const wallNowS = nowS + zone.offsetAt(nowS)
  const today = wallNowS - modulo(wallNowS, dayS)
  const day = dayOf(clock.rest, today, reference)
  return zone.timeOf(day + clock.hour * 3600 + clock.minute * 60)
}

interface TimeOfDay {
  readonly hour: number
  readonly minute: number
  /** What follows. */
  readonly rest: string
}

/** `12:30`, `12:30pm`, `6am`, `noon`, `midnight`, `teatime`. Without one it is midnight. */
function timeOfDay(text: string): TimeOfDay {
  let hour = 0
  let minute = 0
  let rest = text
  const clock = /^(\d{1,2}):(\d{1,2})(am|pm)?/.exec(rest)
  if (clock !== null) {
    hour = Number(clock[1])
    minute = Number(clock[2])
    if (clock[3] === 'pm') hour = (hour + 12) % 24
    rest = rest.slice(clock[0].length)
  }
  const hours = /^(\d{1,2})(am|pm)/.exec(rest)
  if (hours !== null) {
    hour = hours[2] === 'am' ? Number(hours[1]) : (Number(hours[1]) + 12) % 24
    rest = rest.slice(hours[0].length)
  }
  for (const [name, at] of [
    ['noon', 12],
    ['midnight', 0],
    ['teatime', 16],
  ] as const) {
    if (rest.startsWith(name)) return { hour: at, minute: 0, rest: rest.slice(name.length) }
  }
  return { hour, minute, rest }
}

/** Midnight of the day, in seconds of the wall clock. */
function dayOf(text: string, today: number, reference: string): number {
  if (text === '' || text === 'today') return today
  if (text === 'yesterday') return today - dayS
  if (text === 'tomorrow') return today + dayS
  const slashed = /^(\d+)\/(\d+)\/(\d+)$/.exec(text)
  if (slashed !== null) {
    const [month, day, year] = slashed.slice(1).map(Number) as [number, number, number]
    return date(fullYear(year), month, day, reference)
  }
  if (/^\d{8}$/.test(text)) {
    return date(
      Number(text.slice(0, 4)),
      Number(text.slice(4, 6)),
      Number(text.slice(6)),
      reference,
    )
  }
  const name = text.slice(0, 3)
  if (months.includes(name)) {
    const day = /\d{1,2}$/.exec(text)?.[0]
    if (day === undefined) throw new RangeError(`"${reference}" has no day of the month`)
    const year = new Date(today * 1000).getUTCFullYear()
    return date(year, months.indexOf(name) + 1, Number(day), reference)
  }
  if (weekdays.includes(name)) {
    const back = new Date(today * 1000).getUTCDay() - weekdays.indexOf(name)
    return today - modulo(back, 7) * dayS
  }
  throw new RangeError(`"${reference}" is not understood as a day or a time`)
}

/** Two digits from 70 on are of the last century, as is what counts from 1900. */
function fullYear(year: number): number {
  const from1900 = year < 1900 ? year + 1900 : year
  return from1900 < 1970 ? from1900 + 100 : from1900
}

function date(year: number, month: number, day: number, reference: string): number {
  const time = new Date(Date.UTC(2000, month - 1, day))
  time.setUTCFullYear(year, month - 1, day)
  if (time.getUTCMonth() !== month - 1 || time.getUTCDate() !== day || year < 1 || year > 9999) {
    throw new RangeError(`"${reference}" has a day that does not exist`)
  }
  return time.getTime() / 1000
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
