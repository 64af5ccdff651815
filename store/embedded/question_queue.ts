import { SearchError } from '../search.ts'

/** Lets so many run at once; so many more wait, first come first served; the rest is refused with a 429. */
export class QuestionQueue {
  readonly #concurrent: number
  readonly #queued: number
  #running = 0
  readonly #waiting = new Set<() => void>()

  constructor(concurrent: number, queued: number) {
    this.#concurrent = concurrent
    this.#queued = queued
  }

  /** @throws SearchError es_rejected_execution_exception, or the signal's reason. */
  async run<T>(action: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted()
    if (this.#running >= this.#concurrent) await this.#turn(signal)
    else this.#running += 1
    try {
      return await action()
    } finally {
      const [next] = this.#waiting
      if (next) {
        this.#waiting.delete(next)
        next()
      } else this.#running -= 1
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#queued) {
      const reason = `${this.#running} questions run and ${this.#waiting.size} wait (store.max_concurrent, store.max_queued)`
      throw new SearchError(429, 'es_rejected_execution_exception', `rejected execution: ${reason}`)
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const leave = () => {
      this.#waiting.delete(resolve)
      reject(signal.reason as Error)
    }
    this.#waiting.add(resolve)
    signal.addEventListener('abort', leave, { once: true })
    await promise.finally(() => signal.removeEventListener('abort', leave))
  }
}
