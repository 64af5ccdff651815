import { bitsOf, hybrid, sameRun } from './bit_packing.ts'
import type { Fields } from './thrift.ts'

/** Numbers that Parquet's format gives its physical types. */
export const physical = { int32: 1, int64: 2, double: 5, bytes: 6 } as const
/** … and its encodings. */
export const encodings = {
  plain: 0,
  plainDictionary: 2,
  rle: 3,
  deltaPacked: 5,
  deltaLength: 6,
  dictionary: 8,
  splitStreams: 9,
} as const

/** What a page of so many values has before it, but for its sizes. */
export const dataHeader = (count: number, encoding: number): Fields => ({
  1: { i32: 0 },
  5: {
    struct: {
      1: { i32: count },
      2: { i32: encoding },
      3: { i32: encodings.rle },
      4: { i32: encodings.rle },
    },
  },
})

/** Some rows of a column, one behind the other. */
export interface Page {
  readonly bytes: Buffer
  /** As `Pages.count`. */
  readonly count: number
}

/** A column of a row group, encoded and not yet compressed. */
export interface Pages {
  /** Rows, those without a value too; of lists, their elements and the rows without. */
  readonly count: number
  readonly dictionary: { readonly bytes: Buffer; readonly count: number } | undefined
  readonly data: readonly Page[]
  readonly encoding: number
  readonly nulls: number
  /** The least and the greatest value as they stand in Parquet; undefined where they are not known. */
  readonly least: Buffer | undefined
  readonly most: Buffer | undefined
}

/** Fills one column of row groups, one after the other. */
export interface Column {
  /** Ends a row group of so many rows. The pages hold until the call after the next. */
  take(rows: number): Pages
}

/** Levels, or the one that all have, as a page has them: their length before them. */
export function levelBytes(levels: Int32Array | number, count: number, most: number): Buffer {
  const width = bitsOf(most)
  const runs =
    typeof levels === 'number' ? sameRun(levels, count, width) : hybrid(levels, count, width)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(runs.length)
  return Buffer.concat([length, runs])
}

/** Which rows of a row group have a value. */
export class Present {
  /** Of the values from `#dense` on: before it, row and place are the same. */
  #rows = new Int32Array(64)
  #dense = 0
  count = 0

  add(row: number): void {
    const place = this.count++
    if (this.#dense === place && row === place) {
      this.#dense += 1
      return
    }
    const sparse = place - this.#dense
    if (sparse === this.#rows.length) {
      const rows = new Int32Array(sparse * 2)
      rows.set(this.#rows)
      this.#rows = rows
    }
    this.#rows[sparse] = row
  }

  /** The definition levels of so many rows, and none from now on. */
  take(rows: number): Buffer {
    const levels = this.#levels(rows)
    this.count = 0
    this.#dense = 0
    return levelBytes(levels, rows, 1)
  }

  #levels(rows: number): Int32Array | number {
    if (this.count === 0) return 0
    if (this.#dense === rows) return 1
    const levels = new Int32Array(rows)
    levels.fill(1, 0, this.#dense)
    for (let i = 0; i < this.count - this.#dense; i++) levels[this.#rows[i]!] = 1
    return levels
  }
}
