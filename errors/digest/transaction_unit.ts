/**
 * One that has caught up waits for more until it is so old: a commit costs as much as digesting some dozen events.
 * In a flood, until nothing came for so long.
 */
const lingerMs = 200
/** With so many in that time more will come soon; a transaction of twice as many events costs little more than one. */
const floodEvents = 50
/** With so many bytes of lines to send it is full, however few events they are of. */
const maxBytes = 16_000_000

/** Most events of a transaction, and how long it may be open. */
export interface UnitBounds {
  readonly events: number
  readonly ms: number
}

/** What the transaction under way has taken in, and when it is to end. Times are monotonic milliseconds. */
export class TransactionUnit {
  readonly #bounds: () => UnitBounds
  #events = 0
  #beganMs = 0
  #tookMs = 0

  constructor(bounds: () => UnitBounds) {
    this.#bounds = bounds
  }

  get isEmpty(): boolean {
    return this.#events === 0
  }

  /** Reports were digested; `events` of them count. */
  took(events: number, nowMs: number): void {
    if (this.#events === 0) this.#beganMs = nowMs
    this.#tookMs = nowMs
    this.#events += Math.max(1, events)
  }

  /** It was committed, or taken back. */
  end(): void {
    this.#events = 0
  }

  /** @param bytes of lines to send. */
  isFull(bytes: number, nowMs: number): boolean {
    if (this.#events === 0) return false
    const most = this.#bounds()
    return this.#events >= most.events || bytes >= maxBytes || nowMs - this.#beganMs >= most.ms
  }

  /** How long it still waits for more once all is digested: in a flood until it is full or the flood is over. */
  lingersMs(nowMs: number): number {
    if (this.#events === 0) return Infinity
    const most = this.#bounds()
    const isFlood = this.#events >= Math.min(floodEvents, most.events)
    const sinceMs = isFlood ? this.#tookMs : this.#beganMs
    return Math.min(this.#beganMs + most.ms, sinceMs + lingerMs) - nowMs
  }
}
