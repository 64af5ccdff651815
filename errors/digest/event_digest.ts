import type { DatabaseSync } from 'node:sqlite'
import { IssueLog } from '../issues/issue_log.ts'
import { regresses } from '../issues/state.ts'
import { Releases } from '../releases/release_facts.ts'
import { Archives } from './archives.ts'
import { EarlyItems } from './early_items.ts'
import type { EventBody } from './event_body.ts'
import type { EventFacts } from './facts.ts'
import { findIssue } from './find_issue.ts'
import { IssueBatch } from './issue_batch.ts'
import { IssueWriter } from './issue_writer.ts'
import { KeptEvents } from './kept_events.ts'
import { type KnownIssue, KnownIssues } from './known_issues.ts'
import { textsOf, textsWriter } from './issue_texts.ts'
import { ProjectCounts } from './project_counts.ts'
import { triggerData } from './trigger_data.ts'
import { reasonsToKeep, why } from './sampling.ts'
import { hourMs } from './span.ts'

export interface EventBounds {
  readonly keptPerIssue: number
  readonly keptPerMinute: number
  /** Undefined: no quota. */
  readonly keptPerHour: number | undefined
  /** Tags of an issue that are counted; beyond it a tag is not. */
  readonly tagKeysMax: number
  readonly tagValuesMax: number
  readonly usersMax: number
  readonly environmentsMax: number
}

/** What became of an event. */
export interface Digested {
  readonly facts: EventFacts
  readonly issue: KnownIssue
  readonly isNewIssue: boolean
  readonly isRegression: boolean
  readonly isKept: boolean
}

/** Values of a tag of which the first event each is kept, where there are few. */
const rareMax = 5
/** These differ from event to event. */
const manyValued = new Set(['user', 'url', 'transaction', 'server_name'])
const textsEveryMs = 60_000

/** Events of a batch become issues, counts and kept bodies. Runs inside the batch's transaction. */
export class EventDigest {
  readonly counts: ProjectCounts
  readonly kept: KeptEvents
  readonly early: EarlyItems
  readonly log: IssueLog
  #issues: KnownIssues
  readonly #database: DatabaseSync
  readonly #bounds: EventBounds
  readonly #writer: IssueWriter
  readonly #archives: Archives
  readonly #releases: Releases
  readonly #writeTexts
  readonly #attach
  readonly #batch = new IssueBatch()
  /** Issues of the batch; with the event that came last where something is to be said of it. */
  readonly #touched = new Map<KnownIssue, EventFacts | undefined>()
  readonly #titles = new WeakMap<KnownIssue, { title: string; culprit: string; atMs: number }>()

  constructor(database: DatabaseSync, bounds: EventBounds) {
    this.#bounds = bounds
    this.#database = database
    this.#issues = new KnownIssues(database)
    this.#writer = new IssueWriter(database, bounds.usersMax)
    this.log = new IssueLog(database)
    this.counts = new ProjectCounts(database, this.log, bounds.environmentsMax)
    this.kept = new KeptEvents(database)
    this.early = new EarlyItems(database)
    this.#archives = new Archives(database, this.log)
    this.#releases = new Releases(database)
    this.#writeTexts = textsWriter(database)
    this.#attach = database.prepare(
      'insert into attachments (project, event_id, issue, name, type, content_type, size, blob, received_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
  }

  /** @param nowMs ms since the epoch. */
  event(given: EventFacts, body: EventBody, nowMs: number): Digested {
    const environment = this.counts.admitted(given.project, given.environment)
    const facts = environment === given.environment ? given : { ...given, environment }
    const { issue, hash, isNew } = findIssue(this.#issues, facts, body, this.#batch.attached)
    const isRegression = !isNew && issue.status === 'resolved' && this.#regress(issue, facts)
    const files = facts.attachments.length + this.early.claim(facts, issue.id)
    const bits = this.#reasonsToKeep(issue, facts, isNew, files)
    const isKept = bits !== 0 && this.kept.keep(facts, body, issue.id, hash, bits)
    if (isKept) this.#countKept(issue, bits)
    this.#count(issue, facts, hash)
    this.counts.event(facts, isNew)
    for (const file of facts.attachments) this.attach(facts, issue.id, file)
    if (isNew) {
      const trigger = { project: facts.project, issue: issue.id, eventId: facts.eventId }
      this.log.trigger({
        ...trigger,
        kind: 'new_issue',
        atMs: facts.timestampMs,
        data: triggerData(facts),
      })
      this.log.activity({
        project: facts.project,
        issue: issue.id,
        kind: 'first_seen',
        atMs: facts.timestampMs,
      })
    }
    this.#touched.set(issue, this.#tells(issue, facts, nowMs) ? facts : undefined)
    return { facts, issue, isNewIssue: isNew, isRegression, isKept }
  }

  /** @param issue null where nothing is known of the event. */
  attach(
    { project, eventId, receivedMs }: Pick<EventFacts, 'project' | 'eventId' | 'receivedMs'>,
    issue: number | null,
    file: EventFacts['attachments'][number],
  ): void {
    if (issue === null) this.early.wait()
    this.#attach.run(
      project,
      Buffer.from(eventId, 'hex'),
      issue,
      file.name,
      file.type,
      file.content_type,
      file.size,
      file.blob,
      receivedMs,
    )
  }

  /** Writes what the batch added. @param nowMs ms since the epoch. */
  save(nowMs: number): void {
    for (const [issue, facts] of this.#touched) {
      const wasNew = issue.isNew
      if (issue.kept > this.#bounds.keptPerIssue * 1.1) {
        issue.kept -= this.kept.trim(issue.id, this.#bounds.keptPerIssue)
      }
      const isTextStale = facts !== undefined && !wasNew && this.#isTextStale(issue, facts, nowMs)
      this.#writer.write(issue, wasNew ? textsOf(facts!) : undefined)
      if (isTextStale) this.#writeTexts(issue.id, facts)
      if (wasNew || isTextStale) {
        const { title, culprit } = facts!.grouping
        this.#titles.set(issue, { title, culprit, atMs: nowMs })
      }
    }
    this.#writer.writeCounts(this.#batch)
    this.#batch.clear()
    for (const [issue, facts] of this.#touched) {
      if (isArchived(issue)) this.#archives.check(issue, facts!, nowMs)
    }
    this.#touched.clear()
    this.counts.save()
    this.kept.save()
    this.#issues.trim()
  }

  /** What is remembered of issues may be wrong. Only between transactions. */
  forget(): void {
    this.#issues = new KnownIssues(this.#database)
  }

  #regress(issue: KnownIssue, facts: EventFacts): boolean {
    const { resolution } = issue
    const releases = this.#releases.of(facts.project, facts.receivedMs)
    if (resolution && !regresses(resolution, facts, releases)) return false
    issue.status = 'unresolved'
    issue.substatus = 'regressed'
    this.log.setStatus(issue.id, 'unresolved', 'regressed', facts.timestampMs)
    const about = { project: facts.project, issue: issue.id, atMs: facts.timestampMs }
    const data = facts.release === undefined ? {} : { version: facts.release }
    this.log.activity({ ...about, kind: 'set_regression', data })
    this.log.trigger({
      ...about,
      kind: 'regression',
      eventId: facts.eventId,
      data: triggerData(facts),
    })
    return true
  }

  #reasonsToKeep(issue: KnownIssue, facts: EventFacts, isFirst: boolean, files: number): number {
    const now = issue.keptNow
    const minute = Math.floor(facts.receivedMs / 60_000)
    const hour = Math.floor(facts.receivedMs / hourMs)
    if (now.minute !== minute) Object.assign(now, { minute, newest: 0 })
    if (now.hour !== hour) Object.assign(now, { hour, all: 0 })
    const { release, environment } = facts
    return reasonsToKeep(
      {
        isFirst,
        isNewRelease: release !== undefined && !issue.releases.has(release),
        isNewEnvironment: environment !== undefined && !issue.environments.has(environment),
        hasNewTag: facts.tags.some(([key, value]) => {
          if (manyValued.has(key)) return false
          const values = issue.tags.get(key)
          return values !== undefined && values.size < rareMax && !values.has(value)
        }),
        hasAttachments: files > 0,
        newestInMinute: now.newest,
        keptInHour: now.all,
      },
      { perMinute: this.#bounds.keptPerMinute, perHour: this.#bounds.keptPerHour },
    )
  }

  #countKept(issue: KnownIssue, bits: number): void {
    issue.kept += 1
    issue.keptNow.all += 1
    if (bits === why.newest) issue.keptNow.newest += 1
  }

  #count(issue: KnownIssue, facts: EventFacts, hash: string): void {
    const { timestampMs: ms, release } = facts
    issue.events += 1
    if (ms < issue.firstMs) issue.firstMs = ms
    if (ms >= issue.lastMs) {
      issue.lastMs = ms
      issue.lastRelease = release ?? issue.lastRelease
    }
    issue.firstRelease ??= release
    let remembered = release !== undefined && !issue.releases.has(release) ? 1 : 0
    this.#batch.count(issue, facts, hash)
    for (const [key, value] of facts.tags) {
      let values = issue.tags.get(key)
      if (!values) {
        if (issue.tags.size >= this.#bounds.tagKeysMax) continue
        issue.tags.set(key, (values = new Map()))
      }
      let counted = value
      if (!values.has(value)) {
        if (values.size >= this.#bounds.tagValuesMax) counted = ''
        if (!values.has(counted)) remembered += 1
      }
      this.#batch.countTag(issue, key, values, counted, ms)
    }
    if (remembered > 0) this.#issues.remembered(remembered)
  }

  /** Whether saving the batch takes the event. */
  #tells(issue: KnownIssue, facts: EventFacts, nowMs: number): boolean {
    return issue.isNew || isArchived(issue) || this.#isTextStale(issue, facts, nowMs)
  }

  /** Titles follow the events, not each of them. */
  #isTextStale(issue: KnownIssue, { grouping }: EventFacts, nowMs: number): boolean {
    const known = this.#titles.get(issue)
    if (!known) return true
    if (nowMs - known.atMs < textsEveryMs) return false
    return known.title !== grouping.title || known.culprit !== grouping.culprit
  }
}

const isArchived = ({ archive, status }: KnownIssue): boolean =>
  archive !== undefined && status === 'ignored'
