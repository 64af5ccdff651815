/** Room for a bounded amount; who takes more than is left waits until others give back. */
export class Room {
  readonly #limit: number
  #taken = 0
  #changed = Promise.withResolvers<void>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get taken(): number {
    return this.#taken
  }

  /** Resolves when there is room, or nothing else is taken; or when `signal` fires. */
  async take(amount: number, signal: AbortSignal): Promise<void> {
    const onAbort = () => this.#changed.resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    while (this.#taken > 0 && this.#taken + amount > this.#limit && !signal.aborted) {
      await this.#changed.promise
    }
    signal.removeEventListener('abort', onAbort)
    this.#taken += amount
  }

  give(amount: number): void {
    this.#taken -= amount
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
