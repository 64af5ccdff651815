import type { Context } from '../../core/context.ts'
import { isDiskFailure } from '../../core/disk_failure.ts'
import { messageOf } from '../../core/errors.ts'

export interface OpeningWorld {
  readonly context: Pick<Context, 'clock' | 'log' | 'metrics'>
  /** Opens everything, or leaves nothing open and throws. */
  readonly open: () => Promise<void>
}

const againMs = 1_000

/**
 * Opens what needs a disk that works: at once where it does, and otherwise again and again until it does. A
 * full disk may only get room by what the rest of Weir delivers, so nothing else waits for it.
 */
export class Opening {
  readonly #world: OpeningWorld
  readonly #stopping = new AbortController()
  #waiting: Promise<void> | undefined
  #trouble: string | null = null

  constructor(world: OpeningWorld) {
    this.#world = world
  }

  /** Why it is not open yet. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** @throws what `open` does, unless it is the disk's failure. */
  async start(): Promise<void> {
    try {
      await this.#world.open()
    } catch (failure) {
      if (!isDiskFailure(failure)) throw failure
      this.#failed(failure)
      this.#waiting = this.#openLater()
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#waiting
  }

  async #openLater(): Promise<void> {
    const { context, open } = this.#world
    const { clock, log, metrics } = context
    const { signal } = this.#stopping
    for (;;) {
      await clock.sleep(againMs, signal)
      if (signal.aborted) return
      try {
        await open()
        break
      } catch (failure) {
        this.#failed(failure)
      }
    }
    this.#trouble = null
    metrics.store_paused.set(0)
    if (!signal.aborted) log.info('the store is open')
  }

  #failed(failure: unknown): void {
    const trouble = `the store cannot be opened: ${messageOf(failure)}; it is tried again`
    const { log, metrics } = this.#world.context
    if (trouble !== this.#trouble) log.error(trouble)
    metrics.store_paused.set(1)
    this.#trouble = trouble
  }
}
