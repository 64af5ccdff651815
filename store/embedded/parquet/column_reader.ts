import {
  type ColumnPages,
  isIndexed,
  plainNumbers,
  splitNumbers,
  unpacked,
  widthOf,
} from './column_pages.ts'
import { deltaValues } from './delta_reader.ts'
import { HybridReader } from './hybrid_reader.ts'
import { encodings } from './pages.ts'

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
  /** The row that is read next. */
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
      if (this.#left === 0 && this.#pages.data[this.#page + 1]?.first !== row + place)
        throw new RangeError('there are no such rows')
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
      if (isIndexed(page.encoding)) {
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
    if (row < this.row) throw new RangeError('rows are read from front to back')
    const { data } = this.#pages
    let rest = row - this.row
    if (rest >= this.#left) {
      // Pages before its own are not looked into.
      let page = this.#page + 1
      while (page < data.length && data[page]!.first + data[page]!.rows <= row) page += 1
      this.#page = page - 1
      this.#left = 0
      rest = row - (data[page]?.first ?? NaN)
      if (!(rest >= 0)) throw new RangeError('there are no such rows')
    }
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
    const { encoding, rows } = page
    const bytes = unpacked(page, chunk.codec)
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
    if (isIndexed(encoding)) {
      // A page without values may end before the width.
      this.#indices = new HybridReader(bytes, at + 1, bytes.length, bytes[at] ?? 0)
    } else if (encoding === encodings.plain) {
      const count = Math.floor((bytes.length - at) / widthOf(chunk))
      this.#values = plainNumbers(bytes, at, count, chunk)
    } else if (encoding === encodings.splitStreams) this.#values = splitNumbers(bytes, at, chunk)
    else if (encoding === encodings.deltaPacked) {
      const { values } = deltaValues(bytes, at, rows)
      if (chunk.divisor !== 1) divide(values, chunk.divisor)
      this.#values = values
    } else throw new RangeError(`the encoding ${encoding} is not read`)
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

function divide(values: Float64Array, divisor: number): void {
  for (let n = 0; n < values.length; n++) values[n]! /= divisor
}
