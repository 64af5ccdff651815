/** Event ids (`<segment>-<ordinal>`) as a bitmap for each segment: what arrived, and how often. */
export class IdSet {
  readonly #segments = new Map<string, Uint32Array>()
  #last: { segment: string; bits: Uint32Array } | undefined
  size = 0

  /** False when it was there already. */
  add(segment: string, ordinal: number): boolean {
    const word = ordinal >>> 5
    let bits = this.#last?.segment === segment ? this.#last.bits : this.#segments.get(segment)
    if (!bits || bits.length <= word) {
      const grown = new Uint32Array(Math.max(1024, word + 1, (bits?.length ?? 0) * 2))
      if (bits) grown.set(bits)
      bits = grown
      this.#segments.set(segment, bits)
    }
    this.#last = { segment, bits }
    const mask = 1 << (ordinal & 31)
    if ((bits[word]! & mask) !== 0) return false
    bits[word] = bits[word]! | mask
    this.size += 1
    return true
  }

  has(segment: string, ordinal: number): boolean {
    const bits = this.#segments.get(segment)
    return ((bits?.[ordinal >>> 5] ?? 0) & (1 << (ordinal & 31))) !== 0
  }
}
