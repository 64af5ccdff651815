const recentWords = 4_096
const waitingWords = 512
const slotsMin = 1_024

/**
 * 32-bit hashes of words, each once. It grows up to `hashesMax`; then it is `full` and stands for every word.
 */
export class WordSet {
  static #made = 0
  /** No other has it. */
  readonly number = ++WordSet.#made
  readonly #hashesMax: number
  /** By the highest bits of a hash, so that they are almost in order. */
  #slots = new Int32Array(slotsMin)
  #shift = Math.clz32(slotsMin) + 1
  /** Words that came lately, each at its own place: most come again at once, and the slots are far away. */
  readonly #recent = new Int32Array(recentWords)
  /** Words that are to be entered, many at once: one after the other, each waits for the memory of its slot. */
  readonly #waiting = new Int32Array(waitingWords)
  #waitingCount = 0
  #size = 0
  #isFull = false

  constructor(hashesMax: number) {
    this.#hashesMax = hashesMax
  }

  get size(): number {
    this.#enterAll()
    return this.#size
  }

  get full(): boolean {
    this.#enterAll()
    return this.#isFull
  }

  /** @param hash of a word, as `wordHash` ends: never 0. */
  add(hash: number): void {
    const place = hash & (recentWords - 1)
    if (this.#recent[place] === hash) return
    this.#recent[place] = hash
    this.#waiting[this.#waitingCount++] = hash
    if (this.#waitingCount === waitingWords) this.#enterAll()
  }

  /** Ascending, as unsigned numbers. */
  sorted(): Uint32Array {
    const hashes = new Uint32Array(this.size)
    let at = 0
    const slots = this.#slots
    // An iterator would make an object for each slot.
    for (let slot = 0; slot < slots.length; slot++) {
      const hash = slots[slot]!
      if (hash !== 0) hashes[at++] = hash
    }
    return hashes.sort()
  }

  #enterAll(): void {
    const count = this.#waitingCount
    this.#waitingCount = 0
    if (this.#isFull) return
    for (let i = 0; i < count; i++) this.#enter(this.#waiting[i]!)
  }

  #enter(hash: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash >>> this.#shift
    for (;;) {
      const there = slots[slot]!
      if (there === hash) return
      if (there === 0) break
      slot = (slot + 1) & mask
    }
    if (this.#isFull) return
    slots[slot] = hash
    this.#size += 1
    if (this.#size * 2 > slots.length) this.#grow()
  }

  #grow(): void {
    if (this.#size > this.#hashesMax) {
      this.#isFull = true
      return
    }
    const old = this.#slots
    const slots = (this.#slots = new Int32Array(old.length * 2))
    this.#shift -= 1
    const mask = slots.length - 1
    for (let from = 0; from < old.length; from++) {
      const hash = old[from]!
      if (hash === 0) continue
      let slot = hash >>> this.#shift
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = hash
    }
  }
}
