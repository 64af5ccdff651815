import { TextDictionary } from '../parquet/text_dictionary.ts'
import type { MinuteCount } from './segment.ts'

/** A segment keeps its counts by minute and level unless they are more, */
export const minutesMax = 20_000
/** … or there are more levels than this. */
const levelsMax = 255

/** How many rows of a stream there are of each minute and `log.level`. */
export class MinuteCounts {
  readonly #levels = new TextDictionary(levelsMax)
  /** By `minute * 256 + level`. */
  readonly #counts = new Map<number, number>()
  #minute = NaN
  /** Of the minute, by level. */
  readonly #current = new Int32Array(levelsMax + 1)
  /** Some row cannot be counted, or they are too many. */
  isUseless = false

  /** A row of a minute since the epoch; without a level where `start` is `end`. */
  add(minute: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.isUseless) return
    if (minute !== this.#minute) this.#flush(minute)
    const level = start === end ? 0 : this.#levels.entry(bytes, start, end) + 1
    if (level === 0 && start !== end) this.isUseless = true
    this.#current[level]! += 1
  }

  of(stream: string): MinuteCount[] {
    this.#flush(NaN)
    return [...this.#counts].map(([key, count]) => {
      const minute = Math.floor(key / 256)
      const level = key - minute * 256
      const text = level === 0 ? '' : this.#levels.text(level - 1).toString()
      return { stream, minute, level: text, count }
    })
  }

  #flush(minute: number): void {
    const current = this.#current
    for (let level = 0; level <= this.#levels.count; level++) {
      const count = current[level]!
      if (count === 0) continue
      const key = this.#minute * 256 + level
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + count)
      current[level] = 0
    }
    this.#minute = minute
    if (this.#counts.size > minutesMax) this.isUseless = true
  }
}
