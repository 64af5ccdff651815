import { hashBasis } from './path_tree.ts'

const sets = 1_024
/** A hash by its highest bits. */
const setShift = Math.clz32(sets) + 1
const ways = 4
const slots = sets * ways
/** A text that came in so many lines stays for as many times … */
const usesMax = 7
/** … so many new ones. */
const ageTexts = 16_384
/** Longer texts are seldom there twice. */
const textBytesMax = 192
const stride = textBytesMax / 4
/** Of which all bits count, in what is highest at last. */
const fourPrime = 0x9e3779b1 | 0
const quote = 34

/** Bits of the bytes of `four` that are a quote, a backslash or a control character; the lowest of them is right. */
const stops = (four: number) => {
  const quotes = four ^ 0x22222222
  const backslashes = four ^ 0x5c5c5c5c
  return (
    (((quotes - 0x01010101) & ~quotes) |
      ((backslashes - 0x01010101) & ~backslashes) |
      ((four - 0x20202020) & ~four)) &
    0x80808080
  )
}

/**
 * Texts that came lately, and longer those that come often, so that what was done for one is not done again: a text
 * is found by four bytes at a time, and compared whole.
 */
export class KnownTexts {
  readonly #texts = new Int32Array(slots * stride)
  readonly #lengths = new Int32Array(slots)
  readonly #hashes = new Int32Array(slots)
  /** In how many lines it came again, less the ages since. */
  readonly #uses = new Uint8Array(slots)
  /** The line in which it came last. */
  readonly #lines = new Int32Array(slots)
  /** For whom a text was remembered. */
  readonly #owners = new Int32Array(slots)
  /** 0 is no text's. */
  readonly #ids = new Int32Array(slots).fill(1)
  #lastId = 1
  #isSame = false
  #hash = 0
  #line = 0
  #ageLeft = ageTexts
  /** Of the text that was looked for last: where it is kept, and what tells it from others that are kept there. */
  slot = 0

  /** Tells the text that was looked for or remembered last from others that were at its slot. */
  get id(): number {
    return this.slot < 0 ? 0 : this.#ids[this.slot]!
  }

  /** The texts that come now are of another line. */
  nextLine(): void {
    this.#line = (this.#line + 1) | 0
  }

  /**
   * Looks for the text of a JSON string that begins at `start`, behind its quote.
   *
   * @param viewEnd the length of `view`, which costs a call where it is not known.
   * @returns where its closing quote is when `owner` remembered it, or -1. `slot` is where it is to be
   *   remembered, or -1 when it cannot be.
   */
  find(view: DataView, viewEnd: number, start: number, owner: number): number {
    const last = Math.min(viewEnd, start + textBytesMax) - 4
    this.slot = -1
    this.#isSame = false
    let hash = hashBasis
    let at = start
    let four = 0
    let stop = 0
    for (; ; at += 4) {
      if (at > last) return -1
      four = view.getInt32(at, true)
      stop = stops(four)
      if (stop !== 0) break
      hash = Math.imul(hash ^ four, fourPrime)
    }
    // The lowest bit that is set: the byte it is in, and what comes before that.
    const low = stop & -stop
    const within = 31 - Math.clz32(low) - 7
    if (((four >>> within) & 255) !== quote) return -1
    const rest = four & ((1 << within) - 1)
    hash = Math.imul(hash ^ rest, fourPrime)
    hash ^= hash >>> 15
    const length = at - start + (within >>> 3)
    const first = (hash >>> setShift) * ways
    this.#hash = hash
    for (let slot = first; slot < first + ways; slot++) {
      if (this.#hashes[slot] !== hash || !this.#is(slot, view, start, length, rest)) continue
      this.slot = slot
      this.#isSame = true
      this.#used(slot)
      return this.#owners[slot] === owner ? start + length : -1
    }
    this.slot = this.#leastUsed(first)
    return -1
  }

  #is(slot: number, view: DataView, start: number, length: number, rest: number): boolean {
    if (this.#lengths[slot] !== length) return false
    const texts = this.#texts
    let place = slot * stride
    if (texts[place + (length >>> 2)] !== rest) return false
    for (let from = start; from < start + (length & ~3); from += 4) {
      if (texts[place++] !== view.getInt32(from, true)) return false
    }
    return true
  }

  /** Twice in one line says nothing of other lines. */
  #used(slot: number): void {
    if (this.#lines[slot] === this.#line) return
    this.#lines[slot] = this.#line
    if (this.#uses[slot]! < usesMax) this.#uses[slot]! += 1
  }

  /** What comes no more is to make room. */
  #age(): void {
    this.#ageLeft = ageTexts
    for (let slot = 0; slot < slots; slot++) if (this.#uses[slot]! > 0) this.#uses[slot]! -= 1
  }

  /** Of those that were used as little, now this one and now that: so two that meet do not only take each other's. */
  #leastUsed(first: number): number {
    const turn = this.#line & (ways - 1)
    let least = first + turn
    for (let way = 1; way < ways && this.#uses[least]! > 0; way++) {
      const slot = first + ((turn + way) & (ways - 1))
      if (this.#uses[slot]! < this.#uses[least]!) least = slot
    }
    return least
  }

  /** Remembers for `owner` the text that was looked for last, which begins at `start` and has so many bytes. */
  remember(view: DataView, start: number, length: number, owner: number): void {
    const { slot } = this
    if (slot < 0) return
    this.#owners[slot] = owner
    if (this.#isSame) return
    if (--this.#ageLeft === 0) this.#age()
    this.#uses[slot] = 0
    this.#lines[slot] = this.#line
    this.#hashes[slot] = this.#hash
    const texts = this.#texts
    const whole = slot * stride + (length >>> 2)
    let from = start
    for (let place = slot * stride; place < whole; place++, from += 4) {
      texts[place] = view.getInt32(from, true)
    }
    texts[whole] = view.getInt32(from, true) & ((1 << ((length & 3) * 8)) - 1)
    this.#lengths[slot] = length
    this.#lastId = (this.#lastId + 1) | 0 || 1
    this.#ids[slot] = this.#lastId
  }
}
