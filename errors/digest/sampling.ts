/** Why the body of an event is kept: bits, of which one is enough. `events.why` holds them. */
export const why = {
  /** The first. */
  first: 1,
  /** Came while the share of the minute was not used up. */
  newest: 2,
  /** The first of the issue in a release. */
  release: 4,
  environment: 8,
  /** The first of the issue with a value of a tag that has few. */
  tag: 16,
  /** Files came with it, or a user wrote about it. */
  attached: 32,
} as const

/** What is known of an issue before an event is counted. */
export interface SamplingFacts {
  readonly isFirst: boolean
  readonly isNewRelease: boolean
  readonly isNewEnvironment: boolean
  readonly hasNewTag: boolean
  readonly hasAttachments: boolean
  /** Kept in the minute under way only because they were new. */
  readonly newestInMinute: number
  /** Kept in the hour under way. */
  readonly keptInHour: number
}

export interface SamplingBounds {
  readonly perMinute: number
  /** Undefined: no quota. */
  readonly perHour: number | undefined
}

/** Bits of `why`; 0: the event is counted and not kept. */
export function reasonsToKeep(facts: SamplingFacts, bounds: SamplingBounds): number {
  if (facts.isFirst) return why.first
  if (bounds.perHour !== undefined && facts.keptInHour >= bounds.perHour) return 0
  return (
    (facts.newestInMinute < bounds.perMinute ? why.newest : 0) |
    (facts.isNewRelease ? why.release : 0) |
    (facts.isNewEnvironment ? why.environment : 0) |
    (facts.hasNewTag ? why.tag : 0) |
    (facts.hasAttachments ? why.attached : 0)
  )
}

/** A kept event of an issue, as far as evicting goes. */
export interface KeptEvent {
  readonly id: number
  readonly why: number
  readonly timestampMs: number
}

/** What an event tells beyond being one more: the first and what somebody sent files with, then releases, … */
function worth(bits: number): number {
  let worth = 0
  if (bits & why.first) worth += 100
  if (bits & why.attached) worth += 40
  if (bits & why.release) worth += 20
  if (bits & why.environment) worth += 20
  if (bits & why.tag) worth += 5
  return worth
}

/**
 * Which of an issue's kept events go so that `keep` (at least one) stay: the least worth first; of equal worth
 * those that leave the smallest gap in time, so that what stays is spread over it. The newest always stays.
 *
 * @param events by id, ascending.
 * @returns ids.
 */
export function evicted(events: readonly KeptEvent[], keep: number): number[] {
  const staying = [...events]
  const gone: number[] = []
  while (staying.length > Math.max(1, keep)) {
    let least = 0
    let leastWorth = Infinity
    for (let place = 0; place < staying.length - 1; place++) {
      const gapMs =
        staying[place + 1]!.timestampMs - (staying[place - 1] ?? staying[place]!).timestampMs
      // The gap decides among equals: it is always less than one.
      const value = worth(staying[place]!.why) + gapShare(gapMs)
      if (value < leastWorth) {
        least = place
        leastWorth = value
      }
    }
    gone.push(staying.splice(least, 1)[0]!.id)
  }
  return gone
}

const gapShare = (ms: number) => 1 - 1 / (1 + Math.max(0, ms) / 60_000)
