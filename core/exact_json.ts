/** `JSON.rawJSON` of a number, as it was written. */
interface ExactNumber {
  readonly rawJSON: string
}

declare global {
  interface JSON {
    rawJSON(text: string): unknown
    isRawJSON(value: unknown): value is ExactNumber
  }
}

/** As many digits can be more than a double holds. */
const longNumber = /\d{16}/

/** Numbers keep their digits: one that a double does not hold goes out as it came in. */
export function parseExact(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text)
  const revive = (_name: string, value: unknown, context: { source?: string }) => {
    const { source } = context
    const isLong = typeof value === 'number' && source !== undefined && longNumber.test(source)
    return isLong ? JSON.rawJSON(source) : value
  }
  return JSON.parse(text, revive as (name: string, value: unknown) => unknown)
}

export const isExactNumber = (value: unknown): value is ExactNumber => JSON.isRawJSON(value)

/** A scalar as text. */
export const textOfScalar = (value: unknown): string =>
  isExactNumber(value) ? value.rawJSON : String(value)
