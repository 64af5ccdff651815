import type { JsonSink } from '../event/unread_frames.ts'

const firstBytes = 65_536
/** A larger block is not kept for the next texts. */
const reusableBytes = 2_097_152
/** Bytes of UTF-8 that one UTF-16 unit may take. */
const widest = 3

/**
 * Texts as UTF-8, one behind the other, in memory outside of the heap. Once written, a text need not be kept: those
 * that wait for the disk as strings would be copied by every garbage collection.
 */
export class TextBlock implements JsonSink {
  #bytes = Buffer.allocUnsafeSlow(firstBytes)
  #length = 0

  text(text: string): void {
    const room = this.#bytes.length - this.#length
    // Measuring costs as much as writing.
    if (text.length * widest > room) this.#makeRoom(Buffer.byteLength(text))
    this.#length += this.#bytes.write(text, this.#length)
  }

  /** What is UTF-8 already. */
  bytes(source: Buffer, start: number, end: number): void {
    this.#makeRoom(end - start)
    this.#length += source.copy(this.#bytes, this.#length, start, end)
  }

  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  get isReusable(): boolean {
    return this.#bytes.length <= reusableBytes
  }

  /** Its memory is written anew: nobody may use what was written before. */
  emptied(): this {
    this.#length = 0
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
