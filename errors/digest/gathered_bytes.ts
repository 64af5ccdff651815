const firstBytes = 16_384
/** A larger buffer is not kept for the next batch. */
const keptBytes = 8_000_000

/** Bytes of a batch one after the other, outside of the heap: what they come from is garbage at once. */
export class GatheredBytes {
  #bytes = Buffer.allocUnsafeSlow(firstBytes)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** All of them, until more is added or they are cleared. */
  get all(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  addText(text: string): void {
    // Most that UTF-8 makes of a UTF-16 unit.
    this.#makeRoom(text.length * 3)
    this.#length += this.#bytes.write(text, this.#length)
  }

  add(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  clear(): void {
    this.#length = 0
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafeSlow(firstBytes)
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + bytes))
    larger.set(this.all)
    this.#bytes = larger
  }
}
