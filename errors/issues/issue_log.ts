import type { DatabaseSync } from 'node:sqlite'
import type { JsonRecord } from '../../store/search.ts'
import type { Status, Substatus } from './state.ts'

/** What happens to an issue by itself or by people: its row, its activity, and what somebody may be told of. */
export class IssueLog {
  readonly #statements

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      status: prepare(
        'update issues set status = ?2, substatus = ?3, status_changed_ms = ?4 where id = ?1',
      ),
      forget: prepare('update issue_texts set resolution = null, archive = null where issue = ?'),
      activity: prepare(
        'insert into activity (project, issue, kind, at_ms, actor, data, undo) values (?, ?, ?, ?, ?, ?, ?)',
      ),
      trigger: prepare(
        'insert into triggers (kind, project, issue, event_id, at_ms, data) values (?, ?, ?, ?, ?, ?)',
      ),
    }
  }

  /** Sets the status, and forgets how the issue was resolved or archived. */
  setStatus(issue: number, status: Status, substatus: Substatus | null, atMs: number): void {
    this.#statements.status.run(issue, status, substatus, atMs)
    this.#statements.forget.run(issue)
  }

  /** @returns its id. */
  activity(entry: {
    readonly project: number
    readonly issue: number
    readonly kind: string
    readonly atMs: number
    readonly actor?: string | undefined
    readonly data?: JsonRecord
    readonly undo?: JsonRecord
  }): number {
    const { lastInsertRowid } = this.#statements.activity.run(
      entry.project,
      entry.issue,
      entry.kind,
      entry.atMs,
      entry.actor ?? null,
      JSON.stringify(entry.data ?? {}),
      entry.undo === undefined ? null : JSON.stringify(entry.undo),
    )
    return Number(lastInsertRowid)
  }

  trigger(entry: {
    readonly kind: string
    readonly project: number
    readonly issue?: number | undefined
    readonly eventId?: string | undefined
    readonly atMs: number
    readonly data: JsonRecord
  }): void {
    this.#statements.trigger.run(
      entry.kind,
      entry.project,
      entry.issue ?? null,
      entry.eventId ?? null,
      entry.atMs,
      JSON.stringify(entry.data),
    )
  }
}
