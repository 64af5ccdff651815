import { Sketch } from '../flush/sketch.ts'
import { grown, roomFor } from './grown.ts'
import type { TableLimits } from './limits.ts'
import type { SeriesTable } from './series_table.ts'
import type { SketchBuckets, SwappedSketch, SwappedTimers, TimerValues } from './swapped.ts'

/** Values in a part of the log: 0.75 MiB, so that no part has to be copied to grow. */
const partLength = 65_536

/** How many values of all kinds of timers were logged in the interval. */
export interface LoggedValues {
  count: number
}

/**
 * Values of timers. They go into a log in order of arrival, which is two writes at its end; the flusher
 * puts them together by row. What is beyond the limits goes into a sketch of its row.
 */
export class Timers {
  readonly series: SeriesTable
  readonly #limits: TableLimits
  readonly #logged: LoggedValues
  readonly #isWeighted: boolean
  #upSampled = new Float64Array(512)
  #exactCounts = new Uint32Array(512)
  #full: TimerValues[] = []
  #rows = new Uint32Array(512)
  #values = new Float64Array(512)
  #weights: Float64Array<ArrayBuffer> | undefined
  #length = 0
  #beyond = new Map<number, BeyondValues>()

  /** @param isWeighted whether the log keeps 1 / rate of each value. */
  constructor(series: SeriesTable, limits: TableLimits, logged: LoggedValues, isWeighted: boolean) {
    this.series = series
    this.#limits = limits
    this.#logged = logged
    this.#isWeighted = isWeighted
    if (isWeighted) this.#weights = new Float64Array(512)
  }

  /** @param weight 1 / rate. Both are finite. */
  add(row: number, value: number, weight: number): void {
    while (row >= this.#exactCounts.length) {
      this.#exactCounts = grown(this.#exactCounts)
      this.#upSampled = grown(this.#upSampled)
    }
    this.#upSampled[row]! += weight
    const { maxTimerValues, maxValues } = this.#limits
    const exact = this.#exactCounts[row]!
    if (exact >= maxTimerValues || this.#logged.count >= maxValues) {
      return this.#addBeyond(row, value, weight)
    }
    this.#exactCounts[row] = exact + 1
    this.#logged.count += 1
    if (this.#length === this.#values.length) this.#makeRoom()
    const at = this.#length++
    this.#rows[at] = row
    this.#values[at] = value
    if (this.#weights) this.#weights[at] = weight
  }

  /** The values that a row has so far, at most `most` of them; for people to look at. */
  valuesOf(row: number, most: number): number[] {
    const found: number[] = []
    for (const { rows, values, length } of [...this.#full, this.#part()]) {
      for (let at = 0; at < length && found.length < most; at++) {
        if (rows[at] === row) found.push(values[at]!)
      }
    }
    return found
  }

  swap(idleFlushes: number): SwappedTimers {
    const log = this.#length > 0 ? [...this.#full, this.#part()] : this.#full
    const beyond = Array.from(this.#beyond, ([row, values]) => values.toSwapped(row))
    const [upSampled, exactCounts] = [this.#upSampled, this.#exactCounts]
    const swapped = this.series.swap(idleFlushes)
    const room = roomFor(swapped.rows)
    this.#upSampled = new Float64Array(room)
    this.#exactCounts = new Uint32Array(room)
    this.#full = []
    this.#beyond = new Map()
    this.#begin(log.length > 1 ? partLength : Math.min(partLength, roomFor(this.#length)))
    return { ...swapped, upSampled, exactCounts, log, beyond }
  }

  #part(): TimerValues {
    const part = { length: this.#length, rows: this.#rows, values: this.#values }
    return this.#weights ? { ...part, weights: this.#weights } : part
  }

  /** A small part grows to a whole one; after a whole one comes another. */
  #makeRoom(): void {
    if (this.#values.length >= partLength) {
      this.#full.push(this.#part())
      return this.#begin(partLength)
    }
    this.#rows = grown(this.#rows)
    this.#values = grown(this.#values)
    if (this.#weights) this.#weights = grown(this.#weights)
  }

  #begin(length: number): void {
    this.#length = 0
    this.#rows = new Uint32Array(length)
    this.#values = new Float64Array(length)
    if (this.#isWeighted) this.#weights = new Float64Array(length)
  }

  #addBeyond(row: number, value: number, weight: number): void {
    let beyond = this.#beyond.get(row)
    if (!beyond) this.#beyond.set(row, (beyond = new BeyondValues()))
    beyond.add(value, this.#isWeighted ? weight : 1)
  }
}

/** Values of one row that are not kept each. */
class BeyondValues {
  #count = 0
  #weight = 0
  #sum = 0
  #sumSquares = 0
  #min = Infinity
  #max = -Infinity
  readonly #sketch = new Sketch()

  add(value: number, weight: number): void {
    this.#count += 1
    this.#weight += weight
    this.#sum += value * weight
    this.#sumSquares += value * value * weight
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
    this.#sketch.add(value, weight)
  }

  toSwapped(row: number): SwappedSketch {
    const { zero, positive, negative } = this.#sketch.toPoint()
    return {
      row,
      count: this.#count,
      weight: this.#weight,
      sum: this.#sum,
      sumSquares: this.#sumSquares,
      min: this.#min,
      max: this.#max,
      sketch: { zero, positive: copyOf(positive), negative: copyOf(negative) },
    }
  }
}

/** The sketch's own arrays are longer than what is in them, and views of others. */
function copyOf(buckets: { offset: number; counts: ArrayLike<number> } | undefined): SketchBuckets {
  return { offset: buckets?.offset ?? 0, counts: Float64Array.from(buckets?.counts ?? []) }
}
