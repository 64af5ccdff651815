import { BatchRows } from './batch_rows.ts'
import type { EventFacts } from './facts.ts'
import { notInBatch } from './in_batch.ts'
import type { KnownIssue } from './known_issues.ts'
import { hourOf } from './span.ts'

/** A hash that leads to an issue from now on. */
export interface AttachedHash {
  readonly issue: KnownIssue
  readonly hash: string
  readonly version: string
  readonly variant: string
  readonly atMs: number
}

/** What a batch adds to issues, counted in memory: rows are written once a batch. Issues know their rows here. */
export class IssueBatch {
  readonly hours = new BatchRows<number>()
  readonly releases = new BatchRows<string>()
  readonly environments = new BatchRows<string>()
  readonly tags = new BatchRows<string>()
  /** By the hash that grouped them. */
  readonly hashes = new BatchRows<string>()
  readonly attached: AttachedHash[] = []

  /** Counts an event, its tags aside. @param hash that grouped it. */
  count(issue: KnownIssue, facts: EventFacts, hash: string): void {
    const { timestampMs: ms, release, environment, userNumber } = facts
    const { inBatch } = issue
    const hour = hourOf(ms)
    // Events come hour by hour, mostly: an hour that comes again after another gets a row of its own here.
    if (inBatch.hourAt !== notInBatch && inBatch.hour === hour) this.hours.add(inBatch.hourAt, ms)
    else {
      inBatch.hour = hour
      inBatch.hourAt = this.hours.begin(issue, hour, '', ms)
    }
    if (inBatch.hashAt !== notInBatch && inBatch.hash === hash) this.hashes.add(inBatch.hashAt, ms)
    else {
      inBatch.hash = hash
      inBatch.hashAt = this.hashes.begin(issue, hash, '', ms)
    }
    if (release !== undefined) countIn(this.releases, issue, issue.releases, release, ms)
    if (environment !== undefined)
      countIn(this.environments, issue, issue.environments, environment, ms)
    if (userNumber === undefined) return
    inBatch.users ??= new Map()
    if (!inBatch.users.has(userNumber)) inBatch.users.set(userNumber, ms)
  }

  /** @param values the issue's, of the tag `key`. */
  countTag(
    issue: KnownIssue,
    key: string,
    values: Map<string, number>,
    value: string,
    ms: number,
  ): void {
    const at = values.get(value)
    if (at !== undefined && at !== notInBatch) this.tags.add(at, ms)
    else values.set(value, this.tags.begin(issue, key, value, ms))
  }

  /** The batch is saved. */
  clear(): void {
    const { hours, releases, environments, tags, hashes } = this
    for (const issue of hours.issues) {
      const { inBatch } = issue
      inBatch.hourAt = inBatch.hashAt = notInBatch
      inBatch.users = undefined
    }
    for (let at = 0; at < releases.count; at++)
      releases.issues[at]!.releases.set(releases.keys[at]!, notInBatch)
    for (let at = 0; at < environments.count; at++)
      environments.issues[at]!.environments.set(environments.keys[at]!, notInBatch)
    for (let at = 0; at < tags.count; at++)
      tags.issues[at]!.tags.get(tags.keys[at]!)!.set(tags.values[at]!, notInBatch)
    for (const rows of [hours, releases, environments, tags, hashes]) rows.clear()
    this.attached.length = 0
  }
}

/** @param known rows of the issue, with their places in the batch. */
function countIn(
  rows: BatchRows<string>,
  issue: KnownIssue,
  known: Map<string, number>,
  key: string,
  ms: number,
): void {
  const at = known.get(key)
  if (at !== undefined && at !== notInBatch) rows.add(at, ms)
  else known.set(key, rows.begin(issue, key, '', ms))
}
