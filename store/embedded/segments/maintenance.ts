import { statfs } from 'node:fs/promises'
import type { Clock } from '../../../core/clock.ts'
import { messageOf } from '../../../core/errors.ts'
import type { EmbeddedOptions } from '../config.ts'
import { isOutOfMemory } from '../memory.ts'
import { Upkeep } from '../upkeep.ts'
import type { Mask } from './documents_line.ts'
import { isJoinable, join } from './join.ts'
import { segmentsFolder } from './layout.ts'
import { maskedRows } from './masked_rows.ts'
import { merge } from './merge.ts'
import { highestSeqs, type Segment } from './segment.ts'
import { compactPlan, type MergeOptions, mergePlan, ownSegmentBytes } from './merge_plan.ts'
import {
  ageOf,
  joinedBytesMax,
  leaving,
  leavingDamaged,
  mergedBytesMax,
  partlyOld,
  type Trimming,
} from './retention.ts'
import type { SegmentStore } from './segment_store.ts'
import { staleMasks } from './stale_masks.ts'
import { trim } from './trim.ts'
import { damagedAmong, setDamagedAside } from './verify.ts'

const retentionEveryMs = 60_000
const fanIn = 8
const behindMax = 64

/** What of the store lies beside the segments, and counts with them. */
export interface Beside {
  /** On disk. */
  bytes(): number
  /** Deletes the oldest of it, so many bytes or all there is. */
  release(bytes: number): Promise<void>
}

/** Merging and retention of segments. */
export class Maintenance {
  readonly #store: SegmentStore
  readonly #options: EmbeddedOptions
  #merge: MergeOptions
  readonly #beside: Beside
  readonly #time: Pick<Clock, 'now'>
  readonly #upkeep: Upkeep
  /** Segments that are sound, and turned out not to be like others. */
  readonly #apart = new Set<number>()

  /** @param time by which rows are too old. */
  constructor(
    store: SegmentStore,
    options: EmbeddedOptions,
    beside: Beside,
    time: Pick<Clock, 'now'>,
  ) {
    this.#store = store
    this.#options = options
    this.#beside = beside
    this.#time = time
    this.#merge = {
      sourceBytesMax: options.memory_limit / 8,
      fanIn,
      mergedBytesMax: (stream) => mergedBytesMax(options.retention, stream),
      joinedBytesMax: (stream) => joinedBytesMax(options.retention, stream),
      mayJoin: (segment) => !this.#apart.has(segment.id) && isJoinable(store, [segment]),
    }
    const { clock, notice } = store.world
    this.#upkeep = new Upkeep({
      clock,
      behindMax,
      next: () => this.#mergeNext(mergePlan),
      regular: { everyMs: retentionEveryMs, run: () => this.retain() },
      onFailure: (failure) =>
        notice('warn', 'segments cannot be merged for now', { why: messageOf(failure) }),
    })
  }

  start(): void {
    this.#upkeep.start()
  }

  /** There is a new segment. */
  sealed(isCaughtUp: boolean): void {
    this.#upkeep.sealed(isCaughtUp)
  }

  stop(): Promise<void> {
    return this.#upkeep.stop()
  }

  /** Answers a question, which steps of the maintenance wait for, but not for ever. */
  beside<T>(question: () => Promise<T>): Promise<T> {
    return this.#upkeep.beside(question)
  }

  /** Merges all that can be merged, leaves out what is too old, with retention before and behind. @throws why it cannot go on. */
  async compact(deadline: AbortSignal): Promise<void> {
    await this.#upkeep.alone(() => this.retain())
    const next = () => this.#upkeep.alone(() => this.#mergeNext(compactPlan))
    while (!deadline.aborted && (await next())) continue
    await this.#withoutOld(deadline)
    // A stream's own rule counts what is in segments of its own.
    await this.#upkeep.alone(() => this.retain())
  }

  /** Writes those anew that nothing is merged with, and that have rows that are too old. */
  async #withoutOld(deadline: AbortSignal): Promise<void> {
    const { segments } = this.#store.manifest
    for (const segment of partlyOld(segments.values(), this.#options.retention, this.#time.now())) {
      if (deadline.aborted) return
      await this.#upkeep.alone(async () => segments.has(segment.id) && this.#mergeAll([segment]))
    }
  }

  /** Deletes what is too old or too much. */
  async retain(): Promise<void> {
    const { manifest, world } = this.#store
    const { bavail, bsize } = await statfs(world.folder)
    const state = {
      nowMs: this.#time.now(),
      freeBytes: bavail * bsize,
      besideBytes: this.#beside.bytes(),
    }
    const aside = leavingDamaged(manifest.damaged(), this.#options.retention, state.nowMs)
    if (aside.length > 0) {
      await this.#store.forgetDamaged(aside.map(({ file }) => file))
      world.notice('info', 'retention: damaged segments that were set aside are deleted', {
        segments: aside.length,
      })
    }
    const { gone, trimmed, lacking } = leaving(manifest.segments.values(), this.#options, state)
    if (gone.length > 0) {
      world.step('retain')
      const segments = gone.map(({ segment }) => segment)
      const unmask = await this.#masksOf(segments)
      const taken = highestSeqs(segments.flatMap(({ parts }) => parts))
      await this.#store.commit({ remove: segments.map(({ id }) => id), unmask, taken })
      for (const [why, leaves] of Map.groupBy(gone, (each) => each.why)) {
        const rows = leaves.reduce((sum, { segment }) => sum + segment.rows, 0)
        const level = why === 'disk' ? 'warn' : 'info'
        world.notice(level, texts[why], { segments: leaves.length, rows })
      }
    }
    if (lacking > 0) await this.#beside.release(lacking)
    manifest.believe(state.nowMs)
    for (const trimming of trimmed) await this.#trim(trimming)
    await this.#unmask([...gone, ...trimmed].flatMap(({ segment }) => segment.parts))
  }

  /** Forgets masks of documents that went before they were replaced, of streams of which something went. */
  async #unmask(parts: Segment['parts']): Promise<void> {
    const streams = new Set(parts.map(({ stream }) => stream))
    const unmask = await this.#store
      .merging((connection) => staleMasks(this.#store, connection, streams))
      // What cannot be read now is looked at when something goes again.
      .catch(() => [])
    if (unmask.length > 0) await this.#store.commit({ unmask })
  }

  /** Segments that are too large to go as a whole lose their oldest rows. */
  async #trim(trimming: Trimming): Promise<void> {
    const quiet = () => this.#upkeep.quiet()
    const { world } = this.#store
    try {
      world.step('trim')
      const rows = await this.#store.merging((connection) =>
        trim(this.#store, connection, trimming, quiet),
      )
      if (rows !== undefined) world.notice('info', texts.size, { segments: 0, rows })
    } catch (failure) {
      const damaged = await damagedAmong(this.#store, failure, [trimming.segment])
      if (damaged.length === 0) throw failure
    }
  }

  /** Masks of rows in `segments`: they would count as deleted documents when their rows are gone. */
  async #masksOf(segments: readonly Segment[]): Promise<Mask[]> {
    const { manifest, world } = this.#store
    const parts = segments.flatMap((segment) => segment.parts)
    const masks = manifest.masks([...new Set(parts.map(({ stream }) => stream))])
    const files = segments.map(({ file }) => `${segmentsFolder(world.folder)}/${file}`)
    try {
      return await this.#store.merging((connection) => maskedRows(connection, files, masks))
    } catch {
      // What cannot be read goes all the same.
      return []
    }
  }

  /** @returns whether there was something to merge. */
  async #mergeNext(plan: typeof mergePlan): Promise<boolean> {
    await this.#upkeep.quiet()
    const next = plan(this.#store.manifest.segments.values(), this.#merge)
    if (!next) return false
    if (next.isJoin) return await this.#join(next.segments)
    try {
      return await this.#mergeAll(next.segments)
    } catch (failure) {
      // What a merge takes depends on the documents too: of less at once it may find room.
      const sourceBytesMax = this.#merge.sourceBytesMax / 2
      if (!isOutOfMemory(failure) || sourceBytesMax < ownSegmentBytes) throw failure
      this.#merge = { ...this.#merge, sourceBytesMax }
      return true
    }
  }

  /** @returns true: those that cannot be joined together are not tried again, and others may. */
  async #join(inputs: readonly Segment[]): Promise<true> {
    const world = { quiet: () => this.#upkeep.quiet(), wordsMax: this.#options.max_words }
    try {
      if (await join(this.#store, inputs, world)) return true
    } catch (failure) {
      if (!isOfInputs(failure)) throw failure
      await setDamagedAside(this.#store, inputs)
    }
    // Some have gone: the others may be joined without them.
    if (!isJoinable(this.#store, inputs)) return true
    for (const { id } of inputs) this.#apart.add(id)
    return true
  }

  /** @returns whether `inputs` need not be merged as they are any more: one that is damaged is set aside. */
  async #mergeAll(inputs: readonly Segment[]): Promise<boolean> {
    const nowMs = this.#time.now()
    const world = {
      quiet: () => this.#upkeep.quiet(),
      keepFrom: (stream: string) =>
        BigInt(Math.round(nowMs - ageOf(this.#options.retention, stream))) * 1000n,
      wordsMax: this.#options.max_words,
    }
    try {
      return await this.#store.merging((connection) =>
        merge(this.#store, connection, inputs, world),
      )
    } catch (failure) {
      const damaged = await damagedAmong(this.#store, failure, inputs)
      if (damaged.length === 0) throw failure
      return true
    }
  }
}

/** A file that is missing, cannot be read or is none of Parquet is to hold up nothing else. */
const isOfInputs = (failure: unknown) =>
  failure instanceof RangeError ||
  ['ENOENT', 'EIO'].includes(String((failure as { code?: unknown }).code))

const texts = {
  age: 'retention: what is older than retention.age is deleted',
  size: 'retention: there is more than retention.size, the oldest is deleted',
  disk: 'the disk has less free than min_free_disk: the oldest of the store is deleted',
} as const
