/** A time zone, of the names that the machine knows. Times are whole seconds since the epoch. */
export interface TimeZone {
  readonly name: string
  /** Seconds east of Greenwich at a time. */
  offsetAt(timeS: number): number
  /**
   * The time of a wall clock, given as if it were UTC's. An hour that the clock shows twice is the later one, and one
   * that it skips is counted on from before, as pytz does.
   */
  timeOf(wallS: number): number
}

const zones = new Map<string, TimeZone>()

/** The zone, or undefined when there is none of this name. */
export function timeZoneOf(name: string): TimeZone | undefined {
  const known = zones.get(name)
  if (known !== undefined) return known
  // What every start asks for, which is to load none of the machine's tables of zones.
  if (name === utc.name) return utc
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', { ...fields, timeZone: name })
  } catch {
    return undefined
  }
  const zone = name.toUpperCase() === 'UTC' ? utc : zoneOf(name, format)
  if (zones.size < 1000) zones.set(name, zone)
  return zone
}

export const utc: TimeZone = { name: 'UTC', offsetAt: () => 0, timeOf: (wallS) => wallS }

const fields = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  hourCycle: 'h23',
  era: 'short',
} as const

const dayS = 86_400

function zoneOf(name: string, format: Intl.DateTimeFormat): TimeZone {
  const offsetAt = (timeS: number) => {
    const part: Record<string, string> = {}
    for (const { type, value } of format.formatToParts(timeS * 1000)) part[type] = value
    const year = part['era'] === 'BC' ? 1 - Number(part['year']) : Number(part['year'])
    const wall = Date.UTC(
      year,
      Number(part['month']) - 1,
      Number(part['day']),
      Number(part['hour']),
      Number(part['minute']),
      Number(part['second']),
    )
    return wall / 1000 - timeS
  }
  const timeOf = (wallS: number) => {
    const around = [offsetAt(wallS - dayS), offsetAt(wallS + dayS)]
    const fitting = around.filter((offset) => offsetAt(wallS - offset) === offset)
    return wallS - Math.min(...(fitting.length > 0 ? fitting : around))
  }
  return { name, offsetAt, timeOf }
}
