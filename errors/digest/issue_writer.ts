import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { BatchRows } from './batch_rows.ts'
import type { IssueBatch } from './issue_batch.ts'
import { type NewIssueTexts, shownTexts } from './issue_texts.ts'
import type { KnownIssue } from './known_issues.ts'

const spanned = (table: string, key: string) =>
  `insert into ${table} (issue, ${key}, events, first_seen_ms, last_seen_ms) values (?1, ?2, ?3, ?4, ?5)
   on conflict do update set events = events + ?3,
     first_seen_ms = min(first_seen_ms, ?4), last_seen_ms = max(last_seen_ms, ?5)`

/** Writes what a batch added to its issues. Everything here runs inside the batch's transaction. */
export class IssueWriter {
  readonly #statements
  readonly #usersMax: number

  constructor(database: DatabaseSync, usersMax: number) {
    this.#usersMax = usersMax
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      insert: prepare(
        `insert into issues (id, project, number, type, level, status, substatus, status_changed_ms, priority,
           first_seen_ms, last_seen_ms, events, users, kept, first_release, last_release, platform, logger)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      texts: prepare(
        `insert into issue_texts (issue, title, error_type, error_value, culprit, filename, function, metadata)
         values (?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      update: prepare(
        `update issues set events = ?2, users = ?3, kept = ?4, first_seen_ms = ?5, last_seen_ms = ?6,
           first_release = ?7, last_release = ?8 where id = ?1`,
      ),
      hour: prepare(
        `insert into issue_hours (issue, hour_ms, events) values (?1, ?2, ?3)
         on conflict do update set events = events + ?3`,
      ),
      release: prepare(spanned('issue_releases', 'release')),
      environment: prepare(spanned('issue_environments', 'environment')),
      tag: prepare(
        `insert into issue_tags (issue, key, value, events, first_seen_ms, last_seen_ms) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict do update set events = events + ?4,
           first_seen_ms = min(first_seen_ms, ?5), last_seen_ms = max(last_seen_ms, ?6)`,
      ),
      user: prepare(
        'insert or ignore into issue_users (issue, user, first_seen_ms) values (?, ?, ?)',
      ),
      attach: prepare(
        `insert or ignore into issue_hashes (project, hash, issue, version, variant, first_seen_ms, last_seen_ms)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?6)`,
      ),
      hash: prepare(
        `update issue_hashes set events = events + ?3, first_seen_ms = min(first_seen_ms, ?4),
           last_seen_ms = max(last_seen_ms, ?5) where project = ?1 and hash = ?2`,
      ),
    }
  }

  /** The issue itself, and its users. @param texts of a new issue. */
  write(issue: KnownIssue, texts: NewIssueTexts | undefined): void {
    this.#countUsers(issue)
    if (issue.isNew) {
      this.#insert(issue, texts!)
      return
    }
    this.#statements.update.run(
      issue.id,
      issue.events,
      issue.users,
      issue.kept,
      issue.firstMs,
      issue.lastMs,
      issue.firstRelease ?? null,
      issue.lastRelease ?? null,
    )
  }

  /** What is counted of the batch's issues, table by table. */
  writeCounts({ attached, hashes, hours, releases, environments, tags }: IssueBatch): void {
    const { hour, release, environment, tag, attach, hash } = this.#statements
    for (const { issue, hash: text, version, variant, atMs } of attached) {
      attach.run(issue.project, text, issue.id, version, variant, atMs)
    }
    for (let at = 0; at < hashes.count; at++) {
      const { project } = hashes.issues[at]!
      const text = hashes.keys[at]!
      hash.run(project, text, hashes.events(at), hashes.firstMs(at), hashes.lastMs(at))
    }
    for (let at = 0; at < hours.count; at++) {
      hour.run(hours.issues[at]!.id, hours.keys[at]!, hours.events(at))
    }
    addSpans(release, releases)
    addSpans(environment, environments)
    const { issues, keys, values } = tags
    for (let at = 0; at < tags.count; at++) {
      const { id } = issues[at]!
      tag.run(id, keys[at]!, values[at]!, tags.events(at), tags.firstMs(at), tags.lastMs(at))
    }
  }

  #countUsers(issue: KnownIssue): void {
    for (const [user, firstMs] of issue.inBatch.users ?? []) {
      if (issue.users >= this.#usersMax) return
      issue.users += Number(this.#statements.user.run(issue.id, user, firstMs).changes)
    }
  }

  #insert(issue: KnownIssue, texts: NewIssueTexts): void {
    this.#statements.insert.run(
      issue.id,
      issue.project,
      issue.number,
      texts.type,
      texts.level,
      issue.status,
      issue.substatus,
      issue.firstMs,
      texts.priority,
      issue.firstMs,
      issue.lastMs,
      issue.events,
      issue.users,
      issue.kept,
      issue.firstRelease ?? null,
      issue.lastRelease ?? null,
      texts.platform,
      texts.logger ?? null,
    )
    this.#statements.texts.run(issue.id, ...shownTexts(texts))
    issue.isNew = false
  }
}

function addSpans(statement: StatementSync, rows: BatchRows<string>): void {
  for (let at = 0; at < rows.count; at++) {
    const { id } = rows.issues[at]!
    statement.run(id, rows.keys[at]!, rows.events(at), rows.firstMs(at), rows.lastMs(at))
  }
}
