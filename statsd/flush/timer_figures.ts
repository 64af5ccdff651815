import type { Bin, FigureRules } from './rules.ts'
import type { Sketch } from './sketch.ts'

/** Figures by Etsy's keys; those that are not finite are left out when they are written. */
export type Figures = Record<string, number>

/** What is known of the values of a timer beside the values. */
export interface TimerFacts {
  readonly name: string
  /** Sum of 1 / rate: Etsy's `count`. */
  readonly upSampled: number
  readonly intervalMs: number
}

let sums = new Float64Array(1024)
let squares = new Float64Array(1024)

/**
 * The figures of a timer with at least one value, exactly as Etsy's statsd adds and divides
 * (lib/process_metrics.js). Only -100 %, where it has NaN, gives what it means: all values.
 *
 * @param values in ascending order.
 */
export function timerFigures(values: Float64Array, facts: TimerFacts, rules: FigureRules): Figures {
  const count = values.length
  addUp(values)
  const least = values[0]!
  const most = values[count - 1]!
  const figures: Figures = {}
  for (const percent of rules.percents) {
    const isUpper = percent.value > 0
    let inside = count
    let boundary = most
    let sum = least
    let sumSquares = least * least
    let mean = least
    if (count > 1) {
      inside = Math.round((Math.abs(percent.value) / 100) * count)
      if (inside === 0) continue
      const before = count - inside - 1
      boundary = isUpper ? values[inside - 1]! : values[count - inside]!
      sum = isUpper ? sums[inside - 1]! : sums[count - 1]! - (before < 0 ? 0 : sums[before]!)
      sumSquares = isUpper
        ? squares[inside - 1]!
        : squares[count - 1]! - (before < 0 ? 0 : squares[before]!)
      mean = sum / inside
    }
    if (percent.count !== undefined) figures[percent.count] = inside
    if (percent.mean !== undefined) figures[percent.mean] = mean
    if (percent.boundary !== undefined) figures[percent.boundary] = boundary
    if (percent.sum !== undefined) figures[percent.sum] = sum
    if (percent.sumSquares !== undefined) figures[percent.sumSquares] = sumSquares
  }
  const sum = sums[count - 1]!
  const mean = sum / count
  let differences = 0
  for (let i = 0; i < count; i++) differences += (values[i]! - mean) * (values[i]! - mean)
  const half = Math.floor(count / 2)
  const median = count % 2 === 1 ? values[half]! : (values[half - 1]! + values[half]!) / 2
  const std = Math.sqrt(differences / count)
  const whole = {
    std,
    upper: most,
    lower: least,
    sum,
    sumSquares: squares[count - 1]!,
    mean,
    median,
  }
  addWhole(figures, whole, facts, rules)
  countBins(figures, values, rules.binsOf(facts.name))
  return figures
}

/** The figures of a timer that had no value in the interval. */
export function idleFigures(rules: FigureRules): Figures {
  const figures: Figures = {}
  if (rules.wants('count')) figures['count'] = 0
  if (rules.wants('count_ps')) figures['count_ps'] = 0
  return figures
}

/** Of all values, those beyond the exact limit among them. */
export interface SketchedValues {
  readonly sketch: Sketch
  readonly count: number
  readonly sum: number
  readonly sumSquares: number
  readonly min: number
  readonly max: number
}

/** The same figures where not all values were kept: what needs their order comes from the sketch (1 %). */
export function sketchedFigures(
  values: SketchedValues,
  facts: TimerFacts,
  rules: FigureRules,
): Figures {
  const { sketch, count, sum, sumSquares, min, max } = values
  const within = (value: number) => Math.min(max, Math.max(min, value))
  const figures: Figures = {}
  for (const percent of rules.percents) {
    const inside = Math.round((Math.abs(percent.value) / 100) * count)
    if (inside === 0) continue
    const isUpper = percent.value > 0
    const rank = isUpper ? inside - 1 : count - inside
    const { value, below } = sketch.at(rank)
    // All of them need no estimate.
    const inner = inside === count ? sum : isUpper ? below + value : sum - below
    if (percent.count !== undefined) figures[percent.count] = inside
    if (percent.mean !== undefined) figures[percent.mean] = inner / inside
    if (percent.boundary !== undefined) figures[percent.boundary] = within(value)
    if (percent.sum !== undefined) figures[percent.sum] = inner
    if (percent.sumSquares !== undefined) {
      const squaresInside = squaresOf(sketch, isUpper ? [0, inside] : [count - inside, count])
      figures[percent.sumSquares] = inside === count ? sumSquares : squaresInside
    }
  }
  const mean = sum / count
  const std = Math.sqrt(Math.max(0, sumSquares / count - mean * mean))
  const median = within(sketch.at(Math.floor((count - 1) / 2)).value)
  addWhole(figures, { std, upper: max, lower: min, sum, sumSquares, mean, median }, facts, rules)
  let passed = 0
  const bins = rules.binsOf(facts.name).map((bin) => ({ ...bin, count: 0 }))
  for (const [value, amount] of sketch.values()) {
    const bin = bins.find(({ upTo }) => within(value) < upTo)
    if (bin) bin.count += amount
    passed += amount
  }
  if (passed > 0) for (const bin of bins) figures[bin.key] = bin.count
  return figures
}

interface Whole {
  readonly std: number
  readonly upper: number
  readonly lower: number
  readonly sum: number
  readonly sumSquares: number
  readonly mean: number
  readonly median: number
}

function addWhole(figures: Figures, whole: Whole, facts: TimerFacts, rules: FigureRules): void {
  const { wants } = rules
  if (wants('std')) figures['std'] = whole.std
  if (wants('upper')) figures['upper'] = whole.upper
  if (wants('lower')) figures['lower'] = whole.lower
  if (wants('count')) figures['count'] = facts.upSampled
  if (wants('count_ps')) figures['count_ps'] = facts.upSampled / (facts.intervalMs / 1000)
  if (wants('sum')) figures['sum'] = whole.sum
  if (wants('sum_squares')) figures['sum_squares'] = whole.sumSquares
  if (wants('mean')) figures['mean'] = whole.mean
  if (wants('median')) figures['median'] = whole.median
}

/** Running sums in the order of Etsy's additions. */
function addUp(values: Float64Array): void {
  const count = values.length
  if (sums.length < count) {
    sums = new Float64Array(count * 2)
    squares = new Float64Array(count * 2)
  }
  sums[0] = values[0]!
  squares[0] = values[0]! * values[0]!
  for (let i = 1; i < count; i++) {
    sums[i] = values[i]! + sums[i - 1]!
    squares[i] = values[i]! * values[i]! + squares[i - 1]!
  }
}

/** Values above the last bin are in none, as Etsy has it. */
function countBins(figures: Figures, values: Float64Array, bins: readonly Bin[]): void {
  let i = 0
  for (const { key, upTo } of bins) {
    const from = i
    while (i < values.length && (upTo === Infinity || values[i]! < upTo)) i += 1
    figures[key] = i - from
  }
}

function squaresOf(sketch: Sketch, [from, until]: readonly [number, number]): number {
  let passed = 0
  let sum = 0
  for (const [value, amount] of sketch.values()) {
    const inside = Math.min(until, passed + amount) - Math.max(from, passed)
    if (inside > 0) sum += inside * value * value
    passed += amount
  }
  return sum
}
