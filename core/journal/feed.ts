import type { Clock } from '../clock.ts'
import type { Files } from '../files.ts'
import { isBefore, type Place, type Places, saveCursor } from './cursor.ts'
import type { Partition, SegmentView } from './partition.ts'
import type { DurableMark } from './writer.ts'

/** Somebody who follows the journal. */
export interface JournalListener {
  /** More of a partition is durable, up to `mark`; a segment not heard of before is new. */
  onMark(partition: string, mark: DurableMark): void
  /** A segment is about to be deleted: it is passed, or `drop_oldest` takes it. */
  onDropped(partition: string, segment: string): void
}

export interface FeedWorld {
  readonly files: Files
  readonly clock: Clock
  readonly dataFolder: string
  readonly partitions: () => readonly Partition[]
  readonly listen: (listener: JournalListener) => () => void
  /** The follower passed something: old segments may be deleted. */
  readonly onPassed: () => void
}

const saveEveryMs = 10_000

/**
 * The journal as somebody follows it who reads the segments in another process and keeps the cursor with
 * what it made of them, such as the store in its manifest. The file in `readers/` repeats that cursor, so
 * that the segments are held and listed while nobody follows; it may lag behind.
 */
export class JournalFeed {
  readonly id: string
  readonly #world: FeedWorld
  readonly #cursor: Record<string, Place>
  #savedMs = -Infinity
  #saving: Promise<void> = Promise.resolve()

  constructor(id: string, cursor: Places, world: FeedWorld) {
    this.id = id
    this.#cursor = { ...cursor }
    this.#world = world
  }

  get cursor(): Places {
    return this.#cursor
  }

  /** Every partition with its segments up to their durable ends, oldest first. */
  partitions(): { name: string; folder: string; segments: readonly SegmentView[] }[] {
    return this.#world.partitions().map(({ name, folder, segments }) => {
      return { name, folder, segments: segments.map((each) => ({ ...each, end: { ...each.end } })) }
    })
  }

  /** @returns the function that ends it. */
  listen(listener: JournalListener): () => void {
    return this.#world.listen(listener)
  }

  /** What lies before `places` is kept elsewhere now. */
  advance(places: Places): void {
    for (const [partition, place] of Object.entries(places)) {
      const known = this.#cursor[partition]
      if (!known || isBefore(known, place)) this.#cursor[partition] = place
    }
    const { clock, onPassed } = this.#world
    if (clock.monotonic() - this.#savedMs >= saveEveryMs) void this.save()
    onPassed()
  }

  /** Bytes and events that are durable and not passed. */
  lag(): { bytes: number; events: number } {
    const lag = { bytes: 0, events: 0 }
    for (const partition of this.#world.partitions()) {
      const { bytes, events } = partition.lag(this.#cursor[partition.name])
      lag.bytes += bytes
      lag.events += events
    }
    return lag
  }

  /** Writes the file in `readers/`. A disk that fails is no reason to stop: the file is a copy. */
  save(): Promise<void> {
    const { files, clock, dataFolder } = this.#world
    this.#savedMs = clock.monotonic()
    const save = () => saveCursor(files, dataFolder, this.id, { cursor: this.#cursor, sent: {} })
    return (this.#saving = this.#saving.then(save).catch(() => undefined))
  }
}
