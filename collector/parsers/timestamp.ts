import { phraseOf } from '../event_buffer.ts'
import { daysInMonth } from '../times/instant.ts'

/** How every event line begins. */
export const timePhrase = phraseOf('{"@timestamp":"')

function digits(source: Uint8Array, at: number): number {
  const tens = source[at]! - 0x30
  const ones = source[at + 1]! - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

/**
 * The length of [start, end) when it already is what `@timestamp` holds: `2026-11-21T10:17:37.123Z`, with
 * 3, 6 or 9 digits of a second, a possible date, from year 1 on. Otherwise 0.
 */
export function canonicalLength(source: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length !== 24 && length !== 27 && length !== 30) return 0
  if (source[start + 4] !== 0x2d || source[start + 7] !== 0x2d || source[start + 10] !== 0x54)
    return 0
  if (source[start + 13] !== 0x3a || source[start + 16] !== 0x3a || source[start + 19] !== 0x2e)
    return 0
  if (source[end - 1] !== 0x5a) return 0
  const century = digits(source, start)
  const yearOfCentury = digits(source, start + 2)
  const month = digits(source, start + 5)
  const day = digits(source, start + 8)
  if (century < 0 || yearOfCentury < 0 || century + yearOfCentury === 0) return 0
  if (month < 1 || day < 1) return 0
  if (day > 28 && day > daysInMonth(century * 100 + yearOfCentury, month)) return 0
  if (month > 12) return 0
  const hour = digits(source, start + 11)
  const minute = digits(source, start + 14)
  const second = digits(source, start + 17)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return 0
  for (let at = start + 20; at < end - 1; at++) {
    if (source[at]! < 0x30 || source[at]! > 0x39) return 0
  }
  return length
}
