import type { JsonRecord, JsonValue, TargetOptions } from '../search.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import type { Parameters } from './parameters.ts'
import { SearchError } from '../search.ts'

/** Parameters by which indices are chosen. */
export const targetParameters: readonly string[] = [
  'ignore_unavailable',
  'allow_no_indices',
  'expand_wildcards',
  'ignore_throttled',
]

/** Parameters of a query in the URL. */
export const queryParameters: readonly string[] = [
  ...'q df default_operator analyzer analyze_wildcard lenient preference routing'.split(' '),
  ...'terminate_after'.split(' '),
]

/** Parameters of `_search`. Those that are about shards, caches and other clusters change nothing here. */
export const searchParameters: readonly string[] = [
  ...targetParameters,
  ...queryParameters,
  ...'_source _source_includes _source_excludes _source_exclude_vectors size from sort'.split(' '),
  ...'track_total_hits track_scores timeout version seq_no_primary_term stored_fields'.split(' '),
  ...'docvalue_fields explain search_type request_cache batched_reduce_size'.split(' '),
  ...'max_concurrent_shard_requests pre_filter_shard_size allow_partial_search_results'.split(' '),
  ...'ccs_minimize_roundtrips rest_total_hits_as_int typed_keys scroll'.split(' '),
  ...'force_synthetic_source index suggest_field suggest_mode suggest_size suggest_text'.split(' '),
  ...'include_named_queries_score'.split(' '),
]

export function targetOptions(query: Parameters): TargetOptions & {
  expandWildcards?: readonly string[]
} {
  const ignoreUnavailable = query.flag('ignore_unavailable')
  const allowNoIndices = query.flag('allow_no_indices')
  const expandWildcards = query.list('expand_wildcards')
  return {
    ...(ignoreUnavailable === undefined ? {} : { ignoreUnavailable }),
    ...(allowNoIndices === undefined ? {} : { allowNoIndices }),
    ...(expandWildcards === undefined ? {} : { expandWildcards }),
  }
}

/** The body with what the URL says, which goes before what the body says. @throws SearchError */
export function withUrl(body: JsonRecord, query: Parameters): JsonRecord {
  for (const name of ['scroll', 'suggest_field', 'force_synthetic_source']) {
    if (query.has(name) && query.text(name) !== 'false') {
      throw illegalArgument(`[${name}] is not supported${name === 'scroll' ? scrollAdvice : ''}`)
    }
  }
  const searchType = query.text('search_type')
  if (searchType !== undefined && !/^(dfs_)?query_then_fetch$/.test(searchType)) {
    throw illegalArgument(`No search type for [${searchType}]`)
  }
  const { _source: source, ...rest } = fromUrl(query)
  const merged: JsonRecord = { ...body, ...rest }
  if (source !== undefined) merged['_source'] = source
  const question = queryOf(query)
  if (question !== undefined) merged['query'] = question
  return merged
}

export const scrollAdvice = ': page with [search_after] and a [sort]'

const texts = ['timeout'] as const
const integers = ['from', 'size', 'terminate_after'] as const
const flags = ['track_scores', 'version', 'seq_no_primary_term', 'explain'] as const
const lists = ['stored_fields', 'docvalue_fields'] as const

function fromUrl(query: Parameters): JsonRecord {
  const given: JsonRecord = {}
  const add = (name: string, value: JsonValue | undefined) => {
    if (value !== undefined) given[name] = value
  }
  for (const name of texts) add(name, query.text(name))
  for (const name of integers) add(name, query.integer(name))
  for (const name of flags) add(name, query.flag(name))
  for (const name of lists) add(name, query.list(name))
  add('track_total_hits', totalOf(query.text('track_total_hits')))
  add('sort', query.list('sort')?.map(sortOf))
  add('_source', sourceOf(query))
  return given
}

function totalOf(text: string | undefined): JsonValue | undefined {
  if (text === undefined) return undefined
  if (text === 'true' || text === '') return true
  if (text === 'false') return false
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw illegalArgument(
    `[track_total_hits] parameter must be positive, true or false, found ${text}`,
  )
}

function sortOf(part: string): JsonValue {
  const colon = part.lastIndexOf(':')
  if (colon < 0) return part
  const order = part.slice(colon + 1)
  if (order === 'asc' || order === 'desc') return { [part.slice(0, colon)]: { order } }
  throw illegalArgument(`Unknown SortOrder [${order}] in [sort=${part}]`)
}

/** `_source` of the URL as the body writes it; undefined when the URL says nothing. */
export function sourceOf(query: Parameters): JsonValue | undefined {
  const text = query.text('_source')
  const includes = query.list('_source_includes')
  const excludes = query.list('_source_excludes')
  if (text === 'true' || text === 'false') {
    if (text === 'false' || (!includes && !excludes)) return text === 'true'
  }
  const named = text === undefined || text === 'true' ? [] : query.list('_source')!
  if (named.length === 0 && !includes && !excludes) return undefined
  return { includes: [...named, ...(includes ?? [])], excludes: excludes ?? [] }
}

/** The query of `q`; undefined without one. */
export function queryOf(query: Parameters): JsonRecord | undefined {
  const q = query.text('q')
  if (q === undefined) return undefined
  const operator = query.text('default_operator') ?? 'OR'
  if (!/^(and|or)$/i.test(operator)) {
    throw new SearchError(
      400,
      'illegal_argument_exception',
      `Unsupported defaultOperator [${operator}], can either be [OR] or [AND]`,
    )
  }
  const analyzer = query.text('analyzer')
  if (analyzer !== undefined && analyzer !== 'standard') {
    throw illegalArgument(`[analyzer] [${analyzer}] is not supported: use standard`)
  }
  const field = query.text('df')
  const lenient = query.flag('lenient')
  return {
    query_string: {
      query: q,
      default_operator: operator.toLowerCase(),
      ...(field === undefined ? {} : { default_field: field }),
      ...(lenient === undefined ? {} : { lenient }),
      ...(query.flag('analyze_wildcard') === undefined
        ? {}
        : { analyze_wildcard: query.flag('analyze_wildcard')! }),
    },
  }
}
