import type { Clock } from '../clock.ts'
import type { Files } from '../files.ts'
import type { Logger } from '../log.ts'
import type { Reason } from '../reasons.ts'
import type { Chunk, ChunkPart } from './chunk.ts'
import { type Cursor, isBefore, loadCursor, type Place, saveCursor } from './cursor.ts'
import type { BatchRecord } from './index_record.ts'
import type { Partition, SegmentView } from './partition.ts'
import { CorruptIndex, isSound, SegmentReader } from './segment_reader.ts'

export interface ReaderOptions {
  readonly id: string
  /** Whether the reader wants the events of a tag. Others are passed over without being read. */
  readonly wants: (tag: string) => boolean
  /** Journal bytes it may lag before it skips the oldest; undefined for no limit. */
  readonly maxLag: number | undefined
}

export interface ReaderWorld {
  readonly files: Files
  readonly clock: Clock
  readonly log: Logger
  readonly dataFolder: string
  readonly partitions: () => readonly Partition[]
  /** Counts events that this reader will not get. */
  readonly count: (reason: Reason, events: number) => void
  /** The reader passed something: old segments may be deleted. */
  readonly onPassed: () => void
}

/** Something read: `done` once its events are delivered or in the dead letters. */
export interface Read {
  readonly chunk: Chunk
  /** True when the target may know some of these events already; see Delivery. */
  readonly mayBeKnown: boolean
  /** Resolves when the reader's file says that these events are about to be sent. Await before sending. */
  readonly reserved: Promise<void>
  /** The events need not be read again. The chunk's bytes may not be used any more. */
  done(): void
}

export interface ReadLimits {
  /** A chunk ends before it exceeds this, unless one batch alone does. */
  readonly bytes: number
  /** How long the first event of a chunk waits for more, in ms. */
  readonly ageMs: number
}

interface Track {
  readonly partition: Partition
  /** The next event to read. */
  next: Place
  segment: SegmentReader | undefined
  /** Reads under way, oldest first; the cursor is before the first that is not done. */
  readonly reads: { readonly end: Place; done: boolean }[]
  /** When the oldest event that is not done was written, ms since the epoch. */
  arrived: number | undefined
}

/**
 * Reads the journal from a cursor of its own, partition by partition in turn. Several reads may be under
 * way; the cursor passes them in order. What `wants` leaves out is passed over.
 */
export class Reader {
  readonly id: string
  readonly #options: ReaderOptions
  readonly #world: ReaderWorld
  readonly #tracks = new Map<string, Track>()
  #cursor: Record<string, Place> = {}
  #sent: Record<string, Place> = {}
  #turn = 0
  #changed = Promise.withResolvers<void>()
  #saving: Promise<void> | undefined
  #dirty: PromiseWithResolvers<void> | undefined
  readonly #spare: Buffer[] = []

  private constructor(options: ReaderOptions, world: ReaderWorld, cursor: Cursor | undefined) {
    this.id = options.id
    this.#options = options
    this.#world = world
    this.#cursor = { ...cursor?.cursor }
    this.#sent = { ...cursor?.sent }
  }

  static async open(options: ReaderOptions, world: ReaderWorld): Promise<Reader> {
    const cursor = await loadCursor(world.files, world.dataFolder, options.id)
    return new Reader(options, world, cursor)
  }

  /** Called when something became durable. */
  wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  /** The first event not yet passed, by partition; absent before the oldest. */
  get cursor(): Readonly<Record<string, Place>> {
    return this.#cursor
  }

  /** Bytes and events not yet passed, wanted or not, and the age of the oldest of them in seconds. */
  lag(): { bytes: number; events: number; seconds: number } {
    const lag = { bytes: 0, events: 0, seconds: 0 }
    for (const partition of this.#world.partitions()) {
      const { bytes, events } = partition.lag(this.#cursor[partition.name])
      lag.bytes += bytes
      lag.events += events
      const arrived = this.#tracks.get(partition.name)?.arrived
      if (events === 0 || arrived === undefined) continue
      lag.seconds = Math.max(lag.seconds, (this.#world.clock.now() - arrived) / 1000)
    }
    return lag
  }

  /** Waits for events and reads them. Resolves to undefined once `signal` fires. */
  async read(limits: ReadLimits, signal: AbortSignal): Promise<Read | undefined> {
    while (!signal.aborted) {
      const changed = this.#changed.promise
      const partitions = this.#world.partitions()
      for (let i = 0; i < partitions.length; i++) {
        const partition = partitions[(this.#turn + i) % partitions.length]!
        const read = await this.#readFrom(this.#track(partition), limits, signal)
        if (!read) continue
        this.#turn = (this.#turn + i + 1) % partitions.length
        return read
      }
      await orAborted(changed, signal)
    }
    return undefined
  }

  /** Moves the cursor; reads under way go on but count for nothing. */
  async seek(places: Readonly<Record<string, Place>>): Promise<void> {
    for (const track of this.#tracks.values()) await track.segment?.close()
    this.#tracks.clear()
    this.#cursor = { ...places }
    await this.#save()
    this.wake()
  }

  /** Saves the cursor and closes the files. */
  async close(): Promise<void> {
    await this.#save().catch(() => undefined)
    for (const track of this.#tracks.values()) await track.segment?.close()
    this.#tracks.clear()
  }

  #track(partition: Partition): Track {
    const known = this.#tracks.get(partition.name)
    if (known) return known
    const next = this.#cursor[partition.name] ?? { segment: '', ordinal: 0 }
    const track = { partition, next, segment: undefined, reads: [], arrived: undefined }
    this.#tracks.set(partition.name, track)
    return track
  }

  async #readFrom(
    track: Track,
    limits: ReadLimits,
    signal: AbortSignal,
  ): Promise<Read | undefined> {
    this.#skipLag(track)
    for (;;) {
      const view = await this.#enterSegment(track)
      if (!view) return undefined
      try {
        const gathered = await this.#gather(track, view, limits, signal)
        if (gathered.length > 0) return await this.#load(track, gathered)
      } catch (failure) {
        if (!(failure instanceof CorruptIndex)) throw failure
        this.#loseRest(track, view, failure)
      }
      // At the end of a segment that is still the last: wait. Otherwise go on in the next one.
      const following = track.partition.after(view.id)
      if (!following) {
        this.#settle(track)
        return undefined
      }
      track.next = { segment: following.id, ordinal: 0 }
      this.#settle(track)
    }
  }

  /** Opens the segment of `track.next`, or the one after it when it was deleted unread. */
  async #enterSegment(track: Track): Promise<SegmentView | undefined> {
    const view = track.partition.at(track.next)
    if (!view) return undefined
    if (view.id !== track.next.segment) track.next = { segment: view.id, ordinal: 0 }
    if (track.segment?.id === view.id) return view
    await track.segment?.close()
    const { files } = this.#world
    track.segment = await SegmentReader.open(files, track.partition.folder, view.id)
    return view
  }

  /** The next wanted batches of the segment, up to the limits. Unwanted ones are passed. */
  async #gather(
    track: Track,
    view: SegmentView,
    limits: ReadLimits,
    signal: AbortSignal,
  ): Promise<BatchRecord[]> {
    const gathered: BatchRecord[] = []
    const segment = track.segment!
    const { clock } = this.#world
    const boundary = this.#sent[track.partition.name]
    let deadline: number | undefined
    for (;;) {
      const changed = this.#changed.promise
      const record = await segment.peek(view.end)
      if (!record) {
        const last = !track.partition.after(view.id)
        const waitMs = deadline === undefined ? 0 : deadline - clock.monotonic()
        if (!last || waitMs <= 0 || signal.aborted) return gathered
        await Promise.race([orAborted(changed, signal), clock.sleep(waitMs, signal)])
        continue
      }
      const end = record.ordinal + record.count
      if (end > track.next.ordinal && this.#options.wants(record.tag)) {
        const first = gathered[0]
        const bytes = first ? record.offset + record.bytes - first.offset : 0
        if (bytes > limits.bytes) return gathered
        // Events that may have been sent before do not share a chunk with those that cannot have been.
        if (boundary?.segment === view.id && first && record.ordinal === boundary.ordinal)
          return gathered
        if (!first) track.arrived = Math.min(track.arrived ?? Infinity, record.arrived)
        gathered.push(record)
        deadline ??= clock.monotonic() + limits.ageMs
      } else if (gathered.length === 0) {
        track.next = { segment: view.id, ordinal: Math.max(end, track.next.ordinal) }
      }
      segment.pass()
    }
  }

  /** Reads the bytes of `gathered`, adjoining or not, at once, and makes a chunk of those that hold. */
  async #load(track: Track, gathered: readonly BatchRecord[]): Promise<Read | undefined> {
    const first = gathered[0]!
    const last = gathered.at(-1)!
    const length = last.offset + last.bytes - first.offset
    const buffer = this.#takeBuffer(length)
    const bytes = buffer.subarray(0, length)
    const got = await track.segment!.read(bytes, first.offset)
    const segment = track.segment!.id
    const parts: ChunkPart[] = []
    let count = 0
    for (const record of gathered) {
      const start = record.offset - first.offset
      const end = start + record.bytes
      if (end > got || !isSound(bytes.subarray(start, end), record)) {
        this.#world.count('corrupt', record.count)
        const place = { segment, ordinal: record.ordinal }
        this.#world.log.error(place, 'a batch in the journal does not hold its checksum; skipped')
        continue
      }
      const part = partOf(record, start, end, bytes, track.next)
      parts.push(part)
      count += part.count
    }
    const end = { segment, ordinal: last.ordinal + last.count }
    const begin = track.next
    track.next = end
    const read = { end, done: false }
    track.reads.push(read)
    const chunk = { segment, parts, bytes, count }
    const sent = this.#sent[track.partition.name]
    return {
      chunk,
      mayBeKnown: sent !== undefined && isBefore(begin, sent),
      reserved: this.#reserve(track.partition.name, end),
      done: () => {
        read.done = true
        if (this.#spare.length < 4) this.#spare.push(buffer)
        if (this.#tracks.get(track.partition.name) === track) this.#settle(track)
      },
    }
  }

  #takeBuffer(length: number): Buffer {
    const fit = this.#spare.findIndex((buffer) => buffer.length >= length)
    if (fit >= 0) return this.#spare.splice(fit, 1)[0]!
    this.#spare.pop()
    return Buffer.allocUnsafeSlow(Math.max(length, 64 * 1024))
  }

  /** Moves the cursor behind what is done, and behind what was passed over when nothing is under way. */
  #settle(track: Track): void {
    const { reads, partition } = track
    let passed: Place | undefined
    while (reads[0]?.done) passed = reads.shift()!.end
    if (reads.length === 0) {
      passed = track.next
      track.arrived = undefined
    }
    const known = this.#cursor[partition.name]
    if (!passed || passed.segment === '' || (known && !isBefore(known, passed))) return
    this.#cursor[partition.name] = passed
    void this.#save().catch(() => undefined)
    this.#world.onPassed()
  }

  async #reserve(partition: string, end: Place): Promise<void> {
    const sent = this.#sent[partition]
    if (sent && !isBefore(sent, end)) return
    this.#sent[partition] = end
    await this.#save()
  }

  /** One write at a time; what comes meanwhile shares the next one. */
  #save(): Promise<void> {
    this.#dirty ??= Promise.withResolvers<void>()
    const { promise } = this.#dirty
    this.#saving ??= this.#saveAll().finally(() => {
      this.#saving = undefined
    })
    return promise
  }

  async #saveAll(): Promise<void> {
    const { files, dataFolder } = this.#world
    while (this.#dirty) {
      const waiting = this.#dirty
      this.#dirty = undefined
      // The promise may be nobody's when only the cursor moved.
      waiting.promise.catch(() => undefined)
      try {
        await saveCursor(files, dataFolder, this.id, { cursor: this.#cursor, sent: this.#sent })
        waiting.resolve()
      } catch (failure) {
        waiting.reject(failure as Error)
      }
    }
  }

  #skipLag(track: Track): void {
    const { maxLag } = this.#options
    if (maxLag === undefined) return
    const { partition } = track
    let skipped = 0
    for (;;) {
      const { bytes } = partition.lag(track.next)
      const view = partition.at(track.next)
      const following = view && partition.after(view.id)
      if (bytes <= maxLag || !view || !following) break
      const from = view.id === track.next.segment ? track.next.ordinal : 0
      skipped += view.end.events - from
      track.next = { segment: following.id, ordinal: 0 }
    }
    if (skipped === 0) return
    this.#world.count('max_lag', skipped)
    this.#world.log.warn(
      { reader: this.id, events: skipped },
      'skipped: the reader exceeds max_lag',
    )
    this.#settle(track)
  }

  #loseRest(track: Track, view: SegmentView, failure: CorruptIndex): void {
    this.#world.count('corrupt', view.end.events - track.next.ordinal)
    this.#world.log.error({ segment: view.id }, failure.message)
    track.next = { segment: view.id, ordinal: view.end.events }
  }
}

/** A part of the chunk, from `next` on where the batch begins before it. */
function partOf(
  record: BatchRecord,
  start: number,
  end: number,
  bytes: Buffer,
  next: Place,
): ChunkPart {
  const { stream, tag } = record
  const skip = Math.max(0, next.ordinal - record.ordinal)
  let from = start
  for (let i = 0; i < skip; i++) from = bytes.indexOf(10, from) + 1
  return {
    stream,
    tag,
    ordinal: record.ordinal + skip,
    count: record.count - skip,
    start: from,
    end,
  }
}

function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
    void promise.then(done)
  })
}
