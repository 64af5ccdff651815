import { crc32 } from 'node:zlib'
import type { Clock } from '../clock.ts'
import type { FileHandle, Files } from '../files.ts'
import { Backpressure, closedError, type Trouble } from './backpressure.ts'
import type { Append, Batch, Position } from './batch.ts'
import { type BatchRecord, encodeRecord, formatVersion, type SegmentEnd } from './index_record.ts'
import { eventsPath, indexPath } from './layout.ts'
import type { Space } from './space.ts'
import { ulidMinter } from './ulid.ts'

/** Up to where a partition's newest segment is durable; readers stop here. */
export interface DurableMark extends SegmentEnd {
  readonly segment: string
}

/** What a writer begins with. Plain data: it is handed to a worker thread. */
export interface WriterSeed {
  readonly partition: string
  /** The partition's folder, absolute; it exists. */
  readonly folder: string
  readonly generation: number
  /** Newest segment of the partition that exists, whose ULID the next must exceed. */
  readonly after: string | undefined
  /** How much of earlier segments counts, where their own index may say more. */
  readonly ends: Readonly<Record<string, SegmentEnd>>
  readonly positions: Readonly<Record<string, readonly [generation: number, position: Position]>>
  readonly chunks: readonly string[]
  /** Bytes at which a new segment is opened. */
  readonly segmentBytes: number
  /** Most bytes of one group commit; what waits beyond it goes into the next. */
  readonly groupBytes: number
  readonly whenFull: 'block' | 'drop_newest' | 'drop_oldest'
}

export interface WriterWorld {
  readonly files: Files
  readonly clock: Clock
  readonly randomBytes: (count: number) => Uint8Array
  readonly space: Space
  readonly onDurable: (mark: DurableMark) => void
  /** Called when the trouble changes: null when it is over. */
  readonly onTrouble: (trouble: Trouble | null) => void
  /** Events left out because the journal is full and `when_full` is drop_newest. */
  readonly onDropped: (events: number) => void
  /** Seconds from append to durable. */
  readonly onAppended?: (seconds: number) => void
}

interface Pending {
  batches: readonly Batch[]
  /** CRC-32 of each batch's bytes, taken while they are in the CPU's cache: later it costs twice as much. */
  readonly checksums: readonly number[]
  readonly withdrawn: AbortSignal | undefined
  /** Events that were left out because the journal is full. */
  dropped: number
  readonly since: number
  readonly resolve: (outcome: 'durable' | 'dropped') => void
  readonly reject: (failure: Error) => void
}

interface Segment {
  readonly id: string
  readonly events: FileHandle
  readonly index: FileHandle
  /** Bytes of `open` and `checkpoint` in the index. */
  readonly headBytes: number
  /** The durable end. */
  end: SegmentEnd
}

const rememberedChunks = 10_000
/** `{"@timestamp":"` */
const timeStart = 15

/**
 * Writes one partition: gathers what is appended while the last write is under way, and makes it durable
 * with one write and one sync of each file (group commit). docs/formats/journal.md §4 is the algorithm.
 */
export class PartitionWriter {
  readonly #seed: WriterSeed
  readonly #world: WriterWorld
  readonly #mint: () => string
  readonly #positions: Map<string, readonly [number, Position]>
  readonly #chunks: string[]
  #ends: Record<string, SegmentEnd>
  #segment: Segment | undefined
  #pending: Pending[] = []
  /** The group that waits to be written; none while one is being written. */
  #gathered: Pending[] = []
  #running: Promise<void> | undefined
  readonly #backpressure: Backpressure
  #closed = false
  /** Fires when nothing is tried again any more. */
  readonly #closing = new AbortController()

  constructor(seed: WriterSeed, world: WriterWorld) {
    this.#seed = seed
    this.#world = world
    this.#mint = ulidMinter(world.clock.now, world.randomBytes, seed.after)
    this.#positions = new Map(Object.entries(seed.positions))
    this.#chunks = seed.chunks.slice(-rememberedChunks)
    this.#ends = { ...seed.ends }
    const closing = this.#closing.signal
    this.#backpressure = new Backpressure({ ...seed, ...world, closing })
  }

  /**
   * Opens the first segment. A disk that does not take it is a trouble like any later one: readers can
   * still deliver what is there, and so make room.
   */
  async open(): Promise<void> {
    try {
      this.#segment = await this.#openSegment()
    } catch (failure) {
      this.#backpressure.failed(failure)
      this.append([]).catch(() => undefined)
    }
  }

  readonly append: Append = (batches, withdrawn) => {
    if (this.#closed) return Promise.reject(closedError())
    return new Promise((resolve, reject) => {
      const since = this.#world.clock.monotonic()
      const checksums = batches.map(({ bytes }) => crc32(bytes))
      const pending = { batches, checksums, withdrawn, dropped: 0, since, resolve, reject }
      if (withdrawn) this.#makeWithdrawable(pending, withdrawn)
      this.#pending.push(pending)
      this.#running ??= this.#run()
    })
  }

  /** Whether it takes nothing at the moment. */
  get isInTrouble(): boolean {
    return this.#backpressure.trouble !== undefined
  }

  /** The newest durable position of every source. */
  positions(): [key: string, position: Position][] {
    return Array.from(this.#positions, ([key, [, position]]) => [key, position])
  }

  /** Resolves when everything appended is durable, or rejected because the disk or journal takes nothing. */
  async close(deadline: AbortSignal): Promise<void> {
    this.#closed = true
    const giveUp = () => this.#closing.abort()
    if (this.#running) {
      if (deadline.aborted) giveUp()
      deadline.addEventListener('abort', giveUp, { once: true })
      // What is still pending while the disk fails would otherwise hold the stop up until its deadline.
      if (this.isInTrouble) giveUp()
      await this.#running
      deadline.removeEventListener('abort', giveUp)
    }
    giveUp()
    const segment = this.#segment
    this.#segment = undefined
    if (segment) await closeSegment(segment)
  }

  async #run(): Promise<void> {
    while (this.#pending.length > 0) {
      const group = this.#takeGroup()
      this.#gathered = group
      try {
        await this.#makeRoom(group)
        await this.#persist(group)
        for (const { since, resolve, dropped } of group) {
          this.#world.onAppended?.((this.#world.clock.monotonic() - since) / 1000)
          if (dropped > 0) this.#world.onDropped(dropped)
          resolve(dropped > 0 ? 'dropped' : 'durable')
        }
        // Now, not before the next write: only what is finished can be deleted when room is needed.
        if (this.#segment && this.#isFull()) await this.#finishSegment()
      } catch (failure) {
        await this.#reject(group, failure as Error)
      }
    }
    this.#running = undefined
  }

  /** Rejects a group, and what comes behind it of the same sources: it would move positions past the group. */
  async #reject(group: readonly Pending[], failure: Error): Promise<void> {
    // Who has just heard that an earlier group is durable may append more in this turn of the loop.
    await new Promise((resolve) => setImmediate(resolve))
    const sources = new Set<string>()
    const isBehind = (pending: Pending) =>
      this.#closing.signal.aborted || sourcesOf(pending).some((source) => sources.has(source))
    for (let refused = group; refused.length > 0;) {
      for (const pending of refused) {
        for (const source of sourcesOf(pending)) sources.add(source)
        pending.reject(failure)
      }
      refused = this.#pending.filter(isBehind)
      this.#pending = this.#pending.filter((pending) => !isBehind(pending))
    }
  }

  #makeWithdrawable(pending: Pending, withdrawn: AbortSignal): void {
    withdrawn.throwIfAborted()
    // What follows of the same sources would move their positions past it.
    if (sourcesOf(pending).length > 0) throw new TypeError('positions cannot be withdrawn')
    withdrawn.addEventListener('abort', () => this.#withdraw(pending), { once: true })
  }

  /** Rejects an append that waits. One that is being written settles first. */
  #withdraw(pending: Pending): void {
    for (const waiting of [this.#gathered, this.#pending]) {
      const place = waiting.indexOf(pending)
      if (place < 0) continue
      waiting.splice(place, 1)
      pending.reject(pending.withdrawn!.reason as Error)
    }
  }

  #takeGroup(): Pending[] {
    let bytes = 0
    let count = 0
    for (const pending of this.#pending) {
      bytes += bytesOf(pending.batches)
      if (count > 0 && bytes > this.#seed.groupBytes) break
      count += 1
    }
    return this.#pending.splice(0, count)
  }

  /** Waits for room, or takes the events out of the group when `when_full` is drop_newest. */
  async #makeRoom(group: Pending[]): Promise<void> {
    const finish = () => this.#finishSegment()
    if (await this.#backpressure.room(() => sizeOf(group), finish)) return
    for (const pending of group) this.#drop(pending)
  }

  /** Opens the next segment, so that this one, or the one a failure ended, can be deleted once it is read. */
  async #finishSegment(): Promise<void> {
    if (this.#segment?.end.events === 0) return
    try {
      if (this.#segment) await this.#roll()
      else this.#segment = await this.#openSegment()
    } catch (failure) {
      await this.#abandonSegment()
      this.#backpressure.failed(failure)
      // Senders that are told of the trouble send nothing, and nothing else would try again.
      if (this.#pending.length === 0) this.append([]).catch(() => undefined)
    }
  }

  /** Takes the events out; the positions that come with them are kept. */
  #drop(pending: Pending): void {
    let events = 0
    for (const { count } of pending.batches) events += count
    if (events === 0) return
    pending.dropped = events
    pending.batches = pending.batches.map((batch) => {
      return { ...batch, bytes: new Uint8Array(0), count: 0 }
    })
  }

  /**
   * Writes until it succeeds; only a stop ends the trying. When all of the group is withdrawn it tries
   * nevertheless: somebody has to see when the disk is well again.
   */
  async #persist(group: Pending[]): Promise<void> {
    for (;;) {
      try {
        this.#segment ??= await this.#openSegment()
        if (this.#isFull(sizeOf(group))) await this.#roll()
        this.#gathered = []
        await this.#write(this.#segment, group)
        this.#backpressure.written()
        return
      } catch (failure) {
        await this.#abandonSegment()
        this.#gathered = group
        for (const pending of group.filter(({ withdrawn }) => withdrawn?.aborted)) {
          this.#withdraw(pending)
        }
        this.#backpressure.failed(failure)
        await this.#backpressure.retry()
      }
    }
  }

  /** Whether the segment takes `more` bytes of events, or what is in it is enough. */
  #isFull(more = 0): boolean {
    const { end, headBytes } = this.#segment!
    const { segmentBytes } = this.#seed
    // The index counts too: positions without events must not grow one for ever.
    const indexFull = end.index_bytes - headBytes > segmentBytes
    return (end.bytes > 0 && end.bytes + more > segmentBytes) || indexFull
  }

  async #roll(): Promise<void> {
    const old = this.#segment!
    const next = await this.#openSegment()
    this.#segment = next
    await closeSegment(old)
  }

  async #write(segment: Segment, group: readonly Pending[]): Promise<void> {
    const { clock, space, onDurable } = this.#world
    const { bytes, index_bytes, events } = segment.end
    const parts: Uint8Array[] = []
    const records: Buffer[] = []
    const next = { bytes, events }
    for (const { batches, checksums } of group) {
      batches.forEach((batch, place) => {
        // What a full journal dropped has no bytes any more.
        const crc = batch.count > 0 ? checksums[place]! : 0
        const more = place < batches.length - 1
        const flags = {
          ...(more && { more: true as const }),
          ...(records.length === 0 && { synced: true as const }),
        }
        records.push(encodeRecord({ ...recordOf(batch, crc, next, clock.now()), ...flags }))
        if (batch.count === 0) return
        parts.push(batch.bytes)
        next.bytes += batch.bytes.length
        next.events += batch.count
      })
    }
    const index = Buffer.concat(records)
    await segment.events.write(parts, bytes)
    await segment.index.write([index], index_bytes)
    await Promise.all([
      parts.length > 0 ? segment.events.datasync() : undefined,
      segment.index.datasync(),
    ])
    segment.end = { ...next, index_bytes: index_bytes + index.length }
    space.take(next.bytes - bytes + index.length)
    for (const { batches } of group) for (const batch of batches) this.#remember(batch)
    onDurable({ segment: segment.id, ...segment.end })
  }

  #remember({ positions, chunks }: Batch): void {
    for (const [key, position] of Object.entries(positions ?? {})) {
      if (position === null) this.#positions.delete(key)
      else this.#positions.set(key, [this.#seed.generation, position])
    }
    if (chunks) this.#chunks.push(...chunks)
    if (this.#chunks.length > rememberedChunks) {
      this.#chunks.splice(0, this.#chunks.length - rememberedChunks)
    }
  }

  async #openSegment(): Promise<Segment> {
    const { files, space, onDurable } = this.#world
    const { folder, generation } = this.#seed
    const id = this.#mint()
    const ends = { ...this.#ends }
    if (this.#segment) ends[this.#segment.id] = this.#segment.end
    const open = { kind: 'open', version: formatVersion, segment: id, generation, ends } as const
    const positions = Object.fromEntries(this.#positions)
    const head = Buffer.concat([
      encodeRecord(open),
      encodeRecord({ kind: 'checkpoint', positions, chunks: this.#chunks }),
    ])
    const opened: FileHandle[] = []
    try {
      for (const path of [eventsPath(folder, id), indexPath(folder, id)]) {
        opened.push(await files.open(path, 'wx+'))
      }
      const [events, index] = opened as [FileHandle, FileHandle]
      await index.write([head], 0)
      await index.datasync()
      await files.syncFolder(folder)
      const end = { bytes: 0, index_bytes: head.length, events: 0 }
      space.take(head.length)
      // What earlier ends said is now on disk; only those of this segment on are needed in the next one.
      this.#ends = {}
      onDurable({ segment: id, ...end })
      return { id, events, index, headBytes: head.length, end }
    } catch (failure) {
      await Promise.allSettled(opened.map((file) => file.close()))
      const removed = await Promise.allSettled([
        files.remove(eventsPath(folder, id)),
        files.remove(indexPath(folder, id)),
      ])
      // A later segment says that this one holds nothing.
      const stays = opened.length > 0 && removed.some(({ status }) => status === 'rejected')
      if (stays) this.#ends[id] = { bytes: 0, index_bytes: 0, events: 0 }
      throw failure
    }
  }

  /** After a failed write nothing beyond the durable end can be trusted: the next segment says so. */
  async #abandonSegment(): Promise<void> {
    const segment = this.#segment
    if (!segment) return
    this.#segment = undefined
    this.#ends[segment.id] = segment.end
    await Promise.allSettled([
      segment.events.truncate(segment.end.bytes),
      segment.index.truncate(segment.end.index_bytes),
    ])
    await closeSegment(segment)
  }
}

function recordOf(
  batch: Batch,
  crc: number,
  at: { bytes: number; events: number },
  arrived: number,
): BatchRecord {
  const { stream, tag, bytes, count, positions, chunks } = batch
  const events = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return {
    kind: 'batch',
    offset: at.bytes,
    bytes: bytes.length,
    ordinal: at.events,
    count,
    crc,
    arrived,
    ...(count > 0 && { first: timeAt(events, 0), last: timeAt(events, lastLine(events)) }),
    stream,
    tag,
    ...(positions && { positions }),
    ...(chunks && { chunks }),
  }
}

const lastLine = (events: Buffer) => events.lastIndexOf(10, events.length - 2) + 1
const timeAt = (events: Buffer, line: number) =>
  events.toString('latin1', line + timeStart, events.indexOf(34, line + timeStart))

const sourcesOf = ({ batches }: Pending) =>
  batches.flatMap(({ positions }) => Object.keys(positions ?? {}))

function bytesOf(batches: readonly Batch[]): number {
  let bytes = 0
  for (const batch of batches) bytes += batch.bytes.length
  return bytes
}

function sizeOf(group: readonly Pending[]): number {
  let bytes = 0
  for (const { batches } of group) bytes += bytesOf(batches)
  return bytes
}

async function closeSegment(segment: Segment): Promise<void> {
  await Promise.allSettled([segment.events.close(), segment.index.close()])
}
