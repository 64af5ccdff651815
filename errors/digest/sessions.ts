import type { DatabaseSync } from 'node:sqlite'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { readEventId } from '../event/event_id.ts'
import { orderOf } from '../releases/order.ts'
import type { Report } from '../reports.ts'
import { userNumberOf } from './facts.ts'
import { dayOf, hourOf } from './span.ts'

/** `session` or `sessions`. */
type SessionReport = Extract<Report, { readonly body: JsonRecord }>

/** What a session came to, from good to bad. */
const outcomes = ['ok', 'errored', 'abnormal', 'crashed'] as const
type Outcome = (typeof outcomes)[number]

interface Bucket {
  readonly project: number
  readonly release: string
  readonly environment: string
  readonly hourMs: number
}

/**
 * Sessions as SDKs report them (develop.sentry.dev/sdk/telemetry/sessions): each is counted in the hour in which it
 * began, once, by the worst that it came to; an update moves it from one count to another. Runs inside the batch's
 * transaction.
 */
export class Sessions {
  readonly #statements

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      add: prepare(
        `insert into session_hours (project, release, environment, hour_ms, started, errored, abnormal, crashed)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         on conflict do update set started = started + ?5, errored = errored + ?6,
           abnormal = abnormal + ?7, crashed = crashed + ?8`,
      ),
      user: prepare(
        `insert into session_users (project, release, environment, day_ms, user, worst) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict do update set worst = max(worst, ?6)`,
      ),
      known: prepare(
        'select release, environment, hour_ms, seq, counted from sessions where project = ? and sid = ?',
      ),
      remember: prepare(
        `insert or replace into sessions (project, sid, release, environment, hour_ms, seq, counted, user, updated_ms)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      release: prepare(
        `insert or ignore into releases (project, version, package, sort, created_ms) values (?, ?, ?, ?, ?)`,
      ),
    }
  }

  /** @returns how many sessions began by it. */
  take(report: SessionReport): number {
    return report.kind === 'session' ? this.#single(report) : this.#aggregates(report)
  }

  #single(report: SessionReport): number {
    const { body, project, received_ms: receivedMs } = report
    const given = textIn(body, 'sid')
    const attributes = recordIn(body, 'attrs')
    const release = textIn(attributes, 'release')
    if (given === undefined || release === undefined) return 0
    // Updates of one may come with dashes and without; older versions kept the id as it was written.
    const sid = readEventId(given) ?? given
    const known =
      this.#statements.known.get(project, sid) ??
      (sid === given ? undefined : this.#statements.known.get(project, given))
    const startedMs = timeIn(body, 'started') ?? timeIn(body, 'timestamp') ?? receivedMs
    const seq = numberIn(body, 'seq') ?? timeIn(body, 'timestamp') ?? receivedMs
    if (known && seq < Number(known['seq'])) return 0
    const user = textIn(body, 'did')
    const userNumber = user === undefined ? undefined : userNumberOf(user)
    const bucket: Bucket = known
      ? {
          project,
          release: String(known['release']),
          environment: String(known['environment']),
          hourMs: Number(known['hour_ms']),
        }
      : {
          project,
          release,
          environment: textIn(attributes, 'environment') ?? '',
          hourMs: hourOf(startedMs),
        }
    const before = known ? (String(known['counted']) as Outcome) : undefined
    const outcome = worse(before ?? 'ok', outcomeOf(body))
    if (!known) this.#release(bucket, receivedMs)
    this.#add(bucket, known ? 0 : 1, outcome, 1)
    if (before !== undefined) this.#add(bucket, 0, before, -1)
    if (userNumber !== undefined) this.#user(bucket, userNumber, outcome)
    this.#statements.remember.run(
      project,
      sid,
      bucket.release,
      bucket.environment,
      bucket.hourMs,
      seq,
      outcome,
      userNumber ?? null,
      receivedMs,
    )
    return known ? 0 : 1
  }

  #aggregates(report: SessionReport): number {
    const { body, project, received_ms: receivedMs } = report
    const attributes = recordIn(body, 'attrs')
    const release = textIn(attributes, 'release')
    const list = body['aggregates']
    if (release === undefined || !Array.isArray(list)) return 0
    const environment = textIn(attributes, 'environment') ?? ''
    this.#release({ project, release }, receivedMs)
    let all = 0
    for (const each of list) {
      const aggregate = isRecord(each) ? each : {}
      const startedMs = timeIn(aggregate, 'started') ?? receivedMs
      const bucket: Bucket = { project, release, environment, hourMs: hourOf(startedMs) }
      const counts = {
        ok: countIn(aggregate, 'exited'),
        errored: countIn(aggregate, 'errored'),
        abnormal: countIn(aggregate, 'abnormal'),
        crashed: countIn(aggregate, 'crashed'),
      }
      const started = counts.ok + counts.errored + counts.abnormal + counts.crashed
      if (started === 0) continue
      all += started
      this.#statements.add.run(
        project,
        release,
        environment,
        bucket.hourMs,
        started,
        counts.errored,
        counts.abnormal,
        counts.crashed,
      )
      const user = textIn(aggregate, 'did')
      const worst = outcomes.findLast((outcome) => counts[outcome] > 0) ?? 'ok'
      if (user !== undefined) this.#user(bucket, userNumberOf(user), worst)
    }
    return all
  }

  #add(bucket: Bucket, started: number, outcome: Outcome, by: 1 | -1): void {
    const of = (which: Outcome) => (outcome === which ? by : 0)
    const { project, release, environment, hourMs } = bucket
    this.#statements.add.run(
      project,
      release,
      environment,
      hourMs,
      started,
      of('errored'),
      of('abnormal'),
      of('crashed'),
    )
  }

  #release({ project, release }: Pick<Bucket, 'project' | 'release'>, atMs: number): void {
    const order = orderOf(release)
    this.#statements.release.run(project, release, order.package, order.sort, atMs)
  }

  #user({ project, release, environment, hourMs }: Bucket, user: bigint, outcome: Outcome): void {
    const worst = outcomes.indexOf(outcome)
    this.#statements.user.run(project, release, environment, dayOf(hourMs), user, worst)
  }
}

/** Ended or not, a session is what its status and its number of errors say. */
function outcomeOf(body: JsonRecord): Outcome {
  const status = textIn(body, 'status')
  if (status === 'crashed') return 'crashed'
  if (status === 'abnormal') return 'abnormal'
  return (numberIn(body, 'errors') ?? 0) > 0 || status === 'errored' ? 'errored' : 'ok'
}

const worse = (a: Outcome, b: Outcome): Outcome =>
  outcomes.indexOf(a) > outcomes.indexOf(b) ? a : b

const isRecord = (value: JsonValue | undefined): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function recordIn(record: JsonRecord, key: string): JsonRecord {
  const value = record[key]
  return isRecord(value) ? value : {}
}

const textMax = 200

function textIn(record: JsonRecord, key: string): string | undefined {
  const value = record[key]
  return typeof value === 'string' && value !== '' ? value.slice(0, textMax) : undefined
}

function numberIn(record: JsonRecord, key: string): number | undefined {
  const value = record[key]
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** At most a million a report: more is a mistake. */
const countIn = (record: JsonRecord, key: string) => Math.min(numberIn(record, key) ?? 0, 1_000_000)

function timeIn(record: JsonRecord, key: string): number | undefined {
  const value = record[key]
  const ms =
    typeof value === 'number'
      ? value * 1000
      : typeof value === 'string'
        ? Date.parse(value)
        : Number.NaN
  return ms >= 0 && ms <= 253_402_300_799_999 ? Math.round(ms) : undefined
}
