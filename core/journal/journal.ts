import type { Clock } from '../clock.ts'
import type { Files } from '../files.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Reason } from '../reasons.ts'
import type { Position } from './batch.ts'
import { isBefore, loadCursor, type Place } from './cursor.ts'
import {
  cursorPath,
  eventsPath,
  indexPath,
  journalFolder,
  partitionFolder,
  readersFolder,
} from './layout.ts'
import { Partition } from './partition.ts'
import { Reader, type ReaderOptions } from './reader.ts'
import { mergePositions, type RecoveredPartition, recoverPartition } from './recovery.ts'
import { Space } from './space.ts'
import type { DurableMark, Trouble, WriterSeed } from './writer.ts'

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

/** A reader that has a cursor, whether the config still names it or not. */
interface Known {
  readonly cursor: Readonly<Record<string, Place>>
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
  /** Readers with a file but not open: absent, or no longer configured. They hold segments too. */
  readonly #absent = new Map<string, Known>()
  readonly #troubles = new Map<string, Trouble>()
  #generation: number
  #sweeping: Promise<void> | undefined

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
    for (const [name, { segments, generation }] of recovered) {
      const partition = new Partition(name, partitionFolder(options.dataFolder, name), segments)
      this.#partitions.set(name, partition)
      this.space.take(partition.bytes)
      this.#generation = Math.max(this.#generation, generation)
    }
  }

  /** Recovers what is there. The caller holds the lock of the data folder. */
  static async open(options: JournalOptions, world: JournalWorld): Promise<Journal> {
    const { files, log } = world
    await files.makeFolder(journalFolder(options.dataFolder))
    await files.makeFolder(readersFolder(options.dataFolder))
    const recovered = new Map<string, RecoveredPartition>()
    for (const name of await files.list(journalFolder(options.dataFolder))) {
      const partition = await recoverPartition(files, partitionFolder(options.dataFolder, name))
      if (partition.torn) {
        log.warn(
          { partition: name, ...partition.torn },
          'cut a torn tail that was never acknowledged',
        )
        world.count('journal', 'torn_tail', 1)
      }
      recovered.set(name, partition)
    }
    const journal = new Journal(options, world, recovered)
    for (const file of await files.list(readersFolder(options.dataFolder))) {
      if (!file.endsWith('.json')) continue
      const id = file.slice(0, -'.json'.length)
      const cursor = await loadCursor(files, options.dataFolder, id)
      if (cursor) journal.#absent.set(id, cursor)
    }
    return journal
  }

  /** The newest position of every source. */
  positions(): ReadonlyMap<string, readonly [generation: number, position: Position]> {
    return mergePositions(this.#recovered.values())
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
      segmentBytes: Math.min(this.#options.segmentBytes, Math.ceil(this.#options.maxDisk / 8)),
      groupBytes: this.#options.groupBytes,
      whenFull: this.#options.whenFull,
    }
  }

  /** Recovers one partition again, after its writer died; returns the positions it knew. */
  async recover(partition: string): Promise<ReadonlyMap<string, readonly [number, Position]>> {
    const folder = partitionFolder(this.#options.dataFolder, partition)
    const recovered = await recoverPartition(this.#world.files, folder)
    this.#recovered.set(partition, recovered)
    const view = this.#partitions.get(partition)
    for (const { id, end } of recovered.segments) view?.mark({ segment: id, ...end })
    this.#wake()
    return recovered.positions
  }

  /** A writer made something durable. */
  mark(partition: string, mark: DurableMark): void {
    this.#partitions.get(partition)?.mark(mark)
    this.#wake()
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

  /** Closes a reader; its cursor goes on holding its segments. */
  async release(reader: Reader): Promise<void> {
    await reader.close()
    this.#readers.delete(reader.id)
    this.#absent.set(reader.id, { cursor: reader.cursor })
  }

  /** Drops the cursor of a reader that is not open. @returns false when there is none. */
  async forget(id: string): Promise<boolean> {
    if (!this.#absent.delete(id)) return false
    await this.#world.files.remove(cursorPath(this.#options.dataFolder, id))
    await this.sweep()
    return true
  }

  openReader(id: string): Reader | undefined {
    return this.#readers.get(id)
  }

  get partitions(): readonly Partition[] {
    return [...this.#partitions.values()]
  }

  get troubles(): readonly Trouble[] {
    return [...this.#troubles.values()]
  }

  /** Every reader that has a cursor, and where it is. */
  readers(): { id: string; open: boolean; cursor: Readonly<Record<string, Place>> }[] {
    const open = [...this.#readers.values()].map((reader) => ({
      id: reader.id,
      open: true,
      cursor: reader.cursor,
    }))
    const absent = [...this.#absent].map(([id, { cursor }]) => ({ id, open: false, cursor }))
    return [...open, ...absent]
  }

  /** Deletes what every reader has passed, and what must go for `max_disk`. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweepNow().finally(() => {
      this.#sweeping = undefined
    })
    return this.#sweeping
  }

  async #sweepNow(): Promise<void> {
    const readers = this.readers()
    for (const partition of this.#partitions.values()) {
      if (readers.length === 0) break
      for (const segment of partition.finished) {
        const following = { segment: partition.after(segment.id)!.id, ordinal: 0 }
        const end = { segment: segment.id, ordinal: segment.end.events }
        const passed = readers.every(({ cursor }) => {
          const place = cursor[partition.name]
          return place && (!isBefore(place, end) || !isBefore(place, following))
        })
        if (!passed) break
        await this.#delete(partition, segment.id)
      }
    }
    const mayDropUnread = readers.length === 0 || this.#options.whenFull === 'drop_oldest'
    while (mayDropUnread && this.space.used > this.#options.maxDisk * 0.9) {
      const oldest = this.#oldestFinished()
      if (!oldest) return
      this.#countUnread(oldest.partition, oldest.segment, readers)
      await this.#delete(oldest.partition, oldest.segment)
    }
  }

  #oldestFinished(): { partition: Partition; segment: string } | undefined {
    let oldest: { partition: Partition; segment: string } | undefined
    for (const partition of this.#partitions.values()) {
      const first = partition.finished[0]
      if (first && (!oldest || first.id < oldest.segment)) oldest = { partition, segment: first.id }
    }
    return oldest
  }

  #countUnread(
    partition: Partition,
    segment: string,
    readers: readonly { id: string; cursor: Readonly<Record<string, Place>> }[],
  ): void {
    const view = partition.segments.find(({ id }) => id === segment)!
    for (const { id, cursor } of readers) {
      const place = cursor[partition.name]
      if (place && place.segment > segment) continue
      const passed = place?.segment === segment ? place.ordinal : 0
      const unread = view.end.events - passed
      if (unread > 0) this.#world.count(`reader.${id}`, 'dropped_oldest', unread)
    }
  }

  async #delete(partition: Partition, id: string): Promise<void> {
    const { files, log } = this.#world
    const segment = partition.segments.find((view) => view.id === id)
    if (!segment) return
    try {
      // The index last: a segment without events is removed at the next start, one without index too.
      await files.remove(eventsPath(partition.folder, id))
      await files.remove(indexPath(partition.folder, id))
    } catch (failure) {
      log.error({ err: failure, segment: id }, 'cannot delete a segment of the journal')
      return
    }
    partition.drop(segment)
    this.space.free(segment.end.bytes + segment.end.index_bytes)
  }

  #wake(): void {
    for (const reader of this.#readers.values()) reader.wake()
  }
}
