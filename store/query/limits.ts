/**
 * What a single query may cost. `store.limits` has them, under the names in backticks; the names after them are
 * those by which Elasticsearch knows them.
 */
export interface QueryLimits {
  /** `max_query_depth`: queries within queries, and groups within groups: `indices.query.bool.max_nested_depth`. */
  readonly maxDepth: number
  /** `max_clauses`: of one bool, and of a whole query: `indices.query.bool.max_clause_count`. */
  readonly maxClauses: number
  /** `max_terms`: values of one `terms`: `index.max_terms_count`. */
  readonly maxTerms: number
  /** `max_query_length`: UTF-16 units of a query text: `search.query.max_query_string_length`. */
  readonly maxTextLength: number
  /** `max_regex_length`: UTF-16 units of one regular expression: `index.max_regex_length`. */
  readonly maxRegexpLength: number
}

export const defaultQueryLimits: QueryLimits = {
  maxDepth: 30,
  maxClauses: 1024,
  maxTerms: 65_536,
  maxTextLength: 102_400,
  maxRegexpLength: 1000,
}

/** What a whole search body may cost. */
export interface SearchLimits extends QueryLimits {
  /** `max_result_window`: `from` and `size` together: `index.max_result_window`. */
  readonly maxResultWindow: number
  /** `max_inner_result_window`: the same of `top_hits`: `index.max_inner_result_window`. */
  readonly maxInnerResultWindow: number
  /** `max_buckets`: of all aggregations of a search: `search.max_buckets`. */
  readonly maxBuckets: number
  /** `max_aggregations`: of one search; Elasticsearch has no bound of its own here. */
  readonly maxAggregations: number
  /** `max_aggregation_depth`: aggregations within each other; Elasticsearch has none here either. */
  readonly maxAggregationDepth: number
}

export const defaultSearchLimits: SearchLimits = {
  ...defaultQueryLimits,
  maxResultWindow: 10_000,
  maxInnerResultWindow: 100,
  maxBuckets: 65_536,
  maxAggregations: 1_000,
  maxAggregationDepth: 20,
}
