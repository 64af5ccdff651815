import type { Segment } from './segment.ts'

export interface MergeOptions {
  /** Bytes of the documents of one segment that is written anew, at most about. */
  readonly sourceBytesMax: number
  /** Segments of about the same size that are merged together. */
  readonly fanIn: number
  /** Bytes on disk to which segments of a stream, or of several, are merged, at most about. */
  readonly mergedBytesMax: (stream: string | undefined) => number
  /** Bytes on disk of one that others of a stream are joined to, at most; 0: none are. */
  readonly joinedBytesMax: (stream: string) => number
  /** Whether a segment may be joined to others of its stream and day. */
  readonly mayJoin: (segment: Segment) => boolean
}

export interface MergePlan {
  readonly segments: readonly Segment[]
  /** Their row groups are good as they are: one behind the other. Otherwise their rows are written anew. */
  readonly isJoin: boolean
}

/** A group has to have so many bytes of documents for a segment of its own. */
export const ownSegmentBytes = 4_000_000
const smallestTier = 1_000_000
/** Segments that are joined at once: to copy them costs next to nothing. */
const joinFanIn = 4

/**
 * The segments to merge next, oldest first; undefined when all is well. Segments of several streams are taken
 * apart together; those of one stream and day grow by joining ones of their size, so that a row is written a
 * few times in its life, however many come.
 */
export function mergePlan(
  segments: Iterable<Segment>,
  options: MergeOptions,
): MergePlan | undefined {
  const groups = Map.groupBy(segments, ({ stream, day, merged }) =>
    stream === undefined ? `mixed ${merged}` : `${day ?? ''} ${stream}`,
  )
  const plans = [...groups].flatMap(([group, members]): MergePlan[] => {
    const isFresh = group === 'mixed false'
    const plan = isFresh ? freshPlan(members, options) : tierPlan(members, options)
    if (plan) return [{ segments: plan, isJoin: false }]
    const joined = group.startsWith('mixed ') ? undefined : joinPlan(members, options)
    return joined ? [{ segments: joined, isJoin: true }] : []
  })
  // The one that gets rid of most segments for what is to be worked through.
  const gain = ({ segments: own, isJoin }: MergePlan) =>
    own.length / (sumOf(own, isJoin ? byDisk : bySource) + 1)
  return plans.toSorted((a, b) => gain(b) - gain(a))[0]
}

/** Everything that could be smaller or fewer. */
export function compactPlan(
  segments: Iterable<Segment>,
  options: MergeOptions,
): MergePlan | undefined {
  const all = [...segments]
  return mergePlan(all, options) ?? mergePlan(all, { ...options, fanIn: 2 })
}

/** Those that came straight from the journal. */
function freshPlan(members: readonly Segment[], options: MergeOptions) {
  const { sourceBytesMax, fanIn } = options
  const taken = upTo(members.toSorted(byId), boundsOf(members, options))
  const isFull = taken.length < members.length || sumOf(taken, bySource) >= sourceBytesMax
  return isFull || taken.length >= fanIn ? taken : undefined
}

function tierPlan(members: readonly Segment[], options: MergeOptions) {
  const bounds = boundsOf(members, options)
  // Of two that are no larger than half of what one may be, one can be made.
  const small = members.filter((segment) =>
    bounds.every(({ measure, most }) => measure(segment) * 2 <= most),
  )
  const tiers = Map.groupBy(small, ({ sourceBytes }) =>
    Math.max(0, Math.ceil(Math.log2(Math.max(1, sourceBytes) / smallestTier) / 2)),
  )
  for (const [, tier] of [...tiers].toSorted(([a], [b]) => a - b)) {
    const taken = upTo(tier.toSorted(byId), bounds)
    const isFull = taken.length < tier.length && taken.length > 1
    if (isFull || taken.length >= options.fanIn) return taken
  }
  return undefined
}

/** Of one that others of its kind are written anew with. */
function boundsOf([first]: readonly Segment[], options: MergeOptions): Bound[] {
  return [
    { measure: bySource, most: options.sourceBytesMax },
    { measure: byDisk, most: options.mergedBytesMax(first?.stream) },
  ]
}

/** Those whose rows are not written anew any more; ones whose times follow each other together. */
function joinPlan(
  members: readonly Segment[],
  { sourceBytesMax, joinedBytesMax: mostOf, fanIn, mayJoin }: MergeOptions,
) {
  const joinedBytesMax = mostOf(members[0]?.stream ?? '')
  const own = members.filter((segment) => {
    const isSettled = segment.bytes * 2 > joinedBytesMax || isSmall(segment, sourceBytesMax)
    return !isSettled && mayJoin(segment)
  })
  // What one has beside its rows, all are to have.
  const tiers = Map.groupBy(own, ({ bytes, counted, words }) => {
    const tier = Math.max(0, Math.ceil(Math.log2((bytes * 16) / joinedBytesMax) / 2))
    return `${tier} ${counted} ${words}`
  })
  const least = Math.min(fanIn, joinFanIn)
  for (const [, tier] of [...tiers].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const taken = upTo(tier.toSorted(byTime), [{ measure: byDisk, most: joinedBytesMax }])
    const isFull = taken.length < tier.length && taken.length > 1
    if (isFull || taken.length >= least) return taken.slice(0, joinFanIn)
  }
  return undefined
}

const isSmall = ({ sourceBytes }: Segment, sourceBytesMax: number) =>
  sourceBytes * 2 <= sourceBytesMax

type Measure = (segment: Segment) => number
interface Bound {
  readonly measure: Measure
  readonly most: number
}
const bySource: Measure = ({ sourceBytes }) => sourceBytes
const byDisk: Measure = ({ bytes }) => bytes
const sumOf = (segments: readonly Segment[], measure: Measure) =>
  segments.reduce((sum, segment) => sum + measure(segment), 0)

const byId = (a: Segment, b: Segment) => a.id - b.id
const byTime = (a: Segment, b: Segment) => {
  const [one, other] = [a.minMicros ?? 0n, b.minMicros ?? 0n]
  return one < other ? -1 : Number(one > other) || byId(a, b)
}

/** The first of `members` that keep to all bounds together; at least one. */
function upTo(members: readonly Segment[], bounds: readonly Bound[]): Segment[] {
  const taken: Segment[] = []
  const left = bounds.map(({ most }) => most)
  for (const segment of members) {
    for (const [place, { measure }] of bounds.entries()) left[place]! -= measure(segment)
    if (taken.length > 0 && left.some((bytes) => bytes < 0)) break
    taken.push(segment)
  }
  return taken
}
