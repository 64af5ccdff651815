import { hash } from 'node:crypto'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { readSchedule, type Schedule } from './schedule.ts'
import { isTimezone } from './wall_clock.ts'

export type CheckInStatus = 'ok' | 'in_progress' | 'error' | 'missed' | 'timeout'

/** A check-in as an SDK sends it (develop.sentry.dev/sdk/telemetry/check-ins), read leniently. */
export interface CheckIn {
  readonly slug: string
  /** The slug as it was sent. */
  readonly name: string
  readonly checkInId: string | undefined
  readonly status: 'ok' | 'in_progress' | 'error'
  readonly environment: string
  readonly durationMs: number | undefined
  readonly traceId: string | undefined
  readonly config: MonitorConfig | undefined
}

export interface MonitorConfig {
  readonly schedule: Schedule | undefined
  readonly timezone: string
  readonly marginMinutes: number
  readonly maxRuntimeMinutes: number
  readonly failureThreshold: number
  readonly recoveryThreshold: number
}

/** Undefined for what names no monitor, or has no status. */
export function readCheckIn(body: JsonRecord): CheckIn | undefined {
  const name = text(body['monitor_slug'])?.trim().normalize()
  const status = body['status']
  if (!name) return undefined
  if (status !== 'ok' && status !== 'in_progress' && status !== 'error') return undefined
  const id = text(body['check_in_id'])?.replaceAll('-', '').toLowerCase()
  const duration = body['duration']
  const trace = record(record(body['contexts'])?.['trace'])
  const config = record(body['monitor_config'])
  return {
    slug: slugOf(name),
    name,
    // All zeros: the one that is in progress, as the cron endpoint sends it.
    checkInId: id && /^[0-9a-f]{32}$/.test(id) && !/^0+$/.test(id) ? id : undefined,
    status,
    environment: text(body['environment'])?.slice(0, 64) ?? 'production',
    durationMs:
      typeof duration === 'number' && duration >= 0 && duration < 1e9
        ? Math.round(duration * 1000)
        : undefined,
    traceId: text(trace?.['trace_id'])?.slice(0, 32),
    config: config && readConfig(config),
  }
}

/**
 * What is wrong with the `monitor_config` of a check-in, if anything: what is not understood of it is left as it was.
 */
export function configProblem(config: JsonValue | undefined): string | undefined {
  if (config === undefined || config === null) return undefined
  const given = record(config)
  if (!given) return 'monitor_config: expected an object'
  const { schedule, timezone } = given
  if (schedule !== undefined && !readSchedule(schedule))
    return 'monitor_config: schedule: expected {"type":"crontab","value":"0 4 * * *"} or {"type":"interval","value":5,"unit":"minute"} (up to year)'
  if (timezone === undefined || timezone === null || isTimezone(timezone)) return undefined
  return 'monitor_config: timezone: expected a name such as Europe/Vienna'
}

function readConfig(config: JsonRecord): MonitorConfig {
  const number = (key: string, otherwise: number, max: number) => {
    const value = config[key]
    return typeof value === 'number' && value >= 1 ? Math.min(Math.floor(value), max) : otherwise
  }
  return {
    schedule: readSchedule(config['schedule']),
    timezone: text(config['timezone'])?.slice(0, 64) ?? 'UTC',
    marginMinutes: number('checkin_margin', 1, 40_320),
    maxRuntimeMinutes: number('max_runtime', 30, 40_320),
    failureThreshold: number('failure_issue_threshold', 1, 720),
    recoveryThreshold: number('recovery_threshold', 1, 720),
  }
}

/**
 * Small letters, with dashes for spaces, as Sentry has it. What has other characters, or too many, gets a mark of its
 * own: those may be all in which two names differ.
 */
function slugOf(name: string): string {
  const plain = name.toLowerCase().replaceAll(/\s+/g, '-')
  if (plain.length <= slugMax && /^[a-z0-9_-]+$/.test(plain)) return plain
  const mark = hash('sha256', plain, 'hex').slice(0, markLength)
  const shown = plain.replaceAll(/[^a-z0-9_]+/g, '-').slice(0, slugMax - markLength - 1)
  return `${shown.replaceAll(/^-+|-+$/g, '') || 'monitor'}-${mark}`
}

const slugMax = 50
const markLength = 8

const text = (value: JsonValue | undefined) =>
  typeof value === 'string' && value !== '' ? value : undefined

const record = (value: JsonValue | undefined) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
