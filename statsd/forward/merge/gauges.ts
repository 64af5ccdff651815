import type { SwappedGauges, SwappedTables } from '../../tables/swapped.ts'
import type { GaugeLine } from '../flush_format.ts'
import { grown } from './grown.ts'
import type { MergeWorld } from './merge_world.ts'

/** The value of a gauge that counts so far. */
export interface KnownGauge {
  /** When it was flushed, ms since the epoch. */
  readonly atMs: number
  readonly last: number
}

/**
 * The last value by the time of its flush counts; what was set here in the interval counts as of the swap.
 *
 * @param known by merged id, from the first gauge that was handed over on; changed.
 */
export function mergeGauges(
  { gauge, swappedMs }: Pick<SwappedTables, 'gauge' | 'swappedMs'>,
  lines: readonly GaugeLine[],
  known: Map<number, KnownGauge>,
  { ids, turn, losses }: MergeWorld,
): SwappedGauges {
  const { series, placed } = ids.merge(gauge, turn, lines, () => (losses.series += 1))
  const lasts = grown(gauge.lasts, gauge.rows, series.rows)
  const mins = grown(gauge.mins, gauge.rows, series.rows, Infinity)
  const maxs = grown(gauge.maxs, gauge.rows, series.rows, -Infinity)
  const sums = grown(gauge.sums, gauge.rows, series.rows)
  if (placed.length > 0 || known.size > 0) {
    for (let row = 0; row < gauge.rows; row++) {
      known.set(series.ids[row]!, { atMs: swappedMs, last: lasts[row]! })
    }
  }
  for (const { line, row, id } of placed) {
    const atMs = Date.parse(line['@timestamp'])
    const before = known.get(id)
    if (!before || atMs >= before.atMs) known.set(id, { atMs, last: line.last })
    lasts[row] = known.get(id)!.last
    mins[row] = Math.min(mins[row]!, line.min)
    maxs[row] = Math.max(maxs[row]!, line.max)
    sums[row]! += line.sum
  }
  for (const id of series.removed) known.delete(id)
  return { ...series, lasts, mins, maxs, sums }
}
