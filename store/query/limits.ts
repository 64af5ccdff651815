/** What a single query may cost. The names in the comments are those by which Elasticsearch knows them. */
export interface QueryLimits {
  /** Queries within queries, and groups within groups: `indices.query.bool.max_nested_depth`. */
  readonly maxDepth: number
  /** Of one bool, and of a whole query: `indices.query.bool.max_clause_count`. */
  readonly maxClauses: number
  /** Values of one `terms`: `index.max_terms_count`. */
  readonly maxTerms: number
  /** UTF-16 units of a query text: `search.query.max_query_string_length`. */
  readonly maxTextLength: number
  /** UTF-16 units of one regular expression: `index.max_regex_length`. */
  readonly maxRegexpLength: number
}

export const defaultQueryLimits: QueryLimits = {
  maxDepth: 30,
  maxClauses: 1024,
  maxTerms: 65_536,
  maxTextLength: 102_400,
  maxRegexpLength: 1000,
}
