import type { EmbeddedOptions } from '../config.ts'
import type { DamagedFile } from './manifest.ts'
import type { Segment } from './segment.ts'

type Retention = Pick<EmbeddedOptions['retention'], 'age' | 'size' | 'streams'>

export interface RetentionState {
  readonly nowMs: number
  /** Bytes free on the disk. */
  readonly freeBytes: number
  /** Bytes of the store beside the segments: they count, and go last. */
  readonly besideBytes: number
}

/** A segment that goes, and why. */
export interface Leaving {
  readonly segment: Segment
  readonly why: 'age' | 'size' | 'disk'
}

/** A segment that is too large to go as a whole. */
export interface Trimming {
  readonly segment: Segment
  /** Of its bytes, those that its oldest rows take which go; less than 1. */
  readonly share: number
}

/** What retention wants. */
export interface Wanted {
  readonly gone: readonly Leaving[]
  readonly trimmed: readonly Trimming[]
  /** Bytes that are too many even without any segment. */
  readonly lacking: number
}

/** How long rows of a stream are kept, in milliseconds. */
export function ageOf(retention: Retention, stream: string): number {
  return ruleOf(retention, stream)?.age ?? retention.age
}

/** Larger segments spare questions nothing, and of a rare word they have to read more. */
const joinedMax = 64_000_000
/** What is too much goes by whole segments: of what there may be, one is to be a small part. */
const budgetShare = 32
/** What is joined may be a day long: where no more than so much is kept, it would stay too long. */
const joinedAgeMin = 7 * 86_400_000

/** Bytes on disk to which segments of a stream may be joined; 0 for none. */
export function joinedBytesMax(retention: Retention, stream: string): number {
  if (ageOf(retention, stream) < joinedAgeMin) return 0
  return Math.min(joinedMax, mergedBytesMax(retention, stream))
}

/** Bytes on disk to which segments of a stream are merged, or of several streams without one. */
export function mergedBytesMax(retention: Retention, stream: string | undefined): number {
  const own = stream === undefined ? undefined : ruleOf(retention, stream)?.size
  return Math.min(own ?? Infinity, retention.size) / budgetShare
}

/**
 * The segments that have to go: all of whose rows are too old, then the oldest while a pattern's streams, or
 * all, have more bytes than they may, or the disk less room than it should. For want of room on the disk
 * segments go whole. Of what takes more than it may, no more goes than a 32nd of that beyond what has to: a segment
 * that is too large for it is trimmed.
 */
export function leaving(
  segments: Iterable<Segment>,
  { retention, min_free_disk: floor }: { retention: Retention; min_free_disk: number },
  { nowMs, freeBytes, besideBytes }: RetentionState,
): Wanted {
  const gone: Leaving[] = []
  let left = [...segments].toSorted((a, b) => compare(timeOf(a), timeOf(b)) || a.id - b.id)
  const cuts = new Map<Segment, number>()
  const bytesLeft = (segment: Segment) => segment.bytes - (cuts.get(segment) ?? 0)
  const take = (
    candidates: readonly Segment[],
    why: Leaving['why'],
    excess: number,
    slack: number,
  ) => {
    let bytes = excess
    for (const segment of candidates) {
      if (bytes <= 0) return
      const own = bytesLeft(segment)
      if (own - bytes > slack) {
        // So much more that it is not trimmed again with the next few rows.
        cuts.set(segment, segment.bytes - own + bytes + slack)
        return
      }
      gone.push({ segment, why })
      cuts.delete(segment)
      bytes -= own
    }
  }
  const remaining = () => {
    const ids = new Set(gone.map(({ segment }) => segment.id))
    left = left.filter(({ id }) => !ids.has(id))
    return left
  }
  const bytesOf = (segments: readonly Segment[]) =>
    segments.reduce((sum, segment) => sum + bytesLeft(segment), 0)
  for (const segment of left) {
    const isOld = segment.parts.every(({ stream, maxMicros, untimed }) => {
      const from = BigInt(Math.round(nowMs - ageOf(retention, stream))) * 1000n
      return untimed === 0 && maxMicros !== null && maxMicros < from
    })
    if (isOld) gone.push({ segment, why: 'age' })
  }
  for (const rule of retention.streams) {
    if (rule.size === undefined) continue
    const own = remaining().filter(({ parts }) =>
      parts.every(({ stream }) => ruleOf(retention, stream) === rule),
    )
    take(own, 'size', bytesOf(own) - rule.size, rule.size / budgetShare)
  }
  const excess = () => bytesOf(remaining()) + besideBytes - retention.size
  const shortage = () =>
    floor - freeBytes - gone.reduce((sum, { segment }) => sum + segment.bytes, 0)
  take(remaining(), 'size', excess(), retention.size / budgetShare)
  take(remaining(), 'disk', shortage(), Infinity)
  const trimmed = [...cuts].map(([segment, bytes]) => ({ segment, share: bytes / segment.bytes }))
  return { gone, trimmed, lacking: Math.max(0, excess(), shortage()) }
}

/** Segments of several streams of which some rows are too old: as a whole they stay for the others. */
export function partlyOld(
  segments: Iterable<Segment>,
  retention: Retention,
  nowMs: number,
): Segment[] {
  return [...segments].filter(
    ({ stream, parts }) =>
      stream === undefined &&
      parts.some((part) => {
        const from = BigInt(Math.round(nowMs - ageOf(retention, part.stream))) * 1000n
        return part.minMicros !== null && part.minMicros < from
      }),
  )
}

/** Damaged files that are kept for whoever wants to look at them. */
const damagedMax = 100

/** Files set aside that go: as long after they were found as rows of their stream are kept, and all but the last. */
export function leavingDamaged(
  damaged: readonly DamagedFile[],
  retention: Retention,
  nowMs: number,
): DamagedFile[] {
  const newest = damaged.toSorted((a, b) => b.foundMs - a.foundMs)
  return newest.filter(({ foundMs, stream }, place) => {
    const age = stream === undefined ? retention.age : ageOf(retention, stream)
    return place >= damagedMax || foundMs < nowMs - age
  })
}

function ruleOf({ streams }: Retention, stream: string): Retention['streams'][number] | undefined {
  return streams.find(({ match }) => fitsPattern(match, stream))
}

/** `*` is any run of characters. Linear: a name is short, and each star is met once. */
export function fitsPattern(pattern: string, name: string): boolean {
  const [first = '', ...others] = pattern.split('*')
  if (others.length === 0) return pattern === name
  if (!name.startsWith(first)) return false
  const last = others.pop()!
  let at = first.length
  for (const part of others) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return name.length - last.length >= at && name.endsWith(last)
}

/** Rows without a time are as old as can be: nothing says that they are younger. */
const timeOf = ({ maxMicros }: Segment): bigint => maxMicros ?? -(2n ** 62n)
const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0)
