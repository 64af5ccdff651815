import type { DatabaseSync } from 'node:sqlite'
import type { EventQuestion, IssuesWithEvents } from './events_with.ts'
import { never, type Condition } from './sql.ts'

/** What a search is asked of. */
export interface SearchScope {
  readonly database: DatabaseSync
  /** Ids by slug. */
  readonly projects: ReadonlyMap<string, number>
  /** Whose bookmarks and assignments `me` means. */
  readonly actor: string
  readonly nowMs: number
  readonly issuesWith: IssuesWithEvents
}

/** A search that was read and makes no sense. */
export class SearchMeaningError extends Error {
  /** Offset of the place, from 0. */
  readonly at: number

  constructor(at: number, problem: string) {
    super(`the search cannot be answered at column ${at + 1}: ${problem}`)
    this.name = 'SearchMeaningError'
    this.at = at
  }
}

/** Tables with a row for an issue and something it has. */
export type IssueTable =
  | 'issue_tags'
  | 'issue_releases'
  | 'issue_environments'
  | 'issue_users'
  | 'issue_texts'
  | 'events'

/** So many are told one by one. */
const fewRows = 5_000

/**
 * Issues with a row `x` of `table` that fits. Where few do they are found first; where many do, each issue of a list
 * is looked up until the page is full. Both give the same.
 */
export function issuesHaving(table: IssueTable, fits: Condition, scope: SearchScope): Condition {
  const { sql, values } = fits
  const few = `select x.issue from ${table} x where ${sql} limit ${fewRows}`
  const rows = scope.database.prepare(few).all(...values)
  if (rows.length < fewRows) return issuesIn(rows.map((row) => Number(row['issue'])))
  return { sql: `exists (select 1 from ${table} x where x.issue = i.id and (${sql}))`, values }
}

function issuesIn(ids: readonly number[]): Condition {
  if (ids.length === 0) return never
  return { sql: 'i.id in (select value from json_each(?))', values: [JSON.stringify(ids)] }
}

/** Issues that have a kept event that fits. */
export function found(question: EventQuestion, scope: SearchScope): Condition {
  return issuesIn(scope.issuesWith(question))
}
