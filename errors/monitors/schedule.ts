import type { JsonValue } from '../../store/search.ts'
import { type CronFields, parseCron } from './cron.ts'
import { wallClock } from './wall_clock.ts'

/** When a monitor is due, as SDKs tell it (`monitor_config.schedule`). */
export type Schedule =
  | { readonly type: 'crontab'; readonly value: string }
  | { readonly type: 'interval'; readonly value: number; readonly unit: IntervalUnit }

const unitMs = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
} as const
type IntervalUnit = keyof typeof unitMs | 'month' | 'year'

/** Undefined for what is no schedule. */
export function readSchedule(value: JsonValue | undefined): Schedule | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { type, value: of, unit } = value
  if (type === 'crontab') {
    return typeof of === 'string' && of.length <= 200 && parseCron(of)
      ? { type, value: of }
      : undefined
  }
  const isUnit = unit === 'month' || unit === 'year' || Object.hasOwn(unitMs, String(unit))
  // Sentry's own examples have it as text as well.
  const count = typeof of === 'string' && /^\d{1,5}$/.test(of) ? Number(of) : of
  const isCount =
    typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= 10_000
  return type === 'interval' && isCount && isUnit
    ? { type, value: count, unit: unit as IntervalUnit }
    : undefined
}

/**
 * When it is due next after `ms` (ms since the epoch).
 *
 * @param timezone IANA's name; of one that is not known, UTC.
 * @returns undefined when it never is, such as on 30 February.
 */
export function nextDue(schedule: Schedule, timezone: string, ms: number): number | undefined {
  const zone = wallClock(timezone)
  if (schedule.type === 'crontab') return nextCron(parseCron(schedule.value)!, zone, ms)
  const { value, unit } = schedule
  if (unit !== 'month' && unit !== 'year') return ms + value * unitMs[unit]
  const wall = new Date(zone.wallOf(ms))
  const months = unit === 'year' ? value * 12 : value
  wall.setUTCMonth(wall.getUTCMonth() + months)
  return zone.epochOf(wall.getTime())
}

/** A schedule that has not come up by then does not. */
const yearsMax = 5

function nextCron(
  fields: CronFields,
  zone: ReturnType<typeof wallClock>,
  ms: number,
): number | undefined {
  const wall = new Date(zone.wallOf(ms))
  wall.setUTCSeconds(0, 0)
  wall.setUTCMinutes(wall.getUTCMinutes() + 1)
  const lastYear = wall.getUTCFullYear() + yearsMax
  while (wall.getUTCFullYear() <= lastYear) {
    if (!fields.months.has(wall.getUTCMonth() + 1)) {
      wall.setUTCMonth(wall.getUTCMonth() + 1, 1)
      wall.setUTCHours(0, 0)
    } else if (!fields.isDay(wall.getUTCDate(), wall.getUTCDay())) {
      wall.setUTCDate(wall.getUTCDate() + 1)
      wall.setUTCHours(0, 0)
    } else if (!fields.hours.has(wall.getUTCHours())) {
      wall.setUTCHours(wall.getUTCHours() + 1, 0)
    } else if (fields.minutes.has(wall.getUTCMinutes())) {
      const due = zone.epochOf(wall.getTime())
      // An hour that a change of the clocks repeats, or leaves out, must not lead back.
      if (due > ms) return due
      wall.setUTCMinutes(wall.getUTCMinutes() + 1)
    } else {
      wall.setUTCMinutes(wall.getUTCMinutes() + 1)
    }
  }
  return undefined
}
