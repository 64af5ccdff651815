import { SearchError, type JsonValue } from '../../search.ts'
import { checkClauses } from '../clauses.ts'
import { defaultQueryLimits, type QueryLimits } from '../limits.ts'
import type { Query } from '../query.ts'
import { boolOf, constantScoreOf, disMaxOf } from './compound.ts'
import { matchOf, multiMatchOf, phraseOf, phrasePrefixOf } from './full_text.ts'
import { patternOf, regexpOf } from './patterns.ts'
import { queryStringOf, simpleQueryStringOf } from './query_string.ts'
import type { Reader } from './reader.ts'
import { existsOf, idsOf, rangeOf, termOf, termsOf } from './terms.ts'
import { isObject, onlyKeys, refused, type Part } from './value.ts'

type Read = (part: Part, reader: Reader) => Query

const queries: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['match_all', (part) => (onlyKeys(part, ''), { kind: 'all' })],
  ['match_none', (part) => (onlyKeys(part, ''), { kind: 'none' })],
  ['term', termOf],
  ['terms', termsOf],
  ['range', rangeOf],
  ['exists', existsOf],
  ['ids', idsOf],
  ['prefix', patternOf],
  ['wildcard', patternOf],
  ['regexp', regexpOf],
  ['match', matchOf],
  ['match_phrase', phraseOf],
  ['match_phrase_prefix', phrasePrefixOf],
  ['multi_match', multiMatchOf],
  ['query_string', queryStringOf],
  ['simple_query_string', simpleQueryStringOf],
  ['bool', boolOf],
  ['constant_score', constantScoreOf],
  ['dis_max', disMaxOf],
])

const scores = 'there are no scores'
const inRows = 'each document is one row'
/** Queries that Elasticsearch has and Weir has not, and why. */
const unsupported: ReadonlyMap<string, string> = new Map([
  ['boosting', scores],
  ['function_score', scores],
  ['script_score', scores],
  ['rank_feature', scores],
  ['distance_feature', scores],
  ['pinned', scores],
  ['nested', inRows],
  ['has_child', inRows],
  ['has_parent', inRows],
  ['parent_id', inRows],
  ['script', 'there are no scripts'],
  ['fuzzy', 'there is no fuzzy search'],
  ['match_bool_prefix', 'use match_phrase_prefix, or match and prefix in a bool'],
  ['more_like_this', scores],
  ['intervals', 'use match_phrase with slop'],
  ['span_term', 'use match_phrase with slop'],
  ['span_near', 'use match_phrase with slop'],
  ['geo_distance', 'there are no geo fields'],
  ['geo_bounding_box', 'there are no geo fields'],
  ['geo_shape', 'there are no geo fields'],
  ['percolate', 'queries are not stored'],
  ['terms_set', 'use terms, or bool with minimum_should_match'],
  ['combined_fields', 'use multi_match with cross_fields'],
  ['knn', 'there are no vectors'],
])

/**
 * What the `query` of a search body asks: Elasticsearch's query DSL, the part of it that docs/QUERY.md lists.
 *
 * @param place where the query stands in the body, for errors: `query`, `aggs.a.filter`
 * @throws SearchError 400 naming what cannot be understood or is not supported, and its place
 */
export function queryOfBody(
  body: JsonValue,
  { limits = defaultQueryLimits, place = 'query' }: { limits?: QueryLimits; place?: string } = {},
): Query {
  let depth = 0
  const reader: Reader = {
    limits,
    inner(value, at) {
      if (++depth > limits.maxDepth) throw tooDeep(limits.maxDepth)
      const query = read(value, at, reader)
      depth--
      return query
    },
  }
  return checkClauses(reader.inner(body, place), limits)
}

function read(value: JsonValue | undefined, place: string, reader: Reader): Query {
  if (!isObject(value)) throw refused('[_na] query malformed, must start with start_object', place)
  const [name, ...more] = Object.keys(value)
  if (name === undefined)
    throw new SearchError(
      400,
      'illegal_argument_exception',
      `query malformed, empty clause found at [${place}]`,
    )
  if (more.length > 0)
    throw refused(
      `[${name.slice(0, 200)}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]`,
      place,
    )
  const each = queries.get(name)
  if (!each) {
    const why = unsupported.get(name)
    if (why !== undefined) throw refused(`[${name}] query is not supported: ${why}`, place)
    throw refused(`unknown query [${name.slice(0, 200)}]`, place)
  }
  const object = value[name]
  const inside = `${place}.${name}`
  if (!isObject(object))
    throw refused(`[${name}] query malformed, no start_object after query name`, inside)
  return each({ object, place: inside, query: name }, reader)
}

const tooDeep = (maxDepth: number) =>
  new SearchError(
    400,
    'illegal_argument_exception',
    `The nested depth of the query exceeds the maximum nested depth for queries set in [indices.query.bool.max_nested_depth]: ${maxDepth} (store.limits.max_query_depth)`,
  )
