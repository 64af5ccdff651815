import type { Clock } from '../../core/clock.ts'
import type { EmbeddedOptions } from './config.ts'
import type { EngineChild } from './engine_child.ts'

const watchMs = 1_000
/** How long a process may take to seal what is there, and end. */
const endMs = 600_000
const windowMs = 10_000

export interface PresenceWorld {
  readonly clock: Clock
  readonly child: Pick<EngineChild, 'isRunning' | 'questions' | 'ensure' | 'stop'>
  /** Bytes of the journal that are not taken in yet. */
  readonly waitingBytes: () => number
  /** Whether the process takes nothing in, for want of room. */
  readonly isPaused: () => boolean
  readonly onFailure: (failure: unknown) => void
}

/** When the engine's process is to be there: started when enough waits, ended when nobody needs it. */
export class EnginePresence {
  readonly #options: EmbeddedOptions
  readonly #world: PresenceWorld
  #changed = Promise.withResolvers<void>()
  #watching: Promise<void> | undefined
  #lastQuestionMs = -Infinity
  /** Bytes that became durable since the window began, and in the one before. */
  #window = { bytes: 0, beganMs: -Infinity, before: 0 }

  constructor(options: EmbeddedOptions, world: PresenceWorld) {
    this.#options = options
    this.#world = world
  }

  /** @param stopping fires when nothing is started or ended any more. */
  start(stopping: AbortSignal): void {
    stopping.addEventListener('abort', () => this.wake(), { once: true })
    this.#watching = this.#watch(stopping)
  }

  /** Resolves once it has let go of the process. */
  async stopped(): Promise<void> {
    await this.#watching
  }

  /** Something changed: the process is there, or bytes wait. */
  wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  /** Bytes became durable that may be for the store. */
  arrived(bytes: number): void {
    this.#window.bytes += bytes
    this.wake()
  }

  /** A question begins, or has ended. */
  asked(): void {
    this.#lastQuestionMs = this.#world.clock.monotonic()
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, child, waitingBytes, onFailure } = this.#world
    while (!signal.aborted) {
      if (child.isRunning) {
        await clock.sleep(watchMs, signal)
        if (!signal.aborted && this.#isIdle()) await child.stop(AbortSignal.timeout(endMs))
        continue
      }
      const changed = this.#changed.promise
      if (waitingBytes() === 0) {
        await changed
        continue
      }
      const since = clock.monotonic()
      while (!signal.aborted && !child.isRunning && this.#mayWait(since)) {
        await clock.sleep(Math.min(watchMs, this.#options.seal_after), signal)
      }
      await child.ensure(signal).catch((failure: unknown) => {
        if (!signal.aborted) onFailure(failure)
      })
    }
  }

  #mayWait(sinceMs: number): boolean {
    const { seal_after: sealAfter, seal_size: sealSize } = this.#options
    const { clock, waitingBytes } = this.#world
    return clock.monotonic() - sinceMs < sealAfter && waitingBytes() < sealSize
  }

  /** Nobody asked for a while, and so little comes in that it can wait. */
  #isIdle(): boolean {
    const { idle_timeout: idle, seal_after: sealAfter, seal_size: sealSize } = this.#options
    const { clock, child, waitingBytes, isPaused } = this.#world
    const now = clock.monotonic()
    const { bytes, beganMs } = this.#window
    if (now - beganMs >= windowMs) this.#window = { bytes: 0, beganMs: now, before: bytes }
    if (child.questions > 0 || now - this.#lastQuestionMs < idle) return false
    if (isPaused() || waitingBytes() >= sealSize) return false
    return Math.max(bytes, this.#window.before) * (sealAfter / windowMs) < sealSize
  }
}
