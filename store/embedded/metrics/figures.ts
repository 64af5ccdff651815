import type { Figure } from '../../metrics.ts'
import type { PointType } from '../../points.ts'
import { type MergedSketch, partOf, quantileOf } from './sketch.ts'

/** What the points of one series and step are together; NaN where nothing is known. */
export interface Step {
  sum: number
  count: number
  min: number
  max: number
  last: number
  /** Values behind a timer's sum. */
  samples: number
  /** Different finest steps that are known. */
  points: number
  /** Whether it is one point, as it came. */
  isSingle: boolean
  /** Sums of figures of Etsy's, by key; what there is of it at a single point. */
  exact: Readonly<Record<string, number>>
  sketch: MergedSketch | undefined
}

/** How plain values are rolled up. */
export interface Aggregation {
  readonly method: 'average' | 'sum' | 'last' | 'min' | 'max' | 'avg_zero'
  readonly x_files_factor: number
}

export interface FigureContext {
  readonly type: PointType
  readonly stepMs: number
  /** The finest step of the series. */
  readonly finestMs: number
  /** Whether every step holds what came, and nothing rolled up. */
  readonly isFinest: boolean
  readonly aggregation: Aggregation
}

/** One figure of one step. docs/METRICS_STORE.md says what each is. */
export function valueOf(figure: Figure, step: Step, context: FigureContext): number {
  if (typeof figure === 'object') {
    if ('quantile' in figure) {
      return step.sketch ? within(quantileOf(step.sketch, figure.quantile), step) : NaN
    }
    return exactOf(figure.exact, step, context)
  }
  switch (figure) {
    case 'rate':
      return rateOf(step, context)
    case 'mean':
      return meanOf(step, context.type)
    case 'value':
      return plainOf(step, context)
    default:
      return step[figure]
  }
}

const meanOf = ({ sum, count, samples }: Step, type: PointType): number =>
  type === 'timer' ? sum / samples : sum / count

function rateOf({ sum, count }: Step, { type, stepMs }: FigureContext): number {
  if (type === 'counter') return sum / (stepMs / 1000)
  return type === 'timer' || type === 'set' ? count / (stepMs / 1000) : NaN
}

/** What a Whisper file would answer. */
function plainOf(step: Step, context: FigureContext): number {
  const { type, stepMs, finestMs, isFinest, aggregation } = context
  if (type === 'counter') return step.sum
  if (type === 'set') return step.count
  if (type === 'timer') return meanOf(step, type)
  if (isFinest) return step.last
  const expected = stepMs / finestMs
  if (step.points / expected < aggregation.x_files_factor) return NaN
  switch (aggregation.method) {
    case 'average':
      return step.sum / step.count
    case 'avg_zero':
      return step.sum / expected
    default:
      return step[aggregation.method]
  }
}

/** There is a lower of the top ones, and an upper of the others. */
const percentile = /^(count|sum|mean|upper(?!_top)|lower(?=_top)|sum_squares)_(top)?(\d+(?:_\d+)?)$/

/** Whether a figure of Etsy's adds up over time and instances. */
export const addsUp = (key: string): boolean =>
  key === 'sum_squares' || key.startsWith('histogram.')

/** Whether a figure of Etsy's takes a sketch where there are several points. */
export const needsSketch = (key: string): boolean =>
  key === 'median' || key === 'std' || percentile.test(key)

function exactOf(key: string, step: Step, { stepMs }: FigureContext): number {
  if (step.isSingle) return step.exact[key] ?? NaN
  if (addsUp(key)) return step.exact[key] ?? NaN
  switch (key) {
    case 'count':
      return step.count
    case 'count_ps':
      return step.count / (stepMs / 1000)
    case 'sum':
      return step.sum
    case 'lower':
      return step.min
    case 'upper':
      return step.max
    case 'mean':
      return step.sum / step.samples
    default:
      return step.sketch ? sketched(key, step, step.sketch) : NaN
  }
}

function sketched(key: string, step: Step, sketch: MergedSketch): number {
  const { total } = sketch
  if (key === 'median') return within(quantileOf(sketch, 0.5), step)
  if (key === 'std') {
    const squares = step.exact['sum_squares'] ?? partOf(sketch, total, false).sumSquares
    const mean = step.sum / total
    return Math.sqrt(Math.max(0, squares / total - mean * mean))
  }
  const match = percentile.exec(key)
  if (!match) return NaN
  const [, figure, top, digits] = match
  const count = total === 1 ? 1 : Math.round((Number(digits!.replace('_', '.')) / 100) * total)
  if (count === 0) return NaN
  const part = partOf(sketch, Math.min(count, total), top !== undefined)
  if (figure === 'count') return part.count
  if (figure === 'sum') return part.sum
  if (figure === 'mean') return part.sum / part.count
  if (figure === 'sum_squares') return part.sumSquares
  return within(part.edge, step)
}

/** A sketch's value is off by up to 1 %; what is surely wrong of that is taken off. */
const within = (value: number, { min, max }: Step): number =>
  value < min ? min : value > max ? max : value
