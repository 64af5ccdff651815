import type { Clock } from '../clock.ts'
import type { Files } from '../files.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Reason } from '../reasons.ts'
import type { Trouble } from './backpressure.ts'
import type { Position } from './batch.ts'
import { loadCursor, type Places, saveCursor } from './cursor.ts'
import { JournalFeed, type JournalListener } from './feed.ts'
import { cursorPath, isPartition, journalFolder, partitionFolder, readersFolder } from './layout.ts'
import { Partition } from './partition.ts'
import { Reader, type ReaderOptions } from './reader.ts'
import {
  mergePositions,
  type RecoveredPartition,
  recoverPartition,
  type TornTail,
} from './recovery.ts'
import { Space } from './space.ts'
import { type KnownReader, Sweeper } from './sweeper.ts'
import type { DurableMark, WriterSeed } from './writer.ts'

export interface JournalOptions {
  readonly dataFolder: string
  readonly maxDisk: number
  readonly whenFull: 'block' | 'drop_newest' | 'drop_oldest'
  readonly segmentBytes: number
  /** Most bytes of one group commit. */
  readonly groupBytes: number
}

export interface JournalWorld {
  readonly files: Files
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  /** Counts events of a component (`journal`, `reader.<id>`) that did not arrive whole. */
  readonly count: (component: string, reason: Reason, events: number) => void
}

/**
 * The journal as the main thread keeps it: recovers it at start, follows the writers' marks, hands out
 * readers, and deletes the segments that every reader has passed.
 */
export class Journal {
  readonly space: Space
  readonly #options: JournalOptions
  readonly #world: JournalWorld
  readonly #partitions: Map<string, Partition>
  readonly #recovered: Map<string, RecoveredPartition>
  readonly #readers = new Map<string, Reader>()
  readonly #feeds = new Map<string, JournalFeed>()
  readonly #listeners = new Set<JournalListener>()
  /** Readers with a file but not open: absent, or no longer configured. They hold segments too. */
  readonly #absent = new Map<string, Places>()
  /** Of these, the ones that are known to read one partition alone. */
  readonly #narrowed = new Map<string, string>()
  readonly #troubles = new Map<string, Trouble>()
  readonly #uncut = new Map<string, TornTail>()
  #generation: number
  readonly #sweeper: Sweeper

  private constructor(
    options: JournalOptions,
    world: JournalWorld,
    recovered: Map<string, RecoveredPartition>,
  ) {
    this.#options = options
    this.#world = world
    this.#recovered = recovered
    this.#partitions = new Map()
    this.space = new Space(options.maxDisk)
    this.#generation = 0
    const { maxDisk, whenFull } = options
    this.#sweeper = new Sweeper({
      ...world,
      maxDisk,
      whenFull,
      space: this.space,
      partitions: () => this.#partitions.values(),
      readers: () => this.readers(),
      lose: (partition, segment) => {
        for (const reader of this.#readers.values()) reader.lose(partition, segment)
      },
      wantedBytes: () => this.troubles.map((each) => each.wantedBytes ?? 0),
      onDropped: (partition, segment) => {
        for (const listener of this.#listeners) listener.onDropped(partition, segment)
      },
    })
    for (const [name, { segments, generation }] of recovered) {
      const partition = new Partition(name, partitionFolder(options.dataFolder, name), segments)
      this.#partitions.set(name, partition)
      this.space.take(partition.bytes)
      this.#generation = Math.max(this.#generation, generation)
    }
  }

  /**
   * Recovers what is there. The caller holds the lock of the data folder.
   *
   * @param mode `look` changes nothing on the disk, for who only wants to see what there is.
   */
  static async open(
    options: JournalOptions,
    world: JournalWorld,
    mode: 'settle' | 'look' = 'settle',
  ): Promise<Journal> {
    const { files } = world
    if (mode === 'settle') {
      await files.makeFolder(journalFolder(options.dataFolder))
      await files.makeFolder(readersFolder(options.dataFolder))
      await files.syncFolder(options.dataFolder)
    }
    const recovered = new Map<string, RecoveredPartition>()
    for (const name of await files.list(journalFolder(options.dataFolder))) {
      if (!isPartition(name)) continue
      const folder = partitionFolder(options.dataFolder, name)
      const partition = await recoverPartition(files, folder, mode).catch(onlyFolders)
      if (!partition) continue
      if (mode === 'settle') report(name, partition, world)
      recovered.set(name, partition)
    }
    const journal = new Journal(options, world, recovered)
    if (mode === 'look') {
      for (const [name, { torn }] of recovered) if (torn) journal.#uncut.set(name, torn)
    }
    for (const file of await files.list(readersFolder(options.dataFolder))) {
      if (!file.endsWith('.json')) continue
      const id = file.slice(0, -'.json'.length)
      const saved = await loadCursor(files, options.dataFolder, id)
      if (saved) journal.#absent.set(id, saved === 'damaged' ? {} : saved.cursor)
    }
    return journal
  }

  /** By partition, what the next start cuts off; nothing once the journal is settled. */
  get uncut(): ReadonlyMap<string, TornTail> {
    return this.#uncut
  }

  /** The newest position of every source. */
  positions(): ReadonlyMap<string, readonly [generation: number, position: Position]> {
    return mergePositions(this.#recovered.values())
  }

  /** The positions that one partition has, whether others have newer ones or not. */
  positionsIn(partition: string): ReadonlyMap<string, readonly [number, Position]> {
    return this.#recovered.get(partition)?.positions ?? new Map()
  }

  /** What the writer of a partition begins with; `positions` are those of its own sources. */
  async seed(
    partition: string,
    positions: ReadonlyMap<string, readonly [number, Position]>,
  ): Promise<WriterSeed> {
    const folder = partitionFolder(this.#options.dataFolder, partition)
    await this.#world.files.makeFolder(folder)
    await this.#world.files.syncFolder(journalFolder(this.#options.dataFolder))
    if (!this.#partitions.has(partition)) {
      this.#partitions.set(partition, new Partition(partition, folder, []))
    }
    const last = this.#partitions.get(partition)!.segments.at(-1)
    this.#generation += 1
    return {
      partition,
      folder,
      generation: this.#generation,
      after: last?.id,
      ends: last ? { [last.id]: last.end } : {},
      positions: Object.fromEntries(positions),
      chunks: this.#recovered.get(partition)?.chunks ?? [],
      segmentBytes: Math.min(this.#options.segmentBytes, Math.ceil(this.#options.maxDisk / 16)),
      groupBytes: Math.min(this.#options.groupBytes, Math.ceil(this.#options.maxDisk / 8)),
      whenFull: this.#options.whenFull,
    }
  }

  /** Recovers one partition again, after its writer died; returns the positions it knew. */
  async recover(partition: string): Promise<ReadonlyMap<string, readonly [number, Position]>> {
    const folder = partitionFolder(this.#options.dataFolder, partition)
    const recovered = await recoverPartition(this.#world.files, folder)
    this.#recovered.set(partition, recovered)
    const view = this.#partitions.get(partition)
    for (const { id, end } of recovered.segments) {
      const mark = { segment: id, ...end }
      view?.mark(mark)
      for (const listener of this.#listeners) listener.onMark(partition, mark)
    }
    // What the dead writer had accounted for and not said, or the reverse.
    const bytes = this.partitions.reduce((sum, each) => sum + each.bytes, 0)
    this.space.take(bytes - this.space.used)
    this.#wake()
    return recovered.positions
  }

  /** A writer made something durable. */
  mark(partition: string, mark: DurableMark): void {
    const isNewSegment = this.#partitions.get(partition)?.mark(mark)
    this.#wake()
    if (isNewSegment) for (const reader of this.#readers.values()) reader.limitLag()
    for (const listener of this.#listeners) listener.onMark(partition, mark)
    this.#world.metrics.journal_disk_bytes.set(this.space.used)
    if (this.space.used > this.#options.maxDisk * 0.9) void this.sweep()
  }

  /** A writer takes nothing, or takes things again. */
  trouble(partition: string, trouble: Trouble | null): void {
    if (trouble) {
      this.#troubles.set(partition, trouble)
      this.#world.log.error({ partition }, trouble.message)
    } else {
      this.#troubles.delete(partition)
      this.#world.log.info({ partition }, 'the journal takes events again')
    }
    const kinds = [...this.#troubles.values()].map(({ kind }) => kind)
    for (const kind of ['full', 'disk'] as const) {
      this.#world.metrics.journal_paused.set({ reason: kind }, kinds.includes(kind) ? 1 : 0)
    }
    if (trouble?.kind === 'full') void this.sweep()
  }

  async reader(options: ReaderOptions): Promise<Reader> {
    const { files, clock, log } = this.#world
    const reader = await Reader.open(options, {
      files,
      clock,
      log,
      dataFolder: this.#options.dataFolder,
      partitions: () => [...this.#partitions.values()],
      count: (reason, events) => this.#world.count(`reader.${options.id}`, reason, events),
      onPassed: () => void this.sweep(),
    })
    this.#absent.delete(options.id)
    this.#readers.set(options.id, reader)
    return reader
  }

  /**
   * Lets somebody follow who keeps the cursor elsewhere. To be called before the first writer starts, so
   * that nothing goes that is not passed.
   */
  feed(id: string, cursor: Places): JournalFeed {
    const { files, clock } = this.#world
    const feed = new JournalFeed(id, cursor, {
      files,
      clock,
      dataFolder: this.#options.dataFolder,
      partitions: () => this.partitions,
      listen: (listener) => this.listen(listener),
      onPassed: () => void this.sweep(),
    })
    this.#absent.delete(id)
    this.#feeds.set(id, feed)
    return feed
  }

  /** Tells of what becomes durable and what goes. @returns the function that ends it. */
  listen(listener: JournalListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Ends a feed; its cursor goes on holding its segments. */
  async releaseFeed(feed: JournalFeed): Promise<void> {
    await feed.save()
    this.#feeds.delete(feed.id)
    this.#absent.set(feed.id, feed.cursor)
  }

  /** Ends a feed that does not come back: nothing is held for it any more. */
  async endFeed(feed: JournalFeed): Promise<void> {
    this.#feeds.delete(feed.id)
    await this.sweep()
  }

  /** Closes a reader; its cursor goes on holding its segments. */
  async release(reader: Reader): Promise<void> {
    await reader.close()
    this.#readers.delete(reader.id)
    this.#absent.set(reader.id, reader.cursor)
  }

  /** Moves the cursor of a reader that is not open. @returns false when there is none. */
  async moveAbsent(id: string, cursor: Places): Promise<boolean> {
    if (!this.#absent.has(id)) return false
    const { files } = this.#world
    const saved = await loadCursor(files, this.#options.dataFolder, id)
    const sent = saved && saved !== 'damaged' ? saved.sent : this.ends()
    await saveCursor(files, this.#options.dataFolder, id, { cursor, sent })
    this.#absent.set(id, cursor)
    await this.sweep()
    return true
  }

  /** Says that a reader which is not open reads one partition: nothing of the others is held for it. */
  async narrow(id: string, partition: string): Promise<void> {
    this.#narrowed.set(id, partition)
    await this.sweep()
  }

  /** Drops the cursor of a reader that is not open. @returns false when there is none. */
  async forget(id: string): Promise<boolean> {
    if (!this.#absent.has(id)) return false
    const { files } = this.#world
    await files.remove(cursorPath(this.#options.dataFolder, id))
    await files.syncFolder(readersFolder(this.#options.dataFolder))
    this.#absent.delete(id)
    await this.sweep()
    return true
  }

  openReader(id: string): Reader | undefined {
    return this.#readers.get(id)
  }

  openFeed(id: string): JournalFeed | undefined {
    return this.#feeds.get(id)
  }

  get partitions(): readonly Partition[] {
    return [...this.#partitions.values()]
  }

  get troubles(): readonly Trouble[] {
    return [...this.#troubles.values()]
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#world.clock.now()
  }

  /** Behind the last event of every partition. */
  ends(): Places {
    return Object.fromEntries(this.partitions.map(({ name, end }) => [name, end]))
  }

  /** Every reader that has a cursor, and where it is. */
  readers(): KnownReader[] {
    const open = [...this.#readers, ...this.#feeds].map(([id, { cursor }]) => {
      return { id, open: true, cursor }
    })
    return [...open, ...this.#absentReaders()]
  }

  #absentReaders(): KnownReader[] {
    return [...this.#absent].map(([id, saved]) => {
      const own = this.#narrowed.get(id)
      if (own === undefined) return { id, open: false, cursor: saved }
      const others = this.partitions.filter(({ name }) => name !== own)
      const ends = Object.fromEntries(others.map(({ name, end }) => [name, end]))
      return { id, open: false, cursor: { ...saved, ...ends } }
    })
  }

  /** Deletes what every reader has passed, and what must go for `max_disk`. */
  sweep(): Promise<void> {
    return this.#sweeper.sweep()
  }

  #wake(): void {
    for (const reader of this.#readers.values()) reader.wake()
  }
}

/** Says what recovering a partition found that is not whole. */
function report(name: string, { torn, half }: RecoveredPartition, world: JournalWorld): void {
  if (torn) {
    world.log.warn({ partition: name, ...torn }, 'cut a torn tail that was never acknowledged')
    world.count('journal', 'torn_tail', 1)
  }
  for (const { path, missing, events } of half) {
    world.log.error(
      { partition: name, path, missing, events },
      'a file of a segment is missing, and its events reach nobody; what is left stays where it is: see "weir journal verify"',
    )
    world.count('journal', 'corrupt', events)
  }
}

/** A file among the partitions is none of them. */
function onlyFolders(failure: NodeJS.ErrnoException): undefined {
  if (failure.code !== 'ENOTDIR') throw failure
}
