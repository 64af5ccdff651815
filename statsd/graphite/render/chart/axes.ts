import type { TimeZone } from '../time_zone.ts'
import { prefixed } from '../units.ts'

/** A place on an axis with what is written there. */
export interface Tick {
  readonly value: number
  readonly label: string
}

/** From the least to the greatest value, with ticks at round ones; `count` is about how many. */
export interface ValueAxis {
  readonly least: number
  readonly most: number
  readonly ticks: readonly Tick[]
}

/** An axis over values, wide enough to end at ticks unless its ends are given. */
export function valueAxis(
  values: readonly [least: number, most: number],
  ends: readonly [least: number | undefined, most: number | undefined],
  count: number,
): ValueAxis {
  let least = ends[0] ?? values[0]
  let most = ends[1] ?? values[1]
  if (!(most > least)) {
    const pad = Math.abs(least) > 0 ? Math.abs(least) * 0.1 : 1
    if (ends[0] === undefined) least -= pad
    most = Math.max(most, least + pad)
    if (ends[1] === undefined) most += pad
  }
  const step = roundStep((most - least) / Math.max(count, 1))
  if (ends[0] === undefined) least = Math.floor(least / step + 1e-9) * step
  if (ends[1] === undefined) most = Math.ceil(most / step - 1e-9) * step
  const first = Math.ceil(least / step - 1e-9)
  const last = Math.floor(most / step + 1e-9)
  const places = Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => (first + i) * step)
  const { scaled, prefix } = prefixed(Math.max(Math.abs(least), Math.abs(most)), 'si')
  const size = prefix === '' ? 1 : Math.max(Math.abs(least), Math.abs(most)) / scaled
  const digits = Math.min(Math.max(-Math.floor(Math.log10(step / size) + 1e-9), 0), 12)
  const ticks = places.map((value) => ({ value, label: labelOf(value / size, digits, prefix) }))
  return { least, most, ticks }
}

function labelOf(value: number, digits: number, prefix: string): string {
  const text = value.toFixed(digits)
  return /^-?0(\.0*)?$/.test(text) ? '0' : `${text}${prefix}`
}

/** 1, 2 or 5 times a power of ten, at least `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step))
  const factor = [1, 2, 5, 10].find((one) => one * power >= step * (1 - 1e-9)) ?? 10
  return factor * power
}

const minute = 60
const hour = 3600
const day = 86_400
const steps = [
  1,
  2,
  5,
  10,
  15,
  30,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
  14 * day,
  30 * day,
  91 * day,
  182 * day,
  365 * day,
]

/** Ticks at round times of the zone's clock, at most `count`. */
export function timeTicks(
  from: number,
  until: number,
  count: number,
  zone: TimeZone,
): readonly Tick[] {
  const span = until - from
  const step =
    steps.find((one) => span / one <= Math.max(count, 1)) ??
    Math.ceil(span / Math.max(count, 1) / (365 * day)) * 365 * day
  const wallFrom = from + zone.offsetAt(from)
  const first = Math.ceil(wallFrom / step) * step
  const ticks: Tick[] = []
  for (let wall = first; ticks.length < 1000; wall += step) {
    const value = zone.timeOf(wall)
    if (value > until) break
    if (value >= from) ticks.push({ value, label: timeLabel(wall, step, span) })
  }
  return ticks
}

const monthNames = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
]

function timeLabel(wall: number, step: number, span: number): string {
  const date = new Date(wall * 1000)
  const text = date.toISOString()
  const dayText = `${monthNames[date.getUTCMonth()]} ${date.getUTCDate()}`
  if (step >= 91 * day) return `${monthNames[date.getUTCMonth()]} ${date.getUTCFullYear()}`
  if (step >= day) return dayText
  const clock = text.slice(11, step >= minute ? 16 : 19)
  return span > day && clock === '00:00' ? dayText : clock
}
