import { grown, roomFor } from './grown.ts'
import type { SeriesTable } from './series_table.ts'
import type { SwappedGauges } from './swapped.ts'

/** Values that stay until they are set again, and what they were in the interval. */
export class Gauges {
  readonly series: SeriesTable
  /** By id; 0 for one that was never set, which Etsy's statsd takes for the same. */
  #current = new Float64Array(512)
  #lasts = new Float64Array(512)
  #mins = new Float64Array(512)
  #maxs = new Float64Array(512)
  #sums = new Float64Array(512)
  readonly #ttlFlushes: number

  /** @param ttlFlushes flushes after which a gauge that is not set has no value any more. */
  constructor(series: SeriesTable, ttlFlushes: number) {
    this.series = series
    this.#ttlFlushes = ttlFlushes
  }

  /**
   * Sets a gauge, or moves it when `isChange` (a signed value of Etsy's dialect) and it is not 0.
   * False when the result would not be finite; it stays as it was.
   */
  set(row: number, value: number, isChange: boolean): boolean {
    const { series } = this
    const id = series.ids[row]!
    const isFirst = series.counts[row] === 1
    if (isFirst) this.#begin(row, id)
    const before = this.#current[id]!
    const now = isChange && before !== 0 ? before + value : value
    if (now - now !== 0) return false
    this.#current[id] = now
    this.#lasts[row] = now
    this.#sums[row]! += now
    if (now < this.#mins[row]!) this.#mins[row] = now
    if (now > this.#maxs[row]!) this.#maxs[row] = now
    return true
  }

  valueOf(id: number): number {
    return this.#current[id] ?? 0
  }

  swap(idleFlushes: number): SwappedGauges {
    const [lasts, mins, maxs, sums] = [this.#lasts, this.#mins, this.#maxs, this.#sums]
    const swapped = this.series.swap(idleFlushes)
    const room = roomFor(swapped.rows)
    this.#lasts = new Float64Array(room)
    this.#mins = new Float64Array(room)
    this.#maxs = new Float64Array(room)
    this.#sums = new Float64Array(room)
    return { ...swapped, lasts, mins, maxs, sums }
  }

  #begin(row: number, id: number): void {
    while (row >= this.#lasts.length) {
      this.#lasts = grown(this.#lasts)
      this.#mins = grown(this.#mins)
      this.#maxs = grown(this.#maxs)
      this.#sums = grown(this.#sums)
    }
    while (id >= this.#current.length) this.#current = grown(this.#current)
    const { previousTurn, turn } = this.series
    const isOver = previousTurn === 0 || turn - previousTurn >= this.#ttlFlushes
    if (isOver) this.#current[id] = 0
    this.#lasts[row] = this.#current[id]!
    this.#mins[row] = Infinity
    this.#maxs[row] = -Infinity
    this.#sums[row] = 0
  }
}
