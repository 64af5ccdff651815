import { numberText } from '../../core/exposition/formats.ts'
import type { MetricPoint } from '../../store/points.ts'
import { countUpTo, observedOf, Window } from './observed.ts'
import type { Target } from './target.ts'

/** A value of a series: the series itself, or `_bucket`, `_sum`, `_count` or a quantile of it. */
export interface Figure {
  readonly suffix: '' | '_bucket' | '_sum' | '_count'
  /** `le` or `quantile`. */
  readonly label?: readonly [name: string, value: string]
  readonly value: number
}

/** What became of a point that was added. */
export type Added = 'added' | 'idle' | 'negative_counter'

/** One series as Prometheus sees it: it only grows, since Weir started, unless it is a gauge. */
export interface CumulativeSeries {
  add(point: MetricPoint): Added
  /** @param nowMs for what only the last while counts of. */
  figures(nowMs: number): Iterable<Figure>
}

export function createSeries(target: Target): CumulativeSeries {
  const { type, observer } = target
  if (type === 'counter') return new CounterSeries(target)
  if (type === 'gauge') return new GaugeSeries(target)
  return observer.type === 'histogram'
    ? new HistogramSeries(target, observer.buckets)
    : new SummarySeries(target, observer)
}

class CounterSeries implements CumulativeSeries {
  readonly #target: Target
  #value = 0

  constructor(target: Target) {
    this.#target = target
  }

  add({ sum = 0, count = 0 }: MetricPoint): Added {
    const grown = sum * this.#target.scale
    if (grown < 0) return 'negative_counter'
    this.#value += grown
    return count > 0 || sum !== 0 ? 'added' : 'idle'
  }

  figures(): Figure[] {
    return [{ suffix: '', value: this.#value }]
  }
}

class GaugeSeries implements CumulativeSeries {
  readonly #target: Target
  #value = NaN

  constructor(target: Target) {
    this.#target = target
  }

  add({ type, last, count }: MetricPoint): Added {
    const value = type === 'set' ? count : last
    this.#value = (value ?? NaN) * this.#target.scale
    return type === 'value' || (count ?? 0) > 0 ? 'added' : 'idle'
  }

  figures(): Figure[] {
    return [{ suffix: '', value: this.#value }]
  }
}

class HistogramSeries implements CumulativeSeries {
  readonly #target: Target
  readonly #bounds: readonly number[]
  readonly #counts: Float64Array
  #count = 0
  #sum = 0

  constructor(target: Target, bounds: readonly number[]) {
    this.#target = target
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length)
  }

  add(point: MetricPoint): Added {
    const observed = observedOf(point)
    if (!observed) return 'idle'
    const { count, sum, sketch, weight } = observed
    const unit = observed.unit * this.#target.scale
    this.#count += count
    this.#sum += sum * unit
    for (const [at, bound] of this.#bounds.entries()) {
      // 0.025 / 0.001 is a little more than 25.
      const inPointUnit = Number((bound / unit).toPrecision(12))
      this.#counts[at] = this.#counts[at]! + countUpTo(sketch, inPointUnit) * weight
    }
    return 'added'
  }

  *figures(): Generator<Figure> {
    for (const [at, bound] of this.#bounds.entries()) {
      const value = Math.round(this.#counts[at]!)
      yield { suffix: '_bucket', label: ['le', numberText(bound)], value }
    }
    const count = Math.round(this.#count)
    yield { suffix: '_bucket', label: ['le', '+Inf'], value: count }
    yield { suffix: '_sum', value: this.#sum }
    yield { suffix: '_count', value: count }
  }
}

class SummarySeries implements CumulativeSeries {
  readonly #target: Target
  readonly #quantiles: readonly number[]
  readonly #window: Window
  #count = 0
  #sum = 0
  #unit = 1

  constructor(target: Target, observer: Target['observer'] & { type: 'summary' }) {
    this.#target = target
    this.#quantiles = observer.quantiles
    this.#window = new Window(observer.maxAgeMs, observer.ageBuckets)
  }

  add(point: MetricPoint): Added {
    const observed = observedOf(point)
    if (!observed) return 'idle'
    const unit = observed.unit * this.#target.scale
    this.#unit = unit
    this.#count += observed.count
    this.#sum += observed.sum * unit
    this.#window.add(observed, point.atMs)
    return 'added'
  }

  *figures(nowMs: number): Generator<Figure> {
    const values = this.#window.quantiles(this.#quantiles, nowMs)
    for (const [at, quantile] of this.#quantiles.entries()) {
      const value = values[at]! * this.#unit
      yield { suffix: '', label: ['quantile', numberText(quantile)], value }
    }
    yield { suffix: '_sum', value: this.#sum }
    yield { suffix: '_count', value: Math.round(this.#count) }
  }
}
