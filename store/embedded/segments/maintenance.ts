import type { EmbeddedOptions } from '../config.ts'
import type { SegmentStore } from './segment_store.ts'

/** What goes on beside questions: merging and retention. It waits while a question is answered. */
export class Maintenance {
  readonly #store: SegmentStore
  readonly #options: EmbeddedOptions
  #questions = 0
  #quiet = Promise.withResolvers<void>()

  constructor(store: SegmentStore, options: EmbeddedOptions) {
    this.#store = store
    this.#options = options
    this.#quiet.resolve()
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

  /** Merges all that can be merged. */
  async compact(_deadline: AbortSignal): Promise<void> {
    await this.#quiet.promise
  }

  start(): void {}

  /** There may be something to do. */
  wake(): void {}

  async stop(): Promise<void> {}
}
