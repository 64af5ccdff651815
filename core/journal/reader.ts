import type { Clock } from '../clock.ts'
import type { Files } from '../files.ts'
import type { Logger } from '../log.ts'
import type { Reason } from '../reasons.ts'
import type { Chunk } from './chunk.ts'
import { isBefore, loadCursor, type Place, type Places } from './cursor.ts'
import { CursorFile } from './cursor_file.ts'
import type { Partition, SegmentView } from './partition.ts'
import { type Found, type ReadLimits, Track } from './track.ts'

export type { ReadLimits } from './track.ts'

export interface ReaderOptions {
  readonly id: string
  /** Whether the reader wants the events of a tag and stream. Others are passed over without being read. */
  readonly wants: (tag: string, stream: string) => boolean
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
  /**
   * Resolves when the reader's file says that these events are about to be sent: await it before sending.
   * Rejects when the disk fails; call it again then.
   */
  reserve(): Promise<void>
  /** The events need not be read again. The chunk's bytes may not be used any more. */
  done(): void
}

/** A read that was handed out. */
interface UnderWay {
  readonly end: Place
  readonly events: number
  readonly arrived: number
  done: boolean
}

/** A partition as this reader goes through it, and its reads under way, oldest first. */
interface Lane {
  readonly track: Track
  reads: UnderWay[]
  /** Reads under way of segments that were skipped since: lost unless they are done. */
  skipped: { readonly reason: SkipReason; readonly read: UnderWay }[]
  /** Why segments were last skipped. */
  reason: SkipReason | undefined
}

type SkipReason = 'dropped_oldest' | 'max_lag'

const spareBuffers = 4
const spareBytes = 16 * 2 ** 20
/** Chunks like the one at hand whose events are reserved with it. */
const chunksAhead = 8

/**
 * Reads the journal from a cursor of its own, partition by partition in turn. Several reads may be under
 * way; the cursor passes them in order. What `wants` leaves out is passed over.
 */
export class Reader {
  readonly id: string
  readonly #options: ReaderOptions
  readonly #world: ReaderWorld
  readonly #file: CursorFile
  readonly #lanes = new Map<string, Lane>()
  #turn = 0
  #changed = Promise.withResolvers<void>()
  /** The look for events that is under way. */
  #looking: Promise<unknown> | undefined
  /** How many want no look to begin, and the one under way to hurry. */
  #held = 0
  #closed = false
  #signal: AbortSignal | undefined
  readonly #spare: Buffer[] = []

  private constructor(options: ReaderOptions, world: ReaderWorld, file: CursorFile) {
    this.id = options.id
    this.#options = options
    this.#world = world
    this.#file = file
  }

  static async open(options: ReaderOptions, world: ReaderWorld): Promise<Reader> {
    const { files, dataFolder, log } = world
    let cursor = await loadCursor(files, dataFolder, options.id)
    if (cursor === 'damaged') {
      log.error({ reader: options.id }, 'the cursor of a reader is damaged: begins at the start')
      // Whatever there is may have been sent.
      const ends = world.partitions().map(({ name, end }) => [name, end] as const)
      cursor = { cursor: {}, sent: Object.fromEntries(ends) }
    }
    const file = new CursorFile(options.id, cursor ?? { cursor: {}, sent: {} }, world)
    // So that a new reader holds its segments from now on, whatever happens.
    if (!cursor) await file.save().catch(() => undefined)
    return new Reader(options, world, file)
  }

  /** Called when something became durable. */
  wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  /** The first event not yet passed, by partition; absent before the oldest. */
  get cursor(): Places {
    return this.#file.cursor
  }

  /** Bytes and events not yet passed, wanted or not, and how long the oldest under way is in the journal. */
  lag(): { bytes: number; events: number; seconds: number } {
    const lag = { bytes: 0, events: 0, seconds: 0 }
    for (const partition of this.#world.partitions()) {
      const { bytes, events } = partition.lag(this.cursor[partition.name])
      lag.bytes += bytes
      lag.events += events
      const oldest = this.#lanes.get(partition.name)?.reads[0]
      if (!oldest) continue
      lag.seconds = Math.max(lag.seconds, (this.#world.clock.now() - oldest.arrived) / 1000)
    }
    return lag
  }

  /** Waits for events and reads them. Resolves to undefined once `signal` fires. One at a time. */
  async read(limits: ReadLimits, signal: AbortSignal): Promise<Read | undefined> {
    const onAbort = () => this.wake()
    signal.addEventListener('abort', onAbort)
    this.#signal = signal
    try {
      while (!signal.aborted && !this.#closed) {
        const changed = this.#changed.promise
        const look = this.#held === 0 ? this.#look(limits) : undefined
        this.#looking = look
        const read = await look
        if (read) return read
        if (!signal.aborted && !this.#closed) await changed
      }
      return undefined
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Moves the cursor; reads under way go on but count for nothing. */
  async seek(places: Places): Promise<void> {
    await this.#alone(async () => {
      await this.#leave()
      await this.#file.move(places)
    })
    this.#world.onPassed()
  }

  /** Saves the cursor and closes the files. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#alone(async () => {
      await this.#leave()
      await this.#file.close().catch(() => undefined)
    })
  }

  /** Skips the oldest segments while the reader lags more than it may. */
  limitLag(): void {
    const { maxLag } = this.#options
    if (maxLag === undefined) return
    let skipped = 0
    while (this.lag().bytes > maxLag) {
      const oldest = this.#oldestUnread()
      if (!oldest) break
      const { lane, view, following } = oldest
      skipped += this.#skip(lane, view, following, 'max_lag')
    }
    if (skipped === 0) return
    const { log, onPassed } = this.#world
    log.warn({ reader: this.id, events: skipped }, 'skipped: the reader exceeds max_lag')
    this.#file.saveSoon(false)
    onPassed()
  }

  /** The oldest segment of a partition is about to be deleted: what was not read of it is lost. */
  lose(partition: Partition, segment: SegmentView): void {
    const following = partition.after(segment.id)
    const at = this.cursor[partition.name]
    if (!following || (at && at.segment > segment.id)) return
    this.#skip(this.#lane(partition), segment, following, 'dropped_oldest')
  }

  /**
   * Goes on behind a segment. What of it is under way counts only once it is given up, all else now.
   *
   * @returns how many events were counted.
   */
  #skip(lane: Lane, view: SegmentView, following: SegmentView, reason: SkipReason): number {
    const { track } = lane
    const { name } = track.partition
    const { segment, ordinal } = track.next
    const read = segment === view.id ? ordinal : segment < view.id ? 0 : view.end.events
    const unread = view.end.events - read
    if (unread > 0) this.#world.count(reason, unread)
    const isLeft = ({ end }: UnderWay) => end.segment < following.id
    const left = lane.reads.filter((each) => isLeft(each) && !each.done)
    lane.skipped.push(...left.map((each) => ({ reason, read: each })))
    lane.reason = reason
    lane.reads = lane.reads.filter((each) => !isLeft(each))
    const place = { segment: following.id, ordinal: 0 }
    track.advance(place)
    this.#file.advance(name, place)
    return unread
  }

  /** The oldest segment that is finished and not passed. */
  #oldestUnread(): { lane: Lane; view: SegmentView; following: SegmentView } | undefined {
    let oldest: { lane: Lane; view: SegmentView; following: SegmentView } | undefined
    for (const partition of this.#world.partitions()) {
      const view = partition.at(this.cursor[partition.name] ?? { segment: '', ordinal: 0 })
      const following = view && partition.after(view.id)
      if (!following || (oldest && oldest.view.id < view.id)) continue
      oldest = { lane: this.#lane(partition), view, following }
    }
    return oldest
  }

  /** Runs `action` while nothing is being read. */
  async #alone(action: () => Promise<void>): Promise<void> {
    this.#held += 1
    this.wake()
    try {
      await this.#looking?.catch(() => undefined)
      await action()
    } finally {
      this.#held -= 1
      this.wake()
    }
  }

  async #leave(): Promise<void> {
    const lanes = [...this.#lanes.values()]
    this.#lanes.clear()
    for (const { reason, read } of lanes.flatMap(({ skipped }) => skipped)) {
      if (!read.done) this.#world.count(reason, read.events)
    }
    await Promise.all(lanes.map(({ track }) => track.close()))
  }

  #lane(partition: Partition): Lane {
    const known = this.#lanes.get(partition.name)
    if (known) return known
    const { files, clock, count, log } = this.#world
    const track = new Track(partition, this.cursor[partition.name], {
      files,
      clock,
      wants: this.#options.wants,
      sent: () => this.#file.sent(partition.name),
      changed: () => this.#changed.promise,
      hurry: () => this.#held > 0 || this.#signal?.aborted === true,
      buffer: (length) => this.#takeBuffer(length),
      lost: (events, place, why) => {
        count('corrupt', events)
        log.error({ reader: this.id, events, ...place }, `the journal is damaged: ${why}; skipped`)
      },
    })
    const lane: Lane = { track, reads: [], skipped: [], reason: undefined }
    this.#lanes.set(partition.name, lane)
    return lane
  }

  async #look(limits: ReadLimits): Promise<Read | undefined> {
    const partitions = this.#world.partitions()
    for (let i = 0; i < partitions.length; i++) {
      const lane = this.#lane(partitions[(this.#turn + i) % partitions.length]!)
      const found = await lane.track.read(limits)
      if (!found) {
        this.#settle(lane, false)
        continue
      }
      this.#turn = (this.#turn + i + 1) % partitions.length
      return this.#handOut(lane, found)
    }
    return undefined
  }

  #handOut(lane: Lane, { chunk, buffer, begin, end, arrived }: Found): Read {
    const { name } = lane.track.partition
    const underWay = { end, events: chunk.count, arrived, done: false }
    const at = this.cursor[name]
    // Its segment may have been skipped while it was read.
    if (lane.reason && at && isBefore(end, at)) {
      lane.skipped.push({ reason: lane.reason, read: underWay })
    } else lane.reads.push(underWay)
    const sent = this.#file.sent(name)
    return {
      chunk,
      mayBeKnown: sent !== undefined && isBefore(begin, sent),
      reserve: () => this.#file.reserve(name, end, chunk.count * chunksAhead),
      done: () => {
        if (underWay.done) return
        underWay.done = true
        lane.skipped = lane.skipped.filter(({ read }) => read !== underWay)
        const keep = this.#spare.length < spareBuffers && buffer.length <= spareBytes
        if (keep) this.#spare.push(buffer)
        if (this.#lanes.get(name) === lane) this.#settle(lane, true)
      },
    }
  }

  /** Moves the cursor behind what is done, and behind what was passed over when nothing is under way. */
  #settle(lane: Lane, delivered: boolean): void {
    const { track } = lane
    let passed: Place | undefined
    while (lane.reads[0]?.done) passed = lane.reads.shift()!.end
    if (lane.reads.length === 0) passed = track.next
    if (!passed || !this.#file.advance(track.partition.name, passed)) return
    this.#file.saveSoon(delivered)
    this.#world.onPassed()
  }

  #takeBuffer(length: number): Buffer {
    const fit = this.#spare.findIndex((buffer) => buffer.length >= length)
    if (fit >= 0) return this.#spare.splice(fit, 1)[0]!
    this.#spare.pop()
    // Room for the next chunk, which is about as long.
    return Buffer.allocUnsafeSlow(Math.max(Math.ceil(length * 1.125), 64 * 1024))
  }
}
