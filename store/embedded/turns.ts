/** Lets actions run beside each other, or one of them alone: for what needs everything that the others use too. */
export class Turns {
  readonly #running = new Set<Promise<unknown>>()
  /** Settles when nobody runs, or wants to run, alone. */
  #alone: Promise<unknown> = Promise.resolve()

  /** Runs `action` beside others, once nobody runs alone. */
  async together<T>(action: () => Promise<T>): Promise<T> {
    for (let before; before !== this.#alone;) {
      before = this.#alone
      await before
    }
    const running = action()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  /** Runs `action` once all that run have ended; what comes meanwhile waits. Never from within another. */
  async alone<T>(action: () => Promise<T>): Promise<T> {
    const before = this.#alone
    const done = Promise.withResolvers<void>()
    this.#alone = done.promise
    try {
      await before
      await Promise.allSettled(this.#running)
      return await action()
    } finally {
      done.resolve()
    }
  }
}
