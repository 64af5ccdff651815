import { z } from 'zod'
import type { Json } from '../../core/json.ts'
import { isRawJson } from '../../core/json.ts'
import { isGoLayout, strptimeOfGoLayout } from './golayout.ts'
import { isoOf, type Instant } from './instant.ts'
import { readIso } from './iso.ts'
import { strptime, type ReadText } from './strptime.ts'
import { systemZone, utc, zoneOf, type Zone } from './zone.ts'

const timeType = z.enum([
  'auto',
  'string',
  'float',
  'unixtime',
  'unixtime_millis',
  'unixtime_micros',
  'unixtime_nanos',
  'mixed',
])

/** How times are written; the names and meanings are Fluentd's, `auto` and Go layouts beside them. */
export const timeFields = {
  time_type: timeType
    .optional()
    .describe(
      'string (by `time_format`), float or unixtime (seconds since 1970), unixtime_millis, …_micros, …_nanos, mixed (`time_format`, then `time_format_fallbacks`), auto (ISO 8601 and common forms; numbers by their size)',
    ),
  time_format: z
    .string()
    .min(1)
    .refine(isFormat, {
      error: 'is no strptime format (%Y-%m-%d …), Go layout (2006-01-02 …) or iso8601',
    })
    .optional()
    .describe(
      'strptime (`%d/%b/%Y:%H:%M:%S %z`), a Go layout (`2006-01-02T15:04:05Z07:00`) or `iso8601`',
    ),
  time_format_fallbacks: z
    .array(z.string().refine(isFormat, { error: 'is no time format' }))
    .max(20)
    .default([])
    .describe(
      'Formats to try, in order, after `time_format`; unixtime and float may be among them',
    ),
  timezone: z
    .string()
    .refine((name) => zoneOf(name) !== undefined, {
      error: 'is no time zone: write an offset such as +09:00 or a name such as Europe/Berlin',
    })
    .optional()
    .describe(
      'Zone of times that name none: `+09:00` or `Europe/Berlin`; over `localtime` and `utc`',
    ),
  localtime: z
    .boolean()
    .default(true)
    .describe('Times without a zone are in the zone of the process'),
  utc: z.boolean().default(false).describe('Times without a zone are in UTC'),
} as const

type Parsed = z.output<z.ZodObject<typeof timeFields>>

/** The options as the schema gives them; undefined is the same as absent. */
export type TimeOptions = {
  readonly [Name in keyof Parsed]: Parsed[Name] | undefined
}

/** Reads a value as a time: ISO text as `@timestamp` has it, undefined when it cannot be read or stored. */
export type ReadTime = (value: Json | undefined) => string | undefined

function isFormat(format: string): boolean {
  try {
    textReader(format, utc, () => 0)
    return true
  } catch {
    return false
  }
}

/** The zone of times that name none. */
export function zoneFor(options: Pick<TimeOptions, 'timezone' | 'utc' | 'localtime'>): Zone {
  if (options.timezone !== undefined) return zoneOf(options.timezone) ?? utc
  return options.utc || !options.localtime ? utc : systemZone()
}

/**
 * The reader that the options describe. Times are remembered by their text, since logs repeat them.
 *
 * @param now milliseconds since the epoch, for formats without a year.
 */
export function timeReader(options: TimeOptions, now: () => number): ReadTime {
  const zone = zoneFor(options)
  const type = options.time_type ?? (options.time_format === undefined ? 'auto' : 'string')
  const formats = [options.time_format ?? 'auto', ...(options.time_format_fallbacks ?? [])]
  const readers =
    type === 'string' || type === 'mixed'
      ? formats.map((format) => textReader(format, zone, now))
      : [type === 'auto' ? textReader('auto', zone, now) : numberReader(type)]
  let lastText = ''
  let lastTime: string | undefined
  return (value) => {
    const text = textOf(value)
    if (text === undefined) return undefined
    if (text === lastText) return lastTime
    lastText = text
    lastTime = undefined
    for (const read of readers) {
      const instant = read(text)
      if (!instant) continue
      lastTime = isoOf(instant)
      break
    }
    return lastTime
  }
}

/** A time is text or a number; a longer text is none. */
function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value.length <= 128 ? value.trim() : undefined
  if (typeof value === 'number') return String(value)
  return isRawJson(value) ? value.rawJSON : undefined
}

function textReader(format: string, zone: Zone, now: () => number): ReadText {
  if (format === 'auto') return anyReader(zone, now)
  if (/^%?iso8601$|^rfc3339(nano)?$/i.test(format)) return (text) => readIso(text, zone)
  if (/^(float|unixtime(_millis|_micros|_nanos)?)$/.test(format)) return numberReader(format)
  if (isGoLayout(format)) return strptime(strptimeOfGoLayout(format), zone, now)
  if (!format.includes('%')) throw new RangeError(`"${format}" is no time format`)
  return strptime(format, zone, now)
}

const shifts: Readonly<Record<string, number>> = {
  unixtime_millis: 3,
  unixtime_micros: 6,
  unixtime_nanos: 9,
}

/** Seconds since the epoch with or without a fraction, or a whole number of parts of a second. */
function numberReader(type: string): ReadText {
  const shift = shifts[type] ?? 0
  return (text) => readEpoch(text, shift, type === 'unixtime')
}

/** A decimal number of seconds × 10^shift, digit by digit: a double would round nanoseconds. */
function readEpoch(text: string, shift: number, whole: boolean): Instant | undefined {
  const match = /^(-?)(\d{1,20})(?:\.(\d+))?$/.exec(text)
  if (!match) return undefined
  const [, sign, digits, decimals = ''] = match
  const padded = digits!.padStart(shift + 1, '0')
  const seconds = Number(padded.slice(0, padded.length - shift))
  const fraction = (padded.slice(padded.length - shift) + decimals).slice(0, 9)
  if (shift === 0 && whole) return { seconds: sign ? -seconds : seconds, fraction: '' }
  if (!sign || /^0*$/.test(fraction)) return { seconds: sign ? -seconds : seconds, fraction }
  const rest = 10 ** fraction.length - Number(fraction)
  return { seconds: -seconds - 1, fraction: String(rest).padStart(fraction.length, '0') }
}

/** Forms read without being told: what servers and libraries write most. */
const common = [
  '%d/%b/%Y:%H:%M:%S %z',
  '%a, %d %b %Y %H:%M:%S %z',
  '%a %b %e %H:%M:%S%f %Y',
  '%a %b %e %H:%M:%S %Z %Y',
  '%Y/%m/%d %H:%M:%S%f',
  '%b %e %H:%M:%S%f',
]

function anyReader(zone: Zone, now: () => number): ReadText {
  const readers = common.map((format) => strptime(format, zone, now))
  return (text) => {
    const byNumber = /^-?\d{9,20}(\.\d+)?$/.test(text) ? readByMagnitude(text) : readIso(text, zone)
    if (byNumber) return byNumber
    for (const read of readers) {
      const instant = read(text)
      if (instant) return instant
    }
    return undefined
  }
}

/** Seconds up to 11 digits, then milliseconds (12-14), microseconds (15-17), nanoseconds (18-20). */
function readByMagnitude(text: string): Instant | undefined {
  const length = text.replace(/^-/, '').split('.')[0]!.length
  return readEpoch(text, length <= 11 ? 0 : length <= 14 ? 3 : length <= 17 ? 6 : 9, false)
}
