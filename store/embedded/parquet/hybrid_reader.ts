/** Bits of a number that is read from four bytes wherever it begins. */
const widthMax = 25

/** Reads Parquet's hybrid of runs and packed numbers from front to back. What is behind its end is an error. */
export class HybridReader {
  readonly #bytes: Buffer
  readonly #width: number
  #at: number
  readonly #end: number
  /** What is left of the run. */
  #left = 0
  /** The number of a run of the same. */
  #same = 0
  /** Of packed numbers, where in bits the next begins; -1: they are all the same. */
  #bit = -1

  /** @throws RangeError for numbers wider than any file of Weir's has. */
  constructor(bytes: Buffer, at: number, end: number, width: number) {
    if (width > widthMax) throw new RangeError(`numbers of ${width} bits are not read`)
    this.#bytes = bytes
    this.#at = at
    this.#end = end
    this.#width = width
  }

  skip(count: number): void {
    let rest = count
    while (rest > 0) {
      const taken = this.#take(rest)
      if (this.#bit >= 0) this.#bit += taken * this.#width
      rest -= taken
    }
  }

  read(out: Int32Array, count: number): void {
    let place = 0
    while (place < count) {
      const taken = this.#take(count - place)
      if (this.#bit < 0) out.fill(this.#same, place, place + taken)
      else this.#unpack(out, place, taken)
      place += taken
    }
  }

  /** Passes over `count` numbers of one bit. @returns how many are 1. */
  ones(count: number): number {
    let rest = count
    let ones = 0
    while (rest > 0) {
      const taken = this.#take(rest)
      rest -= taken
      if (this.#bit < 0) ones += this.#same * taken
      else ones += this.#onesOf(taken)
    }
    return ones
  }

  /** Calls `visit` with each run of the same number, up to `count` numbers: neighbours may be of one number too. */
  runs(count: number, visit: (value: number, from: number, to: number) => void): void {
    for (let place = 0; place < count;) {
      const taken = this.#take(count - place)
      if (this.#bit < 0) visit(this.#same, place, place + taken)
      else this.#packedRuns(taken, place, visit)
      place += taken
    }
  }

  #packedRuns(
    count: number,
    place: number,
    visit: (value: number, from: number, to: number) => void,
  ): void {
    const values = new Int32Array(count)
    this.#unpack(values, 0, count)
    let from = 0
    for (let n = 1; n <= count; n++) {
      if (n < count && values[n] === values[from]) continue
      visit(values[from]!, place + from, place + n)
      from = n
    }
  }

  /** Begins the next run where the last has ended. @returns how many of `count` numbers are of this one. */
  #take(count: number): number {
    if (this.#left === 0) this.#next()
    const taken = Math.min(count, this.#left)
    this.#left -= taken
    return taken
  }

  #next(): void {
    const head = this.#varint()
    const bytes = Math.ceil(this.#width / 8)
    if (head % 2 === 0) {
      this.#left = head / 2
      this.#bit = -1
      this.#same = bytes === 0 ? 0 : this.#bytes.readUIntLE(this.#at, bytes)
      this.#at += bytes
    } else {
      const groups = (head - 1) / 2
      this.#left = groups * 8
      this.#bit = this.#at * 8
      this.#at += groups * this.#width
    }
    // The last byte may be cut off behind the last number.
    if (this.#left === 0 || this.#at > this.#end + this.#width) throw outside()
  }

  #unpack(out: Int32Array, place: number, count: number): void {
    const [bytes, width] = [this.#bytes, this.#width]
    const mask = 2 ** width - 1
    let bit = this.#bit
    // Bytes beyond the end are none, which `|` takes for 0.
    for (let n = place; n < place + count; n++) {
      const at = bit >>> 3
      const four =
        bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      out[n] = (four >>> (bit & 7)) & mask
      bit += width
    }
    this.#bit = bit
  }

  #onesOf(count: number): number {
    const bytes = this.#bytes
    let [bit, rest, ones] = [this.#bit, count, 0]
    for (; rest > 0 && (bit & 7) !== 0; bit++, rest--) ones += (bytes[bit >>> 3]! >>> (bit & 7)) & 1
    for (; rest >= 8; bit += 8, rest -= 8) ones += onesOfByte[bytes[bit >>> 3]!]!
    for (; rest > 0; bit++, rest--) ones += (bytes[bit >>> 3]! >>> (bit & 7)) & 1
    this.#bit = bit
    return ones
  }

  #varint(): number {
    let [value, scale] = [0, 1]
    for (;;) {
      if (this.#at >= this.#end) throw outside()
      const byte = this.#bytes[this.#at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }
}

const onesOfByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0
  for (let rest = byte; rest > 0; rest >>>= 1) ones += rest & 1
  return ones
})

const outside = () => new RangeError('the runs end too early')
