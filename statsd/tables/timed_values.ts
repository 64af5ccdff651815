import { grown, roomFor } from './grown.ts'
import type { TableLimits } from './limits.ts'
import type { SeriesTable } from './series_table.ts'
import type { SwappedValues } from './swapped.ts'

/** Values with a time of their own (DogStatsD's `|T`), which are kept each. */
export class TimedValues {
  readonly series: SeriesTable
  readonly #limits: TableLimits
  #length = 0
  #ids = new Uint32Array(256)
  #values = new Float64Array(256)
  #times = new Float64Array(256)
  #areCounts = new Uint8Array(256)

  constructor(series: SeriesTable, limits: TableLimits) {
    this.series = series
    this.#limits = limits
  }

  /** @param timeS seconds since the epoch. False when the interval has as many as it may. */
  add(row: number, value: number, timeS: number, isCount: boolean): boolean {
    if (this.#length >= this.#limits.maxValues) return false
    if (this.#length === this.#ids.length) {
      this.#ids = grown(this.#ids)
      this.#values = grown(this.#values)
      this.#times = grown(this.#times)
      this.#areCounts = grown(this.#areCounts)
    }
    const at = this.#length++
    this.#ids[at] = this.series.ids[row]!
    this.#values[at] = value
    this.#times[at] = timeS
    this.#areCounts[at] = isCount ? 1 : 0
    return true
  }

  swap(idleFlushes: number): SwappedValues {
    const { added, removed } = this.series.swap(idleFlushes)
    const rows = this.#length
    const swapped = {
      added,
      removed,
      rows,
      ids: this.#ids,
      counts: new Uint32Array(rows).fill(1),
      values: this.#values,
      times: this.#times,
      areCounts: this.#areCounts,
    }
    this.#length = 0
    this.#ids = new Uint32Array(roomFor(rows))
    this.#values = new Float64Array(roomFor(rows))
    this.#times = new Float64Array(roomFor(rows))
    this.#areCounts = new Uint8Array(roomFor(rows))
    return swapped
  }
}
