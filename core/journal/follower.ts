import type { Clock } from '../clock.ts'
import type { Files } from '../files.ts'
import { isBefore, type Places } from './cursor.ts'
import { Partition, type SegmentView } from './partition.ts'
import { type Found, Track } from './track.ts'
import type { DurableMark } from './writer.ts'

/** A partition as its follower learns of it first. */
export interface FollowedPartition {
  readonly name: string
  readonly folder: string
  readonly segments: readonly SegmentView[]
}

export interface FollowerWorld {
  readonly files: Files
  readonly clock: Clock
  readonly wants: (tag: string) => boolean
  /** Events that cannot be read. */
  readonly lost: (events: number, why: string) => void
}

/** One that is being used, one that is being filled. */
const bufferCount = 2

/**
 * The journal as another process or thread writes it, read from a cursor on up to the durable marks it tells. Where
 * there is more, it is read ahead: whoever goes through it never waits for the disk.
 */
export class JournalFollower {
  readonly #world: FollowerWorld
  readonly #cursor: Places
  readonly #partitions = new Map<string, Partition>()
  readonly #tracks = new Map<string, Track>()
  readonly #buffers: Buffer[] = Array.from({ length: bufferCount }, () => Buffer.alloc(0))
  #filled = 0
  /** Behind what was handed out; undefined while nothing is read ahead. */
  #places: Places | undefined
  #ahead: Promise<Found | undefined> | undefined
  #changed = Promise.withResolvers<void>()

  constructor(cursor: Places, partitions: readonly FollowedPartition[], world: FollowerWorld) {
    this.#cursor = cursor
    this.#world = world
    for (const { name, folder, segments } of partitions) {
      this.#add(new Partition(name, folder, segments))
    }
  }

  /** Resolves on the next mark. */
  get changed(): Promise<void> {
    return this.#changed.promise
  }

  mark(name: string, folder: string, mark: DurableMark): void {
    const partition = this.#partitions.get(name) ?? this.#add(new Partition(name, folder, []))
    partition.mark(mark)
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  dropped(name: string, segment: string): void {
    const partition = this.#partitions.get(name)
    const oldest = partition?.segments[0]
    if (oldest?.id !== segment) return
    partition!.drop(oldest)
    partition!.removed(oldest)
  }

  /** Whether something that is durable now was not handed out. */
  isBehind(): boolean {
    return [...this.#tracks.values()].some(({ partition, next }) => {
      const last = partition.segments.findLast(({ end }) => end.events > 0)
      if (last === undefined) return false
      const end = { segment: last.id, ordinal: last.end.events }
      return isBefore(this.#places?.[partition.name] ?? next, end)
    })
  }

  /** The same journal from another place on. This one is to be closed. */
  from(cursor: Places): JournalFollower {
    return new JournalFollower(cursor, [...this.#partitions.values()], this.#world)
  }

  /** Behind everything that was handed out or passed over. */
  get places(): Places {
    return (
      this.#places ?? Object.fromEntries([...this.#tracks].map(([name, { next }]) => [name, next]))
    )
  }

  /**
   * What comes next, at most about `bytes`; undefined when there is nothing. Its bytes hold until the next
   * call. One call at a time.
   */
  async read(bytes: number): Promise<Found | undefined> {
    const ahead = this.#ahead
    this.#ahead = undefined
    const found = (await ahead) ?? (await this.#look(bytes))
    this.#places = undefined
    if (!found) return undefined
    this.#filled = (this.#filled + 1) % bufferCount
    if (!this.isBehind()) return found
    this.#places = this.places
    this.#ahead = this.#look(bytes)
    // Whoever reads on hears of it.
    this.#ahead.catch(() => undefined)
    return found
  }

  async close(): Promise<void> {
    await this.#ahead?.catch(() => undefined)
    await Promise.all([...this.#tracks.values()].map((track) => track.close()))
  }

  async #look(bytes: number): Promise<Found | undefined> {
    for (const track of this.#tracks.values()) {
      const found = await track.read({ bytes, ageMs: 0 })
      if (found) return found
    }
    return undefined
  }

  #add(partition: Partition): Partition {
    const { files, clock, wants, lost } = this.#world
    this.#partitions.set(partition.name, partition)
    const track = new Track(partition, this.#cursor[partition.name], {
      files,
      clock,
      wants,
      sent: () => undefined,
      changed: () => this.changed,
      hurry: () => true,
      buffer: (length) => {
        const known = this.#buffers[this.#filled]!
        if (known.length >= length) return known
        return (this.#buffers[this.#filled] = Buffer.allocUnsafeSlow(length))
      },
      lost: (events, { segment, ordinal }, why) =>
        lost(events, `${partition.name}/${segment} from event ${ordinal}: ${why}`),
    })
    this.#tracks.set(partition.name, track)
    return partition
  }
}
