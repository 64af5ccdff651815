/**
 * Reads a `@timestamp` as Elasticsearch's `strict_date_optional_time||epoch_millis` does: an ISO 8601 date
 * or time of four-digit years, UTC when it says no zone, fractions up to nanoseconds; or milliseconds since
 * the epoch, as a number or as digits.
 *
 * @returns ISO 8601 in UTC with `Z` and 3 to 9 digits of a second; undefined when it is none of these, or
 *   lies outside the years 0000 to 9999.
 */
export function timestampOf(value: unknown): string | undefined {
  if (typeof value === 'number') return ofMillis(value)
  if (typeof value !== 'string') return undefined
  const match = isoTime.exec(value)
  if (!match) return /^-?\d{1,15}(\.\d+)?$/.test(value) ? ofMillis(Number(value)) : undefined
  const [
    ,
    year,
    month = '01',
    day = '01',
    hour = '00',
    minute = '00',
    second = '00',
    fraction = '',
    zone = 'Z',
  ] = match
  const base = Date.UTC(
    2000,
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  const date = new Date(base)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  // What JavaScript rolls over, such as 30 February or 25 o'clock, is no time.
  const isWhole =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60
  if (!isWhole) return undefined
  const digits = fraction.padEnd(3, '0')
  if (/^z$/i.test(zone)) return `${textOf(date)}.${digits}Z`
  const offset = offsetMinutes(zone)
  if (offset === undefined) return undefined
  date.setTime(date.getTime() - offset * 60_000)
  const utc = date.getUTCFullYear()
  return utc < 0 || utc > 9999 ? undefined : `${textOf(date)}.${digits}Z`
}

const isoTime =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(?:(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?)?)?)?$/

function offsetMinutes(zone: string): number | undefined {
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', '') || '0')
  if (hours > 18 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/** `2024-01-31T12:00:00` */
const textOf = (date: Date) => date.toISOString().slice(0, 19)

const [firstMs, lastMs] = [-62_167_219_200_000, 253_402_300_799_999]

function ofMillis(value: number): string | undefined {
  const ms = Math.trunc(value)
  return ms >= firstMs && ms <= lastMs ? new Date(ms).toISOString() : undefined
}
