import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Archive, Resolution, Status, Substatus } from '../issues/state.ts'
import { lastNumber } from '../issues/numbers.ts'
import { type IssueInBatch, notInBatch, nothingInBatch } from './in_batch.ts'

/** An issue as the digest has it in memory: what decides over the next event, and where the batch has what it adds. */
export interface KnownIssue {
  readonly id: number
  readonly project: number
  readonly number: number
  readonly isSplit: boolean
  /** Not in the database yet. */
  isNew: boolean
  status: Status
  substatus: Substatus | null
  readonly resolution: Resolution | undefined
  readonly archive: Archive | undefined
  firstMs: number
  lastMs: number
  /** With what the batch under way adds. */
  events: number
  users: number
  kept: number
  firstRelease: string | undefined
  lastRelease: string | undefined
  /** With the place of each in the batch (`BatchRows`), as are the values counted of each tag. */
  readonly releases: Map<string, number>
  readonly environments: Map<string, number>
  readonly tags: Map<string, Map<string, number>>
  /** Bodies kept in the minute and in the hour under way. */
  readonly keptNow: { minute: number; newest: number; hour: number; all: number }
  readonly inBatch: IssueInBatch
}

/** Values of tags in memory: what bounds it, since issues differ. */
const valuesMax = 300_000

/** Issues by their hashes: those that events came for last are in memory. */
export class KnownIssues {
  readonly #issues = new Map<number, KnownIssue>()
  readonly #byHash = new Map<string, KnownIssue>()
  readonly #hashesOf = new Map<number, string[]>()
  #values = 0
  #nextId: number
  readonly #numbers = new Map<number, number>()
  readonly #statements
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
    const prepare = (sql: string): StatementSync => database.prepare(sql)
    this.#statements = {
      hash: prepare('select issue from issue_hashes where project = ? and hash = ?'),
      issue: prepare(
        'select i.*, t.resolution, t.archive from issues i join issue_texts t on t.issue = i.id where i.id = ?',
      ),
      releases: prepare('select release from issue_releases where issue = ?'),
      environments: prepare('select environment from issue_environments where issue = ?'),
      tags: prepare('select key, value from issue_tags where issue = ?'),
    }
    const seq = database.prepare("select seq from sqlite_sequence where name = 'issues'").get()
    this.#nextId = Number(seq?.['seq'] ?? 0) + 1
  }

  /** The issue that a hash leads to. */
  find(project: number, hash: string): KnownIssue | undefined {
    const key = `${project}:${hash}`
    const known = this.#byHash.get(key)
    if (known) return known
    const id = this.#statements.hash.get(project, hash)?.['issue']
    if (id === undefined) return undefined
    const issue = this.#issues.get(Number(id)) ?? this.#load(Number(id))
    this.#remember(key, issue)
    return issue
  }

  /** A new issue; it gets its row when the batch is saved. */
  make(project: number, firstMs: number): KnownIssue {
    const id = this.#nextId++
    const number = (this.#numbers.get(project) ?? lastNumber(this.#database, project)) + 1
    this.#numbers.set(project, number)
    const issue: KnownIssue = {
      id,
      project,
      number,
      isSplit: false,
      isNew: true,
      status: 'unresolved',
      substatus: 'new',
      resolution: undefined,
      archive: undefined,
      firstMs,
      lastMs: firstMs,
      events: 0,
      users: 0,
      kept: 0,
      firstRelease: undefined,
      lastRelease: undefined,
      releases: new Map(),
      environments: new Map(),
      tags: new Map(),
      keptNow: { minute: 0, newest: 0, hour: 0, all: 0 },
      inBatch: nothingInBatch(),
    }
    this.#issues.set(id, issue)
    this.#values += 1
    return issue
  }

  /** From now on the hash leads to the issue. */
  attach(project: number, hash: string, issue: KnownIssue): void {
    this.#remember(`${project}:${hash}`, issue)
  }

  /** Counts a value of a tag that is in memory from now on. */
  remembered(values: number): void {
    this.#values += values
  }

  /** Lets go of what came longest ago. Only between batches: until then issues have what the batch adds. */
  trim(): void {
    for (const [id, issue] of this.#issues) {
      if (this.#values <= valuesMax) return
      for (const values of issue.tags.values()) this.#values -= values.size
      this.#values -= issue.releases.size + 1
      this.#issues.delete(id)
      for (const key of this.#hashesOf.get(id) ?? []) this.#byHash.delete(key)
      this.#hashesOf.delete(id)
    }
  }

  #remember(key: string, issue: KnownIssue): void {
    this.#byHash.set(key, issue)
    const hashes = this.#hashesOf.get(issue.id)
    if (hashes) hashes.push(key)
    else this.#hashesOf.set(issue.id, [key])
  }

  #load(id: number): KnownIssue {
    const row = this.#statements.issue.get(id)
    if (!row) throw new Error(`issue ${id} has a hash and no row`)
    const tags = new Map<string, Map<string, number>>()
    for (const { key, value } of this.#statements.tags.all(id)) {
      const values = tags.get(String(key)) ?? new Map<string, number>()
      tags.set(String(key), values)
      values.set(String(value), notInBatch)
      this.#values += 1
    }
    const releases = new Map(
      this.#statements.releases.all(id).map(({ release }) => [String(release), notInBatch]),
    )
    this.#values += releases.size + 1
    const issue: KnownIssue = {
      id,
      project: Number(row['project']),
      number: Number(row['number']),
      isSplit: row['split_by_message'] === 1,
      isNew: false,
      status: row['status'] as Status,
      substatus: row['substatus'] as Substatus | null,
      resolution: parsed(row['resolution']),
      archive: parsed(row['archive']),
      firstMs: Number(row['first_seen_ms']),
      lastMs: Number(row['last_seen_ms']),
      events: Number(row['events']),
      users: Number(row['users']),
      kept: Number(row['kept']),
      firstRelease: (row['first_release'] as string | null) ?? undefined,
      lastRelease: (row['last_release'] as string | null) ?? undefined,
      releases,
      environments: new Map(
        this.#statements.environments
          .all(id)
          .map(({ environment }) => [String(environment), notInBatch]),
      ),
      tags,
      keptNow: { minute: 0, newest: 0, hour: 0, all: 0 },
      inBatch: nothingInBatch(),
    }
    this.#issues.set(id, issue)
    return issue
  }
}

const parsed = <Value>(json: unknown): Value | undefined =>
  typeof json === 'string' ? (JSON.parse(json) as Value) : undefined
