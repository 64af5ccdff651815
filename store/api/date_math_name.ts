import { messageOf } from '../../core/errors.ts'
import { timeZoneOf } from '../query/time_zone.ts'
import { SearchError } from '../search.ts'

/**
 * Resolves date maths in an index name: `<logs-{now/d}>`, `<logs-{now-1M/M{yyyy.MM|+02:00}}>`, as
 * Elasticsearch does; other names are returned as they are. The format is `uuuu.MM.dd` where none is given;
 * the zone an offset or a name (`Asia/Tokyo`), or UTC.
 *
 * @param nowMs milliseconds since the epoch.
 * @throws SearchError 400
 */
export function dateMathName(name: string, nowMs: number): string {
  if (!name.startsWith('<') || !name.endsWith('>')) return name
  const inner = name.slice(1, -1)
  let result = ''
  for (let at = 0; at < inner.length;) {
    const open = openingOf(inner, at)
    result += inner.slice(at, open).replaceAll(/\\([{}])/g, '$1')
    if (open === inner.length) break
    const close = closingOf(inner, open, name)
    result += dateOf(inner.slice(open + 1, close), nowMs, name)
    at = close + 1
  }
  if (result === '') throw refused(name, 'nothing is left of it')
  return result
}

function openingOf(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '{') return at
  }
  return text.length
}

function closingOf(text: string, open: number, name: string): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth += 1
    else if (text[at] === '}' && --depth === 0) return at
  }
  throw refused(name, 'date math placeholder is open ended')
}

function dateOf(expression: string, nowMs: number, name: string): string {
  const match = /^(now)((?:[+-]\d+[yMwdhHms]|\/[yMwdhHms])*)(?:\{([^|}]*)(?:\|([^}]*))?\})?$/.exec(
    expression,
  )
  if (!match)
    throw refused(name, `[${expression}] is no date maths: write {now/d{yyyy.MM.dd|+00:00}}`)
  const [, , steps = '', format = 'uuuu.MM.dd', zone = 'UTC'] = match
  const offsetMs = offsetOf(zone, nowMs, name)
  const date = new Date(nowMs + offsetMs)
  for (const [, sign, digits, unit, rounded] of steps.matchAll(
    /([+-])(\d+)([yMwdhHms])|\/([yMwdhHms])/g,
  )) {
    if (rounded !== undefined) floor(date, rounded)
    else add(date, Number(`${sign}${digits}`), unit!)
  }
  if (Number.isNaN(date.getTime())) throw refused(name, 'the date is out of range')
  return formatted(date, format, name)
}

function offsetOf(zone: string, nowMs: number, name: string): number {
  try {
    return timeZoneOf(zone)(nowMs)
  } catch (failure) {
    throw refused(name, messageOf(failure))
  }
}

const spanMs: Readonly<Record<string, number>> = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  H: 3_600_000,
  m: 60_000,
  s: 1_000,
}

function add(date: Date, amount: number, unit: string): void {
  if (unit === 'y' || unit === 'M') addMonths(date, unit === 'y' ? amount * 12 : amount)
  else date.setTime(date.getTime() + amount * spanMs[unit]!)
}

/** The 31st becomes the last of a shorter month. */
function addMonths(date: Date, amount: number): void {
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + amount)
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, last))
}

function floor(date: Date, unit: string): void {
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  if (unit === 'y') date.setTime(Date.UTC(year, 0))
  else if (unit === 'M') date.setTime(Date.UTC(year, month))
  else {
    // Weeks begin on Mondays; the epoch was a Thursday.
    const shift = unit === 'w' ? 3 * spanMs['d']! : 0
    const span = spanMs[unit]!
    date.setTime(Math.floor((date.getTime() + shift) / span) * span - shift)
  }
}

function formatted(date: Date, format: string, name: string): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const parts: Readonly<Record<string, () => string>> = {
    yyyy: () => String(date.getUTCFullYear()).padStart(4, '0'),
    uuuu: () => String(date.getUTCFullYear()).padStart(4, '0'),
    yy: () => two(date.getUTCFullYear() % 100),
    uu: () => two(date.getUTCFullYear() % 100),
    MM: () => two(date.getUTCMonth() + 1),
    dd: () => two(date.getUTCDate()),
    HH: () => two(date.getUTCHours()),
    mm: () => two(date.getUTCMinutes()),
    ss: () => two(date.getUTCSeconds()),
  }
  return format.replaceAll(/'([^']*)'|([a-zA-Z])\2*/g, (run, quoted: string | undefined) => {
    if (quoted !== undefined) return quoted
    const part = Object.hasOwn(parts, run) ? parts[run] : undefined
    if (!part) throw refused(name, `the date format part [${run}] is not supported here`)
    return part()
  })
}

const refused = (name: string, why: string) =>
  new SearchError(400, 'parse_exception', `invalid dynamic name expression [${name}]: ${why}`)
