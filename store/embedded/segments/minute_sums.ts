import { BoundedCache } from '../bounded_cache.ts'
import type { Minutes, StreamMinutes } from './manifest.ts'
import type { MinuteCount } from './segment.ts'

/** Of a thousand million rows, more or less. */
const bytesMax = 8_000_000

/** Counts by minute and level of segments, which never change: what a question added up stays in memory for the next. */
export class MinuteSums {
  readonly #read: (segments: readonly number[]) => readonly StreamMinutes[]
  /** By segment. */
  readonly #counts = new BoundedCache<number, readonly StreamMinutes[]>(bytesMax, bytesOf)

  /** @param read all counts of segments, by segment and stream. */
  constructor(read: (segments: readonly number[]) => readonly StreamMinutes[]) {
    this.#read = read
  }

  /** Counts of `streams` in `segments` by level, those of `grain` minutes together, at the first that has some. */
  of(
    segments: readonly number[],
    streams: readonly string[],
    { from, to }: Minutes,
    grain: number,
  ): Omit<MinuteCount, 'stream'>[] {
    const wanted = new Set(streams)
    const byLevel = new Map<string, Map<number, { minute: number; level: string; count: number }>>()
    for (const { stream, minutes, levels, counts } of this.#countsOf(segments)) {
      if (!wanted.has(stream)) continue
      for (let n = 0; n < counts.length; n++) {
        const [minute, level, count] = [minutes[n]!, levels[n]!, counts[n]!]
        if (minute < from || minute >= to) continue
        let sums = byLevel.get(level)
        if (!sums) byLevel.set(level, (sums = new Map()))
        const place = Math.floor(minute / grain)
        const sum = sums.get(place)
        if (!sum) sums.set(place, { minute, level, count })
        else {
          sum.count += count
          if (minute < sum.minute) sum.minute = minute
        }
      }
    }
    return [...byLevel.values()].flatMap((sums) => [...sums.values()])
  }

  #countsOf(segments: readonly number[]): readonly StreamMinutes[] {
    const found: StreamMinutes[] = []
    const missing: number[] = []
    for (const segment of segments) {
      const known = this.#counts.find(segment)
      if (known) found.push(...known)
      else missing.push(segment)
    }
    if (missing.length === 0) return found
    const read = this.#read(missing)
    const bySegment = Map.groupBy(read, ({ segment }) => segment)
    for (const segment of missing) this.#counts.put(segment, bySegment.get(segment) ?? [])
    return [...found, ...read]
  }
}

/** Two numbers and what points to a level of each count. */
const bytesOf = (parts: readonly StreamMinutes[]): number =>
  parts.reduce((sum, { counts }) => sum + counts.length * 24, 200)
