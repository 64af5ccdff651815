import { hourOf } from '../digest/span.ts'

/** How an issue stands, as Sentry names it. */
export type Status = 'unresolved' | 'resolved' | 'ignored'

export type Substatus =
  | 'new'
  | 'ongoing'
  | 'regressed'
  | 'escalating'
  | 'archived_until_escalating'
  | 'archived_until_condition_met'
  | 'archived_forever'

export type Priority = 'high' | 'medium' | 'low'

/** How an issue was resolved; JSON in `issue_texts.resolution`. Times are ms since the epoch. */
export interface Resolution {
  /** `next_release`: with any release behind `release`. `release`: with that one. `commit`: with the one that has it. */
  readonly kind: 'now' | 'next_release' | 'release' | 'commit'
  readonly release?: string
  readonly commit?: string
  readonly repository?: string
  readonly by?: string
  readonly at_ms: number
}

/** By the hour, ms since the epoch. */
export type CountsByHour = Readonly<Record<string, number>>

/** Until when an issue is ignored; JSON in `issue_texts.archive`. Without any condition: for ever. */
export interface Archive {
  readonly until_ms?: number
  /** So many more events, or users; within `window_ms` where that is set. */
  readonly events?: number
  readonly users?: number
  readonly window_ms?: number
  /** Events of an hour above which it escalates. */
  readonly escalates_above?: number
  /** What the issue had when it was archived, or got by a merge since: it does not count. */
  readonly base_events: number
  readonly base_users: number
  /** Of it what is of the hours since: events, and users that are new since. */
  readonly base_hours?: CountsByHour
  readonly base_user_hours?: CountsByHour
  readonly by?: string
  readonly at_ms: number
}

/** What an archived issue's counts are, the event at hand included. */
export interface ArchivedCounts {
  readonly nowMs: number
  readonly events: number
  readonly users: number
  /** Events since `fromMs`, to the hour. */
  readonly eventsSince: (fromMs: number) => number
  readonly usersSince: (fromMs: number) => number
  /** In the hour under way. */
  readonly eventsOfHour: number
}

/** Why an archived issue comes back: `escalating` is shown as such, a condition that is met as ongoing. */
export function comesBack(archive: Archive, counts: ArchivedCounts): Substatus | undefined {
  const { until_ms: untilMs, events, users, window_ms: windowMs, escalates_above: limit } = archive
  if (untilMs !== undefined && counts.nowMs >= untilMs) return 'ongoing'
  const fromMs =
    windowMs === undefined ? undefined : Math.max(archive.at_ms, counts.nowMs - windowMs)
  if (events !== undefined) {
    const more =
      fromMs === undefined
        ? counts.events - archive.base_events
        : counts.eventsSince(fromMs) - countSince(archive.base_hours, fromMs)
    if (more >= events) return 'ongoing'
  }
  if (users !== undefined) {
    const more =
      fromMs === undefined
        ? counts.users - archive.base_users
        : counts.usersSince(fromMs) - countSince(archive.base_user_hours, fromMs)
    if (more >= users) return 'ongoing'
  }
  if (limit !== undefined && counts.eventsOfHour > limit) return 'escalating'
  return undefined
}

function countSince(counts: CountsByHour = {}, fromMs: number): number {
  let sum = 0
  for (const [hour, count] of Object.entries(counts)) {
    if (Number(hour) >= hourOf(fromMs)) sum += count
  }
  return sum
}

/** What the order of releases says of a resolved issue's event. */
export interface ReleaseFacts {
  /** Negative when `a` is before `b`; undefined when one of them is not known. */
  readonly compare: (a: string, b: string) => number | undefined
  /** Releases that have the commit. */
  readonly releasesOf: (commit: string) => readonly string[]
}

/** An event may be a little older than the click that resolved its issue. */
const graceMs = 5000

/** Whether an event brings a resolved issue back. */
export function regresses(
  resolution: Resolution,
  event: { readonly timestampMs: number; readonly release: string | undefined },
  { compare, releasesOf }: ReleaseFacts,
): boolean {
  if (event.timestampMs < resolution.at_ms - graceMs) return false
  if (resolution.kind === 'now') return true
  if (resolution.kind === 'commit') {
    // Until a release has the commit, the fix is nowhere: what still happens is what was known.
    const releases = releasesOf(resolution.commit ?? '')
    if (releases.length === 0) return false
    if (event.release === undefined) return true
    return releases.some((release) => (compare(event.release!, release) ?? 0) >= 0)
  }
  if (event.release === undefined || resolution.release === undefined) return true
  const order = compare(event.release, resolution.release)
  if (order === undefined) return true
  return resolution.kind === 'next_release' ? order > 0 : order >= 0
}

/** Of a new issue. */
export function priorityOf(level: string, isHandled: boolean | undefined): Priority {
  if (level === 'fatal' || (level === 'error' && isHandled === false)) return 'high'
  return level === 'error' || level === 'warning' ? 'medium' : 'low'
}

const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `SHOP-1A`: the project's slug and the number in base 32 (Crockford). */
export function shortIdOf(slug: string, number: number): string {
  let text = ''
  for (let rest = number; rest > 0; rest = Math.floor(rest / 32)) text = digits[rest % 32]! + text
  return `${slug.toUpperCase()}-${text}`
}
