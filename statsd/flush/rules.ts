import type { FlushConfig } from './config.ts'

/** One percentile as it is computed and named. */
export interface Percent {
  readonly value: number
  /** Keys of its figures; undefined for one that `calculated_timer_metrics` leaves out. */
  readonly count: string | undefined
  readonly mean: string | undefined
  /** `upper_90`, or `lower_top90` of a negative one. */
  readonly boundary: string | undefined
  readonly sum: string | undefined
  readonly sumSquares: string | undefined
}

export interface Bin {
  readonly key: string
  /** Exclusive. */
  readonly upTo: number
}

/** What the config says about figures, prepared for many timers. */
export interface FigureRules {
  readonly percents: readonly Percent[]
  /** Whether a figure is wanted under this key. */
  readonly wants: (key: string) => boolean
  /** The bins of a timer by its name; empty when it has none. */
  readonly binsOf: (name: string) => readonly Bin[]
}

/** Etsy's `percentThreshold`, `histogram` and `calculatedTimerMetrics` (lib/process_metrics.js). */
export function figureRules(
  config: Pick<FlushConfig, 'percent_threshold' | 'histogram' | 'calculated_timer_metrics'>,
): FigureRules {
  const listed = new Set(config.calculated_timer_metrics)
  const wants = (key: string) =>
    listed.size === 0 || listed.has(key.replace(/_(top)?\d+$/, '_percent'))
  const named = (key: string) => (wants(key) ? key : undefined)
  const percents = config.percent_threshold.map((value): Percent => {
    const suffix = String(value).replace('.', '_').replace('-', 'top')
    return {
      value,
      count: named(`count_${suffix}`),
      mean: named(`mean_${suffix}`),
      boundary: named(`${value > 0 ? 'upper' : 'lower'}_${suffix}`),
      sum: named(`sum_${suffix}`),
      sumSquares: named(`sum_squares_${suffix}`),
    }
  })
  const entries = config.histogram.map(({ metric, bins }) => ({
    metric,
    bins: bins.map((bin): Bin => {
      const upTo = bin === 'inf' ? Infinity : bin
      return { key: `histogram.bin_${String(bin).replace('.', '_')}`, upTo }
    }),
  }))
  const wantsBins = wants('histogram')
  return {
    percents,
    wants,
    binsOf: (name) =>
      (wantsBins ? entries.find(({ metric }) => name.includes(metric))?.bins : undefined) ?? [],
  }
}
