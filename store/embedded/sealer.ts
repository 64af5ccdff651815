import type { Places } from '../../core/journal/cursor.ts'
import type { Chunk } from '../../core/journal/chunk.ts'
import type { JournalFollower } from '../../core/journal/follower.ts'
import { SealingPasses, type Gathered, type SealingEvents } from './sealing_passes.ts'
import { JournalRows } from './segments/journal_rows.ts'
import { OpenGroups } from './segments/open_group.ts'
import { PathTree } from './segments/path_tree.ts'
import { seal } from './segments/seal.ts'
import type { SegmentStore } from './segments/segment_store.ts'

export interface SealerOptions {
  /** Documents of one segment in bytes, at most about; of one stream and day four times as much. */
  readonly chunkBytes: number
  /** Bytes read of the journal at once. */
  readonly readBytes: number
  /** Between the beginnings of two passes, where there is something new. */
  readonly refreshMs: number
  readonly fieldsMax: number
  readonly wordsMax: number
}

/** Between two passes is this part of `refreshMs` at least. */
const pauseShare = 5
/** Paths in memory, of all streams; beyond it they are learnt anew. */
const nodesMax = 1_000_000

/** What need not be merged any more may be larger. */
const ownChunks = 4

interface GatheredRows extends Gathered {
  readonly rows: JournalRows
  readonly paths: PathTree
}

/** Turns what is durable in the journal into segments. */
export class Sealer {
  readonly #store: SegmentStore
  readonly #options: SealerOptions
  readonly #passes: SealingPasses<GatheredRows>
  #paths: PathTree
  #groups = new OpenGroups()

  constructor(
    store: SegmentStore,
    follow: (cursor: Places) => JournalFollower,
    options: SealerOptions,
    events: SealingEvents,
  ) {
    this.#store = store
    this.#options = options
    this.#paths = new PathTree(options.fieldsMax)
    const { manifest, world } = store
    const { refreshMs } = options
    this.#passes = new SealingPasses(
      {
        gather: (follower) => this.#gather(follower),
        seal: (gathered) => this.#seal(gathered),
        passOver: async (cursor) => manifest.commit({ cursor }, world.clock.now()),
        committed: () => manifest.cursor(),
        forget: () => this.#forget(),
      },
      follow,
      {
        refreshMs,
        restMs: refreshMs / pauseShare,
        whenPaused: 'nothing is taken into the store for now',
      },
      events,
      world.clock,
    )
  }

  get follower(): JournalFollower {
    return this.#passes.follower
  }

  start(): void {
    this.#passes.start()
  }

  /** Resolves once everything that is durable now is in segments. @throws why it cannot be. */
  refresh(): Promise<void> {
    return this.#passes.refresh()
  }

  /** Seals what is there, and ends. */
  stop(): Promise<void> {
    return this.#passes.stop()
  }

  /** Deletes a stream: all that is durable now, and its documents up to `throughSeq`. */
  async deleteStream(stream: string, throughSeq: number): Promise<void> {
    await this.#passes.after(async () => {
      await this.#store.deleteStream(stream, throughSeq)
      this.#paths.forget(stream)
    })
  }

  /** Takes in the rows of chunks that `fill` adds, which are not what comes next in the journal. @returns how many. */
  async take(fill: (add: (chunk: Chunk) => Promise<void>) => Promise<void>): Promise<number> {
    let count = 0
    await this.#passes.after(async () => {
      // Its own: a failure leaves them half filled.
      const [paths, groups] = [new PathTree(this.#options.fieldsMax), new OpenGroups()]
      let rows = this.#open(paths, groups)
      const end = async () => {
        await rows.end()
        const ended = rows
        rows = this.#open(paths, groups)
        await this.#passes.seal({ rows: ended, paths, cursor: {}, isLast: true })
      }
      try {
        await fill(async (chunk) => {
          await rows.add(chunk)
          count += chunk.count
          if (this.#isFull(rows)) await end()
        })
        await end()
      } catch (failure) {
        await rows.abort()
        throw failure
      }
    })
    return count
  }

  async #seal({ rows, paths, cursor }: GatheredRows): Promise<void> {
    const { manifest, world } = this.#store
    await seal(world, manifest, paths, { rows, cursor, nowMs: () => world.clock.now() })
  }

  /** The next rows; undefined when there are none. */
  async #gather(follower: JournalFollower): Promise<GatheredRows | undefined> {
    const first = await follower.read(this.#options.readBytes)
    if (!first) return undefined
    if (this.#paths.size > nodesMax) this.#paths = new PathTree(this.#options.fieldsMax)
    const paths = this.#paths
    const rows = this.#open(paths, this.#groups)
    try {
      let found: typeof first | undefined = first
      while (found) {
        await rows.add(found.chunk)
        if (this.#isFull(rows)) break
        found = await follower.read(this.#options.readBytes)
      }
      await rows.end()
    } catch (failure) {
      await rows.abort()
      throw failure
    }
    return { rows, paths, cursor: follower.places, isLast: !this.#isFull(rows) }
  }

  #open(paths: PathTree, groups: OpenGroups): JournalRows {
    const { manifest, world } = this.#store
    return new JournalRows({
      segments: world,
      groups,
      paths,
      wordsMax: this.#options.wordsMax,
      takeId: () => manifest.takeId(),
      isGone: (stream, seq) => seq <= (manifest.gone.get(stream)?.seq ?? -1),
    })
  }

  #isFull(rows: JournalRows): boolean {
    return rows.bytes >= this.#options.chunkBytes * (rows.isOwn ? ownChunks : 1)
  }

  #forget(): void {
    this.#paths = new PathTree(this.#options.fieldsMax)
    this.#groups = new OpenGroups()
  }
}
