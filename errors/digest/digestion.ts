import type { DatabaseSync } from 'node:sqlite'
import type { Position } from '../../core/journal/batch.ts'
import type { Place } from '../../core/journal/cursor.ts'
import type { Reason } from '../../core/reasons.ts'
import type { JsonRecord } from '../../store/search.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import type { Grouping } from '../grouping/grouping.ts'
import { shortIdOf } from '../issues/state.ts'
import { decodeReport, type Report } from '../reports.ts'
import type { Symbolicator } from '../symbolicate/symbolicator.ts'
import { CheckIns } from './check_ins.ts'
import type { DigestConfig } from './config.ts'
import { ecsLine, eventStream } from './ecs_line.ts'
import { EventDigest } from './event_digest.ts'
import { type EventFacts, factsOf } from './facts.ts'
import { Feedback } from './feedback.ts'
import { Outbox } from './outbox.ts'
import { SeenIds } from './seen_ids.ts'
import { Sessions } from './sessions.ts'
import { triggerData } from './trigger_data.ts'

export interface DigestionWorld {
  readonly group: (project: number, event: SentryEvent) => Grouping
  readonly symbolicator: Pick<Symbolicator, 'prepare' | 'apply'>
  /** Who counts for alerts; undefined: nobody does. */
  readonly watch?: Watching | undefined
  /** Of a project, for names of streams and short ids; of one that is gone its id. */
  readonly slugOf: (project: number) => string
  readonly nowMs: () => number
  readonly count: (reason: Reason, events: number) => void
  readonly onDigested?: (isKept: boolean) => void
  /** Lets others have a turn. */
  readonly breathe: () => Promise<void>
  /** What cannot be digested, and why: a mistake of ours. */
  readonly onUndigestible: (failure: unknown, line: string) => void
}

/** Told of every event, inside the transaction. */
export interface Watching {
  event(event: {
    readonly project: number
    readonly issue: number
    readonly eventId: string
    readonly receivedMs: number
    readonly userNumber: bigint | undefined
    readonly data: JsonRecord
  }): void
  save(nowMs: number): void
}

/** A report on its way from the journal into the database. */
export interface Prepared {
  readonly place: Place
  readonly report: Report
  /** Of an event. */
  readonly facts: EventFacts | undefined
}

export interface Line {
  readonly place: Place
  readonly text: string
}

/** How many events are grouped before others have a turn: some milliseconds. */
const turn = 32

/**
 * Makes reports into issues, counts and kept events. What is known of a report alone is worked out first
 * (`prepare`); then batches are digested in one transaction, which ends with the cursor behind them (`commit`): after
 * a crash each report was digested once or not yet. The more one transaction holds, the fewer pages it writes for
 * each event: counts of an issue are written once a transaction.
 */
export class Digestion {
  readonly events: EventDigest
  readonly checkIns: CheckIns
  readonly outbox: Outbox
  readonly #world: DigestionWorld
  readonly #database: DatabaseSync
  readonly #seen: SeenIds
  readonly #sessions: Sessions
  readonly #feedback: Feedback
  readonly #cursor
  readonly #issueOfEvent

  /** @param sent the outbox's position in the journal. */
  constructor(
    database: DatabaseSync,
    config: DigestConfig,
    sent: Position | undefined,
    world: DigestionWorld,
  ) {
    this.#database = database
    this.#world = world
    this.#seen = new SeenIds(database, config.seen_max)
    this.events = new EventDigest(database, {
      keptPerIssue: config.kept_per_issue,
      keptPerMinute: config.kept_per_minute,
      keptPerHour: config.issue_quota,
      tagValuesMax: config.tag_values_max,
      usersMax: config.users_max,
      environmentsMax: config.environments_max,
    })
    this.#sessions = new Sessions(database)
    this.checkIns = new CheckIns(database, this.events.log, config.monitors_max)
    this.#feedback = new Feedback(database, this.events.log)
    this.outbox = new Outbox(database, sent)
    this.#cursor = database.prepare("insert or replace into meta (key, value) values ('cursor', ?)")
    this.#issueOfEvent = database.prepare(
      'select issue from events where event_id = ? and project = ?',
    )
  }

  /** What a batch's reports are by themselves. Never throws: what cannot be digested is counted and left out. */
  async prepare(lines: readonly Line[]): Promise<Prepared[]> {
    const { symbolicator, count, breathe, onUndigestible } = this.#world
    const reports: { place: Place; report: Report; text: string }[] = []
    for (const { place, text } of lines) {
      try {
        reports.push({ place, report: decodeReport(text), text })
      } catch (failure) {
        count('corrupt', 1)
        onUndigestible(failure, text)
      }
      if (reports.length % turn === turn - 1) await breathe()
    }
    const events = reports.flatMap(({ report }) => (report.kind === 'event' ? [report] : []))
    await symbolicator.prepare(events)
    const prepared: Prepared[] = []
    for (const { place, report, text } of reports) {
      if (prepared.length % turn === turn - 1) await breathe()
      try {
        prepared.push({ place, report, facts: this.#facts(report) })
      } catch (failure) {
        count('report_undigestible', 1)
        onUndigestible(failure, text)
      }
    }
    return prepared
  }

  /**
   * Digests what was prepared, in a transaction that `commit` ends. When it throws, the database is as it was
   * before the transaction, and this Digestion is not: make another.
   *
   * @returns how many events counted.
   */
  digest(prepared: readonly Prepared[]): number {
    if (!this.#database.isTransaction) this.#database.exec('begin immediate')
    let events = 0
    for (const each of prepared) if (this.#digest(each)) events += 1
    return events
  }

  /** Writes what was counted, with the journal's cursor behind it. @throws as `digest` does. */
  commit(cursor: Readonly<Record<string, Place>>): void {
    if (!this.#database.isTransaction) return
    const nowMs = this.#world.nowMs()
    this.events.save(nowMs)
    this.#seen.save(nowMs)
    this.outbox.save()
    this.#world.watch?.save(nowMs)
    this.#cursor.run(JSON.stringify(cursor))
    this.#database.exec('commit')
  }

  /** Takes back what was not committed. Then this Digestion is of no use any more. */
  abandon(): void {
    if (this.#database.isTransaction) this.#database.exec('rollback')
  }

  #facts(report: Report): EventFacts | undefined {
    if (report.kind !== 'event') return undefined
    const { group, symbolicator } = this.#world
    symbolicator.apply(report.project, report.event)
    return factsOf(report, group(report.project, report.event))
  }

  /** @returns whether it was an event that counts. */
  #digest({ place, report, facts }: Prepared): boolean {
    const about = { project: report.project, key: report.key, ms: report.received_ms }
    const { counts } = this.events
    switch (report.kind) {
      case 'event':
        return this.#event(place, facts!)
      case 'attachments':
        for (const file of report.attachments) {
          const issue = this.#issueOf(report.project, report.event_id)
          const { event_id: eventId, project, received_ms: receivedMs } = report
          this.events.attach({ project, eventId, receivedMs }, issue, file)
        }
        return false
      case 'feedback':
        this.#feedback.take(report, (eventId) => this.#issueOf(report.project, eventId))
        counts.outcome({ ...about, category: 'feedback', outcome: 'accepted', reason: '' })
        return false
      case 'session':
      case 'sessions': {
        const quantity = this.#sessions.take(report)
        if (quantity > 0)
          counts.outcome(
            { ...about, category: 'session', outcome: 'accepted', reason: '' },
            quantity,
          )
        return false
      }
      case 'check_in':
        this.checkIns.take(report)
        counts.outcome({ ...about, category: 'monitor', outcome: 'accepted', reason: '' })
        return false
      case 'discarded':
        for (const { source, reason, category, quantity } of report.outcomes) {
          const outcome = outcomes[source]
          counts.outcome({ ...about, category, outcome, reason }, quantity)
        }
        return false
    }
  }

  #event(place: Place, facts: EventFacts): boolean {
    const { counts } = this.events
    const { project, key, receivedMs: ms } = facts
    const category = facts.event.type === 'default' ? 'default' : categoryOf(facts.event.type)
    const isNew = this.#seen.isNew(project, facts.eventId)
    const outcome = isNew ? 'accepted' : 'duplicate'
    counts.outcome({ project, key, ms, category, outcome, reason: '' })
    if (!isNew) return false
    const digested = this.events.event(facts)
    this.#world.onDigested?.(digested.isKept)
    this.#world.watch?.event({
      project,
      issue: digested.issue.id,
      eventId: facts.eventId,
      receivedMs: ms,
      userNumber: facts.userNumber,
      data: triggerData(digested.facts),
    })
    if (this.outbox.isWanted(place)) {
      const slug = this.#world.slugOf(project)
      const shortId = shortIdOf(slug, digested.issue.number)
      this.outbox.add(
        eventStream(slug, digested.facts.environment),
        ecsLine(digested.facts, { id: digested.issue.id, shortId }),
      )
    }
    return true
  }

  #issueOf(project: number, eventId: string): number | null {
    const row = this.#issueOfEvent.get(Buffer.from(eventId, 'hex'), project)
    return row ? Number(row['issue']) : null
  }
}

const categoryOf = (type: SentryEvent['type']) => (type === 'error' ? 'error' : 'security')

/** As Sentry calls what became of an item. */
const outcomes = {
  sdk: 'client_discard',
  quota: 'rate_limited',
  unsupported: 'filtered',
  invalid: 'invalid',
  too_large: 'invalid',
} as const
