import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'

/** What a folder of files needs beside questions. */
export interface UpkeepWork {
  readonly clock: Clock
  /** Files that are written one after the other before they are merged all the same. */
  readonly behindMax: number
  /** Does the next thing that is due. @returns whether there was one. */
  next(): Promise<boolean>
  /** What is done so often, whatever was written. */
  readonly regular: { readonly everyMs: number; run(): Promise<void> }
  /** It is tried again after a while. */
  onFailure(failure: unknown): void
}

const lookEveryMs = 60_000
const retryMs = 5_000
/** Questions that have not paused for so long hold up no step any more: what is not merged makes them all slower. */
const patienceMs = 10_000

/** Merging, roll-ups and retention, one step after the other, between questions where these leave time. */
export class Upkeep {
  readonly #work: UpkeepWork
  readonly #stopped = new AbortController()
  #questions = 0
  #behind = 0
  #regularMs = -Infinity
  #busySinceMs = 0
  #paused = new AbortController()
  #woken = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(work: UpkeepWork) {
    this.#work = work
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#woken.resolve()
    await this.#running
  }

  /** There is a new file. While many come at once, taking them in goes before merging them, up to a number. */
  sealed(isCaughtUp: boolean): void {
    this.#behind = isCaughtUp ? 0 : this.#behind + 1
    if (this.#mayGoOn) this.#woken.resolve()
  }

  /** Answers a question; no step begins meanwhile, see `quiet`. */
  async beside<T>(question: () => Promise<T>): Promise<T> {
    if (this.#questions++ === 0) {
      this.#busySinceMs = this.#work.clock.monotonic()
      this.#paused = new AbortController()
    }
    try {
      return await question()
    } finally {
      this.#questions -= 1
      if (this.#questions === 0) this.#paused.abort()
    }
  }

  /** Resolves when no question is answered, or when questions have not paused for ten seconds. */
  async quiet(): Promise<void> {
    const waitedMs = this.#work.clock.monotonic() - this.#busySinceMs
    if (this.#questions === 0 || waitedMs >= patienceMs) return
    const ended = AbortSignal.any([this.#paused.signal, this.#stopped.signal])
    await this.#work.clock.sleep(patienceMs - waitedMs, ended)
  }

  /** One change of files after the other. */
  async alone<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(action)
    this.#turn = done.catch(() => undefined)
    return await done
  }

  get #mayGoOn(): boolean {
    return this.#behind === 0 || this.#behind > this.#work.behindMax
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      this.#woken = Promise.withResolvers()
      try {
        await this.#pass(signal)
      } catch (failure) {
        if (!signal.aborted) {
          this.#work.onFailure(failure)
          await wait(retryMs, undefined, { signal }).catch(() => undefined)
        }
      }
      const pause = new AbortController()
      const due = wait(lookEveryMs, undefined, { signal: pause.signal }).catch(() => undefined)
      await Promise.race([this.#woken.promise, due])
      pause.abort()
    }
  }

  async #pass(signal: AbortSignal): Promise<void> {
    const { clock, regular, next } = this.#work
    do {
      if (clock.monotonic() - this.#regularMs >= regular.everyMs) {
        await this.alone(() => regular.run())
        this.#regularMs = clock.monotonic()
      }
    } while (!signal.aborted && this.#mayGoOn && (await this.alone(next)))
  }
}
