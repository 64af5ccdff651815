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

/** Tables with a row for an issue and something it has, indexed by that. */
export type IssueTable = 'issue_tags' | 'issue_releases' | 'issue_environments' | 'issue_users'

/** So many rows are read in a few milliseconds. */
const fewRows = 5_000

/**
 * Issues with a row `x` of `table` that fits. Where few rows do they are all read, once; where many do, each issue
 * of a list is looked up until the page is full. Both give the same.
 */
export function issuesHaving(table: IssueTable, fits: Condition, scope: SearchScope): Condition {
  const { sql, values } = fits
  const probe = `select count(*) as n from (select 1 from ${table} x where ${sql} limit ${fewRows})`
  const rows = Number(scope.database.prepare(probe).get(...values)?.['n'])
  return rows < fewRows
    ? { sql: `i.id in (select x.issue from ${table} x where ${sql})`, values }
    : { sql: `exists (select 1 from ${table} x where x.issue = i.id and ${sql})`, values }
}

/** Issues that have a kept event that fits. */
export function found(question: EventQuestion, scope: SearchScope): Condition {
  const ids = scope.issuesWith(question)
  if (ids.length === 0) return never
  return { sql: 'i.id in (select value from json_each(?))', values: [JSON.stringify(ids)] }
}
