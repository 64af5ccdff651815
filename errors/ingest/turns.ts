/**
 * Lets so much begin in one turn of the loop, and what comes beyond in the next. A burst that is worked through in one
 * turn is written and answered as one, too: the disk, and whoever sends, have nothing to do until it is read, and the
 * reader nothing until they are done.
 */
export class Turns {
  readonly #most: number
  readonly #waiting: (() => void)[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** Resolves in the turn in which the caller may begin; first come, first served. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(this.#turn)
    })
  }

  readonly #turn = () => {
    for (const begin of this.#waiting.splice(0, this.#most)) begin()
    if (this.#waiting.length > 0) setImmediate(this.#turn)
  }
}
