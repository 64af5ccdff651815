import { SearchError } from '../../../search.ts'
import { timeZone, utc, utcOfLocal, type TimeZone } from './time_zone.ts'

/** What a date is parsed by. */
export interface DateContext {
  /** Java patterns and Elasticsearch's names, `||` between them. Default: ISO 8601, or epoch milliseconds. */
  readonly format: string | undefined
  readonly timeZone: string | undefined
  /** What `now` means. */
  readonly nowMs: number
  readonly at: string
}

const iso = 'strict_date_optional_time||epoch_millis'

/**
 * Milliseconds since the epoch, of a number, a date or date maths (`now-1d/d`, `2026-11-21||+1M`), rounded down.
 *
 * @throws SearchError
 */
export function parseDate(value: string | number, context: DateContext): number {
  const { at, nowMs } = context
  const zone = timeZone(context.timeZone, at)
  const text = String(value).trim()
  const formats = (context.format ?? iso).split('||')
  if (text.startsWith('now')) return maths(nowMs, text.slice(3), zone, text, at)
  const split = text.indexOf('||')
  const anchor = split < 0 ? text : text.slice(0, split)
  const start = firstOf(formats, (format) => parseOne(anchor, format, zone))
  if (start === undefined) {
    const reason = `failed to parse date field [${text}] with format [${context.format ?? iso}]`
    throw new SearchError(400, 'parse_exception', `${reason}, at ${at}`)
  }
  return split < 0 ? start : maths(start, text.slice(split + 2), zone, text, at)
}

function firstOf<T>(from: readonly string[], find: (each: string) => T | undefined): T | undefined {
  for (const each of from) {
    const found = find(each)
    if (found !== undefined) return found
  }
  return undefined
}

/** `+1M/d-3h`, local to the zone. */
function maths(start: number, text: string, zone: TimeZone, whole: string, at: string): number {
  let ms = start
  let rest = text
  while (rest !== '') {
    const step = /^(?:([+-])(\d*)|\/)([yMwdhHmsq])/.exec(rest)
    if (!step) {
      const reason = `failed to parse date math [${whole}], at ${at}`
      throw new SearchError(400, 'parse_exception', reason)
    }
    rest = rest.slice(step[0].length)
    const [, sign, count, unit] = step
    const amount = count === '' ? 1 : Number(count)
    ms = sign ? moved(ms, unit!, sign === '-' ? -amount : amount, zone) : floored(ms, unit!, zone)
  }
  return ms
}

const fixedMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  H: 3_600_000,
}
const months: Readonly<Record<string, number>> = { M: 1, q: 3, y: 12 }

/** Days and longer keep the time of day; months the day, cut to the month's length. */
function moved(ms: number, unit: string, amount: number, zone: TimeZone): number {
  const fixed = fixedMs[unit]
  if (fixed) return ms + fixed * amount
  const local = new Date(ms + zone.offsetAt(ms))
  const perMonth = months[unit]
  if (perMonth) {
    const day = local.getUTCDate()
    local.setUTCDate(1)
    local.setUTCMonth(local.getUTCMonth() + perMonth * amount)
    const last = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0)).getUTCDate()
    local.setUTCDate(Math.min(day, last))
  } else {
    local.setUTCDate(local.getUTCDate() + amount * (unit === 'w' ? 7 : 1))
  }
  return utcOfLocal(zone, local.getTime())
}

function floored(ms: number, unit: string, zone: TimeZone): number {
  return utcOfLocal(zone, floorLocal(ms + zone.offsetAt(ms), unit))
}

/** The start of a local time's unit: `s m h d w M q y`. Weeks begin on Monday. */
export function floorLocal(localMs: number, unit: string): number {
  const day = 86_400_000
  const fixed = fixedMs[unit] ?? (unit === 'd' ? day : undefined)
  if (fixed) return Math.floor(localMs / fixed) * fixed
  if (unit === 'w') return Math.floor((localMs + 3 * day) / (7 * day)) * 7 * day - 3 * day
  const date = new Date(localMs)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const first = new Date(0)
  first.setUTCFullYear(year, unit === 'y' ? 0 : unit === 'q' ? month - (month % 3) : month, 1)
  return first.getTime()
}

function parseOne(text: string, format: string, zone: TimeZone): number | undefined {
  if (format === 'epoch_millis' || format === 'epoch_second') {
    if (!/^-?\d+(\.\d+)?$/.test(text)) return undefined
    return Math.floor(Number(text) * (format === 'epoch_second' ? 1000 : 1))
  }
  if (/optional_time/.test(format)) return parseIso(text, zone, format.startsWith('strict'))
  return parsePattern(text, namedPatterns[format.replace(/^strict_/, '')] ?? format, zone)
}

/** `2026`, `2026-11`, … `2026-11-21T10:00:00.123456789+01:00`. */
function parseIso(text: string, zone: TimeZone, strict: boolean): number | undefined {
  const year = strict ? '[+-]?\\d{4,9}' : '[+-]?\\d{1,9}'
  const date = `(${year})(?:-(\\d\\d?)(?:-(\\d\\d?)`
  const time =
    '(?:T(?:(\\d\\d?)(?::(\\d\\d?)(?::(\\d\\d?)(?:[.,](\\d{1,9}))?)?)?(Z|[+-]\\d\\d(?::?\\d\\d)?)?)?)?)?)?'
  const parts = new RegExp(`^${date}${time}$`).exec(text)
  if (!parts) return undefined
  const [
    ,
    y,
    month = '1',
    day = '1',
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    offset,
  ] = parts
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3))
  return instant([y!, month, day, hour, minute, second].map(Number), ms, offset, zone)
}

function instant(
  [year, month, day, hour, minute, second]: readonly number[],
  ms: number,
  offset: string | undefined,
  zone: TimeZone,
): number | undefined {
  const date = new Date(0)
  date.setUTCFullYear(year!, month! - 1, day)
  if (date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day) return undefined
  if (hour! > 23 || minute! > 59 || second! > 59) return undefined
  date.setUTCHours(hour!, minute, second, ms)
  if (offset === undefined) return utcOfLocal(zone, date.getTime())
  return date.getTime() - (offset === 'Z' ? 0 : timeZone(offset, 'date').offsetAt(0))
}

/** Elasticsearch's names, as far as they are more than ISO with optional parts. */
const namedPatterns: Readonly<Record<string, string>> = {
  basic_date: 'yyyyMMdd',
  basic_date_time: "yyyyMMdd'T'HHmmss.SSSXX",
  basic_date_time_no_millis: "yyyyMMdd'T'HHmmssXX",
  date: 'yyyy-MM-dd',
  date_hour: "yyyy-MM-dd'T'HH",
  date_hour_minute: "yyyy-MM-dd'T'HH:mm",
  date_hour_minute_second: "yyyy-MM-dd'T'HH:mm:ss",
  date_hour_minute_second_millis: "yyyy-MM-dd'T'HH:mm:ss.SSS",
  date_hour_minute_second_fraction: "yyyy-MM-dd'T'HH:mm:ss.SSS",
  date_time: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
  date_time_no_millis: "yyyy-MM-dd'T'HH:mm:ssXXX",
  hour: 'HH',
  hour_minute: 'HH:mm',
  hour_minute_second: 'HH:mm:ss',
  time: 'HH:mm:ss.SSSXXX',
  year: 'yyyy',
  year_month: 'yyyy-MM',
  year_month_day: 'yyyy-MM-dd',
  date_optional_time: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
  date_optional_time_nanos: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
}

const token = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/g

function parsePattern(text: string, pattern: string, zone: TimeZone): number | undefined {
  const letters: string[] = []
  const regex = pattern.replaceAll(token, (part, literal: string | undefined, letter?: string) => {
    if (letter === undefined) return escaped(literal === undefined ? part : literal || "'")
    letters.push(letter)
    if (letter === 'X' || letter === 'Z' || letter === 'x') return '(Z|[+-]\\d\\d:?(?:\\d\\d)?)'
    if (letter === 'M' && part.length === 3) return `(${monthNames.join('|')})`
    if (letter === 'S') return `(\\d{${part.length}})`
    return part.length === 1 ? '(\\d+)' : `(\\d{${part.length}})`
  })
  const found = new RegExp(`^${regex}$`).exec(text)
  if (!found) return undefined
  const of = (...names: readonly string[]) => {
    const at = letters.findIndex((letter) => names.includes(letter))
    return at < 0 ? undefined : found[at + 1]
  }
  const month = of('M', 'L') ?? '1'
  const named = monthNames.indexOf(month)
  const numbers = [
    of('y', 'u') ?? '1970',
    named < 0 ? month : named + 1,
    of('d') ?? 1,
    of('H') ?? 0,
  ]
  const parts = [...numbers, of('m') ?? 0, of('s') ?? 0].map(Number)
  return instant(
    parts,
    Number((of('S') ?? '0').padEnd(3, '0').slice(0, 3)),
    of('X', 'x', 'Z'),
    zone,
  )
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

const monthNames = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const dayNames = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ')

/**
 * A time as text, in the first of the formats.
 *
 * @param format Java's letters or Elasticsearch's names
 * @throws SearchError for a pattern with letters that are not known
 */
export function formatDate(
  ms: number,
  format: string | undefined,
  zoneName: string | undefined,
  at: string,
): string {
  const first = (format ?? 'date_time').split('||')[0]!
  if (first === 'epoch_millis') return String(ms)
  if (first === 'epoch_second') return String(ms / 1000)
  const zone = zoneName === undefined ? utc : timeZone(zoneName, at)
  const pattern = namedPatterns[first.replace(/^strict_/, '')] ?? first
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return String(ms)
  const offset = zone.offsetAt(ms)
  const local = new Date(ms + offset)
  return pattern.replaceAll(token, (part, literal: string | undefined, letter?: string) => {
    if (literal !== undefined) return literal.replaceAll("''", "'") || "'"
    return letter === undefined ? part : written(letter, part.length, local, offset, first, at)
  })
}

function written(
  letter: string,
  length: number,
  local: Date,
  offset: number,
  format: string,
  at: string,
): string {
  const padded = (value: number) => String(value).padStart(length, '0')
  const hour = local.getUTCHours()
  switch (letter) {
    case 'y':
    case 'u':
    case 'Y':
      return length === 2
        ? String(local.getUTCFullYear()).slice(-2)
        : String(local.getUTCFullYear()).padStart(Math.max(length, 4), '0')
    case 'M':
    case 'L':
      return length === 3 ? monthNames[local.getUTCMonth()]! : padded(local.getUTCMonth() + 1)
    case 'd':
      return padded(local.getUTCDate())
    case 'H':
      return padded(hour)
    case 'h':
      return padded(hour % 12 || 12)
    case 'a':
      return hour < 12 ? 'AM' : 'PM'
    case 'm':
      return padded(local.getUTCMinutes())
    case 's':
      return padded(local.getUTCSeconds())
    case 'S':
      return String(local.getUTCMilliseconds())
        .padStart(3, '0')
        .padEnd(length, '0')
        .slice(0, length)
    case 'E':
    case 'e':
      return dayNames[local.getUTCDay()]!
    case 'X':
    case 'x':
    case 'Z':
      return offsetText(letter, length, offset)
    default: {
      const reason = `Invalid format: [${format}]: Unknown pattern letter: ${letter}, at ${at}`
      throw new SearchError(400, 'illegal_argument_exception', reason)
    }
  }
}

function offsetText(letter: string, length: number, offset: number): string {
  if (letter === 'X' && offset === 0) return 'Z'
  const minutes = Math.abs(offset) / 60_000
  const [h, m] = [Math.floor(minutes / 60), Math.floor(minutes % 60)].map((value) =>
    String(value).padStart(2, '0'),
  )
  const colon = length === 3 || length === 5 ? ':' : ''
  const short = letter !== 'Z' && length === 1 && m === '00'
  return `${offset < 0 ? '-' : '+'}${h}${short ? '' : `${colon}${m}`}`
}
