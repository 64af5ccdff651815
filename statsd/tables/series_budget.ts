import type { TableLimits } from './limits.ts'
import type { SeriesKey } from './series_key.ts'
import type { DroppedSeries, SeriesKind } from './swapped.ts'

/** Prefixes that are told apart; the rest counts as `other`. */
const prefixesMax = 100
const other = '(other)'
const dot = 0x2e

/**
 * How many series there may be, in all and of a kind. What a limit keeps out is counted by the first
 * dotted part of its name, so that whoever sends it can be found.
 */
export class SeriesBudget {
  readonly #limits: TableLimits
  #series = 0
  #dropped = new Map<string, { prefix: string; kind: SeriesKind; values: number }>()

  constructor(limits: TableLimits) {
    this.#limits = limits
  }

  /** Whether there may be one more of a kind that has `count`; if not, the value is counted as dropped. */
  admit(kind: SeriesKind, count: number, key: SeriesKey): boolean {
    if (this.#series < this.#limits.maxSeries && count < this.#limits.maxSeriesOf[kind]) {
      this.#series += 1
      return true
    }
    this.#drop(kind, key.bytes.subarray(0, Math.min(key.length, 100)))
    return false
  }

  release(): void {
    this.#series -= 1
  }

  /** What was dropped since the last call. */
  takeDropped(): DroppedSeries[] {
    const dropped = [...this.#dropped.values()]
    this.#dropped = new Map()
    return dropped
  }

  #drop(kind: SeriesKind, name: Uint8Array): void {
    const end = name.indexOf(dot)
    const named = Buffer.from(end < 0 ? name : name.subarray(0, end)).toString()
    const prefix =
      this.#dropped.size < prefixesMax || this.#dropped.has(`${kind} ${named}`) ? named : other
    const found = this.#dropped.get(`${kind} ${prefix}`)
    if (found) found.values += 1
    else this.#dropped.set(`${kind} ${prefix}`, { prefix, kind, values: 1 })
  }
}
