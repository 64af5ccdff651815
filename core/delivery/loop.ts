import { fullJitter } from '../backoff.ts'
import type { Context } from '../context.ts'
import { within } from '../deadline.ts'
import { messageOf, RetryableError, TooLargeError } from '../errors.ts'
import { type Chunk, subsetOf } from '../journal/chunk.ts'
import type { Read, Reader } from '../journal/reader.ts'
import type { Lifecycle } from '../lifecycle.ts'
import { Rate } from '../rate.ts'
import type { DeadLetters } from './dead_letters.ts'
import type { JsonObject } from '../json.ts'
import { type Output, PartialDelivery, type Rejected } from './output.ts'

export interface DeliverySettings {
  readonly batchBytes: number
  readonly batchAgeMs: number
  readonly concurrency: number
  readonly timeoutMs: number
  readonly retryMaxWaitMs: number
}

const retryBaseMs = 200
const drainLookMs = 250
/** Behind a full chunk, how much sooner than after `batchAgeMs` a chunk goes out. */
const burstHaste = 10

/**
 * Takes events from a reader to an output, for ever: retries what may succeed later, puts what is refused
 * for good into the dead letters, and lets the reader's cursor pass only what is in one of the two. The only
 * place where anything is retried.
 */
export class DeliveryLoop implements Lifecycle {
  readonly #output: Output
  readonly #reader: Reader
  readonly #dead: DeadLetters
  readonly #settings: DeliverySettings
  readonly #context: Context
  readonly #rate: Rate
  /** Fires when reading ends; `#givingUp` when what is under way is given up. */
  readonly #stopping = new AbortController()
  readonly #givingUp = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #running: Promise<void> | undefined
  /** How many requests at once: halved when the target is overloaded, grown slowly when it is not. */
  #limit: number
  #slot = Promise.withResolvers<void>()
  #failure: { message: string; since: number; attempts: number } | undefined
  /** Until when the target wants no request, monotonic: what it said to one holds for all. */
  #restUntilMs = 0
  #delivered = 0
  #draining = false

  constructor(
    output: Output,
    reader: Reader,
    dead: DeadLetters,
    settings: DeliverySettings,
    context: Context,
  ) {
    this.#output = output
    this.#reader = reader
    this.#dead = dead
    this.#settings = settings
    this.#context = context
    this.#limit = settings.concurrency
    this.#rate = new Rate(context.clock.monotonic)
  }

  async start(): Promise<void> {
    await this.#output.start()
    this.#running = this.#run()
  }

  /**
   * Goes on until the journal is delivered, the target fails, or the deadline fires; then waits for what
   * is under way. What is left stays in the journal.
   */
  async stop(deadline: AbortSignal): Promise<void> {
    const giveUp = () => {
      this.#stopping.abort()
      this.#givingUp.abort()
    }
    this.#draining = true
    if (deadline.aborted) giveUp()
    deadline.addEventListener('abort', giveUp, { once: true })
    if (this.#failure || this.#reader.lag().events === 0) this.#stopping.abort()
    this.#reader.wake()
    await this.#running
    await Promise.all(this.#underWay)
    deadline.removeEventListener('abort', giveUp)
    await this.#output.stop(deadline)
  }

  status(): JsonObject {
    const lag = this.#reader.lag()
    return {
      id: this.#reader.id,
      state: this.#failure ? 'retrying' : 'ok',
      ...(this.#failure && {
        last_error: this.#failure.message,
        failing_since: new Date(this.#failure.since).toISOString(),
        attempts: this.#failure.attempts,
      }),
      lag_bytes: lag.bytes,
      lag_events: lag.events,
      lag_seconds: lag.seconds,
      delivered_events: this.#delivered,
      events_per_second: this.#rate.perSecond,
      requests_under_way: this.#underWay.size,
      concurrency: Math.floor(this.#limit),
      ...this.#output.status(),
    }
  }

  async #run(): Promise<void> {
    const { batchBytes, batchAgeMs } = this.#settings
    const { signal } = this.#stopping
    // The end of a burst: what is behind a full chunk need not wait for others as single events do.
    let inBurst = false
    while (!signal.aborted) {
      if (this.#underWay.size >= Math.floor(this.#limit)) {
        await this.#slot.promise
        continue
      }
      const ageMs = inBurst ? batchAgeMs / burstHaste : batchAgeMs
      const limits = { bytes: batchBytes, ageMs: this.#draining ? 0 : ageMs }
      let read: Read | undefined
      try {
        // While it drains, look now and then whether what is left is of no concern to this reader.
        const patience = this.#draining ? AbortSignal.timeout(drainLookMs) : signal
        read = await this.#reader.read(limits, AbortSignal.any([signal, patience]))
      } catch (failure) {
        this.#failed(failure, 1)
        await this.#context.clock.sleep(1000, signal)
      }
      if (read) {
        inBurst = read.chunk.bytes.length > batchBytes / 2
        this.#begin(read)
      } else this.#endDrain()
    }
  }

  #endDrain(): void {
    if (!this.#draining || this.#underWay.size > 0) return
    if (this.#reader.lag().events === 0) this.#stopping.abort()
  }

  #begin(read: Read): void {
    const work = this.#deliverRead(read).finally(() => {
      this.#underWay.delete(work)
      this.#slot.resolve()
      this.#slot = Promise.withResolvers()
      this.#endDrain()
    })
    this.#underWay.add(work)
  }

  async #deliverRead(read: Read): Promise<void> {
    if (await this.#deliver(read.chunk, read.mayBeKnown, () => read.reserve())) read.done()
  }

  /** @returns false when it was given up because of a stop. */
  async #deliver(
    given: Chunk,
    mayBeKnown: boolean,
    reserve: () => Promise<void>,
  ): Promise<boolean> {
    let chunk = given
    for (let attempt = 1; chunk.count > 0; attempt++) {
      let wait: number | undefined
      await this.#letRest()
      if (this.#givingUp.signal.aborted) return false
      try {
        await reserve()
        await this.#attempt({ chunk, mayBeKnown })
        return true
      } catch (failure) {
        if (failure instanceof TooLargeError) return await this.#split(chunk, mayBeKnown, failure)
        const partial = failure instanceof RetryableError ? failure : undefined
        if (partial) {
          // Whoever refuses an event for now has not looked whether an earlier request brought it.
          mayBeKnown ||= partial.fateUnknown
          wait = partial.retryAfterMs
        }
        if (partial?.remaining) {
          const refused = failure instanceof PartialDelivery ? failure.rejected.length : 0
          this.#countDelivered(chunk.count - partial.remaining.length - refused, 0)
          chunk = subsetOf(chunk, partial.remaining)
        }
        this.#failed(failure, attempt)
      }
      await this.#wait(attempt, wait)
    }
    return true
  }

  async #attempt(delivery: { chunk: Chunk; mayBeKnown: boolean }): Promise<void> {
    const { metrics, id, clock } = this.#context
    const { chunk } = delivery
    const began = clock.monotonic()
    let rejected: readonly Rejected[]
    try {
      rejected = await within(this.#settings.timeoutMs, this.#givingUp.signal, (deadline) =>
        this.#output.write(delivery, deadline),
      )
      metrics.requests.inc({ component: id, result: 'ok' })
    } catch (failure) {
      metrics.requests.inc({ component: id, result: 'failed' })
      if (failure instanceof PartialDelivery) await this.#bury(chunk, failure.rejected)
      throw failure
    } finally {
      metrics.request_seconds.observe({ component: id }, (clock.monotonic() - began) / 1000)
    }
    await this.#bury(chunk, rejected)
    this.#limit = Math.min(this.#settings.concurrency, this.#limit + 1 / this.#limit)
    if (this.#failure) this.#context.log.info('delivers again')
    this.#failure = undefined
    this.#countDelivered(chunk.count - rejected.length, chunk.bytes.length)
  }

  /**
   * Puts letters away, and waits where there is no room for them: to give the chunk to the target again
   * would make its delivered events look like conflicts.
   */
  async #bury(chunk: Chunk, rejected: readonly Rejected[]): Promise<void> {
    if (rejected.length === 0) return
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#dead.add(chunk, rejected)
        break
      } catch (failure) {
        this.#failed(failure, attempt)
        await this.#wait(attempt, undefined)
        if (this.#givingUp.signal.aborted) throw failure
      }
    }
    for (const { reason } of rejected) this.#context.count(reason)
    const { target, detail } = rejected[0]!
    this.#context.log.warn(
      { events: rejected.length, target, detail },
      'refused for good: in the dead letters, see "weir dead ls"',
    )
  }

  /** A request too large is sent in halves; an event too large alone is a dead letter. */
  async #split(chunk: Chunk, mayBeKnown: boolean, failure: TooLargeError): Promise<boolean> {
    const now = () => Promise.resolve()
    if (chunk.count > 1) {
      const half = Math.ceil(chunk.count / 2)
      const all = Array.from({ length: chunk.count }, (_, index) => index)
      const first = await this.#deliver(subsetOf(chunk, all.slice(0, half)), mayBeKnown, now)
      return first && (await this.#deliver(subsetOf(chunk, all.slice(half)), mayBeKnown, now))
    }
    const reason = 'too_large_for_target'
    try {
      await this.#bury(chunk, [{ index: 0, reason, detail: failure.message, target: '' }])
      return true
    } catch {
      return false
    }
  }

  async #wait(attempt: number, retryAfterMs: number | undefined): Promise<void> {
    const { clock, random } = this.#context
    const maxMs = this.#settings.retryMaxWaitMs
    const restMs = Math.min(retryAfterMs ?? 0, 10 * maxMs)
    this.#restUntilMs = Math.max(this.#restUntilMs, clock.monotonic() + restMs)
    await this.#pause(fullJitter(attempt, { baseMs: retryBaseMs, maxMs }, random))
  }

  /** Waits while the target wants no request. */
  async #letRest(): Promise<void> {
    const { clock } = this.#context
    for (;;) {
      const ms = this.#restUntilMs - clock.monotonic()
      if (ms <= 0 || this.#givingUp.signal.aborted) return
      await this.#pause(ms)
    }
  }

  async #pause(ms: number): Promise<void> {
    const { clock } = this.#context
    await clock.sleep(ms, AbortSignal.any([this.#givingUp.signal, this.#stopping.signal]))
    // A stop does not wait for a target that fails: what is under way is left to the next start.
    if (this.#stopping.signal.aborted) this.#givingUp.abort()
  }

  #failed(failure: unknown, attempts: number): void {
    const message = messageOf(failure)
    const { clock, log } = this.#context
    if (!this.#failure) log.warn({ reason: message }, 'cannot deliver; keeps trying')
    this.#failure = { message, since: this.#failure?.since ?? clock.now(), attempts }
    this.#limit = Math.max(1, this.#limit / 2)
    if (this.#draining) this.#stopping.abort()
  }

  #countDelivered(events: number, bytes: number): void {
    const { metrics, id } = this.#context
    this.#delivered += events
    this.#rate.add(events)
    metrics.events_delivered.inc({ component: id }, events)
    metrics.bytes_delivered.inc({ component: id }, bytes)
  }
}
