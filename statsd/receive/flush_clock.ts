import type { Clock } from '../../core/clock.ts'

/**
 * When to flush: at the start and then every interval, as Etsy's statsd does, or at multiples of the
 * interval of the wall clock. What a tick is late does not add up. From the start on the monotonic
 * clock counts, so steps of the wall clock do nothing; aligned, one step makes one interval longer or
 * shorter by less than it.
 */
export class FlushClock {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #align: boolean
  readonly #startMs: number
  #ticks = 0

  constructor(clock: Clock, intervalMs: number, align: boolean) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#align = align
    this.#startMs = clock.monotonic()
  }

  /** Milliseconds until the next tick. */
  untilNext(): number {
    const interval = this.#intervalMs
    if (this.#align) {
      const left = interval - (this.#clock.now() % interval)
      // A timer may fire a little early; that tick was the one of this multiple.
      return this.#ticks > 0 && left < interval / 10 ? left + interval : left
    }
    return interval - ((this.#clock.monotonic() - this.#startMs) % interval)
  }

  /** Calls `onTick` at each tick until the signal fires; the number of intervals that it ends. */
  async run(onTick: (intervals: number) => void, signal: AbortSignal): Promise<void> {
    let before = this.#clock.monotonic()
    for (;;) {
      await this.#clock.sleep(this.untilNext(), signal)
      if (signal.aborted) return
      const now = this.#clock.monotonic()
      // A timer that fires within a millisecond of its time would be asked to wait for the rest of it.
      if (!this.#align && now - before < this.#intervalMs / 2) continue
      this.#ticks += 1
      onTick(Math.max(1, Math.round((now - before) / this.#intervalMs)))
      before = now
    }
  }
}
