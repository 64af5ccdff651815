import type { Clock } from './clock.ts'

/** A clock that is further ahead than this of what it should show has jumped. */
const jumpMs = 86_400_000

/** For whoever reads the log. */
export const clockJumpText =
  'the clock is more than a day ahead of the last time that is known: nothing goes for its age until it is set right, or clock_jump_wait has passed'

/**
 * The time by which data is too old. A clock that is set years ahead, by a flat battery or a wrong time
 * server, would have all of it deleted within a minute. So after a jump of more than a day time goes on as
 * before for a while, in which the clock can be set right; then it is believed. Back it may go at once.
 */
export class SteadyTime {
  readonly #clock: Clock
  readonly #patienceMs: number
  readonly #onJump: (aheadMs: number) => void
  /** What the clock showed, and what the monotonic one did then; both in milliseconds. */
  #wallMs: number
  #monotonicMs: number
  /** Monotonic milliseconds since when it is ahead. */
  #aheadSinceMs: number | undefined

  /**
   * @param knownMs milliseconds since the epoch: a time that has been, such as that of the last start.
   * @param patienceMs how long a clock that jumped is not believed.
   * @param onJump once for each jump; by how many milliseconds.
   */
  constructor(
    clock: Clock,
    knownMs: number,
    patienceMs: number,
    onJump: (aheadMs: number) => void,
  ) {
    this.#clock = clock
    this.#patienceMs = patienceMs
    this.#onJump = onJump
    this.#wallMs = knownMs
    this.#monotonicMs = clock.monotonic()
  }

  /** Milliseconds since the epoch. */
  now(): number {
    const wallMs = this.#clock.now()
    const monotonicMs = this.#clock.monotonic()
    const expectedMs = this.#wallMs + monotonicMs - this.#monotonicMs
    const aheadMs = wallMs - expectedMs
    if (aheadMs > jumpMs) {
      if (this.#aheadSinceMs === undefined) {
        this.#aheadSinceMs = monotonicMs
        this.#onJump(aheadMs)
      }
      if (monotonicMs - this.#aheadSinceMs < this.#patienceMs) return expectedMs
    }
    this.#aheadSinceMs = undefined
    this.#wallMs = wallMs
    this.#monotonicMs = monotonicMs
    return wallMs
  }
}
