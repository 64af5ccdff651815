import { crc32 } from 'node:zlib'
import { WeirError } from '../errors.ts'
import type { FileHandle, Files } from '../files.ts'
import type { Position } from './batch.ts'
import {
  type BatchRecord,
  decodeLines,
  formatVersion,
  type IndexLine,
  type OpenRecord,
  type SegmentEnd,
} from './index_record.ts'
import { countLines, findSegmentFiles, type HalfSegment } from './half_segment.ts'
import { eventsPath, indexPath } from './layout.ts'

/** What was found of one partition. */
export interface RecoveredPartition {
  /** Oldest first. */
  readonly segments: readonly { readonly id: string; readonly end: SegmentEnd }[]
  readonly generation: number
  readonly positions: ReadonlyMap<string, readonly [generation: number, position: Position]>
  readonly chunks: readonly string[]
  /** What lies behind the end of the last segment, never acknowledged; undefined when it is whole. */
  readonly torn: TornTail | undefined
  readonly half: readonly HalfSegment[]
}

export interface TornTail {
  readonly segment: string
  /** Of both files together. */
  readonly bytes: number
}

interface Found {
  readonly id: string
  readonly folder: string
  /** Undefined when the first line does not hold. */
  readonly open: OpenRecord | undefined
  readonly bytes: number
  readonly indexBytes: number
}

/**
 * Opens a partition after a crash or a stop: docs/formats/journal.md §5. Afterwards every segment ends at
 * its `end` for good. Only the last segment's index is read whole, and what was written last is checked.
 *
 * @param mode `look` changes nothing on the disk.
 * @throws WeirError WEIR_JOURNAL_VERSION when a newer Weir wrote it; a system error when the disk cannot
 *   make durable what readers are about to see.
 */
export async function recoverPartition(
  files: Files,
  folder: string,
  mode: 'settle' | 'look' = 'settle',
): Promise<RecoveredPartition> {
  const { whole, half, remains } = await findSegmentFiles(files, folder)
  const found: Found[] = []
  for (const each of whole) {
    found.push({ ...each, folder, open: await readOpenRecord(files, folder, each.id) })
  }
  const ends: Record<string, SegmentEnd> = Object.assign({}, ...found.map(({ open }) => open?.ends))
  const generation = Math.max(0, ...found.map(({ open }) => open?.generation ?? 0))
  const segments: { id: string; end: SegmentEnd }[] = []
  const tails: Tail[] = []
  let torn: RecoveredPartition['torn']
  for (const segment of found.toReversed()) {
    const known = ends[segment.id]
    const isLast = segments.length === 0
    const read = () => readTail(files, segment, generation, known?.index_bytes)
    const tail = known && !isLast ? undefined : await read()
    const end = known ?? tail!.end
    if (end.index_bytes === 0) {
      // Its checkpoint was never whole, so nothing was ever written behind it.
      remains.push(segment.id)
      continue
    }
    if (isLast) {
      torn = tornTail(segment, end)
      if (mode === 'settle') await settle(files, segment, end, tail!.synced)
    }
    segments.unshift({ id: segment.id, end })
    // Earlier segments matter for positions only where a later one lost its checkpoint.
    if (tails[0]?.hasCheckpoint) continue
    tails.unshift(tail ?? (await read()))
  }
  if (mode === 'settle') for (const id of remains) await removeSegment(files, { folder, id })
  return { segments, generation, torn, half, ...mergeTails(tails) }
}

function mergeTails(tails: readonly Tail[]): Pick<RecoveredPartition, 'positions' | 'chunks'> {
  const positions = new Map<string, readonly [number, Position]>()
  const chunks: string[] = []
  for (const tail of tails) {
    for (const [key, entry] of tail.positions) {
      if (entry) positions.set(key, entry)
      else positions.delete(key)
    }
    for (const chunk of tail.chunks) chunks.push(chunk)
  }
  return { positions, chunks }
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

/** The first line, if it holds. */
async function readOpenRecord(
  files: Files,
  folder: string,
  id: string,
): Promise<OpenRecord | undefined> {
  const file = await files.open(indexPath(folder, id), 'r')
  try {
    for (let wanted = 8192; ; wanted *= 8) {
      const start = Buffer.allocUnsafe(wanted)
      const length = await file.read(start, 0)
      const [first] = decodeLines(start.subarray(0, length))
      if (!first && length === wanted) continue
      if (first?.record?.kind !== 'open') return undefined
      refuseNewer(first.record, indexPath(folder, id))
      return first.record
    }
  } finally {
    await file.close()
  }
}

function refuseNewer({ version }: OpenRecord, path: string): void {
  if (version <= formatVersion) return
  throw new WeirError(
    'WEIR_JOURNAL_VERSION',
    `${path} has version ${version}; this Weir reads up to ${formatVersion}: start the newer one`,
  )
}

/** What a segment says of itself. */
interface Tail {
  end: SegmentEnd
  /** Up to where the segment itself says that it was durable. */
  readonly synced: Pick<SegmentEnd, 'bytes' | 'index_bytes'>
  hasCheckpoint: boolean
  /** Null where the source was forgotten. */
  readonly positions: Map<string, readonly [number, Position] | null>
  readonly chunks: string[]
}

/** @param limit bytes of the index that count, where a later segment says so. */
async function readTail(
  files: Files,
  segment: Found,
  generation: number,
  limit = segment.indexBytes,
): Promise<Tail> {
  const index = await files.open(indexPath(segment.folder, segment.id), 'r')
  const events = await files.open(eventsPath(segment.folder, segment.id), 'r')
  try {
    const bytes = Buffer.allocUnsafe(Math.min(limit, segment.indexBytes))
    const lines = [...decodeLines(bytes.subarray(0, await index.read(bytes, 0)))]
    const tail = await followTail(lines, events, segment.open?.generation ?? generation)
    if (tail.end.index_bytes > 0 || segment.bytes === 0) return tail
    // Events are written behind a durable checkpoint only: this index is damaged, not torn.
    const count = await countLines(files, eventsPath(segment.folder, segment.id))
    return {
      ...tail,
      end: { bytes: segment.bytes, index_bytes: segment.indexBytes, events: count },
    }
  } finally {
    await Promise.allSettled([index.close(), events.close()])
  }
}

async function followTail(
  lines: readonly IndexLine[],
  events: FileHandle,
  generation: number,
): Promise<Tail> {
  const end = { bytes: 0, index_bytes: 0, events: 0 }
  const durable = lines.findLast(({ record }) => record?.kind === 'batch' && record.synced)
  const synced =
    durable?.record?.kind === 'batch'
      ? { bytes: durable.record.offset, index_bytes: durable.start }
      : { bytes: 0, index_bytes: 0 }
  const tail: Tail = { end, synced, hasCheckpoint: false, positions: new Map(), chunks: [] }
  // Batches of one append count together, so they wait here for the one without `more`.
  let group: BatchRecord[] = []
  for (const { record, start, end: lineEnd } of lines) {
    const isDurable = start < synced.index_bytes
    if (!record && isDurable) continue
    if (!record) break
    if (record.kind === 'open') continue
    if (record.kind === 'checkpoint') {
      for (const [key, entry] of Object.entries(record.positions)) tail.positions.set(key, entry)
      for (const chunk of record.chunks) tail.chunks.push(chunk)
      tail.hasCheckpoint = true
      tail.end = { bytes: 0, index_bytes: lineEnd, events: 0 }
      continue
    }
    if (!isDurable && !(await holds(events, record))) break
    group.push(record)
    if (record.more) continue
    for (const each of group) remember(tail, each, generation)
    const { offset, bytes, ordinal, count } = record
    tail.end = { bytes: offset + bytes, index_bytes: lineEnd, events: ordinal + count }
    group = []
  }
  return tail
}

function remember(tail: Tail, { positions, chunks }: BatchRecord, generation: number): void {
  for (const [key, position] of Object.entries(positions ?? {})) {
    tail.positions.set(key, position && [generation, position])
  }
  for (const chunk of chunks ?? []) tail.chunks.push(chunk)
}

/** Whether the bytes that the record speaks of are there. */
async function holds(events: FileHandle, record: BatchRecord): Promise<boolean> {
  if (record.bytes === 0) return true
  const bytes = Buffer.allocUnsafe(record.bytes)
  return (await events.read(bytes, record.offset)) === record.bytes && crc32(bytes) === record.crc
}

/**
 * Makes the files end where the journal does, and durable up to there. After kill -9 the bytes may be in
 * the page cache only; after a sync that failed, Linux even takes them for written, so that only writing
 * them once more brings them to the disk. A cut that fails is made up for by the next segment's `ends`.
 */
async function settle(files: Files, segment: Found, end: SegmentEnd, synced: Tail['synced']) {
  const { id, folder } = segment
  const targets = [
    [eventsPath(folder, id), segment.bytes, end.bytes, synced.bytes],
    [indexPath(folder, id), segment.indexBytes, end.index_bytes, synced.index_bytes],
  ] as const
  for (const [path, size, wanted, from] of targets) {
    const file = await files.open(path, 'r+')
    try {
      if (size > wanted) await file.truncate(wanted).catch(() => undefined)
      const bytes = Buffer.allocUnsafe(Math.max(0, wanted - from))
      const length = await file.read(bytes, from)
      if (length > 0) await file.write([bytes.subarray(0, length)], from)
      await file.datasync()
    } finally {
      await file.close()
    }
  }
  await files.syncFolder(folder)
}

function tornTail(segment: Found, end: SegmentEnd): TornTail | undefined {
  const bytes = segment.bytes - end.bytes + segment.indexBytes - end.index_bytes
  return bytes > 0 ? { segment: segment.id, bytes } : undefined
}

async function removeSegment(files: Files, { folder, id }: Pick<Found, 'folder' | 'id'>) {
  await Promise.allSettled([
    files.remove(eventsPath(folder, id)),
    files.remove(indexPath(folder, id)),
  ])
}
