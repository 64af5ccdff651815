import type { DateElement, DateLetter } from './date_pattern.ts'
import { instantOf, timeZoneOf } from './time_zone.ts'

/** What a text says of a date, by pattern letter. */
export type DateFields = Partial<Record<DateLetter, string>>

export const months =
  'January February March April May June July August September October November December'.split(' ')
export const weekdays = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ')

/** A regular expression with a group for each field that `letters` names, in order. */
export function dateRegExp(
  elements: readonly DateElement[],
  isStrict: boolean,
): { regexp: RegExp; letters: DateLetter[] } {
  const letters: DateLetter[] = []
  const sourceOf = (list: readonly DateElement[]): string =>
    list
      .map((element, at) => {
        if ('literal' in element) return literal(element.literal)
        if ('optional' in element) return `(?:${sourceOf(element.optional)})?`
        letters.push(element.letter)
        const next = list[at + 1]
        const isAdjacent =
          next !== undefined && 'letter' in next && /[MLwDdHhKkmsSn]/.test(next.letter)
        return `(${fieldSource(element.letter, element.count, isStrict || isAdjacent, isAdjacent)})`
      })
      .join('')
  return { regexp: new RegExp(`^${sourceOf(elements)}$`, 'i'), letters }
}

const literal = (text: string): string =>
  // ISO 8601 has a comma or a dot before the fraction of a second.
  text === '.' ? '[.,]' : text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

const zone = String.raw`Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?`

function fieldSource(
  letter: DateLetter,
  count: number,
  isStrict: boolean,
  isAdjacent: boolean,
): string {
  switch (letter) {
    case 'y':
    case 'u':
    case 'Y':
      if (count === 2) return String.raw`\d{2}`
      if (isAdjacent) return String.raw`-?\d{4}`
      return isStrict && count > 1 ? String.raw`-?\d{4}|[+-]\d{5,9}` : String.raw`[+-]?\d{1,9}`
    case 'M':
    case 'L':
      if (count < 3) break
      return months.map((name) => (count === 3 ? name.slice(0, 3) : name)).join('|')
    case 'E':
      return weekdays.map((name) => (count < 4 ? name.slice(0, 3) : name)).join('|')
    case 'a':
      return 'AM|PM'
    case 'G':
      return 'AD|BC'
    case 'S':
      return String.raw`\d{${count}}`
    case 'ƒ':
    case 'n':
      return String.raw`\d{1,9}`
    case 'e':
      return String.raw`\d`
    case 'X':
    case 'x':
    case 'Z':
    case 'O':
      return `${letter === 'O' ? '(?:GMT)?' : ''}(?:${zone})`
    case 'z':
    case 'V':
      return String.raw`[A-Za-z][A-Za-z0-9_/+:-]*|${zone}`
    case 'D':
      return isStrict && count === 3 ? String.raw`\d{3}` : String.raw`\d{1,3}`
    default:
      break
  }
  return isStrict && count > 1 ? String.raw`\d{2}` : String.raw`\d{1,2}`
}

/**
 * Nanoseconds since the epoch, or undefined when there is no such date. What the text does not say is the
 * first month and day, and midnight, or with `roundUp` the last nanosecond of what it does say of the time.
 */
export function nanosOfFields(
  fields: DateFields,
  { roundUp, timeZone }: { readonly roundUp: boolean; readonly timeZone: string },
): bigint | undefined {
  const day = dayOf(fields)
  const clock = timeOf(fields, roundUp)
  if (day === undefined || clock === undefined) return undefined
  const localMs = day + clock.ms
  const named = fields.X ?? fields.x ?? fields.Z ?? fields.V ?? fields.z ?? fields.O
  const ms = instantOf(
    localMs,
    timeZoneOf(named?.toUpperCase() === 'Z' ? 'Z' : (named ?? timeZone)),
  )
  return Number.isFinite(ms) ? BigInt(ms) * 1_000_000n + BigInt(clock.nanos) : undefined
}

const dayMs = 86_400_000

/** Milliseconds from the epoch to the day, in UTC. */
function dayOf(fields: DateFields): number | undefined {
  if (fields.Y !== undefined) return weekDayOf(fields)
  const year = yearOf(fields)
  const first = utcDay(year, 0, 1)
  if (fields.D !== undefined) {
    const day = Number(fields.D)
    const length = (utcDay(year + 1, 0, 1) - first) / dayMs
    return day >= 1 && day <= length ? first + (day - 1) * dayMs : undefined
  }
  const month = monthOf(fields.M ?? fields.L ?? '1')
  const day = Number(fields.d ?? '1')
  if (month < 1 || month > 12 || day < 1) return undefined
  const at = utcDay(year, month - 1, day)
  return new Date(at).getUTCMonth() === month - 1 ? at : undefined
}

function yearOf({ y, u, G }: DateFields): number {
  const text = y ?? u ?? '1970'
  const year = text.length === 2 ? 2000 + Number(text) : Number(text)
  return G?.toUpperCase() === 'BC' ? 1 - year : year
}

const monthOf = (text: string): number =>
  /^\d/.test(text)
    ? Number(text)
    : 1 +
      months.findIndex((name) => name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase())

/** Milliseconds from the epoch; `Date.UTC` takes the year 99 for 1999. */
export function utcDay(year: number, month: number, day: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  return date.getTime()
}

/** Monday of the first ISO week of a year, the week that has its 4 January. */
export function firstMonday(year: number): number {
  const fourth = utcDay(year, 0, 4)
  return fourth - isoWeekday(fourth) * dayMs
}

/** Monday is 0. */
export const isoWeekday = (utcMs: number): number => (new Date(utcMs).getUTCDay() + 6) % 7

function weekDayOf({ Y, w = '1', e = '1' }: DateFields): number | undefined {
  const week = Number(w)
  const day = Number(e)
  if (week < 1 || week > 53 || day < 1 || day > 7) return undefined
  return firstMonday(Number(Y)) + ((week - 1) * 7 + day - 1) * dayMs
}

/** Since midnight: whole milliseconds, and the nanoseconds beyond. */
function timeOf(fields: DateFields, roundUp: boolean): { ms: number; nanos: number } | undefined {
  const or = (text: string | undefined, last: number) =>
    text === undefined ? (roundUp ? last : 0) : Number(text)
  const hour = hourOf(fields) ?? (roundUp ? 23 : 0)
  const minute = or(fields.m, 59)
  const second = or(fields.s, 59)
  const fraction = fields.ƒ ?? fields.S
  const nano =
    fraction === undefined ? or(fields.n, 999_999_999) : Number(filled(fraction, roundUp))
  if (hour > 23 || minute > 59 || second > 59 || nano > 999_999_999) return undefined
  const ms = ((hour * 60 + minute) * 60 + second) * 1000 + Math.floor(nano / 1e6)
  return { ms, nanos: nano % 1e6 }
}

/** A fraction has no digits missing: it is rounded up only within a millisecond, as Elasticsearch does. */
const filled = (fraction: string, roundUp: boolean): string =>
  roundUp && fraction.length <= 3 ? fraction.padEnd(3, '0').padEnd(9, '9') : fraction.padEnd(9, '0')

function hourOf({ H, h, K, k, a }: DateFields): number | undefined {
  const half = a?.toUpperCase() === 'PM' ? 12 : 0
  if (H !== undefined) return Number(H)
  if (k !== undefined) return Number(k) % 24
  if (K !== undefined) return Number(K) + half
  return h === undefined ? undefined : (Number(h) % 12) + half
}
