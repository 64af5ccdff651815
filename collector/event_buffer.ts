/**
 * Bytes under construction: NDJSON that parsers and the pipeline write without making strings. It
 * grows by doubling; `take` hands the filled part out and starts anew.
 *
 * A plain imperative class because it is the hottest object of the collector (`bench tail`).
 */
export class EventBuffer {
  bytes: Buffer
  length = 0

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity)
  }

  /** Makes room for `more` bytes beyond `length`. Call before writing to `bytes`. */
  reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }

  text(text: string): void {
    this.reserve(text.length * 3)
    this.length += this.bytes.write(text, this.length)
  }

  copy(source: Buffer, start: number, end: number): void {
    this.reserve(end - start)
    // A native copy costs about 60 ns to enter; short runs are cheaper by hand.
    if (end - start < 32) {
      const { bytes } = this
      let to = this.length
      for (let from = start; from < end; from++) bytes[to++] = source[from]!
      this.length = to
      return
    }
    this.length += source.copy(this.bytes, this.length, start, end)
  }

  byte(byte: number): void {
    if (this.length === this.bytes.length) this.reserve(1)
    this.bytes[this.length++] = byte
  }
}
