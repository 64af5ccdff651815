import type { MetricPoint } from '../../store/points.ts'
import type { SwappedSketch, SwappedTimers } from '../tables/swapped.ts'
import { gatherTimerValues } from '../tables/timer_values.ts'
import type { PointBase } from './point_base.ts'
import type { FigureRules } from './rules.ts'
import { Sketch, sketchOf } from './sketch.ts'
import { type Figures, sketchedFigures, type TimerFacts, timerFigures } from './timer_figures.ts'
import {
  distributionFigures,
  histogramFigures,
  sketchedHistogramFigures,
} from './weighted_figures.ts'

type Kind = 'timer' | 'histogram' | 'distribution'

/** One series of the three kinds, with its values put together. */
interface Row {
  readonly facts: TimerFacts
  /** In ascending order. */
  readonly values: Float64Array
  /** Of histograms and distributions: 1 / rate of each value. */
  readonly weights: Float64Array | undefined
  /** What is not among the values. */
  readonly beyond: SwappedSketch | undefined
}

/** The points of timers, histograms and distributions of one flush. */
export class TimerRows {
  readonly #base: PointBase
  readonly #rules: FigureRules
  readonly #emit: (point: MetricPoint) => void
  readonly #mayMeet: boolean
  /** Points that another kind could have, too: two dialects, one name. */
  readonly #held = new Map<string, MetricPoint>()
  series = 0

  /** @param mayMeet whether more than one kind comes, so that two may have a name in common. */
  constructor(
    base: PointBase,
    rules: FigureRules,
    { emit, mayMeet }: { emit: (point: MetricPoint) => void; mayMeet: boolean },
  ) {
    this.#base = base
    this.#rules = rules
    this.#emit = emit
    this.#mayMeet = mayMeet
  }

  /** @param nameOf undefined for a row to be skipped. */
  run(kind: Kind, swapped: SwappedTimers, nameOf: (id: number) => string | undefined): void {
    const { offsets, values, weights } = gatherTimerValues(swapped)
    const beyond = new Map(swapped.beyond.map((each) => [each.row, each]))
    const { intervalMs } = this.#base
    for (let row = 0; row < swapped.rows; row++) {
      const name = nameOf(swapped.ids[row]!)
      if (name === undefined) continue
      const [from, to] = [offsets[row]!, offsets[row + 1]!]
      const facts = { name, upSampled: swapped.upSampled[row]!, intervalMs }
      const given = { values: values.subarray(from, to), weights: weights?.subarray(from, to) }
      const sorted = weights && !isAlike(given.weights!) ? sortedPairs(given) : sortedAlike(given)
      this.#add(
        pointOf(kind, this.#base, this.#rules, { facts, ...sorted, beyond: beyond.get(row) }),
      )
    }
  }

  /** Emits what was held. */
  finish(): void {
    for (const point of this.#held.values()) this.#emit(point)
    this.#held.clear()
  }

  #add(point: MetricPoint): void {
    const before = this.#held.get(point.series)
    if (!before) this.series += 1
    if (this.#mayMeet) this.#held.set(point.series, before ? together(before, point) : point)
    else this.#emit(point)
  }
}

function pointOf(kind: Kind, base: PointBase, rules: FigureRules, row: Row): MetricPoint {
  const { facts, values, weights, beyond } = row
  const isWeighted = kind !== 'timer'
  const series = facts.name
  if (!beyond && !isWeighted) {
    const exact = timerFigures(values, facts, rules)
    let sum = values[0]!
    for (let i = 1; i < values.length; i++) sum += values[i]!
    const [min, max] = [values[0]!, values[values.length - 1]!]
    const sketch = sketchOf(values)
    return { ...base, series, type: 'timer', sum, count: facts.upSampled, min, max, exact, sketch }
  }
  const sketch = new Sketch()
  const whole = {
    count: values.length,
    weight: 0,
    sum: 0,
    sumSquares: 0,
    min: Infinity,
    max: -Infinity,
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    const weight = isWeighted ? weights![i]! : 1
    sketch.add(value, weight)
    whole.weight += weight
    whole.sum += value * weight
    whole.sumSquares += value * value * weight
    whole.min = Math.min(whole.min, value)
    whole.max = Math.max(whole.max, value)
  }
  if (beyond) {
    sketch.merge(beyond.sketch)
    whole.count += beyond.count
    whole.weight += beyond.weight
    whole.sum += beyond.sum
    whole.sumSquares += beyond.sumSquares
    whole.min = Math.min(whole.min, beyond.min)
    whole.max = Math.max(whole.max, beyond.max)
  }
  const { sum, min, max } = whole
  const exact = figuresOf(kind, row, rules, { sketch, ...whole })
  const count = facts.upSampled
  return { ...base, series, type: 'timer', sum, count, min, max, exact, sketch: sketch.toPoint() }
}

function figuresOf(
  kind: Kind,
  { facts, values, weights, beyond }: Row,
  rules: FigureRules,
  whole: Parameters<typeof sketchedFigures>[0] & { readonly weight: number },
): Figures {
  if (kind === 'timer') return sketchedFigures(whole, facts, rules)
  if (kind === 'distribution') return distributionFigures(whole.sketch, whole)
  if (beyond) return sketchedHistogramFigures(whole.sketch, whole)
  return histogramFigures(values, weights!, facts)
}

/** A timer and a histogram, say, under one name: what adds up is added, figures stand side by side. */
function together(one: MetricPoint, other: MetricPoint): MetricPoint {
  const sketch = new Sketch()
  if (one.sketch) sketch.merge(one.sketch)
  if (other.sketch) sketch.merge(other.sketch)
  return {
    ...one,
    sum: (one.sum ?? 0) + (other.sum ?? 0),
    count: (one.count ?? 0) + (other.count ?? 0),
    min: Math.min(one.min ?? Infinity, other.min ?? Infinity),
    max: Math.max(one.max ?? -Infinity, other.max ?? -Infinity),
    exact: { ...other.exact, ...one.exact },
    sketch: sketch.toPoint(),
  }
}

interface Given {
  readonly values: Float64Array
  readonly weights: Float64Array | undefined
}

const isAlike = (weights: Float64Array) => weights.every((weight) => weight === weights[0])

/** Where all weights are the same they need not follow their values. */
const sortedAlike = ({ values, weights }: Given): Given => ({ values: values.toSorted(), weights })

function sortedPairs({ values, weights }: Given): Given {
  const order = Array.from(values, (_, index) => index)
  order.sort((a, b) => values[a]! - values[b]!)
  return {
    values: Float64Array.from(order, (index) => values[index]!),
    weights: Float64Array.from(order, (index) => weights![index]!),
  }
}
