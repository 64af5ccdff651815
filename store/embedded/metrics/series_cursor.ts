import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** A series of the catalogue. */
export interface SeriesRow {
  readonly id: number
  readonly series: string
  readonly first_ms: number
  readonly last_ms: number
  readonly interval_ms: number
}

const pageMin = 16
const pageMax = 1_024

/** The series of one type in the order of their bytes, gone through with leaps. */
export class SeriesCursor {
  readonly #type: number
  readonly #read: StatementSync
  #page: SeriesRow[] = []
  #at = 0
  #size = pageMin

  constructor(database: DatabaseSync, type: number) {
    this.#type = type
    this.#read = database.prepare(
      `select id, series, first_ms, last_ms, interval_ms from series where type = ? and series >= ?
       order by series limit ?`,
    )
  }

  get row(): SeriesRow | undefined {
    return this.#page[this.#at]
  }

  /** To the first series that is not before `text`. */
  seek(text: string): void {
    const last = this.#page.at(-1)
    if (last && compareBytes(text, last.series) <= 0) {
      while (compareBytes(this.#page[this.#at]!.series, text) < 0) this.#at += 1
      return
    }
    this.#size = pageMin
    this.#load(text)
  }

  next(): void {
    this.#at += 1
    if (this.#at < this.#page.length || this.#page.length < this.#size) return
    const last = this.#page.at(-1)!
    this.#size = Math.min(pageMax, this.#size * 2)
    this.#load(`${last.series}\u0000`)
  }

  #load(from: string): void {
    this.#page = this.#read.all(this.#type, from, this.#size) as unknown as SeriesRow[]
    this.#at = 0
  }
}

const isOdd = /[\ud800-\uffff]/

/** As SQLite orders texts. */
export function compareBytes(a: string, b: string): number {
  if (isOdd.test(a) || isOdd.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : a > b ? 1 : 0
}
