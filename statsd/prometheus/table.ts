import { type Family, type Sample, withLabel } from '../../core/exposition/family.ts'
import type { MetricPoint } from '../../store/points.ts'
import { type Added, createSeries, type CumulativeSeries } from './series.ts'
import type { Target, Targets } from './target.ts'

/** Why a point is not shown. */
export type Refused = 'type_conflict' | 'series_limit' | 'dropped_by_rule' | 'negative_counter'

interface KeptSeries {
  readonly series: CumulativeSeries
  touchedMs: number
  ttlMs: number
}

interface KeptFamily {
  readonly name: string
  readonly help: string
  readonly type: Target['type']
  readonly series: Map<string, KeptSeries>
}

/** Names that samples of a family have, beside its own. */
const endings: Readonly<Record<Target['type'], readonly string[]>> = {
  counter: [],
  gauge: [],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['_sum', '_count'],
}

/** The series of StatsD as Prometheus sees them, since Weir started. */
export class SeriesTable {
  readonly #targets: Targets
  readonly #maxSeries: number
  readonly #families = new Map<string, KeptFamily>()
  /** Names of families and of their samples, each with the family that has it. */
  readonly #names = new Map<string, string>()
  #series = 0

  constructor(targets: Targets, maxSeries: number) {
    this.#targets = targets
    this.#maxSeries = maxSeries
  }

  get size(): number {
    return this.#series
  }

  /** @returns where the point went, or why it went nowhere. */
  add(
    point: MetricPoint,
  ):
    | { readonly target: Target; readonly series: CumulativeSeries }
    | { readonly refused: Refused } {
    const target = this.#targets.of(point)
    if (target === 'drop') return { refused: 'dropped_by_rule' }
    const kept = this.#keptOf(target, point.atMs)
    if (typeof kept === 'string') return { refused: kept }
    const added: Added = kept.series.add(point)
    if (added === 'negative_counter') return { refused: added }
    if (added === 'added') kept.touchedMs = point.atMs
    kept.ttlMs = target.ttlMs
    return { target, series: kept.series }
  }

  /** Forgets what got nothing for longer than its rule says. */
  expire(nowMs: number): void {
    for (const family of this.#families.values()) {
      for (const [labels, { touchedMs, ttlMs }] of family.series) {
        if (ttlMs === 0 || nowMs - touchedMs <= ttlMs) continue
        family.series.delete(labels)
        this.#series -= 1
      }
      if (family.series.size === 0) this.#forget(family)
    }
  }

  /** @param nowMs for quantiles, which are of the last while. */
  *families(nowMs: number): Generator<Family> {
    for (const { name, help, type, series } of this.#families.values()) {
      yield { name, help, type, samples: samplesOf(series, nowMs) }
    }
  }

  #keptOf(target: Target, atMs: number): KeptSeries | Refused {
    let family = this.#families.get(target.name)
    if (family && family.type !== target.type) return 'type_conflict'
    const kept = family?.series.get(target.labelsText)
    if (kept) return kept
    if (this.#series >= this.#maxSeries) return 'series_limit'
    if (!family) {
      const names = [target.name, ...endings[target.type].map((ending) => target.name + ending)]
      if (names.some((name) => this.#names.has(name))) return 'type_conflict'
      family = { name: target.name, help: target.help, type: target.type, series: new Map() }
      this.#families.set(target.name, family)
      for (const name of names) this.#names.set(name, target.name)
    }
    const made = { series: createSeries(target), touchedMs: atMs, ttlMs: target.ttlMs }
    family.series.set(target.labelsText, made)
    this.#series += 1
    return made
  }

  #forget({ name, type }: KeptFamily): void {
    this.#families.delete(name)
    for (const ending of ['', ...endings[type]]) this.#names.delete(name + ending)
  }
}

function* samplesOf(kept: Iterable<readonly [labels: string, kept: KeptSeries]>, nowMs: number) {
  for (const [text, { series }] of kept) {
    // All of a series at once: a flush may come between two pieces of the text.
    const figures = [...series.figures(nowMs)]
    for (const { suffix, label, value } of figures) {
      const sample: Sample = { suffix, labels: label ? withLabel(text, ...label) : text, value }
      yield sample
    }
  }
}
