import type { Clock } from '../clock.ts'
import type { Files } from '../files.ts'
import type { Chunk, ChunkPart } from './chunk.ts'
import { isBefore, type Place } from './cursor.ts'
import type { BatchRecord } from './index_record.ts'
import type { Partition, SegmentView } from './partition.ts'
import { DamagedSegment, isSound, SegmentReader } from './segment_reader.ts'

export interface ReadLimits {
  /** A chunk ends before it exceeds this, unless one batch alone does. */
  readonly bytes: number
  /** How long the first event of a chunk waits for more, in ms. */
  readonly ageMs: number
}

export interface TrackWorld {
  readonly files: Files
  readonly clock: Clock
  readonly wants: (tag: string, stream: string) => boolean
  /** Behind the last event that may have been sent: events before and behind do not share a chunk. */
  readonly sent: () => Place | undefined
  /** Resolves on the next change of the journal, and when the reader wants the track to hurry. */
  readonly changed: () => Promise<void>
  /** True when what has been gathered is not to wait for more. */
  readonly hurry: () => boolean
  readonly buffer: (length: number) => Buffer
  /** Events that cannot be read. */
  readonly lost: (events: number, place: Place, why: string) => void
}

/** What was read of one segment. */
export interface Found {
  readonly chunk: Chunk
  /** The buffer behind `chunk.bytes`, to be used again. */
  readonly buffer: Buffer
  readonly begin: Place
  readonly end: Place
  /** When the oldest of the events was written, ms since the epoch. */
  readonly arrived: number
}

/** A batch that goes into a chunk, and where in it. */
interface Pick {
  readonly record: BatchRecord
  readonly start: number
}

interface Gathered {
  readonly picks: Pick[]
  /** Ordinal behind the last batch that was looked at, wanted or not. */
  end: number
}

/**
 * What this process wrote so short a time ago is not checked again: it comes from the page cache that the
 * writer filled, and the check would cost a tenth of what a reader costs (`bench tail`).
 */
const youngMs = 60_000

/** Unwanted bytes that are read along rather than jumped over. */
const gapMax = 16 * 1024

/** The way of one reader through one partition. */
export class Track {
  readonly partition: Partition
  readonly #world: TrackWorld
  #next: Place
  #segment: SegmentReader | undefined

  constructor(partition: Partition, next: Place | undefined, world: TrackWorld) {
    this.partition = partition
    this.#next = next ?? { segment: '', ordinal: 0 }
    this.#world = world
  }

  /** The next event to read. */
  get next(): Place {
    return this.#next
  }

  /** Goes on at `place`, if that is further. */
  advance(place: Place): void {
    if (isBefore(this.#next, place)) this.#next = place
  }

  async close(): Promise<void> {
    const segment = this.#segment
    this.#segment = undefined
    await segment?.close()
  }

  /** The next wanted events; undefined when there are none now. Does not wait for the first. */
  async read(limits: ReadLimits): Promise<Found | undefined> {
    for (;;) {
      const view = this.partition.at(this.#next)
      if (!view) return undefined
      this.advance({ segment: view.id, ordinal: 0 })
      // Taken before the segment is looked at: what ends meanwhile may have grown meanwhile, too.
      const following = this.partition.after(view.id)
      try {
        const segment = await this.#enter(view)
        const gathered = await this.#gather(segment, view, limits)
        const found = gathered.picks.length > 0 && (await this.#load(segment, view, gathered))
        if (found) return found
      } catch (failure) {
        if (!(failure instanceof DamagedSegment)) {
          // What was gathered is not read yet: look it up again.
          await this.close()
          throw failure
        }
        if (this.#lose(view, failure)) continue
      }
      if (following) this.advance({ segment: following.id, ordinal: 0 })
      else if (!this.partition.after(view.id)) return undefined
    }
  }

  async #enter(view: SegmentView): Promise<SegmentReader> {
    if (this.#segment?.id === view.id) return this.#segment
    await this.close()
    this.#segment = await SegmentReader.open(this.#world.files, this.partition.folder, view.id)
    return this.#segment
  }

  /** The next wanted batches of the segment, up to the limits. Unwanted ones before them are passed. */
  async #gather(segment: SegmentReader, view: SegmentView, limits: ReadLimits): Promise<Gathered> {
    const gathered: Gathered = { picks: [], end: 0 }
    const { picks } = gathered
    const timer = new AbortController()
    let expired: Promise<void> | undefined
    let isExpired = limits.ageMs <= 0
    try {
      for (;;) {
        const changed = this.#world.changed()
        // Moved on from outside: what is left here is skipped.
        if (this.#next.segment !== view.id) return gathered
        const record = await this.#peek(segment, view, picks)
        if (!record) {
          const isLast = !this.partition.after(view.id)
          if (picks.length === 0 || !isLast || isExpired || this.#world.hurry()) return gathered
          expired ??= this.#world.clock.sleep(limits.ageMs, timer.signal).then(() => {
            isExpired = true
          })
          await Promise.race([changed, expired])
          continue
        }
        const end = record.ordinal + record.count
        const isNew = record.count > 0 && end > this.#next.ordinal
        if (isNew && this.#world.wants(record.tag, record.stream)) {
          if (picks.length > 0 && !this.#joins(picks, record, view, limits)) return gathered
          picks.push({ record, start: startOf(picks, record) })
        } else if (picks.length === 0) {
          this.advance({ segment: view.id, ordinal: end })
        }
        segment.pass()
        gathered.end = end
      }
    } finally {
      // With a reason: without one, an error with its stack is made each time.
      timer.abort('gathered')
    }
  }

  async #peek(segment: SegmentReader, view: SegmentView, picks: readonly Pick[]) {
    try {
      return await segment.peek(view.end)
    } catch (failure) {
      // What was gathered before the damage goes out first.
      if (picks.length === 0) throw failure
      return undefined
    }
  }

  #joins(
    picks: readonly Pick[],
    record: BatchRecord,
    view: SegmentView,
    limits: ReadLimits,
  ): boolean {
    const sent = this.#world.sent()
    if (sent?.segment === view.id) {
      const firstMayBeKnown = picks[0]!.record.ordinal < sent.ordinal
      if (firstMayBeKnown !== record.ordinal < sent.ordinal) return false
    }
    return startOf(picks, record) + record.bytes <= limits.bytes
  }

  /**
   * Reads the bytes of `picks` and makes a chunk of those that hold. Undefined when the track was moved on
   * meanwhile: then they are counted as skipped.
   */
  async #load(
    segment: SegmentReader,
    view: SegmentView,
    gathered: Gathered,
  ): Promise<Found | undefined> {
    const { picks } = gathered
    const first = picks[0]!.record
    const last = picks.at(-1)!
    const length = last.start + last.record.bytes
    const buffer = this.#world.buffer(length)
    const bytes = buffer.subarray(0, length)
    let short = false
    for (const { start, end, offset } of runsOf(picks)) {
      const got = await segment.read(bytes.subarray(start, end), offset)
      // A file shorter than its index says must not leave in the buffer what was there before.
      if (start + got < end) short = true
      bytes.fill(0, start + got, end)
    }
    if (this.#next.segment !== segment.id) return undefined
    const next = this.#next.ordinal
    const parts: ChunkPart[] = []
    let count = 0
    for (const { record, start } of picks) {
      const isYoung = view.own && !short && this.#world.clock.now() - record.arrived < youngMs
      if (!isYoung && !isSound(bytes.subarray(start, start + record.bytes), record)) {
        const place = { segment: segment.id, ordinal: record.ordinal }
        this.#world.lost(record.count, place, 'a batch does not hold its checksum')
        continue
      }
      const part = partOf(record, start, bytes, next)
      parts.push(part)
      count += part.count
    }
    const begin = { segment: segment.id, ordinal: Math.max(next, first.ordinal) }
    const end = { segment: segment.id, ordinal: gathered.end }
    this.advance(end)
    const chunk = { segment: segment.id, parts, bytes, count }
    return { chunk, buffer, begin, end, arrived: first.arrived }
  }

  /** @returns whether there is more behind it. */
  #lose(view: SegmentView, failure: DamagedSegment): boolean {
    // Moved on from outside while it was opened: what it lacks was deleted, and counted, when it was skipped.
    if (this.#next.segment !== view.id) return true
    const behind = failure.part?.behind ?? view.end
    const place = { segment: view.id, ordinal: this.#next.ordinal }
    const events = behind.events - place.ordinal
    if (events > 0) this.#world.lost(events, place, failure.message)
    this.#segment?.skipTo(behind)
    this.advance({ segment: view.id, ordinal: behind.events })
    return behind.index_bytes < view.end.index_bytes
  }
}

/** Where in the chunk the bytes of `record` go, behind those of `picks`. */
function startOf(picks: readonly Pick[], record: BatchRecord): number {
  const last = picks.at(-1)
  if (!last) return 0
  const gap = record.offset - (last.record.offset + last.record.bytes)
  return last.start + last.record.bytes + (gap <= gapMax ? gap : 0)
}

/** What is read at once: `start` and `end` in the chunk, `offset` in the file. */
function runsOf(picks: readonly Pick[]): { start: number; end: number; offset: number }[] {
  const runs: { start: number; end: number; offset: number }[] = []
  for (const { record, start } of picks) {
    const run = runs.at(-1)
    const end = start + record.bytes
    if (run && record.offset - run.offset === start - run.start) run.end = end
    else runs.push({ start, end, offset: record.offset })
  }
  return runs
}

/** A part of the chunk, from ordinal `next` on where the batch begins before it. */
function partOf(record: BatchRecord, start: number, bytes: Buffer, next: number): ChunkPart {
  const { stream, tag } = record
  const skip = Math.max(0, next - record.ordinal)
  let from = start
  for (let i = 0; i < skip; i++) from = bytes.indexOf(10, from) + 1
  const ordinal = record.ordinal + skip
  return {
    stream,
    tag,
    ordinal,
    count: record.count - skip,
    start: from,
    end: start + record.bytes,
  }
}
