import type { Clock } from '../../../core/clock.ts'
import { messageOf } from '../../../core/errors.ts'
import { isOutOfMemory } from '../memory.ts'
import { Upkeep } from '../upkeep.ts'
import type { CatalogueWriter } from './catalogue_writer.ts'
import { mergePoints } from './point_merge.ts'
import { type PlanOptions, pointPlan } from './point_plan.ts'
import type { PointStore } from './point_store.ts'
import type { RetentionRules } from './retention_rules.ts'

/** Fewer rows than these need no less memory. */
const groupRowsMin = 61_440
const forgetEveryMs = 3_600_000
const fanIn = 8
const behindMax = 32

/** Of merged files. */
export interface FileSizes {
  /** Rows of a file, at most about. */
  readonly rowsMax: number
  /** Rows that lie together: what a series has of a day, several times over, or its times take room again and again. */
  readonly groupRows: number
}

/** Merging, roll-ups and retention of points. */
export class PointMaintenance {
  readonly #store: PointStore
  readonly #catalogue: CatalogueWriter
  readonly #rules: RetentionRules
  readonly #sizes: FileSizes
  readonly #time: Pick<Clock, 'now'>
  /** Of merged files: fewer once there was no memory for more. */
  #groupRows: number
  readonly #upkeep: Upkeep

  /** @param time by which points are too old. */
  constructor(
    store: PointStore,
    catalogue: CatalogueWriter,
    rules: RetentionRules,
    sizes: FileSizes,
    time: Pick<Clock, 'now'>,
  ) {
    this.#store = store
    this.#catalogue = catalogue
    this.#rules = rules
    this.#sizes = sizes
    this.#time = time
    this.#groupRows = sizes.groupRows
    const { clock, notice } = store.world
    this.#upkeep = new Upkeep({
      clock,
      behindMax,
      next: () => this.#mergeNext(fanIn),
      regular: { everyMs: forgetEveryMs, run: () => this.#forget() },
      onFailure: (failure) =>
        notice('warn', 'points cannot be merged for now', { why: messageOf(failure) }),
    })
  }

  start(): void {
    this.#upkeep.start()
  }

  /** There is a new file. */
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

  /** Does all that can be done. @throws why it cannot go on. */
  async compact(deadline: AbortSignal): Promise<void> {
    const next = () => this.#upkeep.alone(() => this.#mergeNext(1))
    while (!deadline.aborted && (await next())) continue
    await this.#upkeep.alone(() => this.#forget())
  }

  /** Deletes the oldest points, whole files of them, until so many bytes are free or none is left. */
  async release(bytes: number): Promise<void> {
    await this.#upkeep.alone(async () => {
      const { manifest, world } = this.#store
      const oldest = [...manifest.segments.values()].toSorted((a, b) => a.maxMs - b.maxMs)
      let left = bytes
      const gone = oldest.filter((segment) => {
        if (left <= 0) return false
        left -= segment.bytes
        return true
      })
      if (gone.length === 0) return
      world.step('release points')
      await this.#store.commit({ remove: gone.map(({ id }) => id) })
      const points = gone.reduce((sum, { rows }) => sum + rows, 0)
      const text = 'no room is left but that of metrics: the oldest points are deleted'
      world.notice('warn', text, { files: gone.length, points })
    })
  }

  /** @returns whether there was something to do. */
  async #mergeNext(least: number): Promise<boolean> {
    await this.#upkeep.quiet()
    const { manifest, world } = this.#store
    const nowMs = this.#time.now()
    const options: PlanOptions = {
      rules: this.#rules,
      nowMs,
      fanIn: least,
      rowsMax: this.#sizes.rowsMax,
    }
    const inputs = pointPlan(manifest.segments.values(), options)
    if (!inputs) return false
    world.step('merge points')
    const release = this.#store.hold(inputs)
    try {
      await world.merging((connection) =>
        mergePoints(this.#store, connection, inputs, {
          rules: this.#rules,
          nowMs,
          groupRows: this.#groupRows,
          quiet: () => this.#upkeep.quiet(),
        }),
      )
    } catch (failure) {
      if (!isOutOfMemory(failure) || this.#groupRows <= groupRowsMin) throw failure
      this.#groupRows /= 2
    } finally {
      release()
    }
    return true
  }

  /** Series of which nothing can be left. */
  async #forget(): Promise<void> {
    await this.#catalogue.forget(this.#time.now() - this.#rules.longestMs - forgetEveryMs)
  }
}
