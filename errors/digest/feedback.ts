import type { DatabaseSync } from 'node:sqlite'
import type { IssueLog } from '../issues/issue_log.ts'
import type { Report } from '../reports.ts'
import type { EarlyItems } from './early_items.ts'

type FeedbackReport = Extract<Report, { kind: 'feedback' }>

/** What users wrote. Runs inside the batch's transaction. */
export class Feedback {
  readonly #insert
  readonly #log: IssueLog
  readonly #early: EarlyItems

  constructor(database: DatabaseSync, log: IssueLog, early: EarlyItems) {
    this.#log = log
    this.#early = early
    this.#insert = database.prepare(
      `insert into feedback (project, event_id, issue, name, email, message, url, source, received_ms)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
  }

  /** @param issueOf the issue of a kept event. */
  take(report: FeedbackReport, issueOf: (eventId: string) => number | null): void {
    const { project, event_id: eventId, feedback, received_ms: atMs } = report
    const issue = eventId === undefined ? null : issueOf(eventId)
    if (eventId !== undefined && issue === null) this.#early.wait()
    const { name = null, email = null, message, url = null, source } = feedback
    this.#insert.run(
      project,
      eventId === undefined ? null : Buffer.from(eventId, 'hex'),
      issue,
      name,
      email,
      message,
      url,
      source,
      atMs,
    )
    this.#log.trigger({
      kind: 'feedback',
      project,
      issue: issue ?? undefined,
      eventId,
      atMs,
      data: { message: message.slice(0, 1024), source },
    })
  }
}
