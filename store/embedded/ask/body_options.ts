import { isExactNumber } from '../../../core/exact_json.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../../search.ts'

/** A search body that cannot be understood, in Elasticsearch's words. */
export const malformed = (reason: string) => new SearchError(400, 'parsing_exception', reason)
export const illegal = (reason: string) =>
  new SearchError(400, 'illegal_argument_exception', reason)

export const isRecord = (value: JsonValue | undefined): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value)

/** @throws SearchError when it is not a whole number of at least `least` */
export function wholeNumber(
  value: JsonValue | undefined,
  name: string,
  least = 0,
): number | undefined {
  if (value === undefined || value === null) return undefined
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number)) {
    throw malformed(`[${name}] must be a whole number, but is [${brief(value)}]`)
  }
  if (number < least) {
    throw illegal(`[${name}] parameter cannot be negative, found [${number}]`)
  }
  return number
}

export function flag(value: JsonValue | undefined, name: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw malformed(`[${name}] must be true or false, but is [${brief(value)}]`)
}

export function textOption(value: JsonValue | undefined, name: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw malformed(`[${name}] must be a text, but is [${brief(value)}]`)
}

/** A text, or a list of texts. */
export function texts(value: JsonValue | undefined, name: string): readonly string[] {
  if (value === undefined || value === null) return []
  const given = Array.isArray(value) ? value : [value]
  return given.map((each) => textOption(each, name) ?? '')
}

/** @throws SearchError for a key that is not among `known` */
export function onlyKeys(record: JsonRecord, name: string, known: readonly string[]): void {
  const unknown = Object.keys(record).find((key) => !known.includes(key))
  if (unknown === undefined) return
  throw malformed(`unknown key [${unknown.slice(0, 200)}] for ${name}`)
}

export const brief = (value: JsonValue) => JSON.stringify(value).slice(0, 200)
