import type { SwappedCounters } from '../../tables/swapped.ts'
import type { CounterLine } from '../flush_format.ts'
import { grown } from './grown.ts'
import type { MergeWorld } from './merge_world.ts'

/** Sums add up. What is not finite any more keeps what it was. */
export function mergeCounters(
  swapped: SwappedCounters,
  lines: readonly CounterLine[],
  { ids, turn, losses }: MergeWorld,
): SwappedCounters {
  const { series, placed } = ids.merge(swapped, turn, lines, () => (losses.series += 1))
  const sums = grown(swapped.sums, swapped.rows, series.rows)
  for (const { line, row } of placed) {
    const sum = sums[row]! + line.sum
    if (Number.isFinite(sum)) sums[row] = sum
  }
  return { ...series, sums }
}
