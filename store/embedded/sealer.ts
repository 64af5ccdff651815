import { setTimeout as wait } from 'node:timers/promises'
import type { Places } from '../../core/journal/cursor.ts'
import { messageOf } from '../../core/errors.ts'
import type { Chunk } from '../../core/journal/chunk.ts'
import type { JournalFollower } from '../../core/journal/follower.ts'
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

export interface SealerEvents {
  /** @param isCaughtUp whether this was all there was. */
  readonly onSealed: (cursor: Places, isCaughtUp: boolean) => void
  /** Why nothing is sealed for now; null when it goes on. */
  readonly onPaused: (why: string | null) => void
}

const retryMs = 2_000
/** Between two passes is this part of `refreshMs` at least, for what comes together. */
const pauseShare = 5
/** Paths in memory, of all streams; beyond it they are learnt anew. */
const nodesMax = 1_000_000

/** What need not be merged any more may be larger. */
const ownChunks = 4

interface Gathered {
  readonly rows: JournalRows
  readonly paths: PathTree
  readonly cursor: Places
  readonly isLast: boolean
}

interface Waiting {
  readonly action: () => Promise<void>
  readonly resolve: () => void
  readonly reject: (why: unknown) => void
}

/**
 * Turns what is durable in the journal into segments: while one is written, the next rows are gathered. A
 * failure, such as a full disk, loses nothing: the cursor has not moved, and it is tried again.
 */
export class Sealer {
  readonly #store: SegmentStore
  readonly #options: SealerOptions
  readonly #events: SealerEvents
  #follower: JournalFollower
  #paths: PathTree
  #groups = new OpenGroups()
  #sealed: Places
  #waiting: Waiting[] = []
  #sealing = false
  #hurry = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  #stopping = false
  #paused: string | null = null

  constructor(
    store: SegmentStore,
    follow: (cursor: Places) => JournalFollower,
    options: SealerOptions,
    events: SealerEvents,
  ) {
    this.#store = store
    this.#options = options
    this.#events = events
    this.#sealed = store.manifest.cursor()
    this.#follower = follow(this.#sealed)
    this.#paths = new PathTree(options.fieldsMax)
  }

  get follower(): JournalFollower {
    return this.#follower
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Resolves once everything that is durable now is in segments. @throws why it cannot be. */
  async refresh(): Promise<void> {
    if (this.#sealing || this.#follower.isBehind()) await this.#afterPass(() => Promise.resolve())
  }

  /** Deletes a stream: all that is durable now, and its documents up to `throughSeq`. */
  async deleteStream(stream: string, throughSeq: number): Promise<void> {
    await this.#afterPass(async () => {
      await this.#store.deleteStream(stream, throughSeq)
      this.#paths.forget(stream)
    })
  }

  /** Takes in the rows of chunks that `fill` adds, which are not what comes next in the journal. @returns how many. */
  async take(fill: (add: (chunk: Chunk) => Promise<void>) => Promise<void>): Promise<number> {
    let count = 0
    await this.#afterPass(async () => {
      // Its own: a failure leaves them half filled.
      const [paths, groups] = [new PathTree(this.#options.fieldsMax), new OpenGroups()]
      let rows = this.#open(paths, groups)
      const end = async () => {
        await rows.end()
        const ended = rows
        rows = this.#open(paths, groups)
        await this.#seal({ rows: ended, paths, cursor: {}, isLast: true })
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

  /** Runs `action` when all that is durable now is sealed, while nothing is being sealed. */
  async #afterPass(action: () => Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ action, resolve, reject })
    this.#hurry.resolve()
    await promise
  }

  /** Seals what is there, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#hurry.resolve()
    await this.#running
    await this.#follower.close()
  }

  async #run(): Promise<void> {
    const { clock } = this.#store.world
    for (;;) {
      const beganMs = clock.monotonic()
      const isLast = this.#stopping
      const { changed } = this.#follower
      const waiting = this.#waiting
      this.#waiting = []
      try {
        this.#sealing = true
        await this.#sealAll()
        this.#pause(null)
        for (const { action, resolve, reject } of waiting) await action().then(resolve, reject)
      } catch (failure) {
        await this.#failed(failure, [...waiting, ...this.#waiting.splice(0)])
        if (isLast) return
        this.#hurry = Promise.withResolvers()
        if (!this.#stopping) await Promise.race([wait(retryMs), this.#hurry.promise])
        continue
      } finally {
        this.#sealing = false
      }
      if (isLast) return
      if (this.#waiting.length > 0 || this.#stopping) continue
      this.#hurry = Promise.withResolvers()
      if (!this.#follower.isBehind()) await Promise.race([changed, this.#hurry.promise])
      const { refreshMs } = this.#options
      const restMs = refreshMs - (clock.monotonic() - beganMs)
      await Promise.race([wait(Math.max(refreshMs / pauseShare, restMs)), this.#hurry.promise])
    }
  }

  /** Seals all that is durable at the call. */
  async #sealAll(): Promise<void> {
    let sealing: Promise<void> = Promise.resolve()
    let failure: { why: unknown } | undefined
    let isLast = false
    while (!isLast) {
      const gathered = await this.#gather()
      isLast = !gathered || gathered.isLast
      await sealing
      if (failure) throw failure.why
      if (!gathered) break
      sealing = this.#seal(gathered).catch((why: unknown) => {
        failure = { why }
      })
    }
    await sealing
    if (failure) throw failure.why
    // What was passed over because the store does not take it.
    const { places } = this.#follower
    if (JSON.stringify(places) === JSON.stringify(this.#sealed)) return
    this.#store.manifest.commit({ cursor: places }, this.#store.world.clock.now())
    this.#advanced(places, true)
  }

  async #seal({ rows, paths, cursor, isLast }: Gathered): Promise<void> {
    const { manifest, world } = this.#store
    await seal(world, manifest, paths, { rows, cursor, nowMs: () => world.clock.now() })
    this.#advanced(cursor, isLast)
  }

  /** The next rows; undefined when there are none. */
  async #gather(): Promise<Gathered | undefined> {
    const first = await this.#follower.read(this.#options.readBytes)
    if (!first) return undefined
    if (this.#paths.size > nodesMax) this.#paths = new PathTree(this.#options.fieldsMax)
    const paths = this.#paths
    const rows = this.#open(paths, this.#groups)
    try {
      let found: typeof first | undefined = first
      while (found) {
        await rows.add(found.chunk)
        if (this.#isFull(rows)) break
        found = await this.#follower.read(this.#options.readBytes)
      }
      await rows.end()
    } catch (failure) {
      await rows.abort()
      throw failure
    }
    // What is less than full ends a pass: all that was durable at its beginning is in it.
    return { rows, paths, cursor: this.#follower.places, isLast: !this.#isFull(rows) }
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

  #advanced(cursor: Places, isCaughtUp: boolean): void {
    this.#sealed = { ...this.#sealed, ...cursor }
    this.#events.onSealed(this.#sealed, isCaughtUp)
  }

  async #failed(failure: unknown, waiting: readonly Waiting[]): Promise<void> {
    const why = `nothing is taken into the store for now: ${messageOf(failure)}`
    this.#pause(why)
    for (const { reject } of waiting) reject(new Error(why))
    // From the last committed place on, with nothing remembered of what failed.
    const follower = this.#follower
    this.#paths = new PathTree(this.#options.fieldsMax)
    this.#groups = new OpenGroups()
    this.#sealed = this.#store.manifest.cursor()
    this.#follower = follower.from(this.#sealed)
    await follower.close()
  }

  #pause(why: string | null): void {
    if (this.#paused === why) return
    this.#paused = why
    this.#events.onPaused(why)
  }
}
