import type { DatabaseSync } from 'node:sqlite'
import { orderOf } from './order.ts'

/**
 * The newest release of a project by date, or the highest version of that one's package.
 *
 * @param beside a release: the newest one of its package, where the project has any of that.
 */
export function latestRelease(
  database: DatabaseSync,
  project: number,
  beside?: string,
): string | undefined {
  const newestOf = (condition: string, ...values: string[]) =>
    database
      .prepare(
        `select version, package, sort from releases where project = ? and ${condition}
         order by ifnull(released_ms, created_ms) desc, id desc limit 1`,
      )
      .get(project, ...values)
  const newest =
    (beside !== undefined && newestOf('package = ?', orderOf(beside).package)) || newestOf('true')
  if (!newest) return undefined
  if (newest['sort'] === null) return String(newest['version'])
  const highest = database
    .prepare(
      `select version from releases where project = ? and package = ? and sort is not null
       order by sort desc limit 1`,
    )
    .get(project, newest['package']!)
  return String(highest?.['version'])
}
