import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ReleaseFacts } from '../issues/state.ts'
import { compareReleases, orderOf, type OrderedRelease } from './order.ts'

/** What the database knows of the order of a project's releases. */
export class Releases {
  readonly #row: StatementSync
  readonly #commits: StatementSync

  constructor(database: DatabaseSync) {
    this.#row = database.prepare(
      'select id, package, sort, created_ms, released_ms from releases where project = ? and version = ?',
    )
    this.#commits = database.prepare(
      `select version from release_commits
       where project = ? and (id = ? or (length(?2) >= 7 and substr(id, 1, length(?2)) = ?2))`,
    )
  }

  /** @param newestMs when a release that is not in the database yet was heard of. */
  of(project: number, newestMs: number): ReleaseFacts {
    const ordered = (version: string) => this.#ordered(project, version, newestMs)
    return {
      compare: (a, b) => (a === b ? 0 : compareReleases(ordered(a), ordered(b))),
      releasesOf: (commit) =>
        this.#commits.all(project, commit).map(({ version }) => String(version)),
    }
  }

  #ordered(project: number, version: string, newestMs: number): OrderedRelease {
    const row = this.#row.get(project, version)
    if (!row) return { ...orderOf(version), dateMs: newestMs, id: Number.MAX_SAFE_INTEGER }
    return {
      package: String(row['package']),
      sort: row['sort'] as string | null,
      dateMs: Number(row['released_ms'] ?? row['created_ms']),
      id: Number(row['id']),
    }
  }
}
