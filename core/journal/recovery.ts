import { crc32 } from 'node:zlib'
import { WeirError } from '../errors.ts'
import type { FileHandle, Files } from '../files.ts'
import type { Position } from './batch.ts'
import {
  type BatchRecord,
  decodeRecords,
  formatVersion,
  type IndexRecord,
  type OpenRecord,
  type SegmentEnd,
} from './index_record.ts'
import { eventsPath, indexPath, segmentsAmong } from './layout.ts'

/** What was found of one partition. */
export interface RecoveredPartition {
  /** Oldest first. */
  readonly segments: readonly { readonly id: string; readonly end: SegmentEnd }[]
  readonly generation: number
  readonly positions: ReadonlyMap<string, readonly [generation: number, position: Position]>
  readonly chunks: readonly string[]
  /** What was cut off the last segment, never acknowledged; undefined when it was whole. */
  readonly torn: { readonly segment: string; readonly bytes: number } | undefined
}

interface Found {
  readonly id: string
  readonly open: OpenRecord
  readonly bytes: number
  readonly indexBytes: number
}

/**
 * Opens a partition after a crash or a stop: docs/formats/journal.md §5. Afterwards every segment ends at
 * its `end` for good. Only the last segment is read whole; of the others, the first line.
 *
 * @throws WeirError WEIR_JOURNAL_VERSION when a newer Weir wrote it.
 */
export async function recoverPartition(files: Files, folder: string): Promise<RecoveredPartition> {
  const found = await findSegments(files, folder)
  const ends: Record<string, SegmentEnd> = Object.assign({}, ...found.map(({ open }) => open.ends))
  const kept = found.filter(({ id }) => ends[id]?.index_bytes !== 0)
  for (const { id } of found.filter((segment) => !kept.includes(segment))) {
    await removeSegment(files, folder, id)
  }
  const last = kept.at(-1)
  const segments: { id: string; end: SegmentEnd }[] = []
  for (const segment of kept) {
    if (segment === last) break
    const end = ends[segment.id]
    segments.push({ id: segment.id, end: end ?? (await readLast(files, folder, segment)).end })
  }
  if (!last) return emptyPartition
  const tail = await readLast(files, folder, last)
  if (tail.end.index_bytes === 0) {
    // Its checkpoint was never whole, so nothing was ever written behind it.
    await removeSegment(files, folder, last.id)
    return await recoverPartition(files, folder)
  }
  const torn = await cut(files, folder, last, tail.end)
  return {
    segments: [...segments, { id: last.id, end: tail.end }],
    generation: Math.max(...kept.map(({ open }) => open.generation)),
    positions: tail.positions,
    chunks: tail.chunks,
    torn,
  }
}

const emptyPartition: RecoveredPartition = {
  segments: [],
  generation: 0,
  positions: new Map(),
  chunks: [],
  torn: undefined,
}

/** The newest position of each source over all partitions. */
export function mergePositions(
  partitions: Iterable<RecoveredPartition>,
): Map<string, readonly [number, Position]> {
  const merged = new Map<string, readonly [number, Position]>()
  for (const { positions } of partitions) {
    for (const [key, entry] of positions) {
      const known = merged.get(key)
      if (!known || entry[0] >= known[0]) merged.set(key, entry)
    }
  }
  return merged
}

async function findSegments(files: Files, folder: string): Promise<Found[]> {
  const found: Found[] = []
  for (const id of segmentsAmong(await files.list(folder))) {
    const bytes = await files.size(eventsPath(folder, id))
    const indexBytes = await files.size(indexPath(folder, id))
    const open = indexBytes ? await readOpenRecord(files, folder, id) : undefined
    if (bytes === undefined || indexBytes === undefined || !open)
      await removeSegment(files, folder, id)
    else found.push({ id, open, bytes, indexBytes })
  }
  return found
}

/** The first line; undefined when it, or the checkpoint behind it, was never wholly written. */
async function readOpenRecord(
  files: Files,
  folder: string,
  id: string,
): Promise<OpenRecord | undefined> {
  const file = await files.open(indexPath(folder, id), 'r')
  try {
    const start = Buffer.allocUnsafe(8192)
    const length = await file.read(start, 0)
    const [first] = decodeRecords(start.subarray(0, length))
    if (first?.record.kind !== 'open') return undefined
    if (first.record.version > formatVersion) {
      throw new WeirError(
        'WEIR_JOURNAL_VERSION',
        `${indexPath(folder, id)} has version ${first.record.version}; this Weir reads up to ${formatVersion}: start the newer one`,
      )
    }
    return first.record
  } finally {
    await file.close()
  }
}

interface Tail {
  readonly end: SegmentEnd
  readonly positions: Map<string, readonly [number, Position]>
  readonly chunks: string[]
}

/** Reads a whole segment and checks every batch in it, up to the first that does not hold. */
async function readLast(files: Files, folder: string, segment: Found): Promise<Tail> {
  const index = await files.open(indexPath(folder, segment.id), 'r')
  const events = await files.open(eventsPath(folder, segment.id), 'r')
  try {
    const bytes = Buffer.allocUnsafe(segment.indexBytes)
    const length = await index.read(bytes, 0)
    return await followTail(decodeRecords(bytes.subarray(0, length)), events, segment)
  } finally {
    await Promise.allSettled([index.close(), events.close()])
  }
}

async function followTail(
  records: Iterable<{ record: IndexRecord; end: number }>,
  events: FileHandle,
  segment: Found,
): Promise<Tail> {
  const tail: Tail & { end: SegmentEnd } = {
    end: { bytes: 0, index_bytes: 0, events: 0 },
    positions: new Map(),
    chunks: [],
  }
  // Batches of one append count together, so they wait here for the one without `more`.
  let group: BatchRecord[] = []
  for (const { record, end } of records) {
    if (record.kind === 'open') continue
    if (record.kind === 'checkpoint') {
      for (const [key, entry] of Object.entries(record.positions)) tail.positions.set(key, entry)
      tail.chunks.push(...record.chunks)
      tail.end = { bytes: 0, index_bytes: end, events: 0 }
      continue
    }
    if (!(await holds(events, record))) break
    group.push(record)
    if (record.more) continue
    for (const { positions, chunks } of group) {
      for (const [key, position] of Object.entries(positions ?? {})) {
        if (position === null) tail.positions.delete(key)
        else tail.positions.set(key, [segment.open.generation, position])
      }
      tail.chunks.push(...(chunks ?? []))
    }
    tail.end = {
      bytes: record.offset + record.bytes,
      index_bytes: end,
      events: record.ordinal + record.count,
    }
    group = []
  }
  return tail
}

/** Whether the bytes that the record speaks of are there. */
async function holds(events: FileHandle, record: BatchRecord): Promise<boolean> {
  if (record.bytes === 0) return true
  const bytes = Buffer.allocUnsafe(record.bytes)
  return (await events.read(bytes, record.offset)) === record.bytes && crc32(bytes) === record.crc
}

/**
 * Makes the files end where the journal does, and durable up to there: after kill -9 the bytes may be in
 * the page cache only. A disk that takes no change is no reason not to start: readers keep to `end`.
 */
async function cut(files: Files, folder: string, segment: Found, end: SegmentEnd) {
  const extra = segment.bytes - end.bytes + segment.indexBytes - end.index_bytes
  const targets = [
    [eventsPath(folder, segment.id), segment.bytes, end.bytes],
    [indexPath(folder, segment.id), segment.indexBytes, end.index_bytes],
  ] as const
  for (const [path, size, wanted] of targets) {
    try {
      const file = await files.open(path, 'r+')
      try {
        if (size > wanted) await file.truncate(wanted)
        await file.datasync()
      } finally {
        await file.close()
      }
    } catch {
      continue
    }
  }
  return extra > 0 ? { segment: segment.id, bytes: extra } : undefined
}

async function removeSegment(files: Files, folder: string, id: string): Promise<void> {
  await Promise.allSettled([
    files.remove(eventsPath(folder, id)),
    files.remove(indexPath(folder, id)),
  ])
}
