import type { DatabaseSync } from 'node:sqlite'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { Call, Calls } from '../digest/call.ts'
import type { Rule } from './config.ts'
import { watchCrashes } from './crash_free.ts'
import { Deliveries, type DueDelivery, type Outcome } from './deliveries.ts'
import { Planner } from './plan.ts'

/** What main asks the digest thread for, as long as it runs. */
export interface NextParams {
  readonly rules: readonly Rule[]
  /** Of projects: id, slug. */
  readonly slugs: readonly (readonly [number, string])[]
  /** Of this run of Weir. */
  readonly run: string
  readonly most: number
  readonly waitingMax: number
  readonly keptMs: number
  /** Whether crash-free rates are to be looked at, too. */
  readonly looksAtCrashes: boolean
  readonly outcomes: readonly Outcome[]
}

export interface NextAnswer {
  readonly due: readonly (DueDelivery & { readonly numbers: readonly (number | null)[] })[]
  /** Ask again at once. */
  readonly hasMore: boolean
}

interface Prepared {
  readonly deliveries: Deliveries
  planner: Planner
  bounds: string
}

/** Statements are prepared once for a database. */
const prepared = new WeakMap<DatabaseSync, Prepared>()

function preparedFor(database: DatabaseSync, waitingMax: number, keptMs: number): Prepared {
  const bounds = `${waitingMax} ${keptMs}`
  const known = prepared.get(database)
  if (known && known.bounds === bounds) return known
  const made = {
    deliveries: new Deliveries(database),
    planner: new Planner(database, { waitingMax, keptMs }),
    bounds,
  }
  prepared.set(database, made)
  return made
}

/**
 * One transaction: records what became of the last attempts, plans messages of what has happened since, and puts on
 * record what is to be sent now.
 */
const next: Call = (params: NextParams, { database, context, change }) => {
  const nowMs = context.clock.now()
  const { deliveries, planner } = preparedFor(database, params.waitingMax, params.keptMs)
  const numberOf = database.prepare('select number from issues where id = ?')
  const answer = change((): NextAnswer => {
    for (const outcome of params.outcomes) deliveries.settle(outcome, nowMs)
    const slugs = new Map(params.slugs)
    if (params.looksAtCrashes) watchCrashes(database, params.rules, slugs, nowMs)
    const hasMore = planner.plan(params.rules, slugs, nowMs)
    const due = params.most > 0 ? deliveries.begin(params.run, nowMs, params.most) : []
    const withNumbers = due.map((delivery) => ({
      ...delivery,
      numbers: delivery.message.triggers.map(({ issue }) => {
        const row = issue === undefined ? undefined : numberOf.get(issue)
        return row ? Number(row['number']) : null
      }),
    }))
    return { due: withNumbers, hasMore }
  })
  return answer as unknown as JsonValue
}

/** A row of `alert_deliveries`. */
export interface ListedRow {
  readonly rule: string
  readonly channel: string
  readonly message: string
  readonly state: string
  readonly attempts: number
  readonly created_ms: number
  readonly detail: string | null
}

const list: Call = ({ most }: { most: number }, { database }) =>
  new Deliveries(database).list(most) as unknown as JsonRecord[]

const status: Call = (_params: null, { database }) => {
  const deliveries = new Deliveries(database)
  return { deliveries: deliveries.counts(), by_rule: deliveries.rules() } as unknown as JsonRecord
}

export const alertCalls: Calls = {
  'alerts.next': next,
  'alerts.list': list,
  'alerts.status': status,
}
