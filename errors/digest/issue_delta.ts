import { countIn, hourOf, type Span } from './span.ts'
import type { EventFacts } from './facts.ts'

/** What a batch adds to an issue, counted in memory: an issue's rows are written once a batch. */
export class IssueDelta {
  events = 0
  readonly hours = new Map<number, number>()
  readonly releases = new Map<string, Span>()
  readonly environments = new Map<string, Span>()
  /** By key, U+0000, value. */
  readonly tags = new Map<string, Span>()
  /** When each was first seen. */
  readonly users = new Map<bigint, number>()
  /** By the hash that grouped them. */
  readonly hashes = new Map<string, Span>()
  /** Hashes that lead here from now on, with their version and variant. */
  readonly attached: { hash: string; version: string; variant: string; atMs: number }[] = []

  count(facts: EventFacts, hash: string): void {
    const { timestampMs: ms, release, environment, userNumber } = facts
    this.events += 1
    const hour = hourOf(ms)
    this.hours.set(hour, (this.hours.get(hour) ?? 0) + 1)
    if (release !== undefined) countIn(this.releases, release, ms)
    if (environment !== undefined) countIn(this.environments, environment, ms)
    if (userNumber !== undefined && !this.users.has(userNumber)) this.users.set(userNumber, ms)
    countIn(this.hashes, hash, ms)
  }

  clear(): void {
    this.events = 0
    this.hours.clear()
    this.releases.clear()
    this.environments.clear()
    this.tags.clear()
    this.users.clear()
    this.hashes.clear()
    this.attached.length = 0
  }
}
