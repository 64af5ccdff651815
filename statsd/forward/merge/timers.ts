import { Sketch } from '../../flush/sketch.ts'
import type { SwappedSketch, SwappedTimers, TimerValues } from '../../tables/swapped.ts'
import type { BeyondValues, TimerLine } from '../flush_format.ts'
import { grown } from './grown.ts'
import type { MergeWorld } from './merge_world.ts'
import type { Placed } from './merged_ids.ts'

/** Values stand together, up to `maxValues` a row; more of them, and what was beyond at the edges, merge as sketches. */
export function mergeTimers(
  swapped: SwappedTimers,
  lines: readonly TimerLine[],
  maxValues: number,
  { ids, turn, losses }: MergeWorld,
): SwappedTimers {
  const { series, placed } = ids.merge(swapped, turn, lines, () => (losses.series += 1))
  const upSampled = grown(swapped.upSampled, swapped.rows, series.rows)
  const exactCounts = new Uint32Array(series.rows)
  exactCounts.set(swapped.exactCounts.subarray(0, swapped.rows))
  if (placed.length === 0) return { ...swapped, ...series, upSampled, exactCounts }
  const kept: Placed<TimerLine>[] = []
  const beyond = new BeyondRows(swapped.beyond)
  for (const one of placed) {
    const { line, row } = one
    upSampled[row]! += line.up_sampled
    if (line.beyond) beyond.add(row, line.beyond)
    if (exactCounts[row]! + line.values.length <= maxValues) {
      exactCounts[row]! += line.values.length
      kept.push(one)
    } else beyond.add(row, beyondOf(line))
  }
  const isWeighted = kept.some(({ line }) => line.type !== 'timer')
  const log = [...swapped.log, valuesOf(kept, isWeighted)]
  return { ...series, upSampled, exactCounts, log, beyond: beyond.rows() }
}

function valuesOf(placed: readonly Placed<TimerLine>[], isWeighted: boolean): TimerValues {
  const length = placed.reduce((sum, { line }) => sum + line.values.length, 0)
  const rows = new Uint32Array(length)
  const values = new Float64Array(length)
  const weights = new Float64Array(isWeighted ? length : 0).fill(1)
  let at = 0
  for (const { line, row } of placed) {
    rows.fill(row, at, at + line.values.length)
    values.set(line.values, at)
    if (isWeighted && line.weights) weights.set(line.weights, at)
    at += line.values.length
  }
  return { length, rows, values, ...(isWeighted && { weights }) }
}

/** Values that do not fit any more, as what is beyond the limit. */
function beyondOf({ values, weights, type }: TimerLine): BeyondValues {
  const sketch = new Sketch()
  const whole = { weight: 0, sum: 0, sum_squares: 0, min: Infinity, max: -Infinity }
  for (const [i, value] of values.entries()) {
    const weight = type === 'timer' ? 1 : (weights?.[i] ?? 1)
    sketch.add(value, weight)
    whole.weight += weight
    whole.sum += value * weight
    whole.sum_squares += value * value * weight
    whole.min = Math.min(whole.min, value)
    whole.max = Math.max(whole.max, value)
  }
  return { count: values.length, ...whole, sketch: sketch.toPoint() }
}

/** What is beyond the limit, by row. */
class BeyondRows {
  readonly #local: ReadonlyMap<number, SwappedSketch>
  readonly #merged = new Map<number, { sketch: Sketch; sums: Omit<SwappedSketch, 'sketch'> }>()

  constructor(swapped: readonly SwappedSketch[]) {
    this.#local = new Map(swapped.map((each) => [each.row, each]))
  }

  add(row: number, more: BeyondValues): void {
    const { sketch, sums } = this.#merged.get(row) ?? this.#begin(row)
    sketch.merge(more.sketch)
    this.#merged.set(row, {
      sketch,
      sums: {
        row,
        count: sums.count + more.count,
        weight: sums.weight + more.weight,
        sum: sums.sum + more.sum,
        sumSquares: sums.sumSquares + more.sum_squares,
        min: Math.min(sums.min, more.min),
        max: Math.max(sums.max, more.max),
      },
    })
  }

  rows(): SwappedSketch[] {
    const merged = Array.from(this.#merged.values(), ({ sketch, sums }) => ({
      ...sums,
      sketch: plain(sketch),
    }))
    return [...[...this.#local.values()].filter(({ row }) => !this.#merged.has(row)), ...merged]
  }

  #begin(row: number) {
    const sketch = new Sketch()
    const local = this.#local.get(row)
    if (local) sketch.merge(local.sketch)
    const none = { row, count: 0, weight: 0, sum: 0, sumSquares: 0, min: Infinity, max: -Infinity }
    return { sketch, sums: local ?? none }
  }
}

function plain(sketch: Sketch): SwappedSketch['sketch'] {
  const { zero, positive, negative } = sketch.toPoint()
  const counts = (buckets: typeof positive) => ({
    offset: buckets?.offset ?? 0,
    counts: Float64Array.from(buckets?.counts ?? []),
  })
  return { zero, positive: counts(positive), negative: counts(negative) }
}
