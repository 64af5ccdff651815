import { SearchError, type JsonRecord, type JsonValue } from '../../search.ts'
import type { Scalar } from '../query.ts'

/** An object of the body, where it stands, and which query it belongs to. */
export interface Part {
  readonly object: JsonRecord
  /** `query.bool.filter[0].range` */
  readonly place: string
  /** The query's name, such as `range`. */
  readonly query: string
}

export const isObject = (value: JsonValue | undefined): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A body that cannot be understood. @param place shown behind the reason */
export const refused = (reason: string, place: string): SearchError =>
  new SearchError(400, 'parsing_exception', `${reason} at [${shortened(place)}]`)

const shortened = (place: string) =>
  place.length > 300 ? `${place.slice(0, 150)}…${place.slice(-150)}` : place

/** @param names keys with spaces between. @throws SearchError when there is another */
export function onlyKeys({ object, place, query }: Part, ...names: readonly string[]): void {
  const known = names.join(' ').split(' ')
  const unknown = Object.keys(object).find((key) => !known.includes(key) && !anywhere.has(key))
  if (unknown !== undefined)
    throw refused(`[${query}] query does not support [${unknown.slice(0, 200)}]`, place)
}

/** Without scores a boost changes nothing; a name is for scripts of the client. */
const anywhere = new Set(['boost', '_name'])

/** The one field that a query such as `match` is about: `{"match": {"field": …}}`. */
export function fieldOf({ object, place, query }: Part): { field: string; value: JsonValue } {
  const fields = Object.keys(object).filter((key) => !anywhere.has(key))
  const [field, second] = fields
  if (field === undefined)
    throw refused(`[${query}] query malformed, no field after query name`, place)
  if (second !== undefined)
    throw refused(
      `[${query}] query doesn't support multiple fields, found [${field}] and [${second}]`,
      place,
    )
  if (field === '') throw refused('field name is null or empty', place)
  return { field, value: object[field]! }
}

/** `{"field": {"value": …, …}}`, or `{"field": …}` where it is that short. */
export function optionsOf(part: Part, shorthand: string): { field: string; options: Part } {
  const { field, value } = fieldOf(part)
  const place = `${part.place}.${field}`
  if (Array.isArray(value))
    throw refused(`[${part.query}] query does not support array of values`, place)
  const object = isObject(value) ? value : { [shorthand]: value }
  return { field, options: { object, place, query: part.query } }
}

export function scalar(value: JsonValue | undefined, { place, query }: Part): Scalar {
  if (value === undefined || value === null)
    throw new SearchError(400, 'illegal_argument_exception', `value cannot be null at [${place}]`)
  if (typeof value === 'object')
    throw refused(
      `[${query}] expected a single value, found ${Array.isArray(value) ? 'an array' : 'an object'}`,
      place,
    )
  return value
}

export const text = (value: JsonValue | undefined, part: Part): string =>
  String(scalar(value, part))

/** @returns undefined when it is not there */
export function flag(part: Part, key: string): boolean | undefined {
  const value = part.object[key]
  if (value === undefined) return undefined
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw refused(`[${part.query}] [${key}] expected true or false`, part.place)
}

export function wholeNumber(part: Part, key: string): number | undefined {
  const value = part.object[key]
  if (value === undefined) return undefined
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0)
    throw refused(`[${part.query}] [${key}] expected a whole number`, part.place)
  return number
}

/** `or` or `and`, in any case. */
export function operatorOf(part: Part, key: string): 'or' | 'and' {
  const value = part.object[key]
  const name = typeof value === 'string' ? value.toLowerCase() : (value ?? 'or')
  if (name === 'or' || name === 'and') return name
  throw refused(`[${part.query}] [${key}] expected or, and`, part.place)
}

/** What it names is not there; the reason says so instead of answering something else. */
export function refuseKeys(part: Part, reasons: Readonly<Record<string, string>>): void {
  for (const [key, reason] of Object.entries(reasons))
    if (part.object[key] !== undefined)
      throw refused(`[${part.query}] [${key}] is not supported: ${reason}`, part.place)
}
