/**
 * Numbers in bytes. The plain ones, which nearly all are (a sign, digits, a point), are read without
 * making a text: with at most 15 digits both the mantissa and the power of ten are exact, so one
 * division rounds once, as JavaScript and Go do. Anything else goes by way of a text.
 */

const tens = Float64Array.from({ length: 16 }, (_, power) => 10 ** power)

/** The plain number in [start, end); NaN when it is not a plain one. */
export function plainNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const first = bytes[at]
  const isSigned = first === 0x2d || first === 0x2b
  if (isSigned) at += 1
  // Two more than 15 digits: a sign's place is gone, and a point.
  if (at >= end || end - at > 16) return NaN
  let mantissa = 0
  let point = -1
  for (; at < end; at++) {
    const digit = bytes[at]! - 0x30
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit
    else if (digit === -2 && point < 0) point = at
    else return NaN
  }
  // A point alone is no number; 16 digits without one may not be exact.
  if (point < 0) {
    if (mantissa > 999_999_999_999_999) return NaN
  } else {
    if (end - start - (isSigned ? 1 : 0) === 1) return NaN
    mantissa /= tens[end - point - 1]!
  }
  return first === 0x2d ? -mantissa : mantissa
}

/**
 * The number in [start, end) as JavaScript's Number(text) reads it (hex, exponents, blanks around,
 * Infinity); NaN for what is none and for an empty text, which Number would read as 0.
 */
export function jsNumber(bytes: Uint8Array, start: number, end: number): number {
  const plain = plainNumber(bytes, start, end)
  if (plain === plain || start === end) return plain
  return Number(textOf(bytes, start, end))
}

/** The number in [start, end) as DogStatsD reads it: decimal, with an exponent perhaps; else NaN. */
export function decimalNumber(bytes: Uint8Array, start: number, end: number): number {
  const plain = plainNumber(bytes, start, end)
  if (plain === plain || start === end) return plain
  const text = textOf(bytes, start, end)
  return decimal.test(text) ? Number(text) : NaN
}
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

/** The text of [start, end). Bytes that are not UTF-8 become U+FFFD, as in Etsy's statsd. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end))
}
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
