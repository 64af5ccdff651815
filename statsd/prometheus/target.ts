import { labelNameOf, labelsText, metricNameOf } from '../../core/exposition/family.ts'
import type { MetricPoint, PointType } from '../../store/points.ts'
import { nameOfSeries, tagsOfSeries } from '../../store/series.ts'
import type { MappedKind, Mapper, Observer } from './mapping/mapper.ts'

/** What a series of StatsD is for Prometheus. */
export interface Target {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  readonly labels: readonly (readonly [name: string, value: string])[]
  /** The same as text, which with the name says which series it is. */
  readonly labelsText: string
  readonly scale: number
  readonly ttlMs: number
  readonly observer: Observer
}

const kinds: Readonly<Record<PointType, MappedKind>> = {
  counter: 'counter',
  gauge: 'gauge',
  set: 'gauge',
  value: 'gauge',
  timer: 'observer',
}

/** Series whose targets are remembered. */
const maxRemembered = 200_000

/** Says what series are for Prometheus, by the mapping rules; remembers what it said. */
export class Targets {
  readonly #mapper: Mapper
  #known = new Map<string, Target | 'drop'>()

  constructor(mapper: Mapper) {
    this.#mapper = mapper
  }

  /** `drop`: a rule leaves it out. */
  of({ series, type }: Pick<MetricPoint, 'series' | 'type'>): Target | 'drop' {
    const key = `${type} ${series}`
    const known = this.#known.get(key)
    if (known) return known
    const target = this.#make(series, type)
    if (this.#known.size >= maxRemembered) this.#known = new Map()
    this.#known.set(key, target)
    return target
  }

  #make(series: string, pointType: PointType): Target | 'drop' {
    const kind = kinds[pointType]
    const statsdName = nameOfSeries(series)
    const mapped = this.#mapper.map(statsdName, kind)
    if (mapped === 'drop') return 'drop'
    const tags = Object.entries(tagsOfSeries(series)).filter(([tag]) => tag !== 'name')
    const labels = new Map(tags.map(([tag, value]) => [labelNameOf(tag), value] as const))
    for (const [label, value] of Object.entries(mapped.labels)) {
      if (!mapped.honorLabels || !labels.has(label)) labels.set(label, value)
    }
    const type = kind === 'observer' ? mapped.observer.type : kind
    const reserved = type === 'histogram' ? 'le' : type === 'summary' ? 'quantile' : ''
    // An empty label is no label.
    const sorted = [...labels]
      .map(([label, value]) => [label === reserved ? `exported_${label}` : label, value] as const)
      .filter(([, value]) => value !== '')
      .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return {
      name: metricNameOf(mapped.name ?? statsdName),
      help: mapped.help ?? 'A metric that came by StatsD.',
      type,
      labels: sorted,
      labelsText: labelsText(sorted),
      scale: mapped.scale,
      ttlMs: mapped.ttlMs,
      observer: mapped.observer,
    }
  }
}
