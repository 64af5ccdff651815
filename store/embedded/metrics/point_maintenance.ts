import { setTimeout as wait } from 'node:timers/promises'
import { messageOf } from '../../../core/errors.ts'
import type { CatalogueWriter } from './catalogue_writer.ts'
import { mergePoints } from './point_merge.ts'
import { type PlanOptions, pointPlan } from './point_plan.ts'
import type { PointStore } from './point_store.ts'
import type { RetentionRules } from './retention_rules.ts'

const everyMs = 60_000
const retryMs = 5_000
const forgetEveryMs = 3_600_000
const fanIn = 8
/** Files that are written one after the other before they are merged all the same. */
const behindMax = 32

/** What goes on beside questions: merging, roll-ups and retention. No step of it begins while a question is answered. */
export class PointMaintenance {
  readonly #store: PointStore
  readonly #catalogue: CatalogueWriter
  readonly #rules: RetentionRules
  readonly #rowsMax: number
  readonly #stopped = new AbortController()
  #questions = 0
  #behind = 0
  #quiet = Promise.withResolvers<void>()
  #woken = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #forgotMs = -Infinity

  constructor(
    store: PointStore,
    catalogue: CatalogueWriter,
    rules: RetentionRules,
    { rowsMax }: { rowsMax: number },
  ) {
    this.#store = store
    this.#catalogue = catalogue
    this.#rules = rules
    this.#rowsMax = rowsMax
    this.#quiet.resolve()
  }

  start(): void {
    this.#running = this.#run()
  }

  /** There is a new file. While many come at once, taking them in goes before merging them, up to a number. */
  sealed(isCaughtUp: boolean): void {
    this.#behind = isCaughtUp ? 0 : this.#behind + 1
    if (this.#mayMerge()) this.#woken.resolve()
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

  /** Does all that can be done. @throws why it cannot go on. */
  async compact(deadline: AbortSignal): Promise<void> {
    while (!deadline.aborted && (await this.#alone(() => this.#mergeNext(1)))) continue
    await this.#alone(() => this.#forget())
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    const { world } = this.#store
    while (!signal.aborted) {
      this.#woken = Promise.withResolvers()
      try {
        while (
          !signal.aborted &&
          this.#mayMerge() &&
          (await this.#alone(() => this.#mergeNext(fanIn)))
        )
          continue
        if (world.clock.monotonic() - this.#forgotMs >= forgetEveryMs)
          await this.#alone(() => this.#forget())
      } catch (failure) {
        if (!signal.aborted) {
          world.notice('warn', 'points cannot be merged for now', { why: messageOf(failure) })
          await wait(retryMs, undefined, { signal }).catch(() => undefined)
        }
      }
      const pause = new AbortController()
      const due = wait(everyMs, undefined, { signal: pause.signal }).catch(() => undefined)
      await Promise.race([this.#woken.promise, due])
      pause.abort()
    }
  }

  #mayMerge = () => this.#behind === 0 || this.#behind > behindMax

  /** @returns whether there was something to do. */
  async #mergeNext(least: number): Promise<boolean> {
    await this.#quiet.promise
    const { manifest, world } = this.#store
    const nowMs = world.clock.now()
    const options: PlanOptions = {
      rules: this.#rules,
      nowMs,
      fanIn: least,
      rowsMax: this.#rowsMax,
    }
    const inputs = pointPlan(manifest.segments.values(), options)
    if (!inputs) return false
    world.step('merge points')
    const release = this.#store.hold(inputs)
    try {
      await world.writing((connection) =>
        mergePoints(this.#store, connection, inputs, {
          rules: this.#rules,
          nowMs,
          quiet: () => this.#quiet.promise,
        }),
      )
    } finally {
      release()
    }
    return true
  }

  /** Series of which nothing can be left. */
  async #forget(): Promise<void> {
    const { clock } = this.#store.world
    this.#forgotMs = clock.monotonic()
    await this.#catalogue.forget(clock.now() - this.#rules.longestMs - everyMs * 60)
  }

  /** One change of files after the other. */
  async #alone<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(action)
    this.#turn = done.catch(() => undefined)
    return await done
  }
}
