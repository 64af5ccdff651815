import type { Checksums } from './checksums.ts'
import type { SourcePages } from './source_pages.ts'

/** What a segment has of one stream. Times are microseconds since the epoch; null when no row has one. */
export interface StreamPart {
  readonly stream: string
  readonly rows: number
  readonly sourceBytes: number
  readonly minMicros: bigint | null
  readonly maxMicros: bigint | null
  /** Rows without a time. */
  readonly untimed: number
  readonly maxSeq: number | null
  /** Promoted paths that some row spilled. */
  readonly spilled: readonly string[]
}

export interface MinuteCount {
  readonly stream: string
  /** Minutes since the epoch. */
  readonly minute: number
  /** `log.level`; empty for rows without. */
  readonly level: string
  readonly count: number
}

/** A segment that is written, and not yet in the manifest. */
export interface NewSegment {
  readonly id: number
  readonly file: string
  /** Undefined: of several streams. */
  readonly stream: string | undefined
  readonly day: string | undefined
  readonly bytes: number
  /** Whether there is a token filter. */
  readonly words: boolean
  readonly merged: boolean
  readonly parts: readonly StreamPart[]
  /** Undefined: too many to keep; whoever counts has to read the segment. */
  readonly minutes: readonly MinuteCount[] | undefined
  readonly checksums: Checksums
  readonly sourcePages: SourcePages
}

/** A segment of the manifest. */
export interface Segment extends Omit<NewSegment, 'minutes' | 'checksums' | 'sourcePages'> {
  readonly rows: number
  readonly sourceBytes: number
  readonly minMicros: bigint | null
  readonly maxMicros: bigint | null
  readonly untimed: number
  /** Whether `minutes` has its counts. */
  readonly counted: boolean
}

/** The highest `_seq` of each of `parts` that has one. */
export const highestSeqs = (parts: readonly StreamPart[]) =>
  parts.flatMap(({ stream, maxSeq }) => (maxSeq === null ? [] : [{ stream, seq: maxSeq }]))

/** What the parts of a segment are together. */
export function sumOf(parts: readonly StreamPart[]) {
  let minMicros: bigint | null = null
  let maxMicros: bigint | null = null
  let [rows, sourceBytes, untimed] = [0, 0, 0]
  for (const part of parts) {
    rows += part.rows
    sourceBytes += part.sourceBytes
    untimed += part.untimed
    if (part.minMicros !== null && (minMicros === null || part.minMicros < minMicros))
      minMicros = part.minMicros
    if (part.maxMicros !== null && (maxMicros === null || part.maxMicros > maxMicros))
      maxMicros = part.maxMicros
  }
  return { rows, sourceBytes, untimed, minMicros, maxMicros }
}
