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

/** The token filter of one segment, its directory in memory as it stands. */
export class TokenFilter {
  readonly #bytes: Buffer
  readonly #blocks: number

  /** @throws Error when they are not what `encodeTokenFilter` made. */
  constructor(bytes: Buffer) {
    if (bytes.length < headerBytes || bytes.readUInt32LE(0) !== magic)
      throw new Error('no token filter')
    this.#bytes = bytes
    this.#blocks = bytes.readUInt32LE(8)
    const size = bytes.readUInt32LE(4)
    if (this.#blocks !== Math.ceil(size / blockHashes) || this.#end(this.#blocks) > bytes.length) {
      throw new Error('the token filter is cut off')
    }
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
    for (const each of this.#hashesOf(block)) if (each >= wanted) return each === wanted
    return false
  }

  /** All hashes, ascending. */
  *hashes(): Generator<number> {
    for (let block = 0; block < this.#blocks; block++) yield* this.#hashesOf(block)
  }

  *#hashesOf(block: number): Generator<number> {
    const count = Math.min(blockHashes, this.size - block * blockHashes)
    let hash = this.#first(block)
    let at = this.#bytes.readUInt32LE(headerBytes + block * entryBytes + 4)
    yield hash
    for (let i = 1; i < count; i++) {
      let difference = 0
      for (let shift = 1; ; shift *= 128) {
        const byte = this.#bytes[at++] ?? 0
        difference += (byte & 127) * shift
        if (byte < 128) break
      }
      hash += difference
      yield hash
    }
  }

  #first = (block: number) => this.#bytes.readUInt32LE(headerBytes + block * entryBytes)
  #end = (block: number) => headerBytes + block * entryBytes
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
