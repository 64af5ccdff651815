import type { DatabaseSync } from 'node:sqlite'
import type { Position } from '../../core/journal/batch.ts'
import type { Place } from '../../core/journal/cursor.ts'
import type { Reason } from '../../core/reasons.ts'
import type { JsonRecord } from '../../store/search.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import type { Grouping } from '../grouping/grouping.ts'
import { shortIdOf } from '../issues/state.ts'
import { readReport, type Report, type UnreadReport } from '../reports.ts'
import type { Symbolicator } from '../symbolicate/symbolicator.ts'
import { CheckIns } from './check_ins.ts'
import type { DigestConfig } from './config.ts'
import { ecsLine, eventStream } from './ecs_line.ts'
import { bodyOf, type EventBody, unreadBody } from './event_body.ts'
import { EventDigest } from './event_digest.ts'
import { type EventFacts, factsOf } from './facts.ts'
import { Feedback } from './feedback.ts'
import { Outbox } from './outbox.ts'
import { SeenIds } from './seen_ids.ts'
import { Sessions } from './sessions.ts'
import { summarise } from './summarise.ts'
import { triggerData } from './trigger_data.ts'

export interface DigestionWorld {
  readonly group: (project: number, event: SentryEvent) => Grouping
  /** Id of the rules that `group` goes by. */
  readonly rulesOf: (project: number) => string
  readonly symbolicator: Pick<Symbolicator, 'prepare' | 'apply' | 'hasUploads'>
  /** Who counts for alerts; undefined: nobody does. */
  readonly watch?: Watching | undefined
  /** Of a project, for names of streams and short ids; of one that is gone its id. */
  readonly slugOf: (project: number) => string
  readonly nowMs: () => number
  readonly count: (reason: Reason, events: number) => void
  readonly onDigested?: (isKept: boolean) => void
  /** What cannot be digested, and why: a mistake of ours. */
  readonly onUndigestible: (failure: unknown, line: Buffer) => void
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
  readonly report: Report | UnreadReport
  /** Of an event. */
  readonly known: { readonly facts: EventFacts; readonly body: EventBody } | undefined
}

export interface Line {
  readonly place: Place
  /** Without its `\n`. They have to stay until the line is digested. */
  readonly bytes: Buffer
}

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
  /** By project, as far as the batch under way has asked. */
  readonly #uploads = new Map<number, boolean>()
  /** It began a transaction and did not commit it. */
  #isOpen = false

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
      tagKeysMax: config.tag_keys_max,
      tagValuesMax: config.tag_values_max,
      usersMax: config.users_max,
      environmentsMax: config.environments_max,
    })
    this.#sessions = new Sessions(database)
    this.checkIns = new CheckIns(database, this.events.log, config.monitors_max)
    this.#feedback = new Feedback(database, this.events.log, this.events.early)
    this.outbox = new Outbox(database, sent)
    this.#cursor = database.prepare("insert or replace into meta (key, value) values ('cursor', ?)")
    this.#issueOfEvent = database.prepare(
      'select issue from events where event_id = ? and project = ?',
    )
  }

  /** What a batch's reports are by themselves. Never throws: what cannot be digested is counted and left out. */
  async prepare(lines: readonly Line[]): Promise<Prepared[]> {
    const { symbolicator, count, onUndigestible } = this.#world
    const reports: { place: Place; report: Report | UnreadReport; bytes: Buffer }[] = []
    this.#uploads.clear()
    for (const { place, bytes } of lines) {
      try {
        reports.push({ place, report: this.#read(bytes), bytes })
      } catch (failure) {
        count('corrupt', 1)
        onUndigestible(failure, bytes)
      }
    }
    const events = reports.flatMap(({ report }) => ('event' in report ? [report] : []))
    if (events.length > 0) await symbolicator.prepare(events)
    const prepared: Prepared[] = []
    for (const { place, report, bytes } of reports) {
      try {
        prepared.push({ place, report, known: this.#known(report) })
      } catch (failure) {
        count('report_undigestible', 1)
        onUndigestible(failure, bytes)
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
    if (!this.#isOpen) this.#database.exec('begin immediate')
    this.#isOpen = true
    return this.#inTransaction(() => {
      let events = 0
      for (const each of prepared) if (this.#digest(each)) events += 1
      return events
    })
  }

  /** Writes what was counted, with the journal's cursor behind it. @throws as `digest` does. */
  commit(cursor: Readonly<Record<string, Place>>): void {
    if (!this.#isOpen) return
    const nowMs = this.#world.nowMs()
    this.#inTransaction(() => {
      this.events.save(nowMs)
      this.#seen.save(nowMs)
      this.outbox.save()
      this.#world.watch?.save(nowMs)
      this.#cursor.run(JSON.stringify(cursor))
      this.#database.exec('commit')
    })
    this.#isOpen = false
  }

  /** Takes back what was not committed. Then this Digestion is of no use any more. */
  abandon(): void {
    if (this.#database.isTransaction) this.#database.exec('rollback')
  }

  /** @throws what `work` throws, with the transaction taken back; or that it was taken back before. */
  #inTransaction<T>(work: () => T): T {
    // SQLite does so by itself when any statement finds the disk full or failing.
    if (!this.#database.isTransaction)
      throw Object.assign(new Error('the transaction was taken back'), { errcode: abortRollback })
    try {
      return work()
    } catch (failure) {
      this.abandon()
      throw failure
    }
  }

  /** An event is read where its summary does not say what the digest would make of it now. */
  #read(line: Buffer): Report | UnreadReport {
    const report = readReport(line)
    if (!('json' in report)) return report
    const { project, summary, json, ...head } = report
    const isMapped = summary.script === true && this.#hasUploads(project)
    if (!isMapped && summary.rules === this.#world.rulesOf(project)) return report
    return { ...head, project, event: JSON.parse(json.toString()) as SentryEvent }
  }

  #hasUploads(project: number): boolean {
    let has = this.#uploads.get(project)
    if (has === undefined) {
      has = this.#world.symbolicator.hasUploads(project)
      this.#uploads.set(project, has)
    }
    return has
  }

  #known(report: Report | UnreadReport): Prepared['known'] {
    if (report.kind !== 'event') return undefined
    const { group, rulesOf, symbolicator } = this.#world
    const { project } = report
    if ('json' in report) {
      const body = unreadBody(report.json, (event) => group(project, event))
      return { facts: factsOf(report, report.summary), body }
    }
    const { event } = report
    symbolicator.apply(project, event)
    const grouping = group(project, event)
    const facts = factsOf(report, summarise(event, grouping, rulesOf(project)))
    return { facts, body: bodyOf(event, grouping) }
  }

  /** @returns whether it was an event that counts. */
  #digest({ place, report, known }: Prepared): boolean {
    const about = { project: report.project, key: report.key, ms: report.received_ms }
    const { counts } = this.events
    switch (report.kind) {
      case 'event':
        return this.#event(place, known!)
      case 'attachments':
        for (const file of report.attachments) {
          const issue = this.#issueOf(report.project, report.event_id)
          const { event_id: eventId, project, received_ms: receivedMs } = report
          this.events.attach({ project, eventId, receivedMs }, issue, file)
        }
        counts.outcome(
          { ...about, category: 'attachment', outcome: 'accepted', reason: '' },
          report.attachments.length,
        )
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
      case 'logs': {
        const accepted = { ...about, outcome: 'accepted', reason: '' }
        counts.outcome({ ...accepted, category: 'log_item' }, report.items)
        counts.outcome({ ...accepted, category: 'log_byte' }, report.bytes)
        return false
      }
      case 'discarded':
        for (const { source, reason, category, quantity } of report.outcomes) {
          const outcome = outcomes[source]
          counts.outcome({ ...about, category, outcome, reason }, quantity)
        }
        return false
    }
  }

  #event(place: Place, { facts, body }: NonNullable<Prepared['known']>): boolean {
    const { counts } = this.events
    const { project, key, receivedMs: ms, summary } = facts
    const category = summary.type === 'default' ? 'default' : categoryOf(summary.type)
    const isNew = this.#seen.isNew(project, facts.eventId)
    const outcome = isNew ? 'accepted' : 'duplicate'
    const about = { project, key, ms, outcome, reason: '' }
    counts.outcome({ ...about, category })
    const files = facts.attachments.length
    if (files > 0) counts.outcome({ ...about, category: 'attachment' }, files)
    if (!isNew) return false
    const digested = this.events.event(facts, body, this.#world.nowMs())
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

/** SQLITE_ABORT_ROLLBACK */
const abortRollback = 516

const categoryOf = (type: SentryEvent['type']) => (type === 'error' ? 'error' : 'security')

/** As Sentry calls what became of an item. */
const outcomes = {
  sdk: 'client_discard',
  quota: 'rate_limited',
  unsupported: 'filtered',
  invalid: 'invalid',
  too_large: 'invalid',
} as const
