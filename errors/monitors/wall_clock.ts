/** What the clocks of a time zone show, as if it were UTC; both are ms since the epoch. */
export interface WallClock {
  readonly wallOf: (epochMs: number) => number
  /** When the clocks show that; of an hour that comes twice, the first one. */
  readonly epochOf: (wallMs: number) => number
}

const utc: WallClock = { wallOf: (ms) => ms, epochOf: (ms) => ms }
const known = new Map<string, WallClock>()
const knownMax = 100

/** @param timezone IANA's name; one that is not known is UTC. */
export function wallClock(timezone: string): WallClock {
  if (timezone === 'UTC') return utc
  const found = known.get(timezone)
  if (found) return found
  if (known.size >= knownMax) known.clear()
  const made = make(timezone)
  known.set(timezone, made)
  return made
}

export function isTimezone(name: unknown): boolean {
  if (typeof name !== 'string' || name.length > 64) return false
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name })
    return true
  } catch {
    return false
  }
}

function make(timezone: string): WallClock {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    return utc
  }
  const wallOf = (ms: number) => {
    const parts: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(ms)) parts[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    return Date.UTC(year, month - 1, day, hour, minute, second) + (((ms % 1000) + 1000) % 1000)
  }
  const epochOf = (wall: number) => {
    // The offset at a guess, and again at what that gives: enough, since offsets change by little and seldom.
    const guess = wall - (wallOf(wall) - wall)
    return wall - (wallOf(guess) - guess)
  }
  return { wallOf, epochOf }
}
