import { messageOf } from '../../core/errors.ts'
import { SearchError } from '../search.ts'
import { Turns } from './turns.ts'

/** Whether DuckDB refused a query because `memory_limit` was reached, by whomever. */
export const isOutOfMemory = (failure: unknown): boolean =>
  /^Out of Memory Error/i.test(messageOf(failure))

/** Whether a file could not be read for a reason that is none of the file's: nothing is known of it then. */
export const isPassing = (failure: unknown): boolean =>
  isOutOfMemory(failure) ||
  /too many open files|cannot allocate memory|no space left|interrupted/i.test(messageOf(failure))

/** The memory that questions share. */
export class Memory {
  readonly #limitBytes: number
  readonly #turns = new Turns()

  /** @param limitBytes `store.memory_limit`, for the message. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /**
   * Answers a question beside others; one that finds no room gets all there is once they are answered.
   *
   * @throws SearchError circuit_breaking_exception (429) when that does not do either
   */
  async share<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.together(question)
    } catch (failure) {
      if (!isOutOfMemory(failure)) throw failure
    }
    try {
      return await this.#turns.alone(question)
    } catch (failure) {
      throw this.explained(failure)
    }
  }

  /** What whoever asked is told of a failure: that of DuckDB's memory in words of the config. */
  explained(failure: unknown): unknown {
    if (!isOutOfMemory(failure)) return failure
    const limit = `${Math.floor(this.#limitBytes / 1e6)}MB`
    const reason = `[parent] Data too large: the question needs more memory than store.memory_limit (${limit}) gives; ask for less at once, such as a shorter time or fewer aggregations, or raise it`
    const details = { bytes_limit: this.#limitBytes, durability: 'PERMANENT' }
    return new SearchError(429, 'circuit_breaking_exception', reason, details)
  }
}
