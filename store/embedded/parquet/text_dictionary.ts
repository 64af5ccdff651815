const hashPrime = 0x01000193
const hashBasis = 0x811c9dc5 | 0

/** Different texts, by the order of their coming. */
export class TextDictionary {
  readonly #entriesMax: number
  readonly #table: Int32Array
  readonly #hashes: Int32Array
  readonly #starts: Int32Array
  #bytes = Buffer.allocUnsafe(4_096)
  count = 0

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
    this.#table = new Int32Array(2 ** (34 - Math.clz32(entriesMax)))
    this.#hashes = new Int32Array(entriesMax)
    this.#starts = new Int32Array(entriesMax + 1)
  }

  /** The number of a text; -1 when it is new and there is no room. */
  entry(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOfText(bytes, start, end)
    const mask = this.#table.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (; this.#table[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.#table[slot]! - 1
      if (this.#hashes[entry] === hash && this.#is(entry, bytes, start, end)) return entry
    }
    if (this.count === this.#entriesMax) return -1
    const from = this.#starts[this.count]!
    const to = from + end - start
    if (to > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(to * 2)
      larger.set(this.#bytes.subarray(0, from))
      this.#bytes = larger
    }
    for (let at = start; at < end; at++) this.#bytes[from + at - start] = bytes[at]!
    this.#hashes[this.count] = hash
    this.#table[slot] = ++this.count
    this.#starts[this.count] = to
    return this.count - 1
  }

  /** Valid until the next text comes. */
  text(entry: number): Buffer {
    return this.#bytes.subarray(this.#starts[entry]!, this.#starts[entry + 1]!)
  }

  /** As a page has it: each text behind its length. */
  plain(): Buffer {
    const page = Buffer.allocUnsafe(this.#starts[this.count]! + this.count * 4)
    let at = 0
    for (let entry = 0; entry < this.count; entry++) {
      const text = this.text(entry)
      at = page.writeUInt32LE(text.length, at)
      at += text.copy(page, at)
    }
    return page
  }

  clear(): void {
    if (this.count > 0) this.#table.fill(0)
    this.count = 0
  }

  #is(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[entry]!
    if (this.#starts[entry + 1]! - from !== end - start) return false
    const own = this.#bytes
    for (let at = start, i = from; at < end; at++, i++) if (own[i] !== bytes[at]) return false
    return true
  }
}

/** Four bytes at a time. */
function hashOfText(bytes: Uint8Array, start: number, end: number): number {
  let hash = hashBasis ^ (end - start)
  let at = start
  for (; at + 4 <= end; at += 4) {
    const four =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    hash = Math.imul(hash ^ four, hashPrime)
    hash ^= hash >>> 15
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, hashPrime)
  return hash ^ (hash >>> 13)
}
