import type { Scalar } from './query.ts'

/** A number of an event or a question; one that a double may not hold is a bigint. */
export type Numeric = number | bigint

/** NaN for what is no number. */
export function numericOf(scalar: Scalar): Numeric {
  const text = String(scalar).trim()
  if (/^-?\d{16,}$/.test(text)) return BigInt(text)
  return text === '' ? NaN : Number(text)
}

/** Negative, 0 or positive, exactly; NaN where one of them is. */
export function numericOrder(one: Numeric, other: Numeric): number {
  if (one < other) return -1
  if (one > other) return 1
  return one >= other ? 0 : NaN
}
