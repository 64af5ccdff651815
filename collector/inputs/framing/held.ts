const nothing = Buffer.alloc(0)
/** A buffer above this is given back once what remains in it is small. */
const largeBytes = 65_536

/**
 * The bytes of a stream that do not make a whole message yet. They are copied, so that a short rest
 * does not keep a whole segment in memory, and no connection that is between messages holds any.
 */
export class Held {
  #own = nothing
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What is held followed by `bytes`; valid until `keep`. Copies only when something is held. */
  append(bytes: Buffer): Buffer {
    if (this.#length === 0) return bytes
    const needed = this.#length + bytes.length
    if (needed > this.#own.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#own.length * 2))
      this.#own.copy(grown, 0, 0, this.#length)
      this.#own = grown
    }
    bytes.copy(this.#own, this.#length)
    this.#length = needed
    return this.#own.subarray(0, needed)
  }

  /** Holds `all`, which `append` returned, from `from` on, and nothing else. */
  keep(all: Buffer, from: number): void {
    const rest = all.length - from
    const isOwn = all.buffer === this.#own.buffer
    if (rest === 0) {
      if (this.#own.length > largeBytes) this.#own = nothing
    } else if (isOwn && (this.#own.length <= largeBytes || rest * 4 > this.#own.length)) {
      if (from > 0) this.#own.copyWithin(0, from, all.length)
    } else {
      if (isOwn || rest > this.#own.length) this.#own = Buffer.allocUnsafeSlow(rest)
      all.copy(this.#own, 0, from)
    }
    this.#length = rest
  }
}
