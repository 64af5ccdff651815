import type { EventBody } from './event_body.ts'
import type { EventFacts } from './facts.ts'
import type { AttachedHash } from './issue_batch.ts'
import type { KnownIssue, KnownIssues } from './known_issues.ts'

export interface FoundIssue {
  readonly issue: KnownIssue
  /** The hash that the event is filed under. */
  readonly hash: string
  readonly isNew: boolean
}

/**
 * The issue of an event: the first of its hashes that is known decides, those that are not known lead to it from
 * now on. Hashes of the grouping in force before are looked up when none of the new ones is known, so that a new
 * version splits nothing. Where the issue is split by message, the hashes made with the message decide.
 *
 * @param attached gets the hashes that lead to it from now on.
 */
export function findIssue(
  issues: KnownIssues,
  facts: EventFacts,
  body: EventBody,
  attached: AttachedHash[],
): FoundIssue {
  const { project, grouping } = facts
  const versions = grouping.previous ? [grouping, grouping.previous] : [grouping]
  for (const version of versions) {
    for (const [place, hash] of version.hashes.entries()) {
      const found = issues.find(project, hash)
      if (!found) continue
      if (found.isSplit) {
        const { splitHashes, previous } = body.grouping
        const split = version === grouping ? splitHashes : previous!.splitHashes
        return findPart(issues, facts, split[place]!, splitHashes, attached)
      }
      attach(issues, facts, found, grouping.hashes, attached)
      return { issue: found, hash: grouping.hashes[0]!, isNew: false }
    }
  }
  const issue = issues.make(project, facts.timestampMs)
  attach(issues, facts, issue, grouping.hashes, attached)
  return { issue, hash: grouping.hashes[0]!, isNew: true }
}

/** The part of a split issue: events with one message. */
function findPart(
  issues: KnownIssues,
  facts: EventFacts,
  hash: string,
  splitHashes: readonly string[],
  attached: AttachedHash[],
): FoundIssue {
  const { project, timestampMs } = facts
  const found = issues.find(project, hash)
  const issue = found ?? issues.make(project, timestampMs)
  attach(issues, facts, issue, found ? splitHashes : [hash, ...splitHashes], attached)
  return { issue, hash, isNew: found === undefined }
}

function attach(
  issues: KnownIssues,
  facts: EventFacts,
  issue: KnownIssue,
  hashes: readonly string[],
  attached: AttachedHash[],
): void {
  const { project, grouping, timestampMs } = facts
  for (const hash of hashes) {
    if (issues.find(project, hash)) continue
    issues.attach(project, hash, issue)
    const variant = grouping.variants[grouping.hashes.indexOf(hash)] ?? 'split'
    attached.push({ issue, hash, version: grouping.version, variant, atMs: timestampMs })
  }
}
