/** A field that has a column of its own in every segment, because people filter on it. */
export interface PromotedColumn {
  /** The field's dotted path, which is also the column's name. */
  readonly path: string
  readonly type: 'VARCHAR' | 'BIGINT'
}

/**
 * The ECS fields with columns of their own. A new one is a new version of the segment format
 * (docs/formats/segments.md §3): older segments answer from `_source`.
 */
export const promotedColumns: readonly PromotedColumn[] = [
  { path: 'message', type: 'VARCHAR' },
  { path: 'log.level', type: 'VARCHAR' },
  { path: 'log.logger', type: 'VARCHAR' },
  { path: 'log.file.path', type: 'VARCHAR' },
  { path: 'service.name', type: 'VARCHAR' },
  { path: 'service.environment', type: 'VARCHAR' },
  { path: 'host.name', type: 'VARCHAR' },
  { path: 'event.dataset', type: 'VARCHAR' },
  { path: 'event.duration', type: 'BIGINT' },
  { path: 'error.type', type: 'VARCHAR' },
  { path: 'error.message', type: 'VARCHAR' },
  { path: 'trace.id', type: 'VARCHAR' },
  { path: 'http.request.method', type: 'VARCHAR' },
  { path: 'http.response.status_code', type: 'BIGINT' },
  { path: 'http.response.body.bytes', type: 'BIGINT' },
  { path: 'url.path', type: 'VARCHAR' },
  { path: 'url.domain', type: 'VARCHAR' },
  { path: 'source.ip', type: 'VARCHAR' },
  { path: 'user.name', type: 'VARCHAR' },
  { path: 'user_agent.original', type: 'VARCHAR' },
  { path: 'process.name', type: 'VARCHAR' },
  { path: 'process.pid', type: 'BIGINT' },
]

/**
 * The columns before the promoted ones.
 *
 * - `_stream`: index or data stream.
 * - `@timestamp`: UTC, microseconds; NULL for a document of `/es` that has none.
 * - `_journal`, `_ordinal`: journal segment and place in it; together the id of an event without `_id`.
 * - `_id`: the id that a client gave a document, or Weir gave one that came by `/es`; else NULL.
 * - `_seq`: counts the changes of documents that came by `/es`; else NULL.
 * - `_spilled`: promoted paths whose value its column cannot hold (an array, an object, a text in a number's
 *   place, both spellings `a.b` and `{a:{b}}`): their column is NULL, and the value is read from `_source`.
 *   NULL when there are none.
 * - `_source`: the document's JSON text, as it came.
 */
export const baseColumns = {
  _stream: 'VARCHAR',
  '@timestamp': 'TIMESTAMP',
  _journal: 'VARCHAR',
  _ordinal: 'INTEGER',
  _id: 'VARCHAR',
  _seq: 'BIGINT',
  _spilled: 'VARCHAR[]',
  _source: 'VARCHAR',
} as const
