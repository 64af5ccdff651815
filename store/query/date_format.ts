import { SearchError } from '../search.ts'
import {
  dateRegExp,
  firstMonday,
  isoWeekday,
  months,
  nanosOfFields,
  utcDay,
  weekdays,
  type DateFields,
} from './date_fields.ts'
import {
  dateElements,
  namedDatePatterns,
  type DateElement,
  type DateLetter,
} from './date_pattern.ts'
import { timeZoneOf } from './time_zone.ts'

/** Of date fields whose mapping has none. */
export const defaultDateFormat = 'strict_date_optional_time||epoch_millis'

export interface DateReading {
  /** What the text does not say is the end of what it says, not the beginning. */
  readonly roundUp: boolean
  /** Of texts without one. */
  readonly timeZone: string
}

interface Format {
  /** Nanoseconds since the epoch; undefined when the text is none of these. */
  parse(text: string, reading: DateReading): bigint | undefined
  print(nanos: bigint, timeZone: string): string
}

const cache = new Map<string, readonly Format[]>()
const maxCached = 500
const maxFormatLength = 1000

/**
 * Formats by Elasticsearch's names or Java's patterns, `||` between them; the first one prints.
 *
 * @throws SearchError 400
 */
function formatsOf(spec: string): readonly Format[] {
  const known = cache.get(spec)
  if (known) return known
  if (spec === '' || spec.length > maxFormatLength)
    throw new SearchError(400, 'illegal_argument_exception', 'No date pattern provided')
  const formats = spec.split('||').map(formatOf)
  if (cache.size >= maxCached) cache.clear()
  cache.set(spec, formats)
  return formats
}

function formatOf(name: string): Format {
  if (name === 'epoch_millis') return epoch(6)
  if (name === 'epoch_second') return epoch(9)
  const plain = name.replace(/^strict_/, '')
  const isNamed = Object.hasOwn(namedDatePatterns, plain)
  const elements = dateElements(isNamed ? namedDatePatterns[plain]! : name)
  const { regexp, letters } = dateRegExp(
    elements,
    !isNamed || plain !== name || plain === 'iso8601',
  )
  const mostDigits = name.endsWith('_nanos') ? 9 : 3
  return {
    parse(text, reading) {
      const match = regexp.exec(text)
      if (!match) return undefined
      const fields: DateFields = {}
      for (const [at, letter] of letters.entries())
        if (match[at + 1] !== undefined) fields[letter] = match[at + 1]!
      return nanosOfFields(fields, reading)
    },
    print: (nanos, timeZone) => new Printing(nanos, timeZone, mostDigits).text(elements),
  }
}

/** @param digits of a nanosecond in one unit: 6 for milliseconds, 9 for seconds */
function epoch(digits: number): Format {
  const unit = 10n ** BigInt(digits)
  return {
    parse(text, { roundUp }) {
      const match = /^(-?)(\d{1,19})(?:\.(\d{1,9}))?$/.exec(text)
      if (!match) return undefined
      const fraction = (match[3] ?? '').slice(0, digits).padEnd(digits, '0')
      const rest = roundUp && match[3] === undefined ? unit - 1n : BigInt(fraction)
      const whole = BigInt(match[2]!) * unit
      return match[1] === '-' ? -whole + (match[3] === undefined ? rest : -rest) : whole + rest
    },
    print(nanos) {
      const size = nanos < 0n ? -nanos : nanos
      const fraction = (size % unit).toString().padStart(digits, '0').replace(/0+$/, '')
      return `${nanos < 0n ? '-' : ''}${size / unit}${fraction === '' ? '' : `.${fraction}`}`
    },
  }
}

/** A date taken apart, to be printed. */
class Printing {
  readonly #offsetMs: number
  readonly #localMs: number
  readonly #nano: number
  readonly #date: Date
  readonly #mostDigits: number
  readonly #zone: string

  constructor(nanos: bigint, timeZone: string, mostDigits: number) {
    const ms = Number((nanos - mod(nanos, 1_000_000n)) / 1_000_000n)
    this.#offsetMs = timeZoneOf(timeZone)(ms)
    this.#localMs = ms + this.#offsetMs
    this.#nano = Number(mod(nanos, 1_000_000_000n))
    this.#date = new Date(this.#localMs)
    this.#mostDigits = mostDigits
    this.#zone = timeZone
    if (Number.isNaN(this.#date.getTime()))
      throw new SearchError(400, 'illegal_argument_exception', 'a date is out of range')
  }

  text(elements: readonly DateElement[]): string {
    return elements
      .map((element) => {
        if ('literal' in element) return element.literal
        if ('optional' in element) return this.text(element.optional)
        return this.#field(element.letter, element.count)
      })
      .join('')
  }

  #field(letter: DateLetter, count: number): string {
    const date = this.#date
    const digits = (number: number, least = count) => String(number).padStart(least, '0')
    const hour = date.getUTCHours()
    switch (letter) {
      case 'y':
      case 'u':
        return year(date.getUTCFullYear(), count)
      case 'Y':
        return year(this.#week().year, count)
      case 'w':
        return digits(this.#week().week)
      case 'M':
      case 'L': {
        const name = months[date.getUTCMonth()]!
        return count < 3 ? digits(date.getUTCMonth() + 1) : count === 3 ? name.slice(0, 3) : name
      }
      case 'D':
        return digits(Math.floor((this.#localMs - utcDay(date.getUTCFullYear(), 0, 1)) / dayMs) + 1)
      case 'd':
        return digits(date.getUTCDate())
      case 'E': {
        const name = weekdays[isoWeekday(this.#localMs)]!
        return count < 4 ? name.slice(0, 3) : name
      }
      case 'e':
        return digits(isoWeekday(this.#localMs) + 1)
      case 'a':
        return hour < 12 ? 'AM' : 'PM'
      case 'G':
        return date.getUTCFullYear() > 0 ? 'AD' : 'BC'
      case 'H':
        return digits(hour)
      case 'k':
        return digits(hour === 0 ? 24 : hour)
      case 'K':
        return digits(hour % 12)
      case 'h':
        return digits(hour % 12 === 0 ? 12 : hour % 12)
      case 'm':
        return digits(date.getUTCMinutes())
      case 's':
        return digits(date.getUTCSeconds())
      case 'S':
        return digits(this.#nano, 9).slice(0, count)
      case 'n':
        return digits(this.#nano)
      case 'ƒ':
        return digits(this.#nano, 9)
          .slice(0, this.#mostDigits)
          .replace(/(?<=^\d{3}\d*?)0+$/, '')
      case 'V':
      case 'z':
        return this.#zone
      default:
        return this.#offset(letter, count)
    }
  }

  #week(): { year: number; week: number } {
    // The week belongs to the year that its Thursday is in.
    const thursday = this.#localMs + (3 - isoWeekday(this.#localMs)) * dayMs
    const weekYear = new Date(thursday).getUTCFullYear()
    return { year: weekYear, week: Math.floor((thursday - firstMonday(weekYear)) / dayMs / 7) + 1 }
  }

  #offset(letter: 'X' | 'x' | 'Z' | 'O', count: number): string {
    const size = Math.abs(this.#offsetMs) / 1000
    if (letter === 'X' && size === 0) return 'Z'
    const sign = this.#offsetMs < 0 ? '-' : '+'
    const two = (number: number) => String(Math.floor(number)).padStart(2, '0')
    const hours = two(size / 3600)
    const minutes = two((size % 3600) / 60)
    if (letter === 'O') return size === 0 ? 'GMT' : `GMT${sign}${hours}:${minutes}`
    if (letter === 'Z') return `${sign}${hours}${count === 5 ? ':' : ''}${minutes}`
    if (count === 1 && minutes === '00') return `${sign}${hours}`
    return `${sign}${hours}${count === 3 || count === 5 ? ':' : ''}${minutes}`
  }
}

const dayMs = 86_400_000
const mod = (value: bigint, by: bigint): bigint => ((value % by) + by) % by

/** As Java: `0099`, `-0001`, and `+10000` where more digits stand than were asked for. */
function year(value: number, count: number): string {
  if (count === 2) return String(Math.abs(value) % 100).padStart(2, '0')
  const digits = String(Math.abs(value)).padStart(count, '0')
  if (value < 0) return `-${digits}`
  return count > 1 && digits.length > count ? `+${digits}` : digits
}

/**
 * @returns nanoseconds since the epoch
 * @throws SearchError 400 when the text has none of the formats
 */
export function parseDate(text: string, format: string, reading: DateReading): bigint {
  for (const each of formatsOf(format)) {
    const nanos = each.parse(text, reading)
    if (nanos !== undefined) return nanos
  }
  throw new SearchError(
    400,
    'parse_exception',
    `failed to parse date field [${text.slice(0, 100)}] with format [${format}]`,
  )
}

/**
 * A date as text, in the first of the formats; in `timeZone`, which only shows where the format has it.
 *
 * @param micros microseconds since the epoch
 */
export function formatDate(micros: bigint, format: string, timeZone = 'Z'): string {
  return formatNanos(micros * 1000n, format, timeZone)
}

/** @param nanos nanoseconds since the epoch */
export function formatNanos(nanos: bigint, format: string, timeZone = 'Z'): string {
  return formatsOf(format)[0]!.print(nanos, timeZone)
}
