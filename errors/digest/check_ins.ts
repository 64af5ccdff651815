import type { DatabaseSync } from 'node:sqlite'
import type { JsonRecord } from '../../store/search.ts'
import type { IssueLog } from '../issues/issue_log.ts'
import { type CheckIn, type CheckInStatus, readCheckIn } from '../monitors/check_in.ts'
import { nextDue, type Schedule } from '../monitors/schedule.ts'
import type { Report } from '../reports.ts'

type CheckInReport = Extract<Report, { readonly body: JsonRecord }>

/** A monitor in an environment. */
interface Watched {
  readonly monitor: number
  readonly project: number
  readonly slug: string
  readonly environment: string
  readonly schedule: Schedule | undefined
  readonly timezone: string
  readonly marginMs: number
  readonly maxRuntimeMs: number
  readonly failureThreshold: number
  readonly recoveryThreshold: number
  failures: number
  successes: number
  incidentMs: number | null
  nextMs: number | null
}

const minuteMs = 60_000
/** Missed check-ins of one monitor that are caught up with at once, after a long stop. */
const missedMax = 100

/**
 * Check-ins of scheduled jobs: what came, what should have come and did not, what takes too long. Runs inside
 * transactions.
 */
export class CheckIns {
  readonly #statements
  readonly #log: IssueLog
  readonly #monitorsMax: number

  constructor(database: DatabaseSync, log: IssueLog, monitorsMax: number) {
    this.#log = log
    this.#monitorsMax = monitorsMax
    const prepare = (sql: string) => database.prepare(sql)
    const watched = `select m.id, m.project, m.slug, e.environment, m.schedule, m.timezone, m.margin_minutes,
        m.max_runtime_minutes, m.failure_threshold, m.recovery_threshold, e.failures, e.successes, e.incident_ms, e.next_ms
      from monitor_environments e join monitors m on m.id = e.monitor`
    this.#statements = {
      monitor: prepare('select id from monitors where project = ? and slug = ?'),
      monitors: prepare('select count(*) as n from monitors where project = ?'),
      makeMonitor: prepare(
        'insert into monitors (project, slug, name, created_ms) values (?, ?, ?, ?)',
      ),
      configure: prepare(
        `update monitors set schedule = ifnull(?2, schedule), timezone = ?3, margin_minutes = ?4,
           max_runtime_minutes = ?5, failure_threshold = ?6, recovery_threshold = ?7 where id = ?1`,
      ),
      makeEnvironment: prepare(
        `insert or ignore into monitor_environments (monitor, environment, status) values (?, ?, 'ok')`,
      ),
      watched: prepare(`${watched} where e.monitor = ? and e.environment = ?`),
      due: prepare(
        `${watched} where e.next_ms is not null and e.next_ms + m.margin_minutes * 60000 <= ? and m.muted = 0 limit 1000`,
      ),
      overdue: prepare(
        'select id, monitor, environment from check_ins where timeout_ms is not null and timeout_ms <= ? limit 1000',
      ),
      stand: prepare(
        `update monitor_environments set status = ?3, last_check_in_ms = ?4, next_ms = ?5, failures = ?6,
           successes = ?7, incident_ms = ?8 where monitor = ?1 and environment = ?2`,
      ),
      open: prepare(
        'select id, status, started_ms from check_ins where check_in_id = ? and monitor = ? order by id desc limit 1',
      ),
      latestOpen: prepare(
        `select id, status, started_ms from check_ins where monitor = ? and environment = ? and status = 'in_progress'
         order by id desc limit 1`,
      ),
      insert: prepare(
        `insert into check_ins (monitor, environment, check_in_id, status, expected_ms, started_ms, updated_ms, duration_ms, timeout_ms, trace_id)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      update: prepare(
        'update check_ins set status = ?2, updated_ms = ?3, duration_ms = ?4, timeout_ms = ?5 where id = ?1',
      ),
      next: prepare(
        `select min(ms) as ms from (
           select min(e.next_ms + m.margin_minutes * 60000) as ms from monitor_environments e
             join monitors m on m.id = e.monitor where m.muted = 0
           union all select min(timeout_ms) from check_ins where timeout_ms is not null)`,
      ),
    }
  }

  take(report: CheckInReport): void {
    const checkIn = readCheckIn(report.body)
    const watched = checkIn && this.#watchedBy(report, checkIn)
    if (!watched) return
    const atMs = report.received_ms
    const isDone = checkIn.status !== 'in_progress'
    const known = checkIn.checkInId
      ? this.#statements.open.get(checkIn.checkInId, watched.monitor)
      : isDone
        ? this.#statements.latestOpen.get(watched.monitor, checkIn.environment)
        : undefined
    const timeoutMs = isDone ? null : atMs + watched.maxRuntimeMs
    if (known) {
      // What ended, or timed out, stays as it ended.
      if (known['status'] !== 'in_progress') return
      const duration = checkIn.durationMs ?? (isDone ? atMs - Number(known['started_ms']) : null)
      this.#statements.update.run(known['id']!, checkIn.status, atMs, duration, timeoutMs)
    } else {
      this.#statements.insert.run(
        watched.monitor,
        checkIn.environment,
        checkIn.checkInId ?? null,
        checkIn.status,
        watched.nextMs,
        atMs - (checkIn.durationMs ?? 0),
        atMs,
        checkIn.durationMs ?? null,
        timeoutMs,
        checkIn.traceId ?? null,
      )
    }
    if (!known && watched.schedule) {
      watched.nextMs = nextDue(watched.schedule, watched.timezone, atMs) ?? null
    }
    this.#stands(watched, checkIn.status, atMs)
  }

  /** When something is due next; undefined when nothing is. */
  nextMs(): number | undefined {
    const ms = this.#statements.next.get()?.['ms']
    return typeof ms === 'number' ? ms : undefined
  }

  /** Finds what should have come by now, or ended. @returns whether there was anything. */
  look(nowMs: number): boolean {
    const overdue = this.#statements.overdue.all(nowMs)
    for (const { id, monitor, environment } of overdue) {
      this.#statements.update.run(id!, 'timeout', nowMs, null, null)
      const row = this.#statements.watched.get(monitor!, environment!)
      if (row) this.#stands(watchedOf(row), 'timeout', nowMs)
    }
    const due = this.#statements.due.all(nowMs)
    for (const row of due) this.#miss(watchedOf(row), nowMs)
    return overdue.length + due.length > 0
  }

  #miss(watched: Watched, nowMs: number): void {
    for (let missed = 0; missed < missedMax; missed++) {
      const dueMs = watched.nextMs
      if (dueMs === null || dueMs + watched.marginMs > nowMs) break
      this.#statements.insert.run(
        watched.monitor,
        watched.environment,
        null,
        'missed',
        dueMs,
        dueMs,
        nowMs,
        null,
        null,
        null,
      )
      watched.nextMs = watched.schedule
        ? (nextDue(watched.schedule, watched.timezone, dueMs) ?? null)
        : null
      this.#stands(watched, 'missed', dueMs + watched.marginMs)
    }
    // After a stop of days only so many are listed.
    if (watched.schedule && watched.nextMs !== null && watched.nextMs + watched.marginMs <= nowMs) {
      watched.nextMs = nextDue(watched.schedule, watched.timezone, nowMs) ?? null
      this.#stands(watched, 'missed', nowMs)
    }
  }

  /** Writes how the monitor stands, and tells of incidents that begin or end. */
  #stands(watched: Watched, status: CheckInStatus, atMs: number): void {
    const about = { project: watched.project, atMs }
    const data = { monitor: watched.slug, environment: watched.environment, status }
    if (status === 'ok') {
      watched.failures = 0
      watched.successes += 1
      if (watched.incidentMs !== null && watched.successes >= watched.recoveryThreshold) {
        watched.incidentMs = null
        this.#log.trigger({ ...about, kind: 'recovered_check_in', data })
      }
    } else if (status !== 'in_progress') {
      watched.successes = 0
      watched.failures += 1
      if (watched.incidentMs === null && watched.failures >= watched.failureThreshold) {
        watched.incidentMs = atMs
        const kind = status === 'error' ? 'failed_check_in' : 'missed_check_in'
        this.#log.trigger({ ...about, kind, data })
      }
    }
    this.#statements.stand.run(
      watched.monitor,
      watched.environment,
      status,
      atMs,
      watched.nextMs,
      watched.failures,
      watched.successes,
      watched.incidentMs,
    )
  }

  #watchedBy(
    { project, received_ms: atMs }: CheckInReport,
    { slug, name, environment, config }: CheckIn,
  ): Watched | undefined {
    let monitor = this.#statements.monitor.get(project, slug)?.['id']
    if (monitor === undefined) {
      if (Number(this.#statements.monitors.get(project)?.['n']) >= this.#monitorsMax)
        return undefined
      monitor = this.#statements.makeMonitor.run(project, slug, name, atMs).lastInsertRowid
    }
    if (config) {
      this.#statements.configure.run(
        monitor,
        config.schedule ? JSON.stringify(config.schedule) : null,
        config.timezone,
        config.marginMinutes,
        config.maxRuntimeMinutes,
        config.failureThreshold,
        config.recoveryThreshold,
      )
    }
    this.#statements.makeEnvironment.run(monitor, environment)
    return watchedOf(this.#statements.watched.get(monitor, environment)!)
  }
}

const watchedOf = (row: Record<string, unknown>): Watched => ({
  monitor: Number(row['id']),
  project: Number(row['project']),
  slug: String(row['slug']),
  environment: String(row['environment']),
  schedule:
    typeof row['schedule'] === 'string' ? (JSON.parse(row['schedule']) as Schedule) : undefined,
  timezone: String(row['timezone']),
  marginMs: Number(row['margin_minutes']) * minuteMs,
  maxRuntimeMs: Number(row['max_runtime_minutes']) * minuteMs,
  failureThreshold: Number(row['failure_threshold']),
  recoveryThreshold: Number(row['recovery_threshold']),
  failures: Number(row['failures']),
  successes: Number(row['successes']),
  incidentMs: (row['incident_ms'] as number | null) ?? null,
  nextMs: (row['next_ms'] as number | null) ?? null,
})
