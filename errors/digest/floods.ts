import type { DatabaseSync } from 'node:sqlite'
import type { JsonRecord } from '../../store/search.ts'
import { dayMs, hourMs, hourOf } from './span.ts'

/** In an hour: beyond it events of an issue are hardly kept any more, and new issues soon push out old ones. */
const usualLeast = { events: 1000, issues: 1000 }
const shownMax = 5

/** What comes in such numbers that bounds are at work, in this hour and the last one. */
export interface Floods {
  /** Issues with very many events. */
  readonly floods: JsonRecord[]
  /** Projects with very many new issues: mostly something that changes from event to event is in what groups them. */
  readonly issue_floods: JsonRecord[]
}

/** @param projects slugs by id. */
export function floodsOf(
  database: DatabaseSync,
  projects: ReadonlyMap<number, string>,
  nowMs: number,
  least = usualLeast,
): Floods {
  const ids = JSON.stringify([...projects.keys()])
  const sinceMs = hourOf(nowMs) - hourMs
  // By way of the issues seen of late: hours are there of all issues, for a month.
  const floods = database
    .prepare(
      `select i.id, t.title, max(h.events) as events
       from json_each(?) p cross join json_each('["unresolved", "resolved", "ignored"]') s
         cross join issues i on i.project = p.value and i.status = s.value and i.last_seen_ms >= ?
         join issue_hours h on h.issue = i.id and h.hour_ms between ? and ? join issue_texts t on t.issue = i.id
       where i.events >= ? and h.events >= ? group by i.id order by events desc limit ?`,
    )
    .all(ids, sinceMs - dayMs, sinceMs, nowMs, least.events, least.events, shownMax)
  const issueFloods = database
    .prepare(
      `select p.value as project,
         (select count(*) from issues where project = p.value and first_seen_ms between ? and ?) as issues
       from json_each(?) p order by issues desc limit ?`,
    )
    .all(nowMs - hourMs, nowMs, ids, shownMax)
    .filter(({ issues }) => Number(issues) >= least.issues)
  return {
    floods: floods.map(({ id, events, title }) => ({
      issue: String(id),
      events_in_hour: Number(events),
      title: String(title),
    })),
    issue_floods: issueFloods.map(({ project, issues }) => ({
      project: projects.get(Number(project)) ?? String(project),
      new_issues_in_hour: Number(issues),
    })),
  }
}
