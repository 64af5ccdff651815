import { defaultDateFormat, formatDate as formatMicros } from '../../../query/date_format.ts'
import { dateOf } from '../../../query/date_math.ts'

/** What a date is parsed by; see store/query/date_math.ts. */
export interface DateContext {
  readonly format: string | undefined
  readonly timeZone: string | undefined
  /** What `now` means. */
  readonly nowMs: number
}

/** Milliseconds since the epoch, of a number, a date or date maths, rounded down. @throws SearchError */
export function parseDate(value: string | number, context: DateContext): number {
  return Math.floor(Number(dateOf(value, context)) / 1000)
}

/** Times beyond those that a Date can hold are written as numbers. */
const maxMs = 8.64e15

/** Years of four digits. */
const yearsFromMs = Date.UTC(1000, 0, 1)
const yearsToMs = Date.UTC(10_000, 0, 1)

/** A time as text, in the first of the formats. @throws SearchError for a format that is none */
export function formatDate(
  ms: number,
  format: string | undefined,
  timeZone: string | undefined,
): string {
  if (!Number.isFinite(ms) || Math.abs(ms) > maxMs) return String(ms)
  const isPlain = timeZone === undefined && (format === undefined || format === defaultDateFormat)
  // What the format prints, for histograms of thousands of buckets.
  if (isPlain && ms >= yearsFromMs && ms < yearsToMs) return new Date(ms).toISOString()
  return formatMicros(BigInt(Math.trunc(ms)) * 1000n, format ?? defaultDateFormat, timeZone)
}
