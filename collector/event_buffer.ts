/** A short text as little-endian words, the last filled up with zeros. */
export interface Phrase {
  readonly words: Int32Array
  /** Of the text, in bytes. */
  readonly length: number
}

export function phraseOf(text: string | Uint8Array): Phrase {
  const bytes = Buffer.from(text)
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4)
  bytes.copy(padded)
  const words = Int32Array.from({ length: padded.length / 4 }, (_, at) =>
    padded.readInt32LE(at * 4),
  )
  return { words, length: bytes.length }
}

/**
 * Bytes under construction: NDJSON that parsers and the pipeline write without making strings. It
 * grows by doubling; `take` hands the filled part out and starts anew.
 *
 * A plain imperative class because it is the hottest object of the collector (`bench tail`).
 */
export class EventBuffer {
  bytes: Buffer
  /** The same memory, to write four bytes at a time. */
  view: DataView
  length = 0

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes room for `more` bytes beyond `length`. Call before writing to `bytes`. */
  reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
    this.view = new DataView(grown.buffer)
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

  /** Appends a text that was made ready once, such as a field's name. */
  phrase({ words, length }: Phrase): void {
    this.reserve(words.length * 4)
    const { view } = this
    let to = this.length
    for (let index = 0; index < words.length; index++) {
      view.setInt32(to, words[index]!, true)
      to += 4
    }
    this.length += length
  }

  byte(byte: number): void {
    if (this.length === this.bytes.length) this.reserve(1)
    this.bytes[this.length++] = byte
  }
}
