import type { Figures, TimerFacts } from './timer_figures.ts'
import type { Sketch } from './sketch.ts'

/**
 * DogStatsD's figures of a histogram (datadog-agent, pkg/metrics/histogram.go, its default aggregates and
 * percentiles): `avg`, `count`, `median`, `95percentile`, `max`. A sampled value counts 1 / rate times.
 *
 * @param values in ascending order.
 * @param weights 1 / rate of each value.
 */
export function histogramFigures(
  values: Float64Array,
  weights: Float64Array,
  { upSampled }: TimerFacts,
): Figures {
  let sum = 0
  let total = 0
  for (let i = 0; i < values.length; i++) {
    // Whole times only, as the agent counts.
    const times = Math.trunc(weights[i]!)
    total += times
    sum += values[i]! * weights[i]!
  }
  const at = (target: number) => {
    let passed = 0
    for (let i = 0; i < values.length; i++) {
      passed += Math.trunc(weights[i]!)
      if (passed > target) return values[i]!
    }
    return values[values.length - 1]!
  }
  return {
    avg: sum / total,
    count: upSampled,
    median: at(Math.trunc((total - 1) / 2)),
    '95percentile': at(Math.trunc((95 * total - 1) / 100)),
    max: values[values.length - 1]!,
  }
}

/** Of a histogram of which not all values were kept: the order comes from the sketch (1 %). */
export function sketchedHistogramFigures(
  sketch: Sketch,
  facts: { readonly sum: number; readonly weight: number; readonly max: number },
): Figures {
  const { sum, weight, max } = facts
  return {
    avg: sum / weight,
    count: weight,
    median: sketch.at(Math.trunc((weight - 1) / 2)).value,
    '95percentile': sketch.at(Math.trunc((95 * weight - 1) / 100)).value,
    max,
  }
}

const quantiles = { p50: 0.5, p75: 0.75, p90: 0.9, p95: 0.95, p99: 0.99 }

/** DogStatsD's figures of a distribution: `count`, `avg`, `sum`, `min`, `max` and percentiles of the sketch. */
export function distributionFigures(
  sketch: Sketch,
  facts: {
    readonly sum: number
    readonly weight: number
    readonly min: number
    readonly max: number
  },
): Figures {
  const { sum, weight, min, max } = facts
  const figures: Figures = { count: weight, avg: sum / weight, sum, min, max }
  for (const [key, quantile] of Object.entries(quantiles)) {
    const { value } = sketch.at(quantile * (weight - 1))
    figures[key] = Math.min(max, Math.max(min, value))
  }
  return figures
}
