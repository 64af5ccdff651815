/**
 * The token filter beside a segment: the 32-bit hashes of its words, ascending, as differences in LEB128, in
 * blocks of 128, before them a directory with the first hash and the place of each block. A look reads
 * the directory once and one block. docs/formats/segments.md §5.
 */
const magic = 0x31465457 // "WTF1"
const headerBytes = 12
const entryBytes = 8
const blockHashes = 128

/** @param hashes ascending, each once. */
export function encodeTokenFilter(hashes: Uint32Array): Buffer {
  const blocks = Math.ceil(hashes.length / blockHashes)
  const directoryEnd = headerBytes + blocks * entryBytes
  const bytes = Buffer.allocUnsafe(directoryEnd + hashes.length * 5)
  bytes.writeUInt32LE(magic, 0)
  bytes.writeUInt32LE(hashes.length, 4)
  bytes.writeUInt32LE(blocks, 8)
  let at = directoryEnd
  for (let i = 0; i < hashes.length; i++) {
    const hash = hashes[i]!
    if (i % blockHashes === 0) {
      const entry = headerBytes + (i / blockHashes) * entryBytes
      bytes.writeUInt32LE(hash, entry)
      bytes.writeUInt32LE(at, entry + 4)
      continue
    }
    let rest = hash - hashes[i - 1]!
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128
      rest >>>= 7
    }
    bytes[at++] = rest
  }
  return bytes.subarray(0, at)
}

/** Gives so many bytes from a place on. @throws Error when there are fewer. */
export type Read = (start: number, length: number) => Buffer

export const readOf =
  (bytes: Buffer): Read =>
  (start, length) => {
    if (start + length > bytes.length) throw new Error('it is cut off')
    return bytes.subarray(start, start + length)
  }

/** The token filter of one segment: its directory in memory, the blocks where they are. */
export class TokenFilter {
  readonly #read: Read
  readonly #length: number
  /** Header and directory. */
  readonly #bytes: Buffer
  readonly #blocks: number

  /** @throws Error when it is not what `encodeTokenFilter` made. */
  constructor(read: Read, length: number) {
    this.#read = read
    this.#length = length
    const header = length < headerBytes ? undefined : read(0, headerBytes)
    if (header?.readUInt32LE(0) !== magic) throw new Error('no token filter')
    this.#blocks = header.readUInt32LE(8)
    const end = headerBytes + this.#blocks * entryBytes
    if (this.#blocks !== Math.ceil(header.readUInt32LE(4) / blockHashes) || end > length) {
      throw new Error('the token filter is cut off')
    }
    this.#bytes = read(0, end)
    // Whether the end is there.
    read(length - 1, 1)
  }

  /** Bytes in memory. */
  get heldBytes(): number {
    return this.#bytes.length
  }

  get size(): number {
    return this.#bytes.readUInt32LE(4)
  }

  /** False: no row of the segment has the word. @param hash unsigned, or as `wordHash` gives it. */
  has(hash: number): boolean {
    const wanted = hash >>> 0
    let low = 0
    let high = this.#blocks
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#first(middle) <= wanted) low = middle + 1
      else high = middle
    }
    const block = low - 1
    if (block < 0) return false
    const start = this.#start(block)
    const bytes = this.#read(start, this.#start(block + 1) - start)
    for (const each of this.#hashesOf(block, bytes, 0)) if (each >= wanted) return each === wanted
    return false
  }

  /** All hashes, ascending. */
  hashes(): Uint32Array {
    const start = this.#start(0)
    const bytes = this.#read(start, this.#length - start)
    const all = new Uint32Array(this.size)
    let at = 0
    let hash = 0
    for (let n = 0; n < all.length; n++) {
      if (n % blockHashes === 0) hash = this.#first(n / blockHashes)
      else {
        let byte = bytes[at++] ?? 0
        let scale = 1
        for (; byte > 127; byte = bytes[at++] ?? 0, scale *= 128) hash += (byte & 127) * scale
        hash += byte * scale
      }
      all[n] = hash
    }
    return all
  }

  *#hashesOf(block: number, bytes: Buffer, start: number): Generator<number> {
    const count = Math.min(blockHashes, this.size - block * blockHashes)
    let hash = this.#first(block)
    let at = start
    yield hash
    for (let i = 1; i < count; i++) {
      let difference = 0
      for (let shift = 1; ; shift *= 128) {
        const byte = bytes[at++] ?? 0
        difference += (byte & 127) * shift
        if (byte < 128) break
      }
      hash += difference
      yield hash
    }
  }

  #first = (block: number) => this.#bytes.readUInt32LE(headerBytes + block * entryBytes)
  /** Where a block's differences begin; of the one behind the last, where they end. */
  #start = (block: number) =>
    block === this.#blocks
      ? this.#length
      : this.#bytes.readUInt32LE(headerBytes + block * entryBytes + 4)
}

/** The words of all of `filters`. @param turn awaited between steps of some milliseconds. */
export async function unitedHashes(
  filters: readonly TokenFilter[],
  turn: () => Promise<void>,
): Promise<Uint32Array> {
  let all = new Uint32Array(0)
  for (const filter of filters) {
    await turn()
    all = united(all, filter.hashes())
  }
  return all
}

/** Of two ascending lists, each hash once. */
function united(one: Uint32Array, other: Uint32Array): Uint32Array<ArrayBuffer> {
  const all = new Uint32Array(one.length + other.length)
  let [i, j, kept] = [0, 0, 0]
  while (i < one.length && j < other.length) {
    const a = one[i]!
    const b = other[j]!
    all[kept++] = a < b ? a : b
    if (a <= b) i += 1
    if (b <= a) j += 1
  }
  // The rest of one of them.
  const rest = i < one.length ? one.subarray(i) : other.subarray(j)
  all.set(rest, kept)
  return all.subarray(0, kept + rest.length)
}
