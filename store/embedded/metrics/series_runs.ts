import type { FileHandle } from '../../../core/files.ts'
import { readColumn, type RowSpan } from '../parquet/column_pages.ts'
import { ColumnReader } from '../parquet/column_reader.ts'
import { columnOf, type RowGroup } from '../parquet/footer.ts'

/** A name in memory, with what a map takes for it. */
const nameBytes = 80

/** Runs of rows of one series and type, one after the other. */
interface Runs {
  /** Place of the series times types, and place of the type. */
  readonly key: number[]
  readonly from: number[]
  readonly to: number[]
}

/** Which rows of a row group are of which series and type. */
export class SeriesRuns {
  readonly #names: ReadonlyMap<string, number>
  readonly #types: readonly string[]
  /** Where the runs of a key begin in `#from` and `#to`; those of a key ascend. */
  readonly #first: Int32Array
  readonly #from: Int32Array
  readonly #to: Int32Array
  /** About what it takes of memory. */
  readonly bytes: number

  private constructor(names: ReadonlyMap<string, number>, types: readonly string[], runs: Runs) {
    const { key, from, to } = runs
    this.#names = names
    this.#types = types
    this.#first = new Int32Array(names.size * types.length + 1)
    for (const each of key) this.#first[each + 1]! += 1
    for (let n = 1; n < this.#first.length; n++) this.#first[n]! += this.#first[n - 1]!
    const next = this.#first.slice()
    this.#from = new Int32Array(key.length)
    this.#to = new Int32Array(key.length)
    for (let run = 0; run < key.length; run++) {
      const place = next[key[run]!]!++
      this.#from[place] = from[run]!
      this.#to[place] = to[run]!
    }
    let bytes = 8 * this.#from.length + 4 * this.#first.length
    for (const name of names.keys()) bytes += nameBytes + name.length
    this.bytes = bytes
  }

  /**
   * @param only of these series alone.
   * @throws Error when the row group is damaged, or not laid out as `readColumn` knows it.
   */
  static async read(
    file: FileHandle,
    group: RowGroup,
    only?: { has(series: string): boolean },
  ): Promise<SeriesRuns> {
    const series = await readColumn(file, columnOf(group, 'series'))
    const kinds = await readColumn(file, columnOf(group, 'type'))
    const names = new Map<string, number>()
    const types = [...new Set(kinds.texts)]
    const placeOf = series.texts.map((name) => {
      if (only && !only.has(name)) return -1
      if (!names.has(name)) names.set(name, names.size)
      return names.get(name)!
    })
    const typeOf = kinds.texts.map((type) => types.indexOf(type))
    const own: Runs = { key: [], from: [], to: [] }
    new ColumnReader(series).runs((text, from, to) => {
      if (placeOf[text]! < 0) return
      own.key.push(placeOf[text]!)
      own.from.push(from)
      own.to.push(to)
    })
    const runs: Runs = { key: [], from: [], to: [] }
    let at = 0
    new ColumnReader(kinds).runs((text, start, end) => {
      for (; at < own.key.length && own.from[at]! < end; at++) {
        const key = own.key[at]! * types.length + typeOf[text]!
        const from = Math.max(own.from[at]!, start)
        const to = Math.min(own.to[at]!, end)
        if (runs.key.at(-1) === key && runs.to.at(-1) === from) runs.to[runs.to.length - 1] = to
        else {
          runs.key.push(key)
          runs.from.push(from)
          runs.to.push(to)
        }
        // What goes on behind this run is looked at again with the next one.
        if (own.to[at]! > end) break
      }
    })
    return new SeriesRuns(names, types, runs)
  }

  has(series: string): boolean {
    return this.#names.has(series)
  }

  /** The rows of a series, in their order. */
  of(series: string, type: string): RowSpan[] {
    const [name, kind] = [this.#names.get(series), this.#types.indexOf(type)]
    if (name === undefined || kind < 0) return []
    const key = name * this.#types.length + kind
    const spans: RowSpan[] = []
    for (let n = this.#first[key]!; n < this.#first[key + 1]!; n++)
      spans.push({ from: this.#from[n]!, to: this.#to[n]! })
    return spans
  }

  /** All runs in the order of the rows. */
  all(): RowSpan[] {
    return Array.from(this.#from, (from, n) => ({ from, to: this.#to[n]! })).sort(
      (a, b) => a.from - b.from,
    )
  }
}
