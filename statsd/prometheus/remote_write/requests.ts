import { compress } from 'snappyjs'
import { labelNameOf, metricNameOf } from '../../../core/exposition/family.ts'
import type { MetricPoint } from '../../../store/points.ts'
import { nameOfSeries, tagsOfSeries } from '../../../store/series.ts'
import type { SeriesTable } from '../table.ts'
import type { Target } from '../target.ts'
import { type Label, WriteRequestWriter } from './write_request.ts'

/** A request as it is sent, and which points of the chunk it is of. */
export interface WriteRequest {
  readonly body: Buffer
  readonly indexes: readonly number[]
}

export interface RequestOptions {
  readonly externalLabels: Readonly<Record<string, string>>
  /** Whether names of counters get the ending `_total`, as in OpenMetrics. */
  readonly totalSuffix: boolean
  readonly maxSamples: number
}

/** Makes requests of points: of statsd's what they have come to since the start, of others as they are. */
export class RequestMaker {
  readonly #table: SeriesTable
  readonly #options: RequestOptions
  readonly #writer = new WriteRequestWriter()
  #indexes: number[] = []

  constructor(table: SeriesTable, options: RequestOptions) {
    this.#table = table
    this.#options = options
  }

  *requests(
    points: Iterable<{ readonly index: number; readonly point: MetricPoint }>,
  ): Generator<WriteRequest> {
    for (const { index, point } of points) {
      this.#add(point)
      this.#indexes.push(index)
      if (this.#writer.samples >= this.#options.maxSamples) yield this.#take()
    }
    if (this.#indexes.length > 0) yield this.#take()
  }

  #take(): WriteRequest {
    const indexes = this.#indexes
    this.#indexes = []
    const isEmpty = this.#writer.samples === 0
    const message = this.#writer.take()
    return { body: isEmpty ? message : compress(message), indexes }
  }

  #add(point: MetricPoint): void {
    // What no flush made came as it is: by carbon, by Prometheus, from the host.
    if (point.flush === undefined) return this.#addValue(point)
    const added = this.#table.add(point)
    if ('refused' in added) return
    const { target, series } = added
    for (const { suffix, label, value } of series.figures(point.atMs)) {
      if (Number.isNaN(value)) continue
      const name = this.#nameOf(target) + suffix
      this.#writer.add(this.#labels(name, target.labels, label), value, point.atMs)
    }
  }

  #addValue({ series, last, atMs }: MetricPoint): void {
    if (last === undefined) return
    const tags = Object.entries(tagsOfSeries(series)).filter(([tag]) => tag !== 'name')
    const labels = tags.map(([tag, value]) => [labelNameOf(tag), value] as const)
    this.#writer.add(this.#labels(metricNameOf(nameOfSeries(series)), labels), last, atMs)
  }

  #nameOf({ name, type }: Target): string {
    if (type !== 'counter' || !this.#options.totalSuffix) return name
    return name.endsWith('_total') ? name : `${name}_total`
  }

  /** Sorted by name; of two of one name that of the series stays. */
  #labels(name: string, labels: readonly Label[], extra?: Label): Label[] {
    const all = new Map<string, string>(Object.entries(this.#options.externalLabels))
    for (const [label, value] of labels) all.set(label, value)
    if (extra) all.set(...extra)
    all.set('__name__', name)
    return [...all]
      .filter(([, value]) => value !== '')
      .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  }
}
