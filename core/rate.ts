const bucketMs = 5_000
const buckets = 12

/** How much a second over the last minute, in buckets of five seconds. */
export class Rate {
  readonly #monotonic: () => number
  readonly #amounts = new Float64Array(buckets)
  readonly #startedMs: number
  #bucket: number

  /** @param monotonic milliseconds that never go back. */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
    this.#startedMs = monotonic()
    this.#bucket = this.#current()
  }

  add(amount: number): void {
    this.#forget()
    this.#amounts[this.#bucket % buckets]! += amount
  }

  get perSecond(): number {
    this.#forget()
    const sum = this.#amounts.reduce((total, amount) => total + amount, 0)
    const elapsedMs = Math.min(this.#monotonic() - this.#startedMs, bucketMs * (buckets - 1))
    return Math.round(sum / (Math.max(1000, elapsedMs) / 1000))
  }

  #current(): number {
    return Math.floor(this.#monotonic() / bucketMs)
  }

  #forget(): void {
    const current = this.#current()
    const passed = Math.min(current - this.#bucket, buckets)
    for (let i = 1; i <= passed; i++) this.#amounts[(this.#bucket + i) % buckets] = 0
    this.#bucket = current
  }
}
