import { WeirError } from '../errors.ts'
import type { Files } from '../files.ts'
import { eventId } from './chunk.ts'
import type { Place, Places } from './cursor.ts'
import type { BatchRecord } from './index_record.ts'
import type { Journal } from './journal.ts'
import { countLines, findSegmentFiles } from './half_segment.ts'
import { eventsPath, indexPath } from './layout.ts'
import type { Partition, SegmentView } from './partition.ts'
import { batchesOf, DamagedSegment, isSound, SegmentReader } from './segment_reader.ts'
import { isUlid } from './ulid.ts'

/** What people ask of a journal, whether a Weir runs on it or not. */

/** Readers with their lag, partitions, and segments with the time of their oldest event. */
export async function listJournal(journal: Journal, files: Files) {
  const readers = []
  const now = journal.now()
  const known = journal.readers()
  const isRunning = known.some(({ open }) => open)
  for (const { id, open, cursor } of known) {
    const lag = { bytes: 0, events: 0 }
    let arrived = now
    for (const partition of journal.partitions) {
      const { bytes, events } = partition.lag(cursor[partition.name])
      lag.bytes += bytes
      lag.events += events
      if (events > 0) arrived = Math.min(arrived, await arrivalAt(files, partition, cursor, now))
    }
    const newest = Object.values(cursor).toSorted((a, b) => (a.segment < b.segment ? 1 : -1))[0]
    readers.push({
      id,
      segment: newest?.segment ?? null,
      ordinal: newest?.ordinal ?? 0,
      lag_bytes: lag.bytes,
      lag_events: lag.events,
      lag_seconds: Math.max(0, now - arrived) / 1000,
      // Without a running Weir nobody knows the config.
      configured: isRunning ? open : null,
    })
  }
  const partitions = journal.partitions.map((partition) => ({
    name: partition.name,
    segments: partition.segments.length,
    bytes: partition.bytes,
    events: partition.segments.reduce((sum, { end }) => sum + end.events, 0),
  }))
  const segments = []
  for (const partition of journal.partitions) {
    for (const view of partition.segments.slice()) {
      const { id, end } = view
      const oldest = await oldestEvent(files, partition, view)
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

/**
 * Every event up to the durable mark, oldest segment first, without a cursor of its own.
 *
 * @throws WeirError WEIR_JOURNAL_CORRUPT, after all that can be read, when something could not be.
 */
export async function* catJournal(journal: Journal, files: Files, options: CatOptions) {
  const { from, stream, matches } = options
  const begin = from === undefined ? undefined : placeOf(from)
  const damage: string[] = []
  for (const { partition, view } of segmentsOf(journal)) {
    if (begin?.segment !== undefined && view.id < begin.segment) continue
    for await (const item of recordsOf(files, partition, view)) {
      if (item.kind === 'damage') {
        damage.push(`${item.file}: ${item.message}`)
        continue
      }
      const { record } = item
      if (stream !== undefined && record.stream !== stream) continue
      if (matches && !matches(record.tag)) continue
      if (begin?.timeMs !== undefined && record.arrived < begin.timeMs) continue
      const bytes = await item.read()
      if (!bytes) {
        damage.push(`${eventsPath(partition.folder, view.id)} at ${record.offset}`)
        continue
      }
      const first = begin?.segment === view.id ? (begin.ordinal ?? 0) : 0
      for (const { ordinal, line } of linesOf(record, bytes)) {
        if (ordinal < first) continue
        yield { id: eventId(view.id, ordinal), stream: record.stream, tag: record.tag, line }
      }
    }
  }
  if (damage.length === 0) return
  const text = `left out what is damaged (${damage[0]}${damage.length > 1 ? ', …' : ''}): see "weir journal verify"`
  throw new WeirError('WEIR_JOURNAL_CORRUPT', text)
}

function* linesOf({ ordinal, count }: BatchRecord, bytes: Buffer) {
  let start = 0
  for (let i = 0; i < count; i++) {
    const end = bytes.indexOf(10, start)
    yield { ordinal: ordinal + i, line: bytes.toString('utf8', start, end) }
    start = end + 1
  }
}

/** Everything that no longer fits its checksum, lacks one of its files, or is about to be cut off. */
export async function* verifyJournal(journal: Journal, files: Files) {
  for (const { name, folder, segments } of journal.partitions) {
    for (const { path, missing, events } of (await findSegmentFiles(files, folder)).half) {
      const message = `${missing} is missing: ${events} events reach nobody; bring it back from a backup, or take the events in again ("weir import") and delete this file`
      yield { file: path, offset: 0, message }
    }
    const torn = journal.uncut.get(name)
    const view = segments.find(({ id }) => id === torn?.segment)
    if (!torn || !view) continue
    const file = eventsPath(folder, view.id)
    const events = await countLines(files, file, view.end.bytes)
    const message = `${torn.bytes} bytes behind the last whole batch, this file (${events} events) and its index together, are cut off at the next start: ${whyTorn(journal, name, view)}`
    yield { file, offset: view.end.bytes, message }
  }
  for (const { partition, view } of segmentsOf(journal)) {
    for await (const item of recordsOf(files, partition, view)) {
      if (item.kind === 'damage') {
        const { file, offset, message, events } = item
        const text =
          events === 0
            ? 'no event is lost by that'
            : `${events} events of the segment are not in it, and reach nobody: bring it back from a backup, or take them in again from the segment's lines ("weir import")`
        yield { file, offset, message: `${message}: ${text}` }
        continue
      }
      const { record } = item
      if (await item.read()) continue
      const message = `${record.count} events of ${record.tag} do not hold their checksum`
      yield { file: eventsPath(partition.folder, view.id), offset: record.offset, message }
    }
  }
}

/** What lies behind the end of a segment was acknowledged if a reader has passed it. */
function whyTorn(journal: Journal, partition: string, { id, end }: SegmentView): string {
  const beyond = journal.readers().find(({ cursor }) => {
    const place = cursor[partition]
    return place?.segment === id && place.ordinal > end.events
  })
  if (!beyond) return 'a write that a crash interrupted leaves them, or a file that lost its end'
  return `a file has lost its end, since ${beyond.id} has read further. Bring it back from a backup before`
}

/**
 * Moves a reader, open or not. What is sent again counts as known to the target.
 *
 * @param to `start`, `end`, an ISO time or an event's id.
 */
export async function seekReader(
  journal: Journal,
  files: Files,
  id: string,
  to: string,
): Promise<void> {
  const places: Record<string, Place> = {}
  if (to !== 'start' && to !== 'end') refuseForeign(journal, to)
  for (const partition of journal.partitions) {
    const place = await placeIn(files, partition, to)
    if (place) places[partition.name] = place
  }
  const open = journal.openReader(id)
  if (open) return await open.seek(places)
  if (journal.openFeed(id)) {
    const text = `${id} keeps its cursor with what it made of the journal: it cannot be moved`
    throw new WeirError('WEIR_REQUEST_INVALID', text)
  }
  if (!(await journal.moveAbsent(id, places))) throw unknownReader(journal, id)
}

/** Drops the cursor of a reader. One that runs is refused: it would be made anew at once. */
export async function forgetReader(journal: Journal, id: string): Promise<void> {
  if (journal.openReader(id) ?? journal.openFeed(id)) {
    const text = `the reader ${id} is at work: take its output out of the config first`
    throw new WeirError('WEIR_REQUEST_INVALID', text)
  }
  if (!(await journal.forget(id))) throw unknownReader(journal, id)
}

/** @throws WeirError when `to` is the id of an event that this journal does not have. */
function refuseForeign(journal: Journal, to: string): void {
  const { segment, ordinal = 0 } = placeOf(to, 'start, end, ')
  if (segment === undefined) return
  const views = journal.partitions.flatMap(({ segments }) => segments)
  const view = views.find(({ id }) => id === segment)
  if (view && ordinal <= view.end.events) return
  const text = view
    ? `segment ${segment} has ${view.end.events} events`
    : `it has no segment ${segment} (any more): "weir journal ls" lists those it has`
  throw new WeirError('WEIR_REQUEST_INVALID', `${to} is not in this journal: ${text}`)
}

async function placeIn(files: Files, partition: Partition, to: string): Promise<Place | undefined> {
  const last = partition.segments.at(-1)
  if (!last || to === 'start') return undefined
  if (to === 'end') return { segment: last.id, ordinal: last.end.events }
  const { segment, ordinal, timeMs } = placeOf(to, 'start, end, ')
  if (segment !== undefined) return { segment, ordinal: ordinal ?? 0 }
  for (const view of partition.segments.slice()) {
    for await (const item of recordsOf(files, partition, view)) {
      if (item.kind === 'damage' || item.record.arrived < timeMs!) continue
      return { segment: view.id, ordinal: item.record.ordinal }
    }
  }
  return { segment: last.id, ordinal: last.end.events }
}

function* segmentsOf(journal: Journal) {
  for (const partition of journal.partitions) {
    // Segments come and go meanwhile.
    for (const view of partition.segments.slice()) yield { partition, view }
  }
}

type SegmentItem =
  /** `events` cannot be read. */
  | { kind: 'damage'; file: string; offset: number; message: string; events: number }
  /** `read` gives the bytes of the batch, undefined when they do not hold their checksum. */
  | { kind: 'batch'; record: BatchRecord; read: () => Promise<Buffer | undefined> }

/** The batches with events of a segment, and what of it cannot be read. */
async function* recordsOf(
  files: Files,
  partition: Partition,
  view: SegmentView,
): AsyncGenerator<SegmentItem> {
  const file = indexPath(partition.folder, view.id)
  let reader: SegmentReader | undefined
  try {
    reader = await SegmentReader.open(files, partition.folder, view.id)
    for await (const item of batchesOf(reader, view.end)) {
      if (item instanceof DamagedSegment) {
        const { message, part } = item
        const events = part!.behind.events - part!.from.events
        yield { kind: 'damage', file, offset: part!.from.index_bytes, message, events }
      } else if (item.count > 0) {
        yield { kind: 'batch', record: item, read: () => soundBytes(reader!, item) }
      }
    }
  } catch (failure) {
    if (!(failure instanceof DamagedSegment)) throw failure
    // Deleted since, because every reader has passed it: no damage.
    if (!partition.segments.includes(view)) return
    const { message } = failure
    yield { kind: 'damage', file, offset: 0, message, events: view.end.events }
  } finally {
    await reader?.close()
  }
}

async function soundBytes(reader: SegmentReader, record: BatchRecord): Promise<Buffer | undefined> {
  const bytes = Buffer.alloc(record.bytes)
  await reader.read(bytes, record.offset)
  return isSound(bytes, record) ? bytes : undefined
}

async function oldestEvent(files: Files, partition: Partition, view: SegmentView) {
  for await (const item of recordsOf(files, partition, view)) {
    if (item.kind === 'batch') return item.record.first ?? null
  }
  return null
}

/** When the first event that `cursor` has not passed was written, ms since the epoch. */
async function arrivalAt(files: Files, partition: Partition, cursor: Places, now: number) {
  const place = cursor[partition.name]
  for (const view of partition.segments.slice()) {
    if (place && view.id < place.segment) continue
    const passed = place?.segment === view.id ? place.ordinal : 0
    if (passed >= view.end.events) continue
    for await (const item of recordsOf(files, partition, view)) {
      if (item.kind === 'damage') break
      const { arrived, ordinal, count } = item.record
      if (ordinal + count > passed) return arrived
    }
  }
  return now
}

/** @param further what else may be written there, for the error. */
function placeOf(
  text: string,
  further = '',
): { segment?: string; ordinal?: number; timeMs?: number } {
  const [segment, ordinal] = text.split('-')
  if (segment && isUlid(segment) && /^\d+$/.test(ordinal ?? '')) {
    return { segment, ordinal: Number(ordinal) }
  }
  const timeMs = Date.parse(text)
  if (!Number.isNaN(timeMs)) return { timeMs }
  const wanted = 'an ISO time such as 2026-11-21T10:00:00Z or the id of an event'
  throw new WeirError(
    'WEIR_REQUEST_INVALID',
    `"${text}" is no place in the journal: write ${further}${wanted}`,
  )
}

function unknownReader(journal: Journal, id: string): WeirError {
  const known = journal.readers().map((reader) => reader.id)
  const list = known.length > 0 ? `the readers are ${known.join(', ')}` : 'there is none'
  return new WeirError('WEIR_REQUEST_INVALID', `there is no reader "${id}": ${list}`)
}
