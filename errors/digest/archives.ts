import type { DatabaseSync } from 'node:sqlite'
import type { IssueLog } from '../issues/issue_log.ts'
import { comesBack } from '../issues/state.ts'
import { triggerData } from './trigger_data.ts'
import type { EventFacts } from './facts.ts'
import type { KnownIssue } from './known_issues.ts'
import { hourOf } from './span.ts'

/** Archived issues come back when the condition of their archiving is met. */
export class Archives {
  readonly #log: IssueLog
  readonly #events
  readonly #users

  constructor(database: DatabaseSync, log: IssueLog) {
    this.#log = log
    this.#events = database.prepare(
      'select ifnull(sum(events), 0) as n from issue_hours where issue = ? and hour_ms >= ?',
    )
    this.#users = database.prepare(
      'select count(*) as n from issue_users where issue = ? and first_seen_ms >= ?',
    )
  }

  /** @param issue with what the batch added. */
  check(issue: KnownIssue, facts: EventFacts, nowMs: number): void {
    const eventsSince = (ms: number) => Number(this.#events.get(issue.id, hourOf(ms))?.['n'])
    const substatus = comesBack(issue.archive!, {
      nowMs,
      events: issue.events,
      users: issue.users,
      eventsSince,
      usersSince: (ms) => Number(this.#users.get(issue.id, ms)?.['n']),
      eventsOfHour: eventsSince(nowMs),
    })
    if (!substatus) return
    issue.status = 'unresolved'
    issue.substatus = substatus
    this.#log.setStatus(issue.id, 'unresolved', substatus, nowMs)
    const isEscalating = substatus === 'escalating'
    const about = { project: issue.project, issue: issue.id, atMs: nowMs }
    this.#log.activity({ ...about, kind: isEscalating ? 'set_escalating' : 'set_unresolved' })
    this.#log.trigger({
      ...about,
      kind: isEscalating ? 'escalation' : 'unarchived',
      eventId: facts.eventId,
      data: triggerData(facts),
    })
  }
}
