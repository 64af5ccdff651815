import type { DatabaseSync } from 'node:sqlite'
import type { JsonRecord } from '../../store/search.ts'
import type { Rule } from './config.ts'
import { chooses } from './trigger.ts'

/** An event, as far as counting goes. */
export interface WatchedEvent {
  readonly project: number
  readonly issue: number
  readonly eventId: string
  readonly receivedMs: number
  readonly userNumber: bigint | undefined
  /** As a trigger has them: level, environment, release, title, culprit, tags. */
  readonly data: JsonRecord
}

interface Window {
  /** Of events: [beginning of the bucket in ms, count]. Of users: [user, last seen ms]. */
  entries: [string | number, number][]
  updatedMs: number
  isChanged: boolean
}

/** Parts of a window in which events are counted together. */
const bucketsPerWindow = 60
/** Windows in memory; the ones not used longest are read again when they are needed. */
const remembered = 10_000

/**
 * Looks for many events, or many users, of an issue within a time. Runs in the digest's transactions: what was
 * counted, and the trigger that came of it, are there with the events or not at all.
 */
export class Watch {
  readonly #rules: readonly Rule[]
  readonly #slugs: () => ReadonlyMap<number, string>
  readonly #windows = new Map<string, Window>()
  readonly #changed = new Map<string, { rule: Rule; issue: number; window: Window }>()
  readonly #statements

  /** @param slugs of projects by their ids. */
  constructor(
    database: DatabaseSync,
    rules: readonly Rule[],
    slugs: () => ReadonlyMap<number, string>,
  ) {
    this.#rules = rules.filter(({ when }) =>
      when.some((occasion) => occasion === 'event_count' || occasion === 'user_count'),
    )
    this.#slugs = slugs
    this.#statements = {
      read: database.prepare('select data from alert_windows where rule = ? and subject = ?'),
      write: database.prepare(
        'insert or replace into alert_windows (rule, subject, updated_ms, data) values (?, ?, ?, ?)',
      ),
      old: database.prepare('delete from alert_windows where updated_ms < ?'),
      trigger: database.prepare(
        'insert into triggers (kind, project, issue, event_id, at_ms, data) values (?, ?, ?, ?, ?, ?)',
      ),
    }
  }

  /** Whether there is anything to count for. */
  get isWanted(): boolean {
    return this.#rules.length > 0
  }

  event(event: WatchedEvent): void {
    for (const rule of this.#rules) {
      if (!chooses(rule, { project: event.project, ...event.data }, this.#slugs())) continue
      if (rule.when.includes('event_count')) this.#countEvent(rule, event)
      if (rule.when.includes('user_count') && event.userNumber !== undefined) {
        this.#countUser(rule, event, event.userNumber)
      }
    }
  }

  /** Inside the transaction of the events. */
  save(nowMs: number): void {
    for (const { rule, issue, window } of this.#changed.values()) {
      const { entries, updatedMs } = window
      this.#statements.write.run(keyOf(rule), issue, updatedMs, JSON.stringify(entries))
      window.isChanged = false
    }
    if (this.#changed.size > 0) {
      const longest = Math.max(...this.#rules.map(({ within }) => within))
      this.#statements.old.run(nowMs - longest)
    }
    this.#changed.clear()
    for (const key of this.#windows.keys()) {
      if (this.#windows.size <= remembered) break
      this.#windows.delete(key)
    }
  }

  #countEvent(rule: Rule, event: WatchedEvent): void {
    const window = this.#windowOf(rule, 'event_count', event)
    const bucketMs = Math.ceil(rule.within / bucketsPerWindow)
    const start = event.receivedMs - (event.receivedMs % bucketMs)
    window.entries = window.entries.filter(([ms]) => Number(ms) > event.receivedMs - rule.within)
    const bucket = window.entries.find(([ms]) => ms === start)
    if (bucket) bucket[1] += 1
    else window.entries.push([start, 1])
    const count = window.entries.reduce((sum, [, events]) => sum + events, 0)
    if (count < rule.events!) return
    window.entries = []
    this.#fire(rule, 'event_count', event, `${count} events within ${spoken(rule.within)}`)
  }

  #countUser(rule: Rule, event: WatchedEvent, user: bigint): void {
    const window = this.#windowOf(rule, 'user_count', event)
    const name = user.toString(36)
    // Never more than the number looked for: then it begins again.
    window.entries = window.entries.filter(
      ([known, ms]) => known !== name && ms > event.receivedMs - rule.within,
    )
    window.entries.push([name, event.receivedMs])
    const count = window.entries.length
    if (count < rule.users!) return
    window.entries = []
    this.#fire(rule, 'user_count', event, `${count} users within ${spoken(rule.within)}`)
  }

  #fire(rule: Rule, kind: string, event: WatchedEvent, counted: string): void {
    const data = JSON.stringify({ ...event.data, rule: rule.name, counted })
    const { project, issue, eventId, receivedMs } = event
    this.#statements.trigger.run(kind, project, issue, eventId, receivedMs, data)
  }

  #windowOf(rule: Rule, kind: string, { issue, receivedMs }: WatchedEvent): Window {
    const subject = kind === 'user_count' ? -issue : issue
    const key = `${rule.name}\n${subject}`
    let window = this.#windows.get(key)
    if (window) this.#windows.delete(key)
    else {
      const row = this.#statements.read.get(keyOf(rule), subject)
      const entries = row ? (JSON.parse(String(row['data'])) as Window['entries']) : []
      window = { entries, updatedMs: receivedMs, isChanged: false }
    }
    this.#windows.set(key, window)
    window.updatedMs = receivedMs
    if (!window.isChanged) {
      window.isChanged = true
      this.#changed.set(key, { rule, issue: subject, window })
    }
    return window
  }
}

/** What is counted changes with what is looked for. */
const keyOf = (rule: Rule): string => `${rule.name} ${rule.within}`

/** `90000` as `1.5 min`. */
export function spoken(ms: number): string {
  if (ms >= 2 * 86_400_000) return `${round(ms / 86_400_000)} days`
  if (ms >= 2 * 3_600_000) return `${round(ms / 3_600_000)} hours`
  return ms === 3_600_000 ? 'an hour' : `${round(ms / 60_000)} minutes`
}
const round = (number: number) => Math.round(number * 10) / 10
