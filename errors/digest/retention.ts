import type { DatabaseSync } from 'node:sqlite'
import { removeIssue, unusedBlobs } from '../issues/removal.ts'
import type { DigestConfig } from './config.ts'
import { KeptEvents } from './kept_events.ts'
import { dayMs } from './span.ts'

/** What a step did. */
export interface Step {
  /** There is more to do at once. */
  readonly hasMore: boolean
  /** Issues or events are gone. */
  readonly isChanged: boolean
  /** Files that nothing names any more. */
  readonly blobs: readonly string[]
}

/** What one step takes on: some milliseconds. */
const eventsAtOnce = 200
const issuesAtOnce = 25
const rowsAtOnce = 2000
/** Triggers that nobody fetches. */
const triggersMax = 10_000
/** A session that has not changed for so long does not any more. */
const openSessionMs = 5 * dayMs
const newForMs = 7 * dayMs

/**
 * Keeps errors.sqlite within its bounds, a step at a time: what is too old goes, then what is least telling. Space is
 * used again; what is left over goes back to the file system page by page (`auto_vacuum = incremental`).
 */
export class Retention {
  readonly #database: DatabaseSync
  readonly #config: () => DigestConfig
  /** Evicted since the start, by what asked for it. */
  readonly evicted = { age: 0, size: 0, project: 0, issues: 0 }
  #foldedIssue = 0

  constructor(database: DatabaseSync, config: () => DigestConfig) {
    this.#database = database
    this.#config = config
  }

  /** @param nowMs ms since the epoch. */
  step(nowMs: number): Step {
    const database = this.#database
    const kept = new KeptEvents(database)
    const blobs: string[] = []
    database.exec('begin immediate')
    try {
      const gone =
        this.#oldEvents(kept, nowMs, blobs) +
        this.#oldIssues(kept, nowMs, blobs) +
        this.#crowdedProjects(kept, blobs) +
        this.#size(kept, blobs)
      const rows = this.#oldRows(nowMs) + this.#foldHours(nowMs)
      this.#ripen(nowMs)
      database
        .prepare("insert or replace into meta (key, value) values ('believed_ms', ?)")
        .run(nowMs)
      kept.save()
      database.exec('commit')
      database.exec('pragma incremental_vacuum(500)')
      return { hasMore: gone > 0 || rows >= rowsAtOnce, isChanged: gone > 0, blobs }
    } catch (failure) {
      if (database.isTransaction) database.exec('rollback')
      throw failure
    }
  }

  /** Bytes in use. */
  get bytes(): number {
    const of = (name: string) => Number(this.#database.prepare(`pragma ${name}`).get()?.[name])
    return (of('page_count') - of('freelist_count')) * of('page_size')
  }

  #oldEvents(kept: KeptEvents, nowMs: number, blobs: string[]): number {
    const cutoff = nowMs - this.#config().retention.age
    const old = this.#all(
      'select id, issue, received_ms from events order by id limit ?',
      eventsAtOnce,
    )
    const gone = old.filter((row) => Number(row['received_ms']) < cutoff)
    for (const row of gone) this.#evict(kept, Number(row['id']), Number(row['issue']))
    this.evicted.age += gone.length
    const files = this.#all(
      'delete from attachments where id in (select id from attachments where received_ms < ? order by id limit ?) returning blob',
      cutoff,
      rowsAtOnce,
    )
    blobs.push(
      ...unusedBlobs(
        this.#database,
        files.map(({ blob }) => String(blob)),
      ),
    )
    return gone.length
  }

  #oldIssues(kept: KeptEvents, nowMs: number, blobs: string[]): number {
    const cutoff = nowMs - this.#config().retention.age
    const old = this.#projects().flatMap((project) =>
      ['unresolved', 'resolved', 'ignored'].flatMap((status) =>
        this.#all(
          'select id from issues where project = ? and status = ? and last_seen_ms < ? limit ?',
          project,
          status,
          cutoff,
          issuesAtOnce,
        ),
      ),
    )
    for (const { id } of old) blobs.push(...removeIssue(this.#database, kept, Number(id)))
    return old.length
  }

  /** Projects with too many kept events or too many issues. */
  #crowdedProjects(kept: KeptEvents, blobs: string[]): number {
    const { kept_per_project: keptMax, issues_max: issuesMax } = this.#config()
    let gone = 0
    for (const [project, events] of kept.totals) {
      if (events > keptMax) {
        const trimmed = this.#thin(kept, blobs, project)
        this.evicted.project += trimmed
        gone += trimmed
      }
    }
    for (const { project, n } of this.#all(
      'select project, count(*) as n from issues group by project',
    )) {
      if (Number(n) <= issuesMax) continue
      gone += this.#dropIssues(kept, blobs, Number(project))
    }
    return gone
  }

  #size(kept: KeptEvents, blobs: string[]): number {
    if (this.bytes <= this.#config().retention.size) return 0
    const trimmed = this.#thin(kept, blobs)
    this.evicted.size += trimmed
    // Each issue has one example left: whole issues go.
    return trimmed > 0 ? trimmed : this.#dropIssues(kept, blobs)
  }

  /** Halves the kept events of the issues that have most, never below one. */
  #thin(kept: KeptEvents, blobs: string[], project?: number): number {
    const crowded = this.#all(
      `select id, kept from issues where kept > 1 ${project === undefined ? '' : 'and project = ?2'}
       order by kept desc limit ?1`,
      issuesAtOnce,
      ...(project === undefined ? [] : [project]),
    )
    let gone = 0
    for (const { id, kept: has } of crowded) {
      const trimmed = kept.trim(Number(id), Math.max(1, Math.floor(Number(has) / 2)))
      this.#database.prepare('update issues set kept = kept - ? where id = ?').run(trimmed, id!)
      gone += trimmed
    }
    blobs.push(...this.#orphans())
    return gone
  }

  /** The issues that would be missed least: that nobody took up, of few events, seen longest ago. */
  #dropIssues(kept: KeptEvents, blobs: string[], project?: number): number {
    const least = this.#all(
      `select id from issues where assignee is null
         and not exists (select 1 from bookmarks b where b.issue = issues.id)
         ${project === undefined ? '' : 'and project = ?2'}
       order by events, last_seen_ms limit ?1`,
      issuesAtOnce,
      ...(project === undefined ? [] : [project]),
    )
    for (const { id } of least) blobs.push(...removeIssue(this.#database, kept, Number(id)))
    this.evicted.issues += least.length
    return least.length
  }

  #oldRows(nowMs: number): number {
    const { age, sessions } = this.#config().retention
    const cutoff = nowMs - sessions
    const statements: readonly [string, number][] = [
      ['project_hours where hour_ms < ?', cutoff],
      ['session_hours where hour_ms < ?', cutoff],
      ['session_users where day_ms < ?', cutoff],
      ['sessions where updated_ms < ?', nowMs - openSessionMs],
      ['check_ins where updated_ms < ? and timeout_ms is null', cutoff],
      ['feedback where received_ms < ?', nowMs - age],
      ['issue_days where day_ms < ?', nowMs - Math.max(age, sessions)],
    ]
    this.#crowdedReleases()
    // Each of these tables is scanned: a table at a time, and not at each step.
    const [statement, before] = statements[this.#turn++ % statements.length]!
    const rows = Number(this.#database.prepare(`delete from ${statement}`).run(before).changes)
    this.#database
      .prepare('delete from triggers where number <= (select max(number) from triggers) - ?')
      .run(triggersMax)
    return rows
  }

  #turn = 0

  /** The releases that nothing was heard of for longest. */
  #crowdedReleases(): void {
    const max = this.#config().releases_max
    for (const { project, n } of this.#all(
      'select project, count(*) as n from releases group by project having count(*) > ?',
      max,
    )) {
      const gone = this.#all(
        `delete from releases where id in (select id from releases where project = ?
           order by released_ms is not null, ifnull(last_event_ms, created_ms) limit ?) returning version`,
        Number(project),
        Math.min(Number(n) - max, rowsAtOnce),
      )
      for (const table of ['release_environments', 'release_commits', 'deploys']) {
        const remove = this.#database.prepare(
          `delete from ${table} where project = ? and version = ?`,
        )
        for (const { version } of gone) remove.run(project!, version!)
      }
    }
  }

  /** Hours that are old become days: some issues at each step. */
  #foldHours(nowMs: number): number {
    const hoursMs = this.#config().retention.hours
    const cutoff = nowMs - hoursMs - ((nowMs - hoursMs) % dayMs)
    const issues = this.#all(
      'select id from issues where id > ? order by id limit ?',
      this.#foldedIssue,
      eventsAtOnce,
    )
    if (issues.length === 0) {
      this.#foldedIssue = 0
      return 0
    }
    const from = this.#foldedIssue
    this.#foldedIssue = Number(issues.at(-1)!['id'])
    this.#database
      .prepare(
        `insert into issue_days (issue, day_ms, events)
         select issue, hour_ms - hour_ms % ${dayMs}, sum(events) from issue_hours
         where issue > ?1 and issue <= ?2 and hour_ms < ?3 group by 1, 2
         on conflict do update set events = events + excluded.events`,
      )
      .run(from, this.#foldedIssue, cutoff)
    this.#database
      .prepare('delete from issue_hours where issue > ? and issue <= ? and hour_ms < ?')
      .run(from, this.#foldedIssue, cutoff)
    return 0
  }

  /** New issues become ongoing ones. */
  #ripen(nowMs: number): void {
    this.#database
      .prepare(
        `update issues set substatus = 'ongoing' where id in (
           select id from issues where project in (select distinct project from issues)
             and status = 'unresolved' and substatus in ('new', 'regressed') and status_changed_ms < ? limit 500)`,
      )
      .run(nowMs - newForMs)
  }

  #evict(kept: KeptEvents, id: number, issue: number): void {
    kept.remove(id)
    this.#database.prepare('update issues set kept = kept - 1 where id = ?').run(issue)
  }

  /** Files of events that are not kept any more. */
  #orphans(): string[] {
    const gone = this.#all(
      `delete from attachments where issue is not null and id in (
         select a.id from attachments a where a.issue is not null and not exists (
           select 1 from events e where e.event_id = a.event_id and e.project = a.project) limit 200)
       returning blob`,
    )
    return unusedBlobs(
      this.#database,
      gone.map(({ blob }) => String(blob)),
    )
  }

  #projects(): number[] {
    return this.#all('select distinct project from issues').map(({ project }) => Number(project))
  }

  #all(sql: string, ...values: (string | number)[]) {
    return this.#database.prepare(sql).all(...values)
  }
}
