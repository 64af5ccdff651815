import type { JsonRecord } from '../search.ts'
import type { BoolQuery, PatternQuery, Query, RangeQuery, TextQuery } from './query.ts'

/**
 * The query as a search body has it, for whoever sends it to a store: `queryOfBody` reads it back.
 * Patterns and ranges over several fields become `query_string`s, which can name those.
 */
export function bodyOf(query: Query): JsonRecord {
  switch (query.kind) {
    case 'all':
      return { match_all: {} }
    case 'none':
      return { match_none: {} }
    case 'exists':
      return { exists: { field: query.field } }
    case 'ids':
      return { ids: { values: [...query.values] } }
    case 'term': {
      const { field, values, caseInsensitive } = query
      if (values.length !== 1) return { terms: { [field]: [...values] } }
      return { term: { [field]: { value: values[0]!, ...insensitive(caseInsensitive) } } }
    }
    case 'range':
      return bodyOfRange(query)
    case 'prefix':
    case 'wildcard':
    case 'regexp':
      return bodyOfPattern(query)
    case 'match':
    case 'phrase':
    case 'phrase_prefix':
      return bodyOfText(query)
    case 'bool':
      return bodyOfBool(query)
  }
}

const insensitive = (is: boolean): JsonRecord => (is ? { case_insensitive: true } : {})

function bodyOfRange({
  field,
  gt,
  gte,
  lt,
  lte,
  format,
  timeZone,
  lenient,
}: RangeQuery): JsonRecord {
  if (lenient || field.includes('*')) {
    const low = `${gt === undefined ? '[' : '{'}${boundOf(gt ?? gte)}`
    const high = `${boundOf(lt ?? lte)}${lt === undefined ? ']' : '}'}`
    const zone = timeZone === undefined ? {} : { time_zone: timeZone }
    return { query_string: { query: `${nameOf(field)}:${low} TO ${high}`, lenient: true, ...zone } }
  }
  const given = { gt, gte, lt, lte, format, time_zone: timeZone }
  const limits = Object.entries(given).filter(([, value]) => value !== undefined)
  return { range: { [field]: Object.fromEntries(limits) as JsonRecord } }
}

const boundOf = (value: string | number | boolean | undefined): string =>
  value === undefined ? '*' : `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`

function bodyOfPattern(query: PatternQuery): JsonRecord {
  const { kind, field, pattern, caseInsensitive, analyzed, lenient } = query
  const several = lenient || field.includes('*') || analyzed !== undefined
  if (!several || caseInsensitive || kind === 'prefix')
    return { [kind]: { [field]: { value: pattern, ...insensitive(caseInsensitive) } } }
  const written =
    kind === 'regexp' ? `/${pattern.replaceAll(/\\[^]|\//g, escapeSlash)}/` : escapeWord(pattern)
  return {
    query_string: {
      query: `${nameOf(field)}:${written}`,
      ...(lenient !== undefined && { lenient }),
      ...(analyzed !== undefined && { analyze_wildcard: true, default_operator: analyzed }),
    },
  }
}

const escapeSlash = (text: string): string => (text === '/' ? '\\/' : text)

/** A wildcard pattern as a word of query_string, where more than `*`, `?` and `\` has a meaning. */
const escapeWord = (pattern: string): string =>
  pattern.replaceAll(/\\[^]|[^\p{L}\p{N}_.*?]/gu, (each) => (each.length > 1 ? each : `\\${each}`))

const nameOf = (field: string): string => field.replaceAll(/[^\p{L}\p{N}_.@]/gu, '\\$&')

function bodyOfText(query: TextQuery): JsonRecord {
  const { kind, fields, text, operator, minimumShouldMatch, slop, zeroTermsAll, lenient } = query
  const type = { match: 'best_fields', phrase: 'phrase', phrase_prefix: 'phrase_prefix' }[kind]
  return {
    multi_match: {
      query: text,
      fields: [...fields],
      type,
      lenient,
      ...(kind === 'match' && { operator }),
      ...(kind === 'match' && minimumShouldMatch !== undefined
        ? { minimum_should_match: minimumShouldMatch }
        : {}),
      ...(kind !== 'match' && slop > 0 && { slop }),
      ...(zeroTermsAll && { zero_terms_query: 'all' }),
    },
  }
}

function bodyOfBool({ must, filter, should, mustNot, minimumShouldMatch }: BoolQuery): JsonRecord {
  const lists = { must, filter, should, must_not: mustNot }
  const filled = Object.entries(lists).filter(([, queries]) => queries.length > 0)
  return {
    bool: {
      ...Object.fromEntries(filled.map(([key, queries]) => [key, queries.map(bodyOf)])),
      ...(minimumShouldMatch !== undefined && { minimum_should_match: minimumShouldMatch }),
    },
  }
}
