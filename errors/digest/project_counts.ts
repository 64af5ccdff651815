import type { DatabaseSync } from 'node:sqlite'
import type { IssueLog } from '../issues/issue_log.ts'
import { orderOf } from '../releases/order.ts'
import type { EventFacts } from './facts.ts'
import { hourOf, type Span } from './span.ts'

/** What a batch adds to its projects: outcomes by hour, releases, environments. Saved once a batch. */
export class ProjectCounts {
  readonly #statements
  readonly #log: IssueLog
  readonly #environmentsMax: number
  /** By project: what is known to be in the database. */
  readonly #environments = new Map<number, Set<string>>()
  readonly #outcomes = new Map<string, { parts: OutcomeKey; quantity: number }>()
  readonly #releases = new Map<string, ReleaseDelta>()
  readonly #seenEnvironments = new Map<string, Span & { project: number; name: string }>()
  readonly #pairs = new Map<string, Span & { project: number; version: string; name: string }>()

  constructor(database: DatabaseSync, log: IssueLog, environmentsMax: number) {
    this.#log = log
    this.#environmentsMax = environmentsMax
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      outcome: prepare(
        `insert into project_hours (project, hour_ms, key, category, outcome, reason, quantity)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict do update set quantity = quantity + ?7`,
      ),
      release: prepare(
        `insert into releases (project, version, package, sort, created_ms, first_event_ms, last_event_ms, events, new_issues)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         on conflict do update set events = events + ?8, new_issues = new_issues + ?9,
           first_event_ms = min(ifnull(first_event_ms, ?6), ?6), last_event_ms = max(ifnull(last_event_ms, ?7), ?7)
         returning events`,
      ),
      ofRelease: prepare(
        `select sum(x.events) as events from issue_releases x join issues i on i.id = x.issue
         where x.release = ? and i.project = ?`,
      ),
      environment: prepare(
        `insert into environments (project, name, first_seen_ms, last_seen_ms, events) values (?1, ?2, ?3, ?4, ?5)
         on conflict do update set events = events + ?5,
           first_seen_ms = min(first_seen_ms, ?3), last_seen_ms = max(last_seen_ms, ?4)`,
      ),
      pair: prepare(
        `insert into release_environments (project, version, environment, first_seen_ms, last_seen_ms, events)
         values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict do update set events = events + ?6,
           first_seen_ms = min(first_seen_ms, ?4), last_seen_ms = max(last_seen_ms, ?5)`,
      ),
      environments: prepare('select name from environments where project = ?'),
    }
  }

  /** The environment as it is counted: none when the project has too many others. */
  admitted(project: number, environment: string | undefined): string | undefined {
    if (environment === undefined) return undefined
    let known = this.#environments.get(project)
    if (!known) {
      known = new Set(this.#statements.environments.all(project).map(({ name }) => String(name)))
      this.#environments.set(project, known)
    }
    if (known.has(environment)) return environment
    if (known.size >= this.#environmentsMax) return undefined
    known.add(environment)
    return environment
  }

  outcome(parts: OutcomeKey, quantity = 1): void {
    const key = JSON.stringify([
      parts.project,
      hourOf(parts.ms),
      parts.key,
      parts.category,
      parts.outcome,
      parts.reason,
    ])
    const known = this.#outcomes.get(key)
    if (known) known.quantity += quantity
    else this.#outcomes.set(key, { parts, quantity })
  }

  event(facts: EventFacts, isNewIssue: boolean): void {
    const { project, release, environment, timestampMs: ms } = facts
    if (release !== undefined) {
      const key = `${project}:${release}`
      let delta = this.#releases.get(key)
      if (!delta) {
        delta = {
          project,
          version: release,
          first: facts,
          newIssues: 0,
          events: 0,
          firstMs: ms,
          lastMs: ms,
        }
        this.#releases.set(key, delta)
      }
      extend(delta, ms)
      if (isNewIssue) delta.newIssues += 1
    }
    if (environment === undefined) return
    const key = `${project}:${environment}`
    const seen = this.#seenEnvironments.get(key)
    if (seen) extend(seen, ms)
    else
      this.#seenEnvironments.set(key, {
        project,
        name: environment,
        events: 1,
        firstMs: ms,
        lastMs: ms,
      })
    if (release === undefined) return
    const pairKey = `${key}\u0000${release}`
    const pair = this.#pairs.get(pairKey)
    if (pair) extend(pair, ms)
    else {
      const span = { events: 1, firstMs: ms, lastMs: ms }
      this.#pairs.set(pairKey, { project, version: release, name: environment, ...span })
    }
  }

  /** Inside the transaction, after the counts of the batch's issues. */
  save(): void {
    const { outcome, release, environment, pair } = this.#statements
    for (const { parts, quantity } of this.#outcomes.values()) {
      const { project, key, category, outcome: what, reason, ms } = parts
      outcome.run(project, hourOf(ms), key, category, what, reason, quantity)
    }
    for (const each of this.#releases.values()) {
      const order = orderOf(each.version)
      const row = release.get(
        each.project,
        each.version,
        order.package,
        order.sort,
        each.first.receivedMs,
        each.firstMs,
        each.lastMs,
        each.events,
        each.newIssues,
      )
      // Whoever made it before, it had no event.
      if (row!['events'] === each.events && !this.#hadEvents(each)) this.#tellOf(each)
    }
    for (const each of this.#seenEnvironments.values()) {
      environment.run(each.project, each.name, each.firstMs, each.lastMs, each.events)
    }
    for (const each of this.#pairs.values()) {
      const { project, version, name, firstMs, lastMs, events } = each
      pair.run(project, version, name, firstMs, lastMs, events)
    }
    this.#outcomes.clear()
    this.#releases.clear()
    this.#seenEnvironments.clear()
    this.#pairs.clear()
  }

  /** Of a release that was let go of (`releases_max`) issues still know. */
  #hadEvents({ version, project, events }: ReleaseDelta): boolean {
    return Number(this.#statements.ofRelease.get(version, project)?.['events']) > events
  }

  /** What rules choose by is that of the release's first event. */
  #tellOf({ project, version, first }: ReleaseDelta): void {
    const { eventId, timestampMs: atMs, level, environment } = first
    const data = {
      version,
      level,
      ...(environment !== undefined && { environment }),
      tags: Object.fromEntries(first.tags),
    }
    this.#log.trigger({ kind: 'new_release', project, eventId, atMs, data })
  }
}

export interface OutcomeKey {
  readonly project: number
  readonly key: string
  readonly ms: number
  readonly category: string
  readonly outcome: string
  readonly reason: string
}

interface ReleaseDelta extends Span {
  readonly project: number
  readonly version: string
  /** The batch's first event of it. */
  readonly first: EventFacts
  newIssues: number
}

function extend(span: Span, ms: number): void {
  span.events += 1
  if (ms < span.firstMs) span.firstMs = ms
  if (ms > span.lastMs) span.lastMs = ms
}
