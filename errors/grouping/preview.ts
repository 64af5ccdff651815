import type { SentryEvent } from '../event/sentry_event.ts'
import { group } from './group.ts'
import type { GroupingRules } from './rules.ts'

/** A stored event, with the issue that it is in. */
export interface StoredEvent {
  readonly issue: number
  readonly event: SentryEvent
}

/** What an issue's events would be under other rules. */
export interface IssuePreview {
  readonly issue: number
  /** Of the events given. */
  readonly events: number
  /** Where they would be, most first. */
  readonly groups: readonly PreviewedGroup[]
}

export interface PreviewedGroup {
  readonly hash: string
  readonly title: string
  readonly events: number
  /** Other issues with events that would be in the same group. */
  readonly sharedWith: readonly number[]
}

export interface Preview {
  readonly events: number
  /** Events whose hashes differ. */
  readonly changedEvents: number
  /** Issues that would be split, or merged with others, ascending. */
  readonly issues: readonly IssuePreview[]
}

interface Group {
  /** The first that it was known by. */
  readonly hash: string
  readonly title: string
  readonly byIssue: Map<number, number>
}

/**
 * Which events would move where if `after` held instead of `before`, and had held from the first event on. Issues whose
 * events would stay together and alone are left out. Pure.
 */
export function preview(
  before: GroupingRules,
  after: GroupingRules,
  stored: Iterable<StoredEvent>,
): Preview {
  const groups = new Map<string, Group>()
  const issues = new Map<number, Map<string, number>>()
  let [events, changedEvents] = [0, 0]
  for (const { issue, event } of stored) {
    events++
    const { hashes, title } = group(event, after)
    const old = group(event, before).hashes
    if (old.length !== hashes.length || old.some((hash, at) => hash !== hashes[at])) changedEvents++
    // A hash that an earlier event brought decides, as it would when they came.
    const hash = hashes.find((one) => groups.has(one)) ?? hashes[0]!
    const known = groups.get(hash) ?? { hash, title, byIssue: new Map<number, number>() }
    for (const one of hashes) if (!groups.has(one)) groups.set(one, known)
    add(known.byIssue, issue)
    const ofIssue = issues.get(issue) ?? new Map<string, number>()
    issues.set(issue, ofIssue)
    add(ofIssue, known.hash)
  }
  const previews = [...issues].map(([issue, byHash]): IssuePreview => {
    const found = [...byHash].map(([hash, count]): PreviewedGroup => {
      const { title, byIssue } = groups.get(hash)!
      const sharedWith = [...byIssue.keys()]
        .filter((other) => other !== issue)
        .toSorted((a, b) => a - b)
      return { hash, title, events: count, sharedWith }
    })
    const sum = found.reduce((total, one) => total + one.events, 0)
    return { issue, events: sum, groups: found.toSorted((a, b) => b.events - a.events) }
  })
  const moved = previews.filter(
    ({ groups: found }) => found.length > 1 || found.some((one) => one.sharedWith.length > 0),
  )
  return { events, changedEvents, issues: moved.toSorted((a, b) => a.issue - b.issue) }
}

function add<Key>(counts: Map<Key, number>, key: Key) {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
