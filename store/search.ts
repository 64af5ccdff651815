import type { Lifecycle } from '../core/lifecycle.ts'

/** JSON as it is sent and answered. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | JsonValue[]
  | { [key: string]: JsonValue }
export interface JsonRecord {
  [key: string]: JsonValue
}

/**
 * The body of Elasticsearch's `_search`: `query`, `aggs`, `sort`, `from`, `size`, `_source`, `fields`,
 * `docvalue_fields`, `highlight`, `search_after`, `track_total_hits`, `timeout`, `terminate_after`, `profile`.
 * docs/ELASTICSEARCH_API.md lists what of it the embedded engine understands.
 */
export type SearchRequest = JsonRecord

/** What `_search` answers: `took`, `timed_out`, `_shards`, `hits`, `aggregations`. */
export type SearchResponse = JsonRecord

/** What decides which indices a target such as `logs-*,-logs-debug-*` means. */
export interface TargetOptions {
  /** A named index that is not there is left out instead of refused. Default false. */
  readonly ignoreUnavailable?: boolean
  /** A pattern that fits nothing finds nothing instead of being refused. Default true. */
  readonly allowNoIndices?: boolean
}

/**
 * The same questions to either engine. Errors are `SearchError`; nothing is answered silently wrong.
 * A question whose deadline fires is stopped wherever it runs.
 */
export interface Search extends Lifecycle {
  /** @param target index names, data streams, aliases, wildcards; comma-separated; `-name` excludes. */
  search(
    target: string,
    request: SearchRequest,
    options: TargetOptions,
    deadline: AbortSignal,
  ): Promise<SearchResponse>
  /** `_field_caps` of the fields that fit `patterns`. */
  fieldCaps(
    target: string,
    patterns: readonly string[],
    options: TargetOptions,
    deadline: AbortSignal,
  ): Promise<JsonRecord>
}

/**
 * A question that cannot be answered, in Elasticsearch's words: the HTTP status and error type it would
 * answer with, and a reason that names the construct and its place.
 *
 * @example throw new SearchError(400, 'parsing_exception', 'unknown query [spam]', { line: 1, col: 12 })
 */
export class SearchError extends Error {
  readonly status: number
  readonly type: string
  /** More fields of the error object, such as `index`, `line`, `col`. */
  readonly details: JsonRecord

  constructor(status: number, type: string, reason: string, details: JsonRecord = {}) {
    super(reason)
    this.name = 'SearchError'
    this.status = status
    this.type = type
    this.details = details
  }

  /** `{"error":{"root_cause":[…],"type":…,"reason":…},"status":…}` */
  toJSON(): JsonRecord {
    const cause: JsonRecord = { type: this.type, reason: this.message, ...this.details }
    return { error: { root_cause: [cause], ...cause }, status: this.status }
  }
}
