import type { JsonSink } from './event/unread_frames.ts'

const firstBytes = 16_384
/** Bytes of UTF-8 that one UTF-16 unit may take. */
const widest = 3

/**
 * Texts as UTF-8, one behind the other, in memory outside of the heap. Once written, a text need not be kept: those
 * that wait for the disk as strings would be copied by every garbage collection.
 */
export class TextBlock implements JsonSink {
  readonly #keptBytes: number
  #bytes = Buffer.allocUnsafeSlow(firstBytes)
  #length = 0

  /** @param keptBytes more memory than that is not kept for the next texts. */
  constructor(keptBytes = 2_097_152) {
    this.#keptBytes = keptBytes
  }

  /** Bytes. */
  get length(): number {
    return this.#length
  }

  /** All of it, until more is written or it is emptied. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  text(text: string): void {
    const room = this.#bytes.length - this.#length
    // Measuring costs as much as writing.
    if (text.length * widest > room) this.#makeRoom(Buffer.byteLength(text))
    this.#length += this.#bytes.write(text, this.#length)
  }

  /** What is UTF-8 already, or no text. */
  bytes(source: Buffer, start = 0, end = source.length): void {
    this.#makeRoom(end - start)
    this.#length += source.copy(this.#bytes, this.#length, start, end)
  }

  /** Its memory is written anew: nobody may use what was written before. */
  emptied(): this {
    this.#length = 0
    if (this.#bytes.length > this.#keptBytes) this.#bytes = Buffer.allocUnsafeSlow(firstBytes)
    return this
  }

  #makeRoom(more: number): void {
    const least = this.#length + more
    if (least <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(least, this.#bytes.length * 2))
    larger.set(this.written)
    this.#bytes = larger
  }
}
