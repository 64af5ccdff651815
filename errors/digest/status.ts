import type { DatabaseSync } from 'node:sqlite'
import type { JsonRecord } from '../../store/search.ts'
import type { Digester } from './digester.ts'
import type { Floods } from './floods.ts'

export interface StatusFacts {
  readonly mapBytes: number
  /** Events that were counted and not kept, since the start. */
  readonly countedOnly: number
  /** What bounds have taken since the start. */
  readonly evicted: Readonly<Record<string, number>>
  /** Files that nothing named, deleted since the start. */
  readonly orphanedBlobs: number
  readonly floods: Floods
}

/** What `/api/status` shows of the digest. */
export function statusOf(
  database: DatabaseSync,
  digester: Digester,
  { mapBytes, countedOnly, evicted, orphanedBlobs, floods }: StatusFacts,
): JsonRecord {
  const number = (sql: string) => Number(Object.values(database.prepare(sql).get() ?? {})[0] ?? 0)
  const pragma = (name: string) => number(`pragma ${name}`)
  return {
    digested: digester.events,
    counted_only: countedOnly,
    evicted: { ...evicted },
    orphaned_blobs_deleted: orphanedBlobs,
    failing: digester.trouble !== undefined,
    ...(digester.trouble !== undefined && { trouble: digester.trouble }),
    issues: number('select count(*) from issues'),
    events_kept: number("select ifnull(sum(value), 0) from meta where key like 'kept.%'"),
    outbox: number('select count(*) from outbox'),
    triggers: number('select count(*) from triggers'),
    database_bytes: pragma('page_count') * pragma('page_size'),
    free_bytes: pragma('freelist_count') * pragma('page_size'),
    source_map_bytes: mapBytes,
    ...floods,
  }
}
