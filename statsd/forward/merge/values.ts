import type { SwappedValues } from '../../tables/swapped.ts'
import type { ValueLine } from '../flush_format.ts'
import { grown } from './grown.ts'
import type { MergeWorld } from './merge_world.ts'

/** Values with a time of their own: a row each. */
export function mergeValues(
  swapped: SwappedValues,
  lines: readonly ValueLine[],
  { ids, turn, losses }: MergeWorld,
): SwappedValues {
  const counted = lines.map((line) => ({ ...line, count: 1 }))
  const { series, placed } = ids.merge(
    swapped,
    turn,
    counted,
    () => (losses.series += 1),
    'a row each',
  )
  const values = grown(swapped.values, swapped.rows, series.rows)
  const times = grown(swapped.times, swapped.rows, series.rows)
  const areCounts = new Uint8Array(series.rows)
  areCounts.set(swapped.areCounts.subarray(0, swapped.rows))
  for (const { line, row } of placed) {
    values[row] = line.value
    times[row] = Math.round(Date.parse(line['@timestamp']) / 1000)
    areCounts[row] = line.is_count ? 1 : 0
  }
  return { ...series, values, times, areCounts }
}
