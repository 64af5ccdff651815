import type { SwappedTimers } from './swapped.ts'

/** The values of row `r` are `values[offsets[r]]` up to `offsets[r + 1]`, in order of arrival. */
export interface GatheredValues {
  readonly offsets: Uint32Array
  readonly values: Float64Array
  /** 1 / rate of each; where the kind has weights. */
  readonly weights?: Float64Array
}

/** Puts the logged values of timers together by row: one pass, no sorting of values. */
export function gatherTimerValues({ rows, exactCounts, log }: SwappedTimers): GatheredValues {
  const offsets = new Uint32Array(rows + 1)
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row]! + exactCounts[row]!
  const next = offsets.slice(0, rows)
  const values = new Float64Array(offsets[rows]!)
  const weights = log.some((part) => part.weights) ? new Float64Array(values.length) : undefined
  for (const part of log) {
    for (let i = 0; i < part.length; i++) {
      const at = next[part.rows[i]!]!++
      values[at] = part.values[i]!
      if (weights) weights[at] = part.weights![i]!
    }
  }
  return weights ? { offsets, values, weights } : { offsets, values }
}
