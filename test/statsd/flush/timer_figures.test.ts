import { expect, test } from 'vitest'
import type { FlushConfig } from '../../../statsd/flush/config.ts'
import { figureRules } from '../../../statsd/flush/rules.ts'
import { Sketch } from '../../../statsd/flush/sketch.ts'
import { idleFigures, sketchedFigures, timerFigures } from '../../../statsd/flush/timer_figures.ts'

const rulesOf = (given: Partial<FlushConfig> = {}) =>
  figureRules({
    percent_threshold: [90],
    histogram: [],
    calculated_timer_metrics: [],
    ...given,
  })

const figures = (values: number[], given: Partial<FlushConfig> = {}, upSampled = values.length) => {
  const facts = { name: 'a.timer', upSampled, intervalMs: 100 }
  return timerFigures(Float64Array.from(values), facts, rulesOf(given))
}

test('the figures of three values are those of Etsy', () => {
  expect(figures([100, 200, 300])).toEqual({
    count_90: 3,
    mean_90: 200,
    upper_90: 300,
    sum_90: 600,
    sum_squares_90: 140_000,
    std: 81.64965809277261,
    upper: 300,
    lower: 100,
    count: 3,
    count_ps: 30,
    sum: 600,
    sum_squares: 140_000,
    mean: 200,
    median: 200,
  })
})

test('one value is every percentile', () => {
  expect(figures([7], { percent_threshold: [1, -1] })).toMatchObject({
    count_1: 1,
    upper_1: 7,
    count_top1: 1,
    lower_top1: 7,
    mean_top1: 7,
    sum_squares_1: 49,
    median: 7,
    std: 0,
  })
})

test('a percentile of too few values is left out', () => {
  expect(Object.keys(figures([1, 2], { percent_threshold: [10] }))).not.toContain('count_10')
})

test('fractions, and the other end', () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  expect(figures(values, { percent_threshold: [99.9, -20, -100] })).toMatchObject({
    count_99_9: 10,
    upper_99_9: 10,
    count_top20: 2,
    lower_top20: 9,
    sum_top20: 19,
    mean_top20: 9.5,
    // Where Etsy has NaN.
    sum_top100: 55,
    mean_top100: 5.5,
    sum_squares_top100: 385,
    median: 5.5,
  })
})

test('count is up-sampled, the rest is not', () => {
  expect(figures([10, 20], {}, 20)).toMatchObject({ count: 20, count_ps: 200, sum: 30, mean: 15 })
})

test('bins are exclusive, and the first entry that fits holds', () => {
  const histogram = [
    { metric: 'other', bins: [1] },
    { metric: 'timer', bins: [2.5, 10, 'inf' as const] },
    { metric: '', bins: [1] },
  ]
  expect(figures([1, 2.5, 9, 10, 1000], { histogram })).toMatchObject({
    'histogram.bin_2_5': 1,
    'histogram.bin_10': 2,
    'histogram.bin_inf': 2,
  })
  const none = [{ metric: '', bins: [] }, ...histogram]
  expect(Object.keys(figures([1], { histogram: none })).join()).not.toContain('histogram')
})

test('calculated_timer_metrics names what is sent', () => {
  const given = {
    percent_threshold: [90, -10, 99.9],
    calculated_timer_metrics: ['count', 'upper_percent', 'lower_percent'],
  }
  const listed = figures([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], given)
  expect(Object.keys(listed).toSorted()).toEqual(['count', 'lower_top10', 'upper_90'])
  expect(idleFigures(rulesOf(given))).toEqual({ count: 0 })
  expect(idleFigures(rulesOf())).toEqual({ count: 0, count_ps: 0 })
})

test('figures of a sketch are within 2 % of the exact ones', () => {
  const values = Float64Array.from(
    { length: 5000 },
    (_, i) => ((i * 7919) % 5000) ** 1.5 + 1,
  ).toSorted()
  const given = {
    percent_threshold: [50, 90, 99.9, -10],
    histogram: [{ metric: '', bins: [1000, 100_000, 'inf' as const] }],
  }
  const facts = { name: 'a.timer', upSampled: 5000, intervalMs: 10_000 }
  const exact = timerFigures(values, facts, rulesOf(given))
  const sketch = new Sketch()
  let [sum, sumSquares] = [0, 0]
  for (const value of values) {
    sketch.add(value)
    sum += value
    sumSquares += value * value
  }
  const whole = { sketch, count: 5000, sum, sumSquares, min: values[0]!, max: values.at(-1)! }
  const near = sketchedFigures(whole, facts, rulesOf(given))
  expect(Object.keys(near).toSorted()).toEqual(Object.keys(exact).toSorted())
  for (const [key, value] of Object.entries(exact)) {
    expect(Math.abs(near[key]! - value) / value, key).toBeLessThan(0.04)
  }
})
