import type { DatabaseSync } from 'node:sqlite'
import { IssueLog } from '../issues/issue_log.ts'
import { eventOf } from '../search/kept_events.ts'
import type { JsonRecord } from '../../store/search.ts'
import { userOf } from './facts.ts'
import { tagsOf } from './tags.ts'

/** Archives that end in one step: of each an event is read. */
const endsAtOnce = 100

/**
 * Ends archives whose time is over, events or not. Whoever is told chooses by the issue's last kept event.
 *
 * @param nowMs ms since the epoch.
 * @returns whether any has ended: what is remembered of issues is out of date then.
 */
export function endArchives(database: DatabaseSync, nowMs: number): boolean {
  const over = database
    .prepare(
      `select i.id, i.project, i.level, t.title, t.culprit
       from issue_texts t indexed by issue_texts_by_archive_end join issues i on i.id = t.issue
       where json_extract(t.archive, '$.until_ms') is not null and json_extract(t.archive, '$.until_ms') <= ?
         and i.status = 'ignored' and i.substatus <> 'archived_forever' limit ?`,
    )
    .all(nowMs, endsAtOnce)
  if (over.length === 0) return false
  const log = new IssueLog(database)
  database.exec('begin immediate')
  try {
    for (const { id, project, ...shown } of over) {
      const about = { project: Number(project), issue: Number(id), atMs: nowMs }
      log.setStatus(about.issue, 'unresolved', 'ongoing', nowMs)
      log.activity({ ...about, kind: 'set_unresolved' })
      const { eventId, data } = lastKept(database, about.issue)
      log.trigger({
        ...about,
        kind: 'unarchived',
        eventId,
        data: { ...(shown as JsonRecord), ...data },
      })
    }
    database.exec('commit')
  } catch (failure) {
    if (database.isTransaction) database.exec('rollback')
    throw failure
  }
  return true
}

/** An issue has one, unless its bodies were taken out for their size. */
function lastKept(database: DatabaseSync, issue: number) {
  const row = database
    .prepare(
      `select e.event_id, b.body from events e join event_bodies b on b.event = e.id
       where e.issue = ? order by e.id desc limit 1`,
    )
    .get(issue)
  if (!row) return { eventId: undefined, data: {} }
  const eventId = Buffer.from(row['event_id'] as Uint8Array).toString('hex')
  return { eventId, data: shownOf(row['body'] as Uint8Array) }
}

/** Nothing of a body that cannot be read: the archive ends all the same. */
function shownOf(body: Uint8Array): JsonRecord {
  try {
    const event = eventOf(body)
    const { release, environment } = event
    return {
      ...(release !== undefined && { release }),
      ...(environment !== undefined && { environment }),
      tags: Object.fromEntries(tagsOf(event, userOf(event.user))),
    }
  } catch {
    return {}
  }
}
