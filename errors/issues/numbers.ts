import type { DatabaseSync } from 'node:sqlite'

/** The last number that was given to an issue of a project, whatever became of it; 0 before the first. */
export function lastNumber(database: DatabaseSync, project: number): number {
  const row = database
    .prepare(
      `select max(n) as n from (
         select max(number) as n from issues where project = ?1
         union all select max(number) from merged_issues where project = ?1
         union all select cast(value as integer) from meta where key = 'number.' || ?2)`,
    )
    .get(project, String(project))
  return Number(row?.['n'] ?? 0)
}

/** An issue is about to be deleted: no other one is to get its number. */
export function keepNumber(database: DatabaseSync, issue: number): void {
  const row = database.prepare('select project from issues where id = ?').get(issue)
  if (!row) return
  const project = Number(row['project'])
  database
    .prepare('insert or replace into meta (key, value) values (?, ?)')
    .run(`number.${project}`, String(lastNumber(database, project)))
}
