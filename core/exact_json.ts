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

/** A number of JSON; where a name of a member should be it is none, so that it stays what is wrong with a text. */
const numbers = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\s*:)/g
/** What may be a number that `String` writes otherwise: with an exponent, a zero at its end or many at its begin, -0. */
const unusual = /(?:\d[eE][+-]?\d+|\.\d*0|\.0{6}\d+|-0)\s*(?:[,}\]]|$)/
/** As many digits can be more than a double holds. */
const long = /-?\d[\d.]{15,}/g
/** Begins strings that stand for numbers; JSON can have it by an escape only. */
const mark = '\u0001'
const escapedMark = '\\u0001'

/** Numbers go out as they came in: with every digit, as `1.0`, as `1e2`, also those that a double does not hold. */
export function parseExact(text: string): unknown {
  if (isAsWritten(text)) return JSON.parse(text)
  const marked = markExact(text)
  if (marked === text) return JSON.parse(text)
  if (text.includes(escapedMark)) {
    return parseWith(text, (value, source) => (isText(value, source) ? value : rawOf(source)))
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(marked)
  } catch {
    // Says what is wrong where it is.
    return JSON.parse(text)
  }
  return unmarked(parsed)
}

/** Whether doubles certainly are written as they are in `text`: most texts need no closer look. */
function isAsWritten(text: string): boolean {
  if (unusual.test(text)) return false
  return text.match(long)?.every((found) => isText(Number(found), found)) ?? true
}

const isText = (value: number, source: string) => String(value) === source
const rawOf = (source: string) => JSON.rawJSON(source) as ExactNumber

/**
 * Makes marked strings of the numbers that are not the texts of doubles: to look for them, and for the strings in the
 * value then, takes a fraction of the time of a reviver, which is called for every value.
 */
function markExact(text: string): string {
  let marked = ''
  let copied = 0
  for (let start = 0; start < text.length;) {
    const quote = text.indexOf('"', start)
    const end = quote < 0 ? text.length : quote
    const between = end - start > 1 ? text.slice(start, end) : ''
    if (!isAsWritten(between)) {
      for (const { 0: source, index } of between.matchAll(numbers)) {
        if (isText(Number(source), source)) continue
        const at = start + index
        marked += `${text.slice(copied, at)}"${escapedMark}${source}"`
        copied = at + source.length
      }
    }
    start = endOfString(text, end)
  }
  return copied === 0 ? text : marked + text.slice(copied)
}

/** @param quote where the string begins. @returns behind its end, or the text's */
function endOfString(text: string, quote: number): number {
  let end = quote
  do {
    end = text.indexOf('"', end + 1)
    if (end < 0) return text.length
  } while (isEscaped(text, end))
  return end + 1
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === backslash) before -= 1
  return (at - before) % 2 === 0
}

const backslash = 0x5c

/** The value with its numbers in their places again. */
function unmarked(value: unknown): unknown {
  const root = { value }
  const left: object[] = [root]
  for (let each; (each = left.pop());) {
    for (const [name, inner] of Object.entries(each)) {
      if (typeof inner === 'object' && inner !== null) left.push(inner as object)
      else if (typeof inner === 'string' && inner.startsWith(mark)) {
        // An assignment to `__proto__` would do something else.
        Object.defineProperty(each, name, { value: rawOf(inner.slice(mark.length)) })
      }
    }
  }
  return root.value
}

/** From as many digits on, a whole number of a list or a member may be one that a double does not hold. */
const longNumber = /[:[,]\s*-?\d{16,}\s*[,}\]]/
const longWhole = /^-?\d{16,}$/

/**
 * For questions and events, which mean the same by `5` and `"5"`: whole numbers that a double may not hold are their
 * texts, in lists and objects.
 */
export const parseLongAsText = (text: string): unknown => parseLongAs(text, (source) => source)

/** For comparisons: whole numbers that a double may not hold are bigints, in lists and objects. */
export const parseLongAsBigint = (text: string): unknown => parseLongAs(text, BigInt)

function parseLongAs(text: string, longOf: (source: string) => unknown): unknown {
  if (!longNumber.test(text)) return JSON.parse(text)
  return parseWith(text, (value, source) =>
    longWhole.test(source) && !Number.isSafeInteger(value) ? longOf(source) : value,
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
