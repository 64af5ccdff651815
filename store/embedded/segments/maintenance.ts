import { statfs } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { messageOf } from '../../../core/errors.ts'
import type { EmbeddedOptions } from '../config.ts'
import { merge } from './merge.ts'
import { compactPlan, type MergeOptions, mergePlan } from './merge_plan.ts'
import { ageOf, leaving, leavingDamaged } from './retention.ts'
import type { SegmentStore } from './segment_store.ts'

const retentionEveryMs = 60_000
const retryMs = 5_000
const fanIn = 8
/** Segments that are sealed one after the other before they are merged all the same. */
const behindMax = 64

/** What goes on beside questions: merging and retention. No step of it begins while a question is answered. */
export class Maintenance {
  readonly #store: SegmentStore
  readonly #options: EmbeddedOptions
  readonly #merge: MergeOptions
  #questions = 0
  #behind = 0
  #quiet = Promise.withResolvers<void>()
  #woken = Promise.withResolvers<void>()
  readonly #stopped = new AbortController()
  #running: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(store: SegmentStore, options: EmbeddedOptions) {
    this.#store = store
    this.#options = options
    this.#merge = { sourceBytesMax: options.memory_limit / 8, fanIn }
    this.#quiet.resolve()
  }

  start(): void {
    this.#running = this.#run()
  }

  /** There is a new segment. While many come at once, taking them in goes before merging them, up to a number. */
  sealed(isCaughtUp: boolean): void {
    this.#behind = isCaughtUp ? 0 : this.#behind + 1
    if (isCaughtUp || this.#behind > behindMax) this.#woken.resolve()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#woken.resolve()
    this.#quiet.resolve()
    await this.#running
  }

  /** Answers a question; no step of the maintenance begins meanwhile. */
  async beside<T>(question: () => Promise<T>): Promise<T> {
    if (this.#questions++ === 0) this.#quiet = Promise.withResolvers()
    try {
      return await question()
    } finally {
      this.#questions -= 1
      if (this.#questions === 0) this.#quiet.resolve()
    }
  }

  /** Retention, then merges all that can be merged. @throws why it cannot go on. */
  async compact(deadline: AbortSignal): Promise<void> {
    await this.#alone(() => this.retain())
    while (!deadline.aborted && (await this.#alone(() => this.#mergeNext(compactPlan)))) continue
  }

  /** Deletes what is too old or too much. */
  async retain(): Promise<void> {
    const { manifest, world } = this.#store
    const { bavail, bsize } = await statfs(world.folder)
    const state = { nowMs: world.clock.now(), freeBytes: bavail * bsize }
    const aside = leavingDamaged(manifest.damaged(), this.#options.retention, state.nowMs)
    if (aside.length > 0) {
      await this.#store.forgetDamaged(aside.map(({ file }) => file))
      world.notice('info', 'retention: damaged segments that were set aside are deleted', {
        segments: aside.length,
      })
    }
    const gone = leaving(manifest.segments.values(), this.#options, state)
    if (gone.length === 0) return
    world.step('retain')
    await this.#store.commit({ remove: gone.map(({ segment }) => segment.id) })
    for (const [why, segments] of Map.groupBy(gone, (each) => each.why)) {
      const rows = segments.reduce((sum, { segment }) => sum + segment.rows, 0)
      const level = why === 'disk' ? 'warn' : 'info'
      world.notice(level, texts[why], { segments: segments.length, rows })
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    const { world } = this.#store
    let retainedMs = -Infinity
    while (!signal.aborted) {
      this.#woken = Promise.withResolvers()
      try {
        if (world.clock.monotonic() - retainedMs >= retentionEveryMs) {
          await this.#alone(() => this.retain())
          retainedMs = world.clock.monotonic()
        }
        while (
          !signal.aborted &&
          this.#mayMerge() &&
          (await this.#alone(() => this.#mergeNext(mergePlan)))
        )
          continue
      } catch (failure) {
        if (!signal.aborted) {
          world.notice('warn', 'segments cannot be merged for now', { why: messageOf(failure) })
          await wait(retryMs, undefined, { signal }).catch(() => undefined)
        }
      }
      const pause = new AbortController()
      const due = wait(retentionEveryMs, undefined, { signal: pause.signal }).catch(() => undefined)
      await Promise.race([this.#woken.promise, due])
      pause.abort()
    }
  }

  #mayMerge = () => this.#behind === 0 || this.#behind > behindMax

  /** @returns whether there was something to merge. */
  async #mergeNext(plan: typeof mergePlan): Promise<boolean> {
    await this.#quiet.promise
    const inputs = plan(this.#store.manifest.segments.values(), this.#merge)
    if (!inputs) return false
    const nowMs = this.#store.world.clock.now()
    return await this.#store.writing((connection) =>
      merge(this.#store, connection, inputs, {
        quiet: () => this.#quiet.promise,
        keepFrom: (stream) =>
          BigInt(Math.round(nowMs - ageOf(this.#options.retention, stream))) * 1000n,
        wordsMax: this.#options.max_words,
      }),
    )
  }

  /** One change of segments after the other. */
  async #alone<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(action)
    this.#turn = done.catch(() => undefined)
    return await done
  }
}

const texts = {
  age: 'retention: what is older than retention.age is deleted',
  size: 'retention: there is more than retention.size, the oldest is deleted',
  disk: 'the disk has less free than min_free_disk: the oldest of the store is deleted',
} as const
