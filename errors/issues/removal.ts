import type { DatabaseSync } from 'node:sqlite'
import type { KeptEvents } from '../digest/kept_events.ts'
import { keepNumber } from './numbers.ts'

/** Tables of which an issue's rows go with it. */
const tables = [
  'issue_texts',
  'issue_hashes',
  'issue_hours',
  'issue_days',
  'issue_releases',
  'issue_environments',
  'issue_tags',
  'issue_users',
  'activity',
  'bookmarks',
  'feedback',
]

/**
 * Deletes an issue with everything of it, inside the caller's transaction. What came in stays counted for its project.
 *
 * @returns blobs that nothing names any more.
 */
export function removeIssue(database: DatabaseSync, kept: KeptEvents, issue: number): string[] {
  keepNumber(database, issue)
  for (const { id } of database.prepare('select id from events where issue = ?').all(issue)) {
    kept.remove(Number(id))
  }
  kept.save()
  const files = database
    .prepare('delete from attachments where issue = ? returning blob')
    .all(issue)
  for (const table of tables) database.prepare(`delete from ${table} where issue = ?`).run(issue)
  database.prepare('delete from merged_issues where into_issue = ?').run(issue)
  database.prepare('delete from issues where id = ?').run(issue)
  return unusedBlobs(
    database,
    files.map(({ blob }) => String(blob)),
  )
}

/** Those of the blobs that no attachment and no uploaded file names. */
export function unusedBlobs(database: DatabaseSync, blobs: readonly string[]): string[] {
  const used = database.prepare(
    'select exists (select 1 from artifacts where blob = ?1) or exists (select 1 from attachments where blob = ?1) as used',
  )
  return [...new Set(blobs)].filter((blob) => used.get(blob)!['used'] === 0)
}
