import type { Position } from '../../core/journal/batch.ts'
import type { PointSketch } from '../../store/points.ts'

/**
 * A flush as one Weir hands it to another: NDJSON, a header and then a line for each series that had values. Cut
 * into pieces of some megabytes, each with a header of its own; a series is in one piece. docs/formats/flushes.md.
 */

/** Tag of the batches that an edge keeps until they are handed on. It has a space, so that no event can have it. */
export const toForwardTag = 'metric flush to forward'
/** Tag of the batches that were handed over and wait to be merged. */
export const forwardedTag = 'metric flush forwarded'

/** First line of a piece: `{"@timestamp":…,"instance":…,"flush":…,"piece":…,…}`. */
export interface FlushHeader {
  readonly '@timestamp': string
  /** ULID of the Weir that flushed. */
  readonly instance: string
  /** Counts its flushes; never falls. */
  readonly flush: number
  /** Counts the pieces of the flush from 0. */
  readonly piece: number
  /** What came in at the edge; in the first piece. */
  readonly packets?: number
  readonly lines?: number
  readonly bad_lines?: number
}

interface Line {
  readonly '@timestamp': string
  /** Canonical: `name;k=v;k2=v2`, tags sorted. */
  readonly series: string
}

export interface CounterLine extends Line {
  readonly type: 'counter'
  readonly sum: number
  readonly count: number
}
/** Only gauges that were set in the interval are handed on. */
export interface GaugeLine extends Line {
  readonly type: 'gauge'
  readonly last: number
  readonly min: number
  readonly max: number
  readonly sum: number
  readonly count: number
}
export interface TimerLine extends Line {
  readonly type: 'timer' | 'histogram' | 'distribution'
  /** Values taken, and up-sampled. */
  readonly count: number
  readonly up_sampled: number
  readonly values: readonly number[]
  /** 1 / rate of each, where one is not 1; not of timers. */
  readonly weights?: readonly number[]
  /** What was beyond the edge's limits. */
  readonly beyond?: BeyondValues
}
export interface BeyondValues {
  readonly count: number
  readonly weight: number
  readonly sum: number
  readonly sum_squares: number
  readonly min: number
  readonly max: number
  readonly sketch: PointSketch
}
export interface SetLine extends Line {
  readonly type: 'set'
  readonly count: number
  readonly members: readonly string[]
  /** Members that are not UTF-8, in Base64. */
  readonly members_base64?: readonly string[]
}
/** A value with a time of its own, which is in `@timestamp`. */
export interface ValueLine extends Line {
  readonly type: 'value'
  readonly value: number
  readonly is_count: boolean
}
export type FlushLine = CounterLine | GaugeLine | TimerLine | SetLine | ValueLine

/** `{"@timestamp":"2026-01-02T03:04:05.000Z",` */
const timeLength = 15 + 24 + 2
const headerKey = Buffer.from('"instance":')

/** Whether the line at `start` is a header. */
export const isHeaderAt = (bytes: Buffer, start: number): boolean =>
  bytes.subarray(start + timeLength, start + timeLength + headerKey.length).equals(headerKey)

/** The position that says which piece of a sender is the last that was taken. */
export const senderKey = (instance: string): string => `statsd.forwarded ${instance}`

/**
 * Whether a sender's piece is behind the last one that was taken: by its number, or by its time, since a data folder
 * that was restored from a backup counts from an earlier number on.
 */
export function isNewer(
  { flush, piece, ...header }: FlushHeader,
  last: Position | undefined,
): boolean {
  if (!last) return true
  const [lastFlush, lastPiece, lastMs] = ['flush', 'piece', 'at'].map((key) => Number(last[key]))
  if (Date.parse(header['@timestamp']) > lastMs!) return true
  return flush > lastFlush! || (flush === lastFlush && piece > lastPiece!)
}
