/** `JSON.rawJSON` of a number, as it was written. */
export type ExactNumber = {
  readonly rawJSON: string
}

declare global {
  interface JSON {
    rawJSON(text: string): unknown
    isRawJSON(value: unknown): value is ExactNumber
  }
}

/** What may be a number that `String` writes otherwise: with an exponent, a zero at its end or many at its begin, -0. */
const unusual = /(?:\d[eE][+-]?\d+|\.\d*0|\.0{6}\d+|-0)\s*(?:[,}\]]|$)/
/** As many digits can be more than a double holds. */
const long = /-?\d[\d.]{15,}/g

/** Numbers go out as they came in: with every digit, as `1.0`, as `1e2`, also those that a double does not hold. */
export function parseExact(text: string): unknown {
  if (isAsWritten(text)) return JSON.parse(text)
  return parseWith(text, (value, source) =>
    String(value) === source ? value : JSON.rawJSON(source),
  )
}

/** Whether doubles certainly are written as they are in `text`: looking is quicker than a reviver. */
function isAsWritten(text: string): boolean {
  if (unusual.test(text)) return false
  return text.match(long)?.every((found) => String(Number(found)) === found) ?? true
}

/** From as many digits on, a whole number may be one that a double does not hold. */
const longNumber = /\d{16}/
const longWhole = /^-?\d{16,}$/

/** For questions, which mean the same by `5` and `"5"`: whole numbers that a double may not hold are their texts. */
export function parseLongAsText(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text)
  return parseWith(text, (value, source) =>
    longWhole.test(source) && !Number.isSafeInteger(value) ? source : value,
  )
}

function parseWith(text: string, numberOf: (value: number, source: string) => unknown): unknown {
  const revive = (_name: string, value: unknown, context: { source?: string }) =>
    typeof value === 'number' ? numberOf(value, context.source!) : value
  return JSON.parse(text, revive as (name: string, value: unknown) => unknown)
}

/** A whole number for JSON, with every digit. */
export const exactWhole = (value: bigint): number | ExactNumber =>
  Number.isSafeInteger(Number(value))
    ? Number(value)
    : (JSON.rawJSON(value.toString()) as ExactNumber)

export const isExactNumber = (value: unknown): value is ExactNumber => JSON.isRawJSON(value)

/** A scalar as text, or a list of them as `String` joins it. */
export const textOfScalar = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(textOfScalar).join(',')
  return isExactNumber(value) ? value.rawJSON : String(value)
}
