import type { DatabaseSync } from 'node:sqlite'
import type { JsonRecord } from '../../store/search.ts'
import type { Digester } from './digester.ts'

/** Issues whose events are counted and hardly kept any more are floods: named where more than so many come in an hour. */
const floodEvents = 1000

export interface StatusFacts {
  readonly mapBytes: number
  /** Events that were counted and not kept, since the start. */
  readonly countedOnly: number
  /** What bounds have taken since the start. */
  readonly evicted: Readonly<Record<string, number>>
  /** Files that nothing named, deleted since the start. */
  readonly orphanedBlobs: number
}

/** What `/api/status` shows of the digest. */
export function statusOf(
  database: DatabaseSync,
  digester: Digester,
  { mapBytes, countedOnly, evicted, orphanedBlobs }: StatusFacts,
): JsonRecord {
  const number = (sql: string) => Number(Object.values(database.prepare(sql).get() ?? {})[0] ?? 0)
  const pragma = (name: string) => number(`pragma ${name}`)
  const latest = number('select max(hour_ms) from project_hours')
  const floods = database
    .prepare(
      `select h.issue, h.events, t.title from issue_hours h join issue_texts t on t.issue = h.issue
       where h.hour_ms >= ? and h.events >= ? order by h.events desc limit 5`,
    )
    .all(latest, floodEvents)
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
    floods: floods.map(({ issue, events, title }) => ({
      issue: String(issue),
      events_in_hour: Number(events),
      title: String(title),
    })),
  }
}
