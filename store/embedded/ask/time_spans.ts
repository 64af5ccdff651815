/** Rows of the files that are asked, by their time: what lets the newest be found without reading the rest. */
export interface TimeSpan {
  readonly minMicros: bigint
  readonly maxMicros: bigint
  readonly rows: number
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
