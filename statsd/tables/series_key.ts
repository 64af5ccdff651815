import { hashOf } from './hash.ts'

/**
 * The key of a series as tables look it up: its bytes as little-endian words (the last one filled up
 * with zeros), their number and their hash. Made once and filled for each line.
 */
export class SeriesKey {
  readonly #seed: number
  readonly words: Int32Array<ArrayBuffer>
  /** The same memory. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** In bytes. */
  length = 0
  hash = 0

  /** @param maxBytes the longest key. */
  constructor(seed: number, maxBytes: number) {
    this.#seed = seed
    this.words = new Int32Array((maxBytes >>> 2) + 2)
    this.bytes = new Uint8Array(this.words.buffer)
  }

  /** Takes the key in [start, end), which is not longer than maxBytes. */
  set(bytes: Uint8Array, start: number, end: number): void {
    this.hash = hashOf(bytes, start, end, this.#seed, this.words)
    this.length = end - start
  }

  /** How the name is spelled where that is not the key; asked when the series is new. */
  spelling(): string | undefined {
    return undefined
  }
}
