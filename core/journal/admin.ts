import { WeirError } from '../errors.ts'
import type { Files } from '../files.ts'
import type { Place } from './cursor.ts'
import type { BatchRecord } from './index_record.ts'
import type { Journal } from './journal.ts'
import { indexPath } from './layout.ts'
import type { Partition, SegmentView } from './partition.ts'
import { DamagedSegment, isSound, SegmentReader } from './segment_reader.ts'
import { isUlid } from './ulid.ts'

/** What people ask of a journal, whether a Weir runs on it or not. */

/** Readers with their lag, partitions, and segments with the time of their oldest event. */
export async function listJournal(journal: Journal, files: Files) {
  const readers = journal.readers().map(({ id, open, cursor }) => {
    const lag = { bytes: 0, events: 0 }
    for (const partition of journal.partitions) {
      const { bytes, events } = partition.lag(cursor[partition.name])
      lag.bytes += bytes
      lag.events += events
    }
    const newest = Object.values(cursor).toSorted((a, b) => (a.segment < b.segment ? 1 : -1))[0]
    return {
      id,
      segment: newest?.segment ?? null,
      ordinal: newest?.ordinal ?? 0,
      lag_bytes: lag.bytes,
      lag_events: lag.events,
      lag_seconds: journal.openReader(id)?.lag().seconds ?? 0,
      configured: open,
    }
  })
  const partitions = journal.partitions.map((partition) => ({
    name: partition.name,
    segments: partition.segments.length,
    bytes: partition.bytes,
    events: partition.segments.reduce((sum, { end }) => sum + end.events, 0),
  }))
  const segments = []
  for (const partition of journal.partitions) {
    for (const { id, end } of partition.segments) {
      const oldest = await oldestEvent(files, partition, { id, end })
      const bytes = end.bytes + end.index_bytes
      segments.push({ id, partition: partition.name, bytes, events: end.events, oldest })
    }
  }
  return { readers, partitions, segments }
}

export interface CatOptions {
  /** Event id or ISO time to begin at. */
  readonly from?: string | undefined
  readonly stream?: string | undefined
  readonly matches?: ((tag: string) => boolean) | undefined
}

/** Every event up to the durable mark, oldest segment first, without a cursor of its own. */
export async function* catJournal(journal: Journal, files: Files, options: CatOptions) {
  const { from, stream, matches } = options
  const begin = from === undefined ? undefined : placeOf(from)
  for await (const { partition, view, reader, record } of batches(journal, files)) {
    if (stream !== undefined && record.stream !== stream) continue
    if (matches && !matches(record.tag)) continue
    if (begin?.segment !== undefined && view.id < begin.segment) continue
    if (begin?.timeMs !== undefined && record.arrived < begin.timeMs) continue
    const bytes = Buffer.allocUnsafe(record.bytes)
    const got = await reader.read(bytes, record.offset)
    if (got < record.bytes || !isSound(bytes, record)) throw damaged(partition, view, record)
    let start = 0
    for (let i = 0; i < record.count; i++) {
      const end = bytes.indexOf(10, start)
      const ordinal = record.ordinal + i
      const before = begin?.segment === view.id && ordinal < (begin.ordinal ?? 0)
      if (!before) {
        const line = bytes.toString('utf8', start, end)
        yield { id: `${view.id}-${ordinal}`, stream: record.stream, tag: record.tag, line }
      }
      start = end + 1
    }
  }
}

/** Everything that no longer fits its checksum. */
export async function* verifyJournal(journal: Journal, files: Files) {
  for (const partition of journal.partitions) {
    for (const view of partition.segments.slice()) {
      const file = indexPath(partition.folder, view.id)
      const reader = await SegmentReader.open(files, partition.folder, view.id)
      try {
        for (
          let record = await reader.peek(view.end);
          record;
          record = await reader.peek(view.end)
        ) {
          const bytes = Buffer.allocUnsafe(record.bytes)
          const got = await reader.read(bytes, record.offset)
          const sound = got === record.bytes && isSound(bytes, record)
          const text = `${record.count} events of ${record.tag} do not hold their checksum`
          if (!sound)
            yield { file: file.replace(/index$/, 'ndjson'), offset: record.offset, message: text }
          reader.pass()
        }
      } catch (failure) {
        if (!(failure instanceof DamagedSegment)) throw failure
        yield { file, offset: 0, message: failure.message }
      } finally {
        await reader.close()
      }
    }
  }
}

/**
 * Moves a reader, open or not. What is sent again counts as known to the target.
 *
 * @param to `start`, `end`, an ISO time or an event's id.
 */
export async function seekReader(
  journal: Journal,
  files: Files,
  dataFolder: string,
  id: string,
  to: string,
): Promise<void> {
  const places: Record<string, Place> = {}
  for (const partition of journal.partitions) {
    const place = await placeIn(files, partition, to)
    if (place) places[partition.name] = place
  }
  const open = journal.openReader(id)
  if (open) return await open.seek(places)
  if (!(await journal.moveAbsent(id, places))) throw unknownReader(journal, id)
}

/** Drops the cursor of a reader. One that runs is refused: it would be made anew at once. */
export async function forgetReader(journal: Journal, id: string): Promise<void> {
  if (journal.openReader(id)) {
    const text = `the reader ${id} is at work: take its output out of the config first`
    throw new WeirError('WEIR_REQUEST_INVALID', text)
  }
  if (!(await journal.forget(id))) throw unknownReader(journal, id)
}

async function placeIn(files: Files, partition: Partition, to: string): Promise<Place | undefined> {
  const last = partition.segments.at(-1)
  if (!last || to === 'start') return undefined
  if (to === 'end') return { segment: last.id, ordinal: last.end.events }
  const { segment, ordinal, timeMs } = placeOf(to)
  if (segment !== undefined) return { segment, ordinal: ordinal ?? 0 }
  for (const view of partition.segments) {
    const reader = await SegmentReader.open(files, partition.folder, view.id)
    try {
      for (let record = await reader.peek(view.end); record; record = await reader.peek(view.end)) {
        if (record.arrived >= timeMs!) return { segment: view.id, ordinal: record.ordinal }
        reader.pass()
      }
    } finally {
      await reader.close()
    }
  }
  return { segment: last.id, ordinal: last.end.events }
}

async function* batches(journal: Journal, files: Files) {
  for (const partition of journal.partitions) {
    for (const view of partition.segments.slice()) {
      const reader = await SegmentReader.open(files, partition.folder, view.id)
      try {
        for (
          let record = await reader.peek(view.end);
          record;
          record = await reader.peek(view.end)
        ) {
          if (record.count > 0) yield { partition, view, reader, record }
          reader.pass()
        }
      } finally {
        await reader.close()
      }
    }
  }
}

async function oldestEvent(files: Files, partition: Partition, view: SegmentView) {
  const reader = await SegmentReader.open(files, partition.folder, view.id)
  try {
    for (let record = await reader.peek(view.end); record; record = await reader.peek(view.end)) {
      if (record.first !== undefined) return record.first
      reader.pass()
    }
    return null
  } finally {
    await reader.close()
  }
}

function placeOf(text: string): { segment?: string; ordinal?: number; timeMs?: number } {
  const [segment, ordinal] = text.split('-')
  if (segment && isUlid(segment) && /^\d+$/.test(ordinal ?? '')) {
    return { segment, ordinal: Number(ordinal) }
  }
  const timeMs = Date.parse(text)
  if (!Number.isNaN(timeMs)) return { timeMs }
  const wanted = 'an ISO time such as 2026-11-21T10:00:00Z or the id of an event'
  throw new WeirError(
    'WEIR_REQUEST_INVALID',
    `"${text}" is no place in the journal: write ${wanted}`,
  )
}

function damaged(partition: Partition, view: SegmentView, record: BatchRecord): WeirError {
  const place = `${partition.name}/${view.id}.ndjson at ${record.offset}`
  return new WeirError('WEIR_JOURNAL_CORRUPT', `${place} does not hold its checksum`)
}

function unknownReader(journal: Journal, id: string): WeirError {
  const known = journal.readers().map((reader) => reader.id)
  const list = known.length > 0 ? `the readers are ${known.join(', ')}` : 'there is none'
  return new WeirError('WEIR_REQUEST_INVALID', `there is no reader "${id}": ${list}`)
}
