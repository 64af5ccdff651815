import { parseExact, parseLongAsBigint } from '../core/exact_json.ts'
import type { Files } from '../core/files.ts'
import type { JournalListener } from '../core/journal/feed.ts'
import { partitionFolder } from '../core/journal/layout.ts'
import type { Partition } from '../core/journal/partition.ts'
import { SegmentReader } from '../core/journal/segment_reader.ts'
import type { DurableMark } from '../core/journal/writer.ts'
import { isTag } from '../core/tag.ts'
import type { Matches } from './query/matches.ts'
import type { JsonRecord } from './search.ts'

export interface LiveTailWorld {
  readonly files: Files
  readonly dataFolder: string
  /** The partitions as they are durable now. */
  readonly partitions: () => readonly Pick<Partition, 'name' | 'segments'>[]
  /** Tells of what becomes durable; see Journal. */
  readonly listen: (listener: JournalListener) => () => void
}

/** What a follower gets. */
export interface LiveEvent {
  readonly stream: string
  readonly event: JsonRecord
}

interface Follower {
  readonly matches: Matches
  readonly wants: (stream: string) => boolean
  /** Found and not yet taken, oldest first. */
  waiting: LiveEvent[]
  skipped: number
  wake: () => void
}

interface Lane {
  segment: string
  /** Up to where it was read. */
  end: Omit<DurableMark, 'segment'>
  reader: SegmentReader | undefined
  /** The newest mark of each segment that is not read to its end, oldest first; the last stays. */
  marks: [DurableMark, ...DurableMark[]]
  reading: boolean
}

/** Most events that wait for one follower; beyond, the oldest are skipped, and said so. */
const waitingMax = 2000
/** Most bytes of one batch that is looked at: a flood is sampled rather than followed. */
const batchMax = 4_000_000

/**
 * Shows events as they become durable. It keeps nothing and holds nothing up: who cannot follow is told how
 * many were skipped. With no follower it does nothing.
 */
export class LiveTail {
  readonly #world: LiveTailWorld
  readonly #followers = new Set<Follower>()
  readonly #lanes = new Map<string, Lane>()
  #unlisten: (() => void) | undefined

  constructor(world: LiveTailWorld) {
    this.#world = world
  }

  /**
   * Events that arrive from now on, until `signal` fires.
   *
   * @yields an event, or how many were skipped before the next one.
   */
  async *follow(
    matches: Matches,
    wants: (stream: string) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<LiveEvent | { readonly skipped: number }> {
    const follower: Follower = { matches, wants, waiting: [], skipped: 0, wake: () => undefined }
    const onAbort = () => follower.wake()
    signal.addEventListener('abort', onAbort)
    this.#add(follower)
    try {
      while (!signal.aborted) {
        const { waiting, skipped } = follower
        follower.waiting = []
        follower.skipped = 0
        if (skipped > 0) yield { skipped }
        yield* waiting
        if (follower.waiting.length > 0 || signal.aborted) continue
        await new Promise<void>((resolve) => {
          follower.wake = resolve
        })
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#remove(follower)
    }
  }

  #add(follower: Follower): void {
    this.#followers.add(follower)
    if (this.#unlisten) return
    for (const { name, segments } of this.#world.partitions()) {
      const last = segments.at(-1)
      if (last) this.#lanes.set(name, laneAt({ segment: last.id, ...last.end }))
    }
    this.#unlisten = this.#world.listen({
      onMark: (partition, mark) => this.#onMark(partition, mark),
      onDropped: () => undefined,
    })
  }

  #remove(follower: Follower): void {
    this.#followers.delete(follower)
    if (this.#followers.size > 0) return
    this.#unlisten?.()
    this.#unlisten = undefined
    for (const { reader } of this.#lanes.values()) void reader?.close()
    this.#lanes.clear()
  }

  #onMark(partition: string, mark: DurableMark): void {
    // A partition not known before began after the follower did.
    const lane = this.#lanes.get(partition) ?? laneAt({ ...mark, ...nothing })
    this.#lanes.set(partition, lane)
    if (lane.marks.at(-1)!.segment === mark.segment) lane.marks.pop()
    lane.marks.push(mark)
    if (!lane.reading) void this.#read(partition, lane)
  }

  async #read(partition: string, lane: Lane): Promise<void> {
    lane.reading = true
    try {
      while (this.#lanes.get(partition) === lane && isBehind(lane)) {
        const [{ segment, ...end }, following] = lane.marks
        if (segment !== lane.segment) await this.#enter(lane, segment)
        await this.#readTo(partition, lane, end)
        if (following) lane.marks.shift()
      }
    } catch {
      // Deleted or damaged: the readers that deliver say so. Here the next mark goes on.
      const mark = lane.marks.at(-1)!
      const { segment, ...end } = mark
      const { reader } = lane
      Object.assign(lane, { segment, end, reader: undefined, marks: [mark] })
      await reader?.close()
    } finally {
      lane.reading = false
    }
  }

  async #enter(lane: Lane, segment: string): Promise<void> {
    await lane.reader?.close()
    Object.assign(lane, {
      segment,
      end: { bytes: 0, index_bytes: 0, events: 0 },
      reader: undefined,
    })
  }

  async #readTo(partition: string, lane: Lane, end: Lane['end']): Promise<void> {
    const { files, dataFolder } = this.#world
    if (!lane.reader) {
      const folder = partitionFolder(dataFolder, partition)
      lane.reader = await SegmentReader.open(files, folder, lane.segment)
      lane.reader.skipTo(lane.end)
    }
    for (let record; (record = await lane.reader.peek(end)); lane.reader.pass()) {
      // Batches that are no logs have tags that no event can have.
      if (record.count === 0 || !isTag(record.tag)) continue
      const wanting = [...this.#followers].filter(({ wants }) => wants(record.stream))
      if (wanting.length === 0) continue
      const bytes = Buffer.allocUnsafe(Math.min(record.bytes, batchMax))
      const length = await lane.reader.read(bytes, record.offset)
      const shown = this.#show(wanting, record.stream, bytes.subarray(0, length))
      for (const follower of wanting) follower.skipped += Math.max(0, record.count - shown)
    }
    lane.end = end
    for (const follower of this.#followers) follower.wake()
  }

  /** @returns how many whole events there were. */
  #show(followers: readonly Follower[], stream: string, bytes: Buffer): number {
    let count = 0
    for (let start = 0, end; (end = bytes.indexOf(10, start)) >= 0; start = end + 1) {
      count += 1
      const text = bytes.toString('utf8', start, end)
      const compared = parseLongAsBigint(text) as JsonRecord
      const fitting = followers.filter(({ matches }) => matches(compared))
      if (fitting.length === 0) continue
      const event = parseExact(text) as JsonRecord
      for (const follower of fitting) {
        follower.waiting.push({ stream, event })
        if (follower.waiting.length <= waitingMax) continue
        follower.waiting.shift()
        follower.skipped += 1
      }
    }
    return count
  }
}

const nothing = { bytes: 0, index_bytes: 0, events: 0 }

function laneAt(mark: DurableMark): Lane {
  const { segment, ...end } = mark
  return { segment, end, reader: undefined, marks: [mark], reading: false }
}

const isBehind = ({ segment, end, marks: [mark, following] }: Lane) =>
  following !== undefined || segment !== mark.segment || end.events < mark.events
