import type { DatabaseSync } from 'node:sqlite'
import type { EventFacts } from './facts.ts'

/** Attachments and feedback that came before the event that they are of. Runs inside the batch's transaction. */
export class EarlyItems {
  readonly #files
  readonly #feedback
  /** Mostly none waits, and no event has to look. */
  #isAnyWaiting: boolean

  constructor(database: DatabaseSync) {
    const claim = (table: string) =>
      database.prepare(
        `update ${table} set issue = ? where event_id = ? and project = ? and issue is null`,
      )
    this.#files = claim('attachments')
    this.#feedback = claim('feedback')
    const found = database
      .prepare(
        `select exists (select 1 from attachments where issue is null)
           or exists (select 1 from feedback where issue is null and event_id is not null) as found`,
      )
      .get()
    this.#isAnyWaiting = found!['found'] === 1
  }

  /** Something came of whose event nothing is known. */
  wait(): void {
    this.#isAnyWaiting = true
  }

  /** What waits for an event is its issue's from now on. @returns how many files. */
  claim({ project, eventId }: EventFacts, issue: number): number {
    if (!this.#isAnyWaiting) return 0
    const id = Buffer.from(eventId, 'hex')
    this.#feedback.run(issue, id, project)
    return Number(this.#files.run(issue, id, project).changes)
  }
}
