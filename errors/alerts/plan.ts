import { hash } from 'node:crypto'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { JsonRecord } from '../../store/search.ts'
import type { Rule } from './config.ts'
import { itemsMax } from './message.ts'
import { quietUntil } from './quiet_hours.ts'
import { isOccasion, subjectOf, type Trigger, wants } from './trigger.ts'

export interface PlanBounds {
  /** Messages that wait to be delivered, and notices of a rule that are collected. */
  readonly waitingMax: number
  /** How long settled deliveries are remembered, ms. */
  readonly keptMs: number
}

/** A message as `alert_deliveries` has it: main makes words of it. */
export interface PlannedMessage {
  readonly triggers: readonly Trigger[]
  readonly count: number
  readonly suppressed: { readonly byCap: number; readonly byCooldown: number }
}

interface RuleState {
  messagesMs: number[]
  capped: number
  cooled: number
  heldSinceMs: number | null
  told: number
  suppressed: number
}

const hourMs = 3_600_000
/** Triggers that one transaction takes. */
const atOnce = 500

/**
 * Makes messages of what happened: each trigger that a rule wants becomes a notice, and each notice part of exactly
 * one message or a count of what was held back. All of a call is one transaction with the removal of the triggers,
 * so that whatever is killed when, nothing is told twice or forgotten.
 */
export class Planner {
  readonly #bounds: PlanBounds
  readonly #statements
  /** Of the call under way. */
  readonly #states = new Map<string, RuleState>()
  readonly #collected = new Map<string, number>()
  #waiting: number | undefined

  constructor(database: DatabaseSync, bounds: PlanBounds) {
    this.#bounds = bounds
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      triggers: prepare('select * from triggers order by number limit ?'),
      untrigger: prepare('delete from triggers where number <= ?'),
      cooldown: prepare('select until_ms from alert_cooldowns where rule = ? and subject = ?'),
      cool: prepare(
        'insert or replace into alert_cooldowns (rule, subject, until_ms) values (?, ?, ?)',
      ),
      uncool: prepare('delete from alert_cooldowns where until_ms <= ?'),
      collecting: prepare(
        'select min(due_ms) as due_ms from alert_notices where rule = ? and collected = 1 and due_ms > ?',
      ),
      collected: prepare(
        'select count(*) as count from alert_notices where rule = ? and collected = 1',
      ),
      notice: prepare(
        'insert into alert_notices (rule, due_ms, collected, trigger) values (?, ?, ?, ?)',
      ),
      due: prepare(
        'select rule, collected, count(*) as count from alert_notices where due_ms <= ? group by rule, collected',
      ),
      first: prepare(
        'select id, trigger from alert_notices where rule = ? and collected = ? and due_ms <= ? order by id limit ?',
      ),
      unnotice: prepare(
        'delete from alert_notices where rule = ? and collected = ? and due_ms <= ? and id <= ?',
      ),
      state: prepare('select * from alert_rules where rule = ?'),
      held: prepare('select rule from alert_rules where capped > 0'),
      save: prepare(
        'insert or replace into alert_rules (rule, messages_ms, capped, cooled, held_since_ms, told, suppressed) values (?, ?, ?, ?, ?, ?, ?)',
      ),
      waiting: prepare(
        "select count(*) as count from alert_deliveries where state in ('pending', 'sending')",
      ),
      deliver: prepare(
        'insert into alert_deliveries (message_id, rule, channel, message, created_ms, next_ms) values (?, ?, ?, ?, ?, ?)',
      ),
      old: prepare(
        'select min(settled_ms) as ms from alert_deliveries where settled_ms is not null',
      ),
      forget: prepare('delete from alert_deliveries where settled_ms < ?'),
    }
  }

  /**
   * @param slugs of projects by their ids.
   * @returns whether there are more triggers: then call again.
   */
  plan(rules: readonly Rule[], slugs: ReadonlyMap<number, string>, nowMs: number): boolean {
    this.#states.clear()
    this.#collected.clear()
    this.#waiting = undefined
    this.#statements.uncool.run(nowMs)
    const rows = this.#statements.triggers.all(atOnce)
    for (const row of rows) {
      const trigger = triggerOf(row)
      if (!trigger) continue
      for (const rule of rules) if (wants(rule, trigger, slugs)) this.#take(rule, trigger, nowMs)
    }
    if (rows.length > 0) this.#statements.untrigger.run(rows.at(-1)!['number']!)
    this.#makeMessages(rules, nowMs)
    this.#saveStates()
    this.#tidy(nowMs)
    return rows.length === atOnce
  }

  #take(rule: Rule, trigger: Trigger, nowMs: number): void {
    const subject = subjectOf(trigger)
    const cooled = this.#statements.cooldown.get(rule.name, subject)
    const leftMs = cooled ? Number(cooled['until_ms']) - nowMs : 0
    // More is left than there ever was: the clock was put back.
    if (leftMs > 0 && leftMs <= rule.cooldown) {
      this.#hold(rule.name, 'cooled', 1, nowMs)
      return
    }
    if (rule.cooldown > 0) this.#statements.cool.run(rule.name, subject, nowMs + rule.cooldown)
    let dueMs = nowMs
    if (rule.digest > 0) {
      const open = this.#statements.collecting.get(rule.name, nowMs)?.['due_ms']
      dueMs = typeof open === 'number' ? open : nowMs + rule.digest
    }
    dueMs = quietUntil(dueMs, rule.quiet_hours) ?? dueMs
    const isCollected = dueMs > nowMs
    if (isCollected && !this.#mayCollect(rule.name)) this.#hold(rule.name, 'capped', 1, nowMs)
    else this.#statements.notice.run(rule.name, dueMs, Number(isCollected), JSON.stringify(trigger))
  }

  #mayCollect(rule: string): boolean {
    let count = this.#collected.get(rule)
    count ??= Number(this.#statements.collected.get(rule)!['count'])
    this.#collected.set(rule, count + 1)
    return count < this.#bounds.waitingMax
  }

  #makeMessages(rules: readonly Rule[], nowMs: number): void {
    const byName = new Map(rules.map((rule) => [rule.name, rule]))
    for (const { rule: name, collected, count } of this.#statements.due.all(nowMs)) {
      const rule = byName.get(String(name))
      // Of a rule that is gone: nobody wants it any more.
      if (!rule) this.#drop(String(name), Number(collected), nowMs)
      else if (collected) this.#message(rule, 1, Number(count), nowMs)
      else for (let left = Number(count); left > 0; left--) this.#message(rule, 0, 1, nowMs)
    }
    for (const { rule: name } of this.#statements.held.all()) {
      const rule = byName.get(String(name))
      if (rule) this.#summarise(rule, nowMs)
    }
    for (const [name, state] of this.#states) {
      const rule = byName.get(name)
      if (rule && state.capped > 0) this.#summarise(rule, nowMs)
    }
  }

  /** One message of the first `count` notices that are due, or what is held back of them. */
  #message(rule: Rule, collected: number, count: number, nowMs: number): void {
    const shown = this.#statements.first.all(rule.name, collected, nowMs, Math.min(count, itemsMax))
    const last = collected ? Number.MAX_SAFE_INTEGER : shown.at(-1)!['id']!
    this.#statements.unnotice.run(rule.name, collected, nowMs, last)
    if (!this.#mayTell(rule, nowMs)) {
      this.#hold(rule.name, 'capped', count, nowMs)
      return
    }
    const triggers = shown.map(({ trigger }) => JSON.parse(String(trigger)) as Trigger)
    this.#tell(rule, triggers, count, nowMs)
  }

  /** What was held back is told by itself when the hour in which it was is over and nothing else was told. */
  #summarise(rule: Rule, nowMs: number): void {
    const state = this.#stateOf(rule.name)
    if (state.capped === 0 || nowMs - (state.heldSinceMs ?? nowMs) < hourMs) return
    if (quietUntil(nowMs, rule.quiet_hours) === undefined && this.#mayTell(rule, nowMs)) {
      this.#tell(rule, [], 0, nowMs)
    }
  }

  #mayTell(rule: Rule, nowMs: number): boolean {
    const state = this.#stateOf(rule.name)
    // A clock that was put back a little makes no room.
    state.messagesMs = state.messagesMs.filter((ms) => Math.abs(nowMs - ms) < hourMs)
    if (state.messagesMs.length >= rule.max_per_hour) return false
    this.#waiting ??= Number(this.#statements.waiting.get()!['count'])
    return this.#waiting < this.#bounds.waitingMax
  }

  #tell(rule: Rule, triggers: readonly Trigger[], count: number, nowMs: number): void {
    const state = this.#stateOf(rule.name)
    const suppressed = { byCap: state.capped, byCooldown: state.cooled }
    state.messagesMs.push(nowMs)
    state.told += count
    const message: PlannedMessage = { triggers, count, suppressed }
    const text = JSON.stringify(message)
    for (const channel of rule.to) {
      const made = `${rule.name}\n${channel}\n${nowMs}\n${state.told}\n${state.suppressed}\n${text}`
      const id = hash('sha256', made).slice(0, 32)
      this.#statements.deliver.run(id, rule.name, channel, text, nowMs, nowMs)
      if (this.#waiting !== undefined) this.#waiting += 1
    }
    Object.assign(state, { capped: 0, cooled: 0, heldSinceMs: null })
  }

  #hold(rule: string, why: 'capped' | 'cooled', count: number, nowMs: number): void {
    const state = this.#stateOf(rule)
    state[why] += count
    state.suppressed += count
    if (why === 'capped') state.heldSinceMs ??= nowMs
  }

  #drop(rule: string, collected: number, nowMs: number): void {
    this.#statements.unnotice.run(rule, collected, nowMs, Number.MAX_SAFE_INTEGER)
  }

  #stateOf(rule: string): RuleState {
    let state = this.#states.get(rule)
    if (!state) {
      const row = this.#statements.state.get(rule)
      state = {
        messagesMs: row ? (JSON.parse(String(row['messages_ms'])) as number[]) : [],
        capped: Number(row?.['capped'] ?? 0),
        cooled: Number(row?.['cooled'] ?? 0),
        heldSinceMs: (row?.['held_since_ms'] as number | null | undefined) ?? null,
        told: Number(row?.['told'] ?? 0),
        suppressed: Number(row?.['suppressed'] ?? 0),
      }
      this.#states.set(rule, state)
    }
    return state
  }

  #saveStates(): void {
    for (const [rule, state] of this.#states) {
      const { messagesMs, capped, cooled, heldSinceMs, told, suppressed } = state
      const times = JSON.stringify(messagesMs)
      this.#statements.save.run(rule, times, capped, cooled, heldSinceMs, told, suppressed)
    }
  }

  #tidy(nowMs: number): void {
    const oldest = this.#statements.old.get()?.['ms']
    const since = nowMs - this.#bounds.keptMs
    if (typeof oldest === 'number' && oldest < since) this.#statements.forget.run(since)
  }
}

function triggerOf(row: Record<string, SQLOutputValue>): Trigger | undefined {
  const { kind, project, issue, event_id: eventId, at_ms: atMs, data } = row
  if (!isOccasion(String(kind))) return undefined
  return {
    kind: kind as Trigger['kind'],
    project: Number(project),
    ...(issue !== null && { issue: Number(issue) }),
    ...(eventId !== null && { eventId: String(eventId) }),
    atMs: Number(atMs),
    data: JSON.parse(String(data)) as JsonRecord,
  }
}
