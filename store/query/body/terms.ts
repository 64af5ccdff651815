import { SearchError, type JsonValue } from '../../search.ts'
import type { Query, RangeQuery, Scalar } from '../query.ts'
import type { Reader } from './reader.ts'
import {
  fieldOf,
  flag,
  isObject,
  onlyKeys,
  optionsOf,
  refused,
  scalar,
  text,
  type Part,
} from './value.ts'

export function termOf(part: Part): Query {
  const { field, options } = optionsOf(part, 'value')
  onlyKeys(options, 'value case_insensitive')
  return {
    kind: 'term',
    field,
    values: [scalar(options.object['value'], options)],
    caseInsensitive: flag(options, 'case_insensitive') ?? false,
    at: part.place,
  }
}

export function termsOf(part: Part, { limits: { maxTerms } }: Reader): Query {
  const { field, value } = fieldOf(part)
  const place = `${part.place}.${field}`
  if (isObject(value)) throw refused('[terms] lookup in another index is not supported', place)
  if (!Array.isArray(value)) throw refused('[terms] query requires an array of terms', place)
  if (value.length > maxTerms)
    throw new SearchError(
      400,
      'illegal_argument_exception',
      `The number of terms [${value.length}] used in the Terms Query request has exceeded the allowed maximum of [${maxTerms}]. This maximum can be set by changing the [index.max_terms_count] index level setting (store.limits.max_terms).`,
    )
  const values = value.map((each) => scalar(each, { ...part, place }))
  if (values.length === 0) return { kind: 'none' }
  return { kind: 'term', field, values, caseInsensitive: false, at: part.place }
}

export function existsOf(part: Part): Query {
  onlyKeys(part, 'field')
  const { object, place } = part
  if (typeof object['field'] !== 'string' || object['field'] === '')
    throw refused('[exists] must be provided with a [field]', place)
  return { kind: 'exists', field: object['field'], at: place }
}

export function idsOf(part: Part): Query {
  onlyKeys(part, 'values type')
  const { values } = part.object
  if (values === undefined) return { kind: 'ids', values: [] }
  const list = Array.isArray(values) ? values : [values]
  return { kind: 'ids', values: list.map((each) => text(each, part)) }
}

const rangeKeys = 'gt gte lt lte from to include_lower include_upper format time_zone relation'

/** Null is no bound. `from` and `to` are of older clients. */
export function rangeOf(part: Part): Query {
  const { field, value } = fieldOf(part)
  const options: Part = {
    object: isObject(value) ? value : {},
    place: `${part.place}.${field}`,
    query: 'range',
  }
  if (!isObject(value))
    throw refused('[range] query malformed, no start_object after field', options.place)
  onlyKeys(options, rangeKeys)
  const { object } = options
  const limits: Partial<Record<'gt' | 'gte' | 'lt' | 'lte', Scalar>> = {}
  const set = (key: keyof typeof limits, bound: JsonValue | undefined) => {
    if (bound !== undefined && bound !== null) limits[key] = scalar(bound, options)
  }
  set(flag(options, 'include_lower') === false ? 'gt' : 'gte', object['from'])
  set(flag(options, 'include_upper') === false ? 'lt' : 'lte', object['to'])
  for (const key of ['gt', 'gte', 'lt', 'lte'] as const) set(key, object[key])
  if (Object.keys(limits).length === 0) return { kind: 'exists', field, at: part.place }
  return {
    kind: 'range',
    field,
    ...limits,
    ...(object['format'] !== undefined && { format: text(object['format'], options) }),
    ...(object['time_zone'] !== undefined && { timeZone: text(object['time_zone'], options) }),
    at: part.place,
  } satisfies RangeQuery
}
