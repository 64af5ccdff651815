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
  *hashes(): Generator<number> {
    const start = this.#start(0)
    const bytes = this.#read(start, this.#length - start)
    for (let block = 0; block < this.#blocks; block++) {
      yield* this.#hashesOf(block, bytes, this.#start(block) - start)
    }
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

/** The words of all of `filters`. */
export function unitedHashes(filters: readonly TokenFilter[]): Uint32Array {
  const total = filters.reduce((sum, { size }) => sum + size, 0)
  const all = new Uint32Array(total)
  let at = 0
  for (const filter of filters) for (const hash of filter.hashes()) all[at++] = hash
  all.sort()
  let kept = 0
  for (let i = 0; i < total; i++) if (i === 0 || all[i] !== all[i - 1]) all[kept++] = all[i]!
  return all.subarray(0, kept)
}
