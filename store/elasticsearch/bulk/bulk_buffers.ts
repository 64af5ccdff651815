/**
 * Buffers for request bodies, used again so that a stream of 5 MB bodies makes no garbage. A body is
 * given back only after a complete answer: until then a broken connection may still hold its bytes.
 */
export class BulkBuffers {
  readonly #free: Buffer[] = []
  readonly #keep: number

  /** @param keep how many unused buffers stay. */
  constructor(keep: number) {
    this.#keep = keep
  }

  /** A buffer of at least `size` bytes, its content undefined. */
  take(size: number): Buffer {
    const fitting = this.#free.findIndex((buffer) => buffer.length >= size)
    if (fitting >= 0) return this.#free.splice(fitting, 1)[0]!
    // Room for the next chunk, which is about as long. The smaller ones have had their time.
    this.#free.length = 0
    return Buffer.allocUnsafeSlow(Math.ceil(size * 1.125))
  }

  give(buffer: Buffer): void {
    if (this.#free.length < this.#keep) this.#free.push(buffer)
  }
}
