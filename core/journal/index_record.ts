import { crc32 } from 'node:zlib'
import type { Position } from './batch.ts'

/** The lines of an index file; docs/formats/journal.md §3 says what each key means. */
export const formatVersion = 1

/** How much of a segment counts. */
export interface SegmentEnd {
  readonly bytes: number
  readonly index_bytes: number
  readonly events: number
}
export interface OpenRecord {
  readonly kind: 'open'
  readonly version: number
  readonly segment: string
  readonly generation: number
  readonly ends: Readonly<Record<string, SegmentEnd>>
}
export interface CheckpointRecord {
  readonly kind: 'checkpoint'
  readonly positions: Readonly<Record<string, readonly [generation: number, position: Position]>>
  readonly chunks: readonly string[]
}
export interface BatchRecord {
  readonly kind: 'batch'
  readonly offset: number
  readonly bytes: number
  readonly ordinal: number
  readonly count: number
  readonly crc: number
  readonly arrived: number
  readonly first?: string
  readonly last?: string
  readonly stream: string
  readonly tag: string
  readonly positions?: Readonly<Record<string, Position | null>>
  readonly chunks?: readonly string[]
  readonly more?: true
  readonly synced?: true
}
export type IndexRecord = OpenRecord | CheckpointRecord | BatchRecord

export function encodeRecord(record: IndexRecord): Buffer {
  const json = JSON.stringify(record)
  return Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} ${json}\n`)
}

/** A line of an index: its record, undefined when its checksum or JSON does not hold. */
export interface IndexLine {
  readonly record: IndexRecord | undefined
  readonly start: number
  /** Offset behind the line. */
  readonly end: number
}

/** Every whole line in `bytes`, sound or not. */
export function* decodeLines(bytes: Buffer): Generator<IndexLine> {
  let start = 0
  for (let end = bytes.indexOf(10, start); end >= 0; end = bytes.indexOf(10, start)) {
    yield { record: decodeLine(bytes, start, end), start, end: end + 1 }
    start = end + 1
  }
}

/**
 * Reads whole, sound lines from `bytes` for somebody who reads events, and stops at the first that is not.
 *
 * @returns each batch, without its positions and what its line says behind them; undefined for a line of
 *   another kind; with the offset behind the line.
 */
export function* decodeBatches(
  bytes: Buffer,
): Generator<{ batch: BatchRecord | undefined; end: number }> {
  let start = 0
  for (let end = bytes.indexOf(10, start); end >= 0; end = bytes.indexOf(10, start)) {
    const json = soundJson(bytes, start, end)
    if (!json) return
    yield { batch: batchOf(json), end: end + 1 }
    start = end + 1
  }
}

const batchStart = Buffer.from('{"kind":"batch",')
// Within a string its quotes would be escaped.
const positionsKey = ',"positions":{'

/** Positions are most of the index of a log that trickles: they are not even made a string. */
function batchOf(json: Buffer): BatchRecord | undefined {
  if (!json.subarray(0, batchStart.length).equals(batchStart)) return undefined
  const positions = json.indexOf(positionsKey)
  const text = positions < 0 ? json.toString() : `${json.toString('utf8', 0, positions)}}`
  return JSON.parse(text) as BatchRecord
}

function decodeLine(bytes: Buffer, start: number, end: number): IndexRecord | undefined {
  try {
    const json = soundJson(bytes, start, end)
    return json && (JSON.parse(json.toString()) as IndexRecord)
  } catch {
    return undefined
  }
}

/** The JSON of a line; undefined when its checksum does not hold. One that does says that Weir wrote it. */
function soundJson(bytes: Buffer, start: number, end: number): Buffer | undefined {
  if (end - start < 11) return undefined
  const expected = Number.parseInt(bytes.toString('latin1', start, start + 8), 16)
  const json = bytes.subarray(start + 9, end)
  return crc32(json) === expected ? json : undefined
}
