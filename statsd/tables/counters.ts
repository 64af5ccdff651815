import { grown, roomFor } from './grown.ts'
import type { SeriesTable } from './series_table.ts'
import type { SwappedCounters } from './swapped.ts'

/** Sums of the interval, added up in order of arrival. */
export class Counters {
  readonly series: SeriesTable
  #sums = new Float64Array(512)

  constructor(series: SeriesTable) {
    this.series = series
  }

  /** False when the sum would no longer be finite; it stays as it was. */
  add(row: number, amount: number): boolean {
    while (row >= this.#sums.length) this.#sums = grown(this.#sums)
    const sum = this.#sums[row]! + amount
    if (sum - sum !== 0) return false
    this.#sums[row] = sum
    return true
  }

  valueOf(row: number): number {
    return this.#sums[row] ?? 0
  }

  swap(idleFlushes: number): SwappedCounters {
    const sums = this.#sums
    const swapped = this.series.swap(idleFlushes)
    this.#sums = new Float64Array(roomFor(swapped.rows))
    return { ...swapped, sums }
  }
}
