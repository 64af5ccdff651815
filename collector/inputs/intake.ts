import { fired } from '../../core/deadline.ts'
import { messageOf, WeirError } from '../../core/errors.ts'
import type { Arrival, InputContext, Outcome } from '../input.ts'

/**
 * What lies between the sockets of an input and `deliver`: it counts what arrives, bounds what is
 * under way, and knows when all of it is settled.
 */
export class Intake {
  readonly #context: InputContext
  #maxPendingBytes: number
  readonly #received
  readonly #receivedBytes
  #pendingBytes = 0
  #underWay = 0
  #isClosed = false
  #waiting: (() => void)[] = []

  constructor(context: InputContext, maxPendingBytes: number) {
    this.#context = context
    this.#maxPendingBytes = maxPendingBytes
    this.#received = context.metrics.events_received.labels(context.id)
    this.#receivedBytes = context.metrics.bytes_received.labels(context.id)
  }

  set maxPendingBytes(bytes: number) {
    this.#maxPendingBytes = bytes
    this.#wake()
  }

  /** Bytes delivered that are not durable yet. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** True while the sender should be made to wait. */
  get isFull(): boolean {
    return this.#pendingBytes >= this.#maxPendingBytes
  }

  /** Deliveries that are not settled. */
  get underWay(): number {
    return this.#underWay
  }

  /**
   * Counts and delivers. Rejects when nothing was taken: Weir is stopping, the arrival was withdrawn, or
   * is too large for the journal. Who has no sender to tell uses `takeOrLose`.
   *
   * @param bytes what the arrival takes up.
   */
  async take(arrival: Arrival, bytes: number, withdrawn?: AbortSignal): Promise<Outcome> {
    this.#received.inc(arrival.count)
    this.#receivedBytes.inc(bytes)
    if (this.#isClosed) throw new WeirError('WEIR_JOURNAL_CLOSED', 'the input is stopping')
    this.#pendingBytes += bytes
    this.#underWay += 1
    try {
      return await this.#context.deliver(arrival, withdrawn)
    } catch (failure) {
      this.#context.log.debug({ reason: messageOf(failure) }, 'an arrival was not taken')
      throw failure
    } finally {
      this.#pendingBytes -= bytes
      this.#underWay -= 1
      this.#wake()
    }
  }

  /** As `take`, for those whose sender cannot be told: what is not taken is counted as lost. */
  async takeOrLose(arrival: Arrival, bytes: number): Promise<void> {
    const { count } = arrival
    try {
      await this.take(arrival, bytes)
    } catch (failure) {
      const isTooLarge = failure instanceof WeirError && failure.code === 'WEIR_REQUEST_TOO_LARGE'
      this.#context.count(isTooLarge ? 'journal_full' : 'stopped', count)
    }
  }

  /** Resolves when it is not full (at once when it is not). */
  room(): Promise<void> {
    return this.#when(() => !this.isFull)
  }

  /** Delivers nothing from now on; resolves when all that is under way is settled, or at `deadline`. */
  async close(deadline: AbortSignal): Promise<void> {
    this.#isClosed = true
    const settled = this.#when(() => this.#underWay === 0)
    await Promise.race([settled, fired(deadline)])
  }

  #when(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve()
    return new Promise((resolve) => {
      const look = () => (condition() ? resolve() : void this.#waiting.push(look))
      this.#waiting.push(look)
    })
  }

  #wake() {
    const waiting = this.#waiting
    this.#waiting = []
    for (const look of waiting) look()
  }
}
