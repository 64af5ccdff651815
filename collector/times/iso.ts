import { civilSeconds, daysInMonth, type Instant } from './instant.ts'
import { parseOffset, type Zone } from './zone.ts'

const iso =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,18}))?)?(?: ?([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?))?)?$/

/**
 * Reads ISO 8601 and RFC 3339 text (`2026-11-21T10:17:37.123456789+09:00`; a space for `T`, a comma
 * for the point, compact forms and a date alone are read too). `zone` is for text without one.
 * Undefined for anything else, an impossible date among it. A 60th second is the next minute's first.
 */
export function readIso(text: string, zone: Zone): Instant | undefined {
  const match = iso.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '', offset] = match
  if (!isDate(Number(year), Number(month), Number(day))) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  const local = civilSeconds(
    Number(year),
    Number(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  const east = offset === undefined ? zone(local) : parseOffset(offset.toUpperCase())
  if (east === undefined) return undefined
  return { seconds: local - east, fraction: fraction.slice(0, 9) }
}

export function isDate(year: number, month: number, day: number): boolean {
  return day >= 1 && day <= daysInMonth(year, month)
}
