const recentWords = 4_096

/**
 * 32-bit hashes of words, each once. It grows up to `hashesMax`; then it is `full` and stands for every word.
 */
export class WordSet {
  static #made = 0
  /** No other has it. */
  readonly number = ++WordSet.#made
  readonly #hashesMax: number
  #slots = new Int32Array(1_024)
  /** Words that came lately, each at its own place: most come again at once, and the slots are far away. */
  readonly #recent = new Int32Array(recentWords)
  #size = 0
  full = false

  constructor(hashesMax: number) {
    this.#hashesMax = hashesMax
  }

  get size(): number {
    return this.#size
  }

  /** @param hash of a word, as `wordHash` ends: never 0. */
  add(hash: number): void {
    const place = hash & (recentWords - 1)
    if (this.#recent[place] === hash) return
    this.#recent[place] = hash
    const mask = this.#slots.length - 1
    let slot = (hash >>> 7) & mask
    for (;;) {
      const there = this.#slots[slot]!
      if (there === hash) return
      if (there === 0) break
      slot = (slot + 1) & mask
    }
    if (this.full) return
    this.#slots[slot] = hash
    this.#size += 1
    if (this.#size * 2 > this.#slots.length) this.#grow()
  }

  /** Ascending, as unsigned numbers. */
  sorted(): Uint32Array {
    const hashes = new Uint32Array(this.#size)
    let at = 0
    for (const hash of this.#slots) if (hash !== 0) hashes[at++] = hash
    return hashes.sort()
  }

  #grow(): void {
    if (this.#size > this.#hashesMax) {
      this.full = true
      return
    }
    const old = this.#slots
    this.#slots = new Int32Array(old.length * 2)
    const mask = this.#slots.length - 1
    for (const hash of old) {
      if (hash === 0) continue
      let slot = (hash >>> 7) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = hash
    }
  }
}
