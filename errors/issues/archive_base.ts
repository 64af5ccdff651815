import type { DatabaseSync } from 'node:sqlite'
import { hourMs, hourOf } from '../digest/span.ts'
import type { Archive, CountsByHour } from './state.ts'

/** What an issue has when it is archived at `atMs`: none of it counts for the end of its archive. */
export function archiveBase(
  database: DatabaseSync,
  issue: number,
  atMs: number,
): Pick<Archive, 'base_events' | 'base_users' | 'base_hours'> {
  const { events, users, hours } = countsOf(database, issue, atMs)
  return { base_events: events, base_users: users, base_hours: hours }
}

/**
 * Does what moves counts to an issue or away from it: what has counted for the end of its archive still does, and
 * nothing else that moves.
 *
 * @param nowMs ms since the epoch.
 */
export function keepingArchive<Made>(
  database: DatabaseSync,
  issue: number,
  nowMs: number,
  move: () => Made,
): Made {
  const text = database.prepare('select archive from issue_texts where issue = ?').get(issue)
  if (typeof text?.['archive'] !== 'string') return move()
  const archive = JSON.parse(text['archive']) as Archive
  const before = countsOf(database, issue, archive.at_ms)
  const made = move()
  const after = countsOf(database, issue, archive.at_ms)
  // Hours before the window have no say any more.
  const fromMs = hourOf(nowMs - (archive.window_ms ?? 0))
  const moved = (base: CountsByHour | undefined, had: CountsByHour, has: CountsByHour) =>
    sumOf(fromMs, [base ?? {}, 1], [had, -1], [has, 1])
  const shifted: Archive = {
    ...archive,
    base_events: archive.base_events + after.events - before.events,
    base_users: archive.base_users + after.users - before.users,
    base_hours: moved(archive.base_hours, before.hours, after.hours),
    base_user_hours: moved(archive.base_user_hours, before.userHours, after.userHours),
  }
  database
    .prepare('update issue_texts set archive = ? where issue = ?')
    .run(JSON.stringify(shifted), issue)
  return made
}

function sumOf(fromMs: number, ...parts: (readonly [CountsByHour, 1 | -1])[]): CountsByHour {
  const sums: Record<string, number> = {}
  for (const [counts, sign] of parts) {
    for (const [hour, count] of Object.entries(counts)) {
      if (Number(hour) >= fromMs) sums[hour] = (sums[hour] ?? 0) + sign * count
    }
  }
  return Object.fromEntries(Object.entries(sums).filter(([, count]) => count !== 0))
}

/** In all, and from the hour of the archiving on: events, and users that were new since. */
function countsOf(database: DatabaseSync, issue: number, atMs: number) {
  const sums = database.prepare('select events, users from issues where id = ?').get(issue)
  const byHour = (sql: string, fromMs: number): CountsByHour =>
    Object.fromEntries(
      database
        .prepare(sql)
        .all(issue, fromMs)
        .map(({ hour, n }) => [String(hour), Number(n)]),
    )
  return {
    events: Number(sums?.['events'] ?? 0),
    users: Number(sums?.['users'] ?? 0),
    hours: byHour(
      'select hour_ms as hour, events as n from issue_hours where issue = ? and hour_ms >= ?',
      hourOf(atMs),
    ),
    userHours: byHour(
      `select first_seen_ms - first_seen_ms % ${hourMs} as hour, count(*) as n from issue_users
       where issue = ? and first_seen_ms >= ? group by 1`,
      atMs,
    ),
  }
}
