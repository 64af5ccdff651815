import type { TimeUnit } from './attime.ts'
import type { TimeZone } from './time_zone.ts'

const lengths = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 } as const

/**
 * Where the unit of time begins that holds `timeS`, by the clock that the zone has at that time.
 *
 * @param weekday on which weeks begin, 1 being Monday.
 */
export function startOfUnit(timeS: number, unit: TimeUnit, zone: TimeZone, weekday = 1): number {
  const offset = zone.offsetAt(timeS)
  const wall = timeS + offset
  return startOfWall(wall, unit, weekday) - offset
}

function startOfWall(wall: number, unit: TimeUnit, weekday: number): number {
  const date = new Date(wall * 1000)
  if (unit === 'years') return Date.UTC(date.getUTCFullYear(), 0, 1) / 1000
  if (unit === 'months') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / 1000
  const length = lengths[unit === 'weeks' ? 'days' : unit]
  const start = Math.floor(wall / length) * length
  return unit === 'weeks' ? start - ((date.getUTCDay() - weekday + 14) % 7) * lengths.days : start
}
