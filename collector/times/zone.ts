/**
 * A time zone: what to take from local seconds (a wall clock read as if it were UTC) to get seconds
 * since the epoch. Around a change of the clock, a wall time that exists twice is the earlier of the
 * two, and one that does not exist is read with the offset before the change.
 */
export type Zone = (localSeconds: number) => number

export const utc: Zone = () => 0

/** `+09:00`, `-0530`, `+09`, `Z`, `UTC`, `GMT` to seconds east of UTC; undefined for anything else. */
export function parseOffset(text: string): number | undefined {
  if (text === 'Z' || text === 'z' || text === 'UTC' || text === 'GMT') return 0
  const match = /^([+-])(\d\d):?(\d\d)?(?::?(\d\d))?$/.exec(text)
  if (!match) return undefined
  const [, sign, hours, minutes = '0', seconds = '0'] = match
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return sign === '-' ? -total : total
}

/** Abbreviations that `%Z` reads beside offsets: the ones of RFC 2822 and Ruby's common ones. */
const abbreviations: Readonly<Record<string, number>> = {
  UT: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  WET: 0,
  WEST: 1,
  CET: 1,
  CEST: 2,
  MEZ: 1,
  MESZ: 2,
  EET: 2,
  EEST: 3,
  BST: 1,
  MSK: 3,
  JST: 9,
  KST: 9,
}

/** The offset of an abbreviation such as `CEST`, in seconds; undefined when it is not known. */
export function abbreviationOffset(text: string): number | undefined {
  const name = text.toUpperCase()
  if (name === 'UTC' || name === 'GMT' || name === 'Z') return 0
  return Object.hasOwn(abbreviations, name) ? abbreviations[name]! * 3600 : undefined
}

/** A zone from an offset (`+09:00`) or an IANA name (`Europe/Berlin`); undefined when unknown. */
export function zoneOf(name: string): Zone | undefined {
  const offset = parseOffset(name)
  if (offset !== undefined) return () => offset
  try {
    return namedZone(new Intl.DateTimeFormat('en-US-u-ca-iso8601', { timeZone: name, ...parts }))
  } catch {
    return undefined
  }
}

/**
 * The zone of this process (TZ, or what the system says). It is asked for by the first time that names no zone: Intl
 * reads a few megabytes of tables for it, which most logs do without.
 */
export function systemZone(): Zone {
  let zone: Zone | undefined
  const ask = () => zoneOf(Intl.DateTimeFormat().resolvedOptions().timeZone) ?? utc
  return (localSeconds) => (zone ??= ask())(localSeconds)
}

const parts = {
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  era: 'short',
} as const

const cachedQuarters = 4096

/**
 * Intl takes microseconds to tell an offset, so the answer is kept for each quarter of an hour: no
 * zone has changed its clock at another time within living memory.
 */
function namedZone(format: Intl.DateTimeFormat): Zone {
  const known = new Map<number, number>()
  let lastQuarter = Number.NaN
  let lastOffset = 0
  return (localSeconds) => {
    const quarter = Math.floor(localSeconds / 900)
    if (quarter === lastQuarter) return lastOffset
    let offset = known.get(quarter)
    if (offset === undefined) {
      if (known.size >= cachedQuarters) known.clear()
      offset = localOffset(format, localSeconds)
      known.set(quarter, offset)
    }
    lastQuarter = quarter
    lastOffset = offset
    return offset
  }
}

function localOffset(format: Intl.DateTimeFormat, localSeconds: number): number {
  // Twelve hours either way are beyond any change's reach, so these are the only candidates.
  const before = offsetAt(format, localSeconds - 43_200)
  const after = offsetAt(format, localSeconds + 43_200)
  if (before === after) return before
  // Through a fold both hold: `before` gives the earlier instant. In a gap neither does.
  if (offsetAt(format, localSeconds - before) === before) return before
  return offsetAt(format, localSeconds - after) === after ? after : before
}

function offsetAt(format: Intl.DateTimeFormat, seconds: number): number {
  const at: Record<string, number> = {}
  let bce = false
  for (const { type, value } of format.formatToParts(seconds * 1000)) {
    if (type === 'era') bce = value.startsWith('B')
    else at[type] = Number(value)
  }
  const local = new Date(0)
  local.setUTCFullYear(bce ? 1 - at['year']! : at['year']!, at['month']! - 1, at['day'])
  local.setUTCHours(at['hour']!, at['minute'], at['second'])
  return local.getTime() / 1000 - seconds
}
