import type { DatabaseSync } from 'node:sqlite'
import { factsOf } from '../digest/facts.ts'
import { textsWriter } from '../digest/issue_texts.ts'
import { summarise } from '../digest/summarise.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import type { Grouping } from '../grouping/grouping.ts'
import { eventOf } from '../search/kept_events.ts'

/** Has an issue show what its latest kept event says; one that has none shows what it did. */
export function showLatestEvent(
  database: DatabaseSync,
  issue: number,
  group: (project: number, event: SentryEvent) => Grouping,
): void {
  const row = database
    .prepare(
      `select e.project, e.received_ms, b.body from events e join event_bodies b on b.event = e.id
       where e.issue = ? order by e.id desc limit 1`,
    )
    .get(issue)
  if (!row) return
  const project = Number(row['project'])
  const event = eventOf(row['body'] as Uint8Array)
  const summary = summarise(event, group(project, event), '')
  const received = { project, key: '', received_ms: Number(row['received_ms']) }
  textsWriter(database)(issue, factsOf({ ...received, event_id: event.event_id }, summary))
}
