import { crc32 } from 'node:zlib'
import type { Clock } from '../clock.ts'
import type { Files } from '../files.ts'
import { Backpressure, closedError, type Trouble } from './backpressure.ts'
import type { Append, Batch, Position } from './batch.ts'
import { formatVersion, type SegmentEnd } from './index_record.ts'
import { SegmentNotMade, SegmentWriter, type SummedBatch } from './segment_writer.ts'
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
  batches: readonly SummedBatch[]
  readonly withdrawn: AbortSignal | undefined
  /** Events that were left out because the journal is full. */
  dropped: number
  readonly since: number
  readonly resolve: (outcome: 'durable' | 'dropped') => void
  readonly reject: (failure: Error) => void
}

const rememberedChunks = 10_000

/**
 * Writes one partition: gathers what is appended while the last write is under way, and makes it durable
 * with one write and one sync of each file (group commit). docs/formats/journal.md §4 is the algorithm.
 */
export class PartitionWriter {
  readonly #seed: WriterSeed
  readonly #world: WriterWorld
  readonly #mint: () => string
  readonly #positions = new Map<string, Position>()
  /** The generations of those positions that are not of this writer's own. */
  readonly #generations = new Map<string, number>()
  readonly #chunks: string[]
  #ends: Record<string, SegmentEnd>
  #segment: SegmentWriter | undefined
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
    for (const [key, [generation, position]] of Object.entries(seed.positions)) {
      this.#positions.set(key, position)
      if (generation !== seed.generation) this.#generations.set(key, generation)
    }
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
      // Now, while the bytes are in the CPU's cache: later it takes twice the time.
      const summed = batches.map((batch) => ({ ...batch, crc: batch.crc ?? crc32(batch.bytes) }))
      const pending = { batches: summed, withdrawn, dropped: 0, since, resolve, reject }
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
    return [...this.#positions]
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
    await segment?.close()
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
        if (this.#segment?.isFull(this.#seed.segmentBytes)) await this.#finishSegment()
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
      return { ...batch, bytes: new Uint8Array(0), count: 0, crc: 0 }
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
        if (this.#segment.isFull(this.#seed.segmentBytes, sizeOf(group))) await this.#roll()
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

  async #roll(): Promise<void> {
    const old = this.#segment!
    const next = await this.#openSegment()
    this.#segment = next
    await old.close()
  }

  async #write(segment: SegmentWriter, group: readonly Pending[]): Promise<void> {
    const { clock, space, onDurable } = this.#world
    const before = segment.end
    const appends = group.map(({ batches }) => batches)
    await segment.write(appends, clock.now())
    const { bytes, index_bytes } = segment.end
    space.take(bytes - before.bytes + index_bytes - before.index_bytes)
    for (const batch of appends.flat()) this.#remember(batch)
    onDurable({ segment: segment.id, ...segment.end })
  }

  #remember({ positions, chunks }: Batch): void {
    for (const [key, position] of Object.entries(positions ?? {})) {
      this.#generations.delete(key)
      if (position === null) this.#positions.delete(key)
      else this.#positions.set(key, position)
    }
    if (chunks) this.#chunks.push(...chunks)
    if (this.#chunks.length > rememberedChunks) {
      this.#chunks.splice(0, this.#chunks.length - rememberedChunks)
    }
  }

  async #openSegment(): Promise<SegmentWriter> {
    const { files, space, onDurable } = this.#world
    const { folder, generation } = this.#seed
    const id = this.#mint()
    const ends = { ...this.#ends }
    if (this.#segment) ends[this.#segment.id] = this.#segment.end
    const open = { kind: 'open', version: formatVersion, segment: id, generation, ends } as const
    const generationOf = (key: string) => this.#generations.get(key) ?? generation
    const positions = Object.fromEntries(
      Array.from(
        this.#positions,
        ([key, position]) => [key, [generationOf(key), position]] as const,
      ),
    )
    const checkpoint = { kind: 'checkpoint', positions, chunks: this.#chunks } as const
    try {
      const segment = await SegmentWriter.create(files, folder, open, checkpoint)
      space.take(segment.end.index_bytes)
      // What earlier ends said is now on disk; only those of this segment on are needed in the next one.
      this.#ends = {}
      onDurable({ segment: id, ...segment.end })
      return segment
    } catch (failure) {
      if (!(failure instanceof SegmentNotMade)) throw failure
      // A later segment says that this one holds nothing.
      if (failure.stays) this.#ends[id] = { bytes: 0, index_bytes: 0, events: 0 }
      throw failure.cause
    }
  }

  /** After a failed write nothing beyond the durable end can be trusted: the next segment says so. */
  async #abandonSegment(): Promise<void> {
    const segment = this.#segment
    if (!segment) return
    this.#segment = undefined
    this.#ends[segment.id] = segment.end
    await segment.cut()
    await segment.close()
  }
}

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
