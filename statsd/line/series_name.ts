import { grown } from '../tables/grown.ts'
import { SeriesKey } from '../tables/series_key.ts'
import { textOf } from './number.ts'

const semicolon = 0x3b
const equals = 0x3d
const underscore = 0x5f

/** What becomes of an ASCII character in a name when it is sanitised. */
const dropped = 0
const kept = 1
const blank = 2
const slash = 3
const sanitised = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[a-zA-Z_\-0-9.;=]/.test(character)) return kept
  if (/\s/.test(character)) return blank
  return character === '/' ? slash : dropped
})

/** By byte, 1 for what neither sanitising nor tags change: the name is its key as it is. */
export const isPlainInName = Uint8Array.from({ length: 256 }, (_, code) =>
  /[a-zA-Z_\-0-9.]/.test(String.fromCharCode(code)) ? 1 : 0,
)

/**
 * The name of a series, put together from a line: its spelling (Etsy's, or DogStatsD's in the same form:
 * `name;k=v`), and its key, which has the tags sorted, so that their order makes no other series.
 */
export class SeriesName extends SeriesKey {
  readonly #maxBytes: number
  readonly #maxTags: number
  #bytes = new Uint8Array(1024)
  #length = 0
  #isAscii = true
  #sorted = new Uint8Array(1024)
  #isSorted = true
  /** Where each tag begins in `#bytes`, behind its `;`, and where it ends. */
  readonly #starts: Uint32Array
  readonly #ends: Uint32Array

  constructor(seed: number, { maxNameBytes, maxTags }: { maxNameBytes: number; maxTags: number }) {
    super(seed, maxNameBytes)
    this.#maxBytes = maxNameBytes
    this.#maxTags = maxTags
    this.#starts = new Uint32Array(maxTags)
    this.#ends = new Uint32Array(maxTags)
  }

  begin(): void {
    this.#length = 0
    this.#isAscii = true
  }

  push(byte: number): void {
    if (this.#length === this.#bytes.length) this.#bytes = grown(this.#bytes)
    if (byte >= 0x80) this.#isAscii = false
    this.#bytes[this.#length++] = byte
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at++) this.push(bytes[at]!)
  }

  /**
   * As Etsy's sanitizeKeyName: blanks in a row to one `_`, `/` to `-`, anything else unusual left out.
   * Without it, bytes that are not UTF-8 become U+FFFD all the same.
   */
  sanitise(isWanted: boolean): void {
    if (!this.#isAscii) return this.#sanitiseText(isWanted)
    if (!isWanted) return
    const bytes = this.#bytes
    const fates = sanitised
    let to = 0
    let wasBlank = false
    for (let at = 0; at < this.#length; at++) {
      const fate = fates[bytes[at]!]!
      if (fate === kept) bytes[to++] = bytes[at]!
      else if (fate === blank && !wasBlank) bytes[to++] = underscore
      else if (fate === slash) bytes[to++] = 0x2d
      wasBlank = fate === blank
    }
    this.#length = to
  }

  /**
   * Ends the name: makes it the key, with its tags sorted by their keys (the order of equal ones stays).
   * False when it is longer or has more tags than allowed.
   *
   * @param isUnique whether a tag that is there twice counts once, and the sorted name is the name.
   */
  finish({ isUnique } = { isUnique: false }): boolean {
    const length = this.#length
    const bytes = this.#bytes
    if (length > this.#maxBytes) return false
    const starts = this.#starts
    let tags = 0
    this.#isSorted = true
    for (let at = 0; at < length; at++) {
      if (bytes[at] !== semicolon) continue
      if (tags > 0) this.#ends[tags - 1] = at
      if (tags === this.#maxTags) return false
      starts[tags++] = at + 1
    }
    if (tags > 0) this.#ends[tags - 1] = length
    for (let tag = 1; tag < tags && this.#isSorted; tag++) {
      this.#isSorted = this.#compare(tag - 1, tag, isUnique) <= (isUnique ? -1 : 0)
    }
    if (this.#isSorted) this.set(bytes, 0, length)
    else this.#sort(tags, isUnique)
    return true
  }

  /** The name as it was spelled, where that is not the key. */
  override spelling(): string | undefined {
    return this.#isSorted ? undefined : this.text()
  }

  text(): string {
    return textOf(this.#bytes, 0, this.#length)
  }

  #sort(tags: number, isUnique: boolean): void {
    const starts = this.#starts
    const ends = this.#ends
    const order = Array.from({ length: tags }, (_, at) => at)
    order.sort((one, other) => this.#compare(one, other, isUnique))
    if (this.#sorted.length < this.#length) this.#sorted = new Uint8Array(this.#bytes.length)
    const nameEnd = starts[0]! - 1
    this.#sorted.set(this.#bytes.subarray(0, nameEnd))
    let to = nameEnd
    for (const [at, tag] of order.entries()) {
      if (isUnique && at > 0 && this.#compare(order[at - 1]!, tag, true) === 0) continue
      this.#sorted[to++] = semicolon
      this.#sorted.set(this.#bytes.subarray(starts[tag]!, ends[tag]!), to)
      to += ends[tag]! - starts[tag]!
    }
    this.set(this.#sorted, 0, to)
    if (!isUnique) return
    this.#bytes.set(this.#sorted.subarray(0, to))
    this.#length = to
    this.#isSorted = true
  }

  /** By key, which is before the first `=`; those with equal keys by the whole when `isUnique`. */
  #compare(one: number, other: number, isUnique: boolean): number {
    return this.#compareTo(equals, one, other) || (isUnique ? this.#compareTo(-1, one, other) : 0)
  }

  /** Up to the first `stop` of each. */
  #compareTo(stop: number, one: number, other: number): number {
    const bytes = this.#bytes
    const endOne = this.#ends[one]!
    const endOther = this.#ends[other]!
    let a = this.#starts[one]!
    let b = this.#starts[other]!
    for (; ; a++, b++) {
      const byteA = a < endOne && bytes[a] !== stop ? bytes[a]! : -1
      const byteB = b < endOther && bytes[b] !== stop ? bytes[b]! : -1
      if (byteA !== byteB) return byteA - byteB
      if (byteA < 0) return 0
    }
  }

  #sanitiseText(isWanted: boolean): void {
    let text = this.text()
    if (isWanted) {
      text = text
        .replaceAll(/\s+/g, '_')
        .replaceAll('/', '-')
        .replaceAll(/[^a-zA-Z_\-0-9.;=]/g, '')
    }
    const bytes = Buffer.from(text)
    this.begin()
    this.add(bytes, 0, bytes.length)
  }
}
