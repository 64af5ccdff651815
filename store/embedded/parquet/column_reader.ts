import { zstdDecompressSync } from 'node:zlib'
import type { FileHandle } from '../../../core/files.ts'
import { deltaValues } from './delta_reader.ts'
import { type ColumnChunk, readAt } from './footer.ts'
import { HybridReader } from './hybrid_reader.ts'
import { encodings, physical } from './pages.ts'
import { ThriftReader, type ThriftStruct } from './thrift_reader.ts'

const doubles = 5
const plainDictionary = 2
const splitStreams = 9
/** More than a row group's column ever is. */
const pageMax = 256_000_000

/** A data page: its rows, and where its values begin. */
interface DataPage {
  readonly rows: number
  readonly bytes: Buffer
  readonly encoding: number
}

/** A column of a row group in memory: numbers are milliseconds where they are times. */
export interface ColumnPages {
  readonly chunk: ColumnChunk
  /** Of numbers. */
  readonly numbers: Float64Array
  /** Of texts: the dictionary, or where there is none each row's. */
  readonly texts: readonly string[]
  readonly data: readonly DataPage[]
}

/**
 * Reads a column of a row group as DuckDB writes it (data pages of version 1; zstd or none). @throws Error for what else
 * there is: whoever asks has DuckDB for that.
 */
export async function readColumn(file: FileHandle, chunk: ColumnChunk): Promise<ColumnPages> {
  const bytes = await readAt(file, chunk.start, chunk.bytes)
  const data: DataPage[] = []
  let numbers: Float64Array = new Float64Array(0)
  let texts: string[] = []
  let rows = 0
  for (let at = 0; at < bytes.length && rows < chunk.rows;) {
    const reader = new ThriftReader(bytes, at)
    const header = reader.struct()
    const end = reader.at + Number(header[3])
    if (!(end <= bytes.length)) throw new RangeError('a page is longer than its column')
    const page = unpacked(bytes.subarray(reader.at, end), chunk.codec, Number(header[2]))
    at = end
    if (header[1] === 2) {
      const count = Number((header[7] as ThriftStruct)[1])
      if (chunk.type === physical.bytes) texts = plainTexts(page, count)
      else numbers = plainNumbers(page, 0, count, chunk)
    } else if (header[1] === 0) {
      const own = header[5] as ThriftStruct
      const found = { rows: Number(own[1]), bytes: page, encoding: Number(own[2]) }
      data.push(found)
      rows += found.rows
      if (chunk.type === physical.bytes && !isIndexed(found)) {
        texts = texts.concat(ownTexts(found, chunk))
      }
    } else throw new RangeError(`pages of kind ${String(header[1])} are not read`)
  }
  if (rows !== chunk.rows) throw new RangeError(`there are ${rows} of ${chunk.rows} rows`)
  return { chunk, numbers, texts, data }
}

function unpacked(bytes: Buffer, codec: number, length: number): Buffer {
  if (codec === 0) return bytes
  if (codec !== 6 || length > pageMax) throw new RangeError(`codec ${codec} is not read`)
  const page = zstdDecompressSync(bytes, { chunkSize: Math.max(64, length) })
  if (page.length !== length) throw new RangeError('a page is not as long as it should be')
  return page
}

const isIndexed = ({ encoding }: DataPage) =>
  encoding === encodings.dictionary || encoding === plainDictionary

/** The texts of a page that has them itself, one for each row. */
function ownTexts({ bytes, rows, encoding }: DataPage, { isOptional }: ColumnChunk): string[] {
  const start = isOptional ? 4 + bytes.readUInt32LE(0) : 0
  if (encoding === encodings.plain) return plainTexts(bytes.subarray(start), rows)
  if (encoding !== encodings.deltaLength)
    throw new RangeError(`texts of the encoding ${encoding} are not read`)
  const { values, end } = deltaValues(bytes, start, rows)
  if (values.length !== rows) throw new RangeError('there are rows without a text')
  let at = end
  return Array.from(values, (length) => bytes.toString('utf8', at, (at += length)))
}

function plainTexts(page: Buffer, count: number): string[] {
  const texts: string[] = []
  let at = 0
  for (let n = 0; n < count; n++) {
    const length = page.readUInt32LE(at)
    at += 4 + length
    if (at > page.length) throw new RangeError('a text is longer than its page')
    texts.push(page.toString('utf8', at - length, at))
  }
  return texts
}

function plainNumbers(page: Buffer, from: number, count: number, chunk: ColumnChunk): Float64Array {
  const width = chunk.type === physical.int32 ? 4 : 8
  const end = from + count * width
  if (end > page.length) throw new RangeError('the values end too early')
  const numbers = new Float64Array(count)
  if (chunk.type === doubles) {
    // Of a machine that keeps the lowest byte first, as all do that DuckDB runs on.
    Buffer.from(numbers.buffer).set(page.subarray(from, end))
    return numbers
  }
  const view = new DataView(page.buffer, page.byteOffset + from, count * width)
  if (chunk.type === physical.int32) {
    for (let n = 0; n < count; n++) numbers[n] = view.getInt32(n * 4, true)
  } else if (chunk.type === physical.int64) {
    for (let n = 0; n < count; n++) {
      const value = view.getInt32(n * 8 + 4, true) * 2 ** 32 + view.getUint32(n * 8, true)
      numbers[n] = value / chunk.divisor
    }
  } else throw new RangeError(`type ${chunk.type} is not read`)
  return numbers
}

/** Eight streams, of the first byte of each number, the second, and so on. */
function splitNumbers(page: Buffer, from: number, chunk: ColumnChunk): Float64Array {
  const width = chunk.type === physical.int32 ? 4 : 8
  const count = Math.floor((page.length - from) / width)
  const whole = Buffer.allocUnsafe(count * width)
  for (let byte = 0; byte < width; byte++) {
    const start = from + byte * count
    for (let n = 0; n < count; n++) whole[n * width + byte] = page[start + n]!
  }
  return plainNumbers(whole, 0, count, chunk)
}

/** Reads a column's rows from front to back. */
export class ColumnReader {
  readonly #pages: ColumnPages
  #page = -1
  /** Rows that are left of the page. */
  #left = 0
  #levels: HybridReader | undefined
  #indices: HybridReader | undefined
  #values: Float64Array = new Float64Array(0)
  /** Of `#values`. */
  #place = 0
  #some = new Int32Array(0)
  #present = new Int32Array(0)
  /** Rows that were passed over or read. */
  row = 0

  constructor(pages: ColumnPages) {
    this.#pages = pages
  }

  /**
   * Puts the numbers of `count` rows from `row` on into `out` at `at`, NaN where there is none. `row` is not before one
   * that was read.
   */
  numbers(row: number, count: number, out: Float64Array, at = 0): void {
    this.#pass(row)
    for (let place = 0; place < count;) {
      const here = this.#open(count - place)
      this.#read(out, at + place, here)
      place += here
    }
    this.row += count
  }

  /**
   * Calls `visit` with the place in `texts` of each run of rows of one text. The column has a text in each row, and is
   * read as a whole. @throws RangeError when it is not so.
   */
  runs(visit: (text: number, from: number, to: number) => void): void {
    let start = 0
    let own = 0
    for (const page of this.#pages.data) {
      const { rows } = page
      const before = start
      if (isIndexed(page)) {
        if (own > 0) throw new RangeError('texts with a dictionary follow others')
        this.#open(rows)
        this.#left = 0
        if (this.#levels && this.#levels.ones(rows) !== rows)
          throw new RangeError('there are rows without a text')
        this.#indices!.runs(rows, (text, from, to) => visit(text, before + from, before + to))
      } else {
        for (let row = 0; row < rows; row++) visit(own + row, start + row, start + row + 1)
        own += rows
      }
      start += rows
    }
    if (own > 0 && own !== this.#pages.texts.length)
      throw new RangeError('texts without a dictionary follow others')
  }

  #pass(row: number): void {
    let rest = row - this.row
    if (rest < 0) throw new RangeError('rows are read from front to back')
    this.row = row
    while (rest > 0) {
      const here = this.#open(rest)
      const values = this.#levels ? this.#levels.ones(here) : here
      if (this.#indices) this.#indices.skip(values)
      else this.#place += values
      rest -= here
    }
  }

  /** Makes the next page ready where one has ended. @returns how many of `count` rows are in this one. */
  #open(count: number): number {
    while (this.#left === 0) this.#next()
    const here = Math.min(count, this.#left)
    this.#left -= here
    return here
  }

  #next(): void {
    const { chunk, data } = this.#pages
    const page = data[++this.#page]
    if (!page) throw new RangeError('there are no such rows')
    const { bytes, encoding, rows } = page
    this.#left = rows
    let at = 0
    this.#levels = undefined
    if (chunk.isOptional) {
      const end = 4 + bytes.readUInt32LE(0)
      this.#levels = new HybridReader(bytes, 4, end, 1)
      at = end
    }
    this.#indices = undefined
    this.#place = 0
    if (isIndexed(page)) {
      // A page without values may end before the width.
      this.#indices = new HybridReader(bytes, at + 1, bytes.length, bytes[at] ?? 0)
    } else if (encoding === encodings.plain) {
      const width = chunk.type === physical.int32 ? 4 : 8
      this.#values = plainNumbers(bytes, at, Math.floor((bytes.length - at) / width), chunk)
    } else if (encoding === splitStreams) this.#values = splitNumbers(bytes, at, chunk)
    else if (encoding === encodings.deltaPacked)
      this.#values = deltaValues(bytes, at, rows).values.map((value) => value / chunk.divisor)
    else throw new RangeError(`the encoding ${encoding} is not read`)
  }

  #read(out: Float64Array, place: number, count: number): void {
    const present = this.#levels ? this.#presentIn(count) : count
    if (present > 0) this.#take(out, place, present)
    if (present === count) return
    // From behind, as each value moves towards the end at most.
    let value = place + present
    for (let n = count - 1; n >= 0; n--)
      out[place + n] = present > 0 && this.#present[n] === 1 ? out[--value]! : NaN
  }

  #presentIn(count: number): number {
    if (this.#present.length < count) this.#present = new Int32Array(count)
    this.#levels!.read(this.#present, count)
    let present = 0
    for (let n = 0; n < count; n++) present += this.#present[n]!
    return present
  }

  /** Puts the next `count` values into `out`. */
  #take(out: Float64Array, place: number, count: number): void {
    if (!this.#indices) {
      const values = this.#values
      if (this.#place + count > values.length) throw new RangeError('the values end too early')
      for (let n = 0; n < count; n++) out[place + n] = values[this.#place++]!
      return
    }
    if (this.#some.length < count) this.#some = new Int32Array(count)
    this.#indices.read(this.#some, count)
    const { numbers } = this.#pages
    for (let n = 0; n < count; n++) {
      const value = numbers[this.#some[n]!]
      if (value === undefined) throw new RangeError('a value is not in the dictionary')
      out[place + n] = value
    }
  }
}
