import type { Clock } from '../clock.ts'
import type { Files } from '../files.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Reason } from '../reasons.ts'
import { isBefore, type Places } from './cursor.ts'
import { eventsPath, indexPath } from './layout.ts'
import type { Partition, SegmentView } from './partition.ts'
import type { Space } from './space.ts'

/** A reader that has a cursor, whether the config still names it or not. */
export interface KnownReader {
  readonly id: string
  readonly open: boolean
  readonly cursor: Places
}

export interface SweeperWorld {
  readonly files: Files
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly count: (component: string, reason: Reason, events: number) => void
  readonly maxDisk: number
  readonly whenFull: 'block' | 'drop_newest' | 'drop_oldest'
  readonly space: Space
  readonly partitions: () => Iterable<Partition>
  readonly readers: () => readonly KnownReader[]
  /** Open readers are told that the oldest segment of a partition goes though they need it. */
  readonly lose: (partition: Partition, segment: SegmentView) => void
  /** Room that each writer waits for. */
  readonly wantedBytes: () => readonly number[]
  /** A segment is out of sight, and about to be deleted. */
  readonly onDropped: (partition: string, segment: string) => void
}

const deleteAgainMs = 1000

/** Deletes the segments that every reader has passed, and those that must go for `max_disk`. */
export class Sweeper {
  readonly #world: SweeperWorld
  #sweeping: Promise<void> | undefined
  /** Something changed since the sweep under way looked at it. */
  #again = false

  constructor(world: SweeperWorld) {
    this.#world = world
  }

  sweep(): Promise<void> {
    this.#again = true
    this.#sweeping ??= this.#sweepWhileNeeded()
    return this.#sweeping
  }

  async #sweepWhileNeeded(): Promise<void> {
    while (this.#again) {
      this.#again = false
      if (!(await this.#removeDropped())) continue
      await this.#deletePassed()
      await this.#deleteForRoom()
    }
    this.#sweeping = undefined
  }

  async #deletePassed(): Promise<void> {
    for (const partition of this.#world.partitions()) {
      for (const segment of partition.finished) {
        const end = { segment: segment.id, ordinal: segment.end.events }
        const readers = this.#world.readers()
        const passed = readers.every(({ cursor }) => {
          const place = cursor[partition.name]
          return place && !isBefore(place, end)
        })
        if (readers.length === 0 || !passed) break
        this.#drop(partition, segment)
        if (!(await this.#removeDropped())) return
      }
    }
  }

  async #deleteForRoom(): Promise<void> {
    const { maxDisk, whenFull, space, count, lose } = this.#world
    // What waits has to fit, and a tenth is kept free so that little has to wait.
    const wanted = Math.max(0, ...this.#world.wantedBytes())
    const limit = Math.min(maxDisk * 0.9, maxDisk - wanted)
    while (space.used > limit) {
      if (this.#world.readers().length > 0 && whenFull !== 'drop_oldest') return
      const oldest = this.#oldestFinished()
      if (!oldest) return
      const { partition, segment } = oldest
      // Counted first: once it is out of sight the cursors move on.
      lose(partition, segment)
      for (const { id, open, cursor } of this.#world.readers()) {
        const events = open ? 0 : unreadOf(segment, cursor[partition.name])
        if (events > 0) count(`reader.${id}`, 'dropped_oldest', events)
      }
      this.#drop(partition, segment)
      if (!(await this.#removeDropped())) return
    }
  }

  #oldestFinished(): { partition: Partition; segment: SegmentView } | undefined {
    let oldest: { partition: Partition; segment: SegmentView } | undefined
    for (const partition of this.#world.partitions()) {
      const segment = partition.finished[0]
      if (segment && (!oldest || segment.id < oldest.segment.id)) oldest = { partition, segment }
    }
    return oldest
  }

  #drop(partition: Partition, segment: SegmentView): void {
    partition.drop(segment)
    this.#world.onDropped(partition.name, segment.id)
  }

  /** Deletes the files of what was dropped. @returns whether all are gone. */
  async #removeDropped(): Promise<boolean> {
    const { files, clock, log, metrics, space } = this.#world
    for (const partition of this.#world.partitions()) {
      for (const segment of partition.leaving.slice()) {
        try {
          await files.remove(eventsPath(partition.folder, segment.id))
          // A power cut must not leave events without an index: those count as lost.
          await files.syncFolder(partition.folder)
          await files.remove(indexPath(partition.folder, segment.id))
          // A power cut must not bring an older segment back where a newer one is gone.
          await files.syncFolder(partition.folder)
        } catch (failure) {
          log.error({ err: failure, segment: segment.id }, 'cannot delete a segment of the journal')
          // A writer may be waiting for the room, and nothing else may come that begins a sweep.
          void clock.sleep(deleteAgainMs).then(() => this.sweep())
          return false
        }
        partition.removed(segment)
        space.free(segment.end.bytes + segment.end.index_bytes)
        metrics.journal_disk_bytes.set(space.used)
      }
    }
    return true
  }
}

/** Events of `segment` at and behind `place`. */
function unreadOf(segment: SegmentView, place: Places[string] | undefined): number {
  if (!place || place.segment < segment.id) return segment.end.events
  return place.segment === segment.id ? segment.end.events - place.ordinal : 0
}
