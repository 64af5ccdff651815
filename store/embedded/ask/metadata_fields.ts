import { verbatim, type Sql } from '../sql.ts'
import type { Resolved } from './asked.ts'

/** The id by which a row is known: a client's or `/es`'s own, or the journal's place (`eventId`). */
export const rowId: Sql = verbatim(`coalesce(_id, _journal || '-' || _ordinal)`)

const metadata = (path: string, type: 'keyword' | 'long', scalar: Sql): Resolved => ({
  field: { path, type, source: path, indexed: true },
  type: type === 'long' ? 'BIGINT' : 'VARCHAR',
  scalar,
  list: undefined,
})

/** Fields that every document has without having said so. */
export const metadataFields: ReadonlyMap<string, Resolved> = new Map(
  [
    metadata('_id', 'keyword', rowId),
    metadata('_index', 'keyword', verbatim('_stream')),
    metadata('_seq_no', 'long', verbatim('_seq')),
  ].map((resolved) => [resolved.field.path, resolved]),
)
