import type { Segment } from './segment.ts'

export interface MergeOptions {
  /** Bytes of the documents of one merged segment, at most about. */
  readonly sourceBytesMax: number
  /** Segments of about the same size that are merged together. */
  readonly fanIn: number
}

/** A group has to have so many bytes of documents for a segment of its own. */
export const ownSegmentBytes = 4_000_000
const smallestTier = 1_000_000

/**
 * The segments to merge next, oldest first; undefined when all is well. Segments of several streams are taken
 * apart together; those of one stream and day grow by joining ones of their size, so that a row is written a
 * few times in its life, however many come.
 */
export function mergePlan(
  segments: Iterable<Segment>,
  options: MergeOptions,
): Segment[] | undefined {
  const groups = Map.groupBy(segments, ({ stream, day, merged }) =>
    stream === undefined ? `mixed ${merged}` : `${day ?? ''} ${stream}`,
  )
  const plans = [...groups].flatMap(([group, members]) => {
    const isFresh = group === 'mixed false'
    const plan = isFresh ? freshPlan(members, options) : tierPlan(members, options)
    return plan ? [plan] : []
  })
  // The one that gets rid of most segments for its bytes.
  const gain = (plan: readonly Segment[]) =>
    plan.length / (plan.reduce((sum, { sourceBytes }) => sum + sourceBytes, 0) + 1)
  return plans.toSorted((a, b) => gain(b) - gain(a))[0]
}

/** Everything that could be smaller or fewer, down to one segment a stream and day. */
export function compactPlan(
  segments: Iterable<Segment>,
  options: MergeOptions,
): Segment[] | undefined {
  const all = [...segments]
  return mergePlan(all, options) ?? mergePlan(all, { ...options, fanIn: 2 })
}

/** Those that came straight from the journal. */
function freshPlan(members: readonly Segment[], { sourceBytesMax, fanIn }: MergeOptions) {
  const taken = upTo(members, sourceBytesMax)
  const bytes = taken.reduce((sum, { sourceBytes }) => sum + sourceBytes, 0)
  const isFull = taken.length < members.length || bytes >= sourceBytesMax
  return isFull || taken.length >= fanIn ? taken : undefined
}

function tierPlan(members: readonly Segment[], { sourceBytesMax, fanIn }: MergeOptions) {
  const small = members.filter(({ sourceBytes }) => sourceBytes * 2 <= sourceBytesMax)
  const tiers = Map.groupBy(small, ({ sourceBytes }) =>
    Math.max(0, Math.ceil(Math.log2(Math.max(1, sourceBytes) / smallestTier) / 2)),
  )
  for (const [, tier] of [...tiers].toSorted(([a], [b]) => a - b)) {
    const taken = upTo(tier, sourceBytesMax)
    const isFull = taken.length < tier.length && taken.length > 1
    if (isFull || taken.length >= fanIn) return taken
  }
  return undefined
}

/** The oldest of `members` that have `bytesMax` together; at least one. */
function upTo(members: readonly Segment[], bytesMax: number): Segment[] {
  const taken: Segment[] = []
  let bytes = 0
  for (const segment of members.toSorted((a, b) => a.id - b.id)) {
    bytes += segment.sourceBytes
    if (taken.length > 0 && bytes > bytesMax) break
    taken.push(segment)
  }
  return taken
}
