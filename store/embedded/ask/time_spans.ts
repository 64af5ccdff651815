import type { Sql } from '../sql.ts'

/** Rows of a file that is asked, by their time: what lets the newest be found without reading the rest. */
export interface TimeSpan {
  readonly minMicros: bigint
  readonly maxMicros: bigint
  readonly rows: number
}

/** Bounds of `@timestamp`, microseconds since the epoch; undefined: none. */
export interface TimeBounds {
  /** Inclusive. */
  readonly from?: bigint
  /** Exclusive. */
  readonly to?: bigint
}

/** The files of a question's rows, by their time. */
export interface ByTime {
  /** One for each file whose rows have times. */
  readonly spans: readonly TimeSpan[]
  /** Whether some row has none. */
  readonly untimed: boolean
  /** FROM-able, with the columns of all rows: of no other files than may have some within `bounds`, or, where wanted, without a time. */
  within(bounds: TimeBounds, untimed: boolean): Sql
}

/** Times on whose one side lie whole milliseconds, of ever more rows. */
export function* edgesOf(
  spans: readonly TimeSpan[],
  descending: boolean,
): Generator<{ readonly edge: bigint; readonly rows: number }> {
  const sorted = spans.toSorted((one, other) => {
    return descending
      ? order(other.maxMicros, one.maxMicros)
      : order(one.minMicros, other.minMicros)
  })
  let rows = 0
  for (const [place, span] of sorted.entries()) {
    rows += span.rows
    const next = sorted[place + 1]
    if (!next) return
    const edge = descending ? next.maxMicros + 1n : next.minMicros
    const whole = descending ? edge + 999n - ((edge + 999n) % 1000n) : edge - (edge % 1000n)
    yield { edge: whole, rows }
  }
}
const order = (one: bigint, other: bigint) => (one < other ? -1 : Number(one > other))
