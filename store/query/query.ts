/** A value as it was written in a query: `5`, `"5"` and `true` are compared by the field's type. */
export type Scalar = string | number | boolean

/** Where in the query a node stands, for errors: `bool.filter[1].range` in a body, a column in a text. */
export type Place = string

/**
 * What a query asks, however it was written: as a search body (`queryOfBody`) or in the query language
 * (`queryOfText`). Names follow Elasticsearch's query DSL, whose meaning each has.
 *
 * `field` of exists, range and patterns, and each of `fields`, may be a pattern with `*`, which the engine
 * spells out: one of the fields that fit has to fit, and those whose type cannot hold the value do not.
 */
export type Query =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | TermQuery
  | RangeQuery
  | { readonly kind: 'exists'; readonly field: string; readonly at: Place }
  | PatternQuery
  | { readonly kind: 'ids'; readonly values: readonly string[] }
  | TextQuery
  | BoolQuery

/** One of the values. On a text field a value is a single token, as in Elasticsearch. */
export interface TermQuery {
  readonly kind: 'term'
  readonly field: string
  readonly values: readonly Scalar[]
  readonly caseInsensitive: boolean
  readonly at: Place
}

/** Bounds as they were written: dates may have date maths (`now-1h/d`), rounded as the bound asks. */
export interface RangeQuery {
  readonly kind: 'range'
  readonly field: string
  readonly gt?: Scalar
  readonly gte?: Scalar
  readonly lt?: Scalar
  readonly lte?: Scalar
  /** Formats of the bounds, `||` between them, where they are not the field's own. */
  readonly format?: string
  /** For bounds without a zone: an offset or an IANA name. */
  readonly timeZone?: string
  /** A field whose type cannot hold the bounds does not fit, instead of being an error. */
  readonly lenient?: boolean
  readonly at: Place
}

/** prefix: the value begins so; wildcard: `*` and `?`, `\` escapes; regexp: Lucene's syntax, whole value. */
export interface PatternQuery {
  readonly kind: 'prefix' | 'wildcard' | 'regexp'
  readonly field: string
  readonly pattern: string
  readonly caseInsensitive: boolean
  /**
   * Of a wildcard that only ends in `*`, such as `foo-b*`: on a text field its words are tokens, the last of
   * them the beginning of one, and one of them or all have to be there (`analyze_wildcard`).
   */
  readonly analyzed?: 'or' | 'and'
  /** Of a wildcard in a query's text: on a text field in lower case, as the field's tokens are. */
  readonly normalized?: boolean
  /** A field whose type cannot hold the pattern does not fit, instead of being an error. */
  readonly lenient?: boolean
  readonly at: Place
}

/**
 * Words of a text, analysed as the field is: the standard analyser's tokens on a text field, the text as it
 * is on any other. Several `fields` (names, patterns, `*` for all): one of them has to fit (best_fields).
 * A field whose type cannot hold the text does not fit when `lenient`, and is an error otherwise.
 */
export interface TextQuery {
  readonly kind: 'match' | 'phrase' | 'phrase_prefix'
  readonly fields: readonly string[]
  /** Fields that are not analysed do not fit: what is asked of them stands beside it. */
  readonly onlyAnalysed?: true
  readonly text: string
  /** Of `match`: whether one token or every token has to be there. */
  readonly operator: 'or' | 'and'
  /** Of `match` with `or`: as Elasticsearch writes it, such as `2`, `75%`, `3<90%`. */
  readonly minimumShouldMatch?: string
  /** Of phrases: how many positions tokens may be apart. */
  readonly slop: number
  /** Of `match` on no tokens at all: finds everything instead of nothing. */
  readonly zeroTermsAll: boolean
  readonly lenient: boolean
  readonly at: Place
}

export interface BoolQuery {
  readonly kind: 'bool'
  readonly must: readonly Query[]
  readonly filter: readonly Query[]
  readonly should: readonly Query[]
  readonly mustNot: readonly Query[]
  /** Absent: 1 when there is neither `must` nor `filter`, else 0. */
  readonly minimumShouldMatch?: string
}
