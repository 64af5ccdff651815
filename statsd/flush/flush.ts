import type { MetricPoint } from '../../store/points.ts'
import {
  deletedSeries,
  type SeriesKind,
  type SwappedTables,
  type SwappedTimers,
} from '../tables/swapped.ts'
import type { FlushConfig } from './config.ts'
import { OwnMetrics } from './own_metrics.ts'
import type { FlushId, PointBase } from './point_base.ts'
import { type FigureRules, figureRules } from './rules.ts'
import { SeriesNames } from './series_names.ts'
import { idleFigures } from './timer_figures.ts'
import { TimerRows } from './timer_rows.ts'

/** What a flush computes with. Plain data: it is handed to a thread. */
export type FlushSettings = Pick<
  FlushConfig,
  | 'flush_interval'
  | 'percent_threshold'
  | 'histogram'
  | 'calculated_timer_metrics'
  | 'prefix_stats'
  | 'gauges_max_ttl'
  | 'delete_idle_stats'
  | 'delete_counters'
  | 'delete_timers'
  | 'delete_sets'
  | 'delete_gauges'
>

type Emit = (point: MetricPoint) => void

/**
 * Makes points of what the receiving thread hands over, a flush after the other, exactly as Etsy's statsd
 * computes them (stats.js flushMetrics, lib/process_metrics.js). Pure: no clock, no disk.
 */
export class Flush {
  readonly #settings: FlushSettings
  readonly #rules: FigureRules
  readonly #deletes: ReturnType<typeof deletions>
  readonly #own: OwnMetrics
  /** Of the receiving thread whose ids the names are under. */
  #generation = 0
  #counters = new SeriesNames()
  #gauges = new SeriesNames()
  #timers = new SeriesNames()
  #sets = new SeriesNames()
  #histograms = new SeriesNames()
  #distributions = new SeriesNames()
  #values = new SeriesNames()
  #lasts = new Float64Array(64)
  /** Flushes that an idle gauge is still sent for. */
  #ttls = new Float64Array(64)

  constructor(settings: FlushSettings) {
    this.#settings = settings
    this.#rules = figureRules(settings)
    this.#deletes = deletions(settings)
    this.#own = new OwnMetrics(settings.prefix_stats, settings.flush_interval)
  }

  /**
   * @param emit gets each point once; the order is counters, timers, gauges, sets, own.
   * @param elapsedMs how long the computing has taken so far.
   */
  run(swapped: SwappedTables, id: FlushId, emit: Emit, elapsedMs: () => number): void {
    if (swapped.generation !== this.#generation) this.#forgetAll(swapped.generation)
    const atMs = this.atMs(swapped)
    const intervalMs = this.#settings.flush_interval * swapped.intervals
    const base: PointBase = { atMs, ...id, intervalMs }
    const own = this.#own.begin(swapped.traffic, atMs)
    let stats = this.#runCounters(swapped, base, emit)
    stats += this.#runTimers(swapped, base, emit)
    const processedMs = elapsedMs()
    stats += this.#runGauges(swapped, base, emit)
    stats += this.#runSets(swapped, base, emit)
    this.#runValues(swapped, base, emit)
    own.emit(base, { stats, processedMs, elapsedMs }, emit)
  }

  /** The names that ids of a kind have before a swap; none when it begins a generation. */
  namesOf(
    kind: SeriesKind,
    { generation }: Pick<SwappedTables, 'generation'>,
  ): Iterable<readonly [id: number, name: string]> {
    if (generation !== this.#generation) return []
    const names: Readonly<Record<SeriesKind, SeriesNames>> = {
      counter: this.#counters,
      gauge: this.#gauges,
      timer: this.#timers,
      set: this.#sets,
      histogram: this.#histograms,
      distribution: this.#distributions,
      value: this.#values,
    }
    return names[kind].entries()
  }

  /**
   * The time of a flush: whole seconds, as Etsy rounds them, unless there are several flushes a second.
   */
  atMs({ swappedMs }: SwappedTables): number {
    if (this.#settings.flush_interval % 1000 !== 0) return swappedMs
    return Math.round(swappedMs / 1000) * 1000
  }

  #forgetAll(generation: number): void {
    this.#generation = generation
    this.#counters = new SeriesNames()
    this.#gauges = new SeriesNames()
    this.#timers = new SeriesNames()
    this.#sets = new SeriesNames()
    this.#histograms = new SeriesNames()
    this.#distributions = new SeriesNames()
    this.#values = new SeriesNames()
  }

  #runCounters({ counter, turn }: SwappedTables, base: PointBase, emit: Emit): number {
    const names = this.#counters
    names.add(counter.added)
    let stats = 0
    const send = (series: string, sum: number, count: number) => {
      if (this.#own.takes(series, sum, count)) return
      stats += 1
      emit({ ...base, series, type: 'counter', sum, count })
    }
    for (let row = 0; row < counter.rows; row++) {
      const id = counter.ids[row]!
      const series = nameOfRow(names, id, turn)
      if (series !== undefined) send(series, counter.sums[row]!, counter.counts[row]!)
    }
    if (!this.#deletes.counters) {
      for (const id of names.idle(turn, counter.removed)) send(names.of(id)!, 0, 0)
    }
    names.remove(counter.removed)
    return stats
  }

  #runTimers(swapped: SwappedTables, base: PointBase, emit: Emit): number {
    const { turn, timer, histogram, distribution } = swapped
    const kinds = [timer, histogram, distribution].filter(({ rows }) => rows > 0)
    const rows = new TimerRows(base, this.#rules, { emit, mayMeet: kinds.length > 1 })
    this.#timers.add(timer.added)
    this.#histograms.add(histogram.added)
    this.#distributions.add(distribution.added)
    rows.run('timer', timer, (id) => nameOfRow(this.#timers, id, turn))
    rows.run('histogram', histogram, (id) => nameOfRow(this.#histograms, id, turn))
    rows.run('distribution', distribution, (id) => nameOfRow(this.#distributions, id, turn))
    rows.finish()
    let stats = rows.series
    if (!this.#deletes.timers) {
      const exact = idleFigures(this.#rules)
      for (const id of this.#timers.idle(turn, timer.removed)) {
        const series = this.#timers.of(id)!
        stats += 1
        emit({ ...base, series, type: 'timer', count: 0, exact })
      }
    }
    forget(
      [this.#timers, timer],
      [this.#histograms, histogram],
      [this.#distributions, distribution],
    )
    return stats
  }

  #runGauges({ gauge, turn }: SwappedTables, base: PointBase, emit: Emit): number {
    const names = this.#gauges
    names.add(gauge.added)
    const ttl = this.#deletes.gauges ? this.#settings.gauges_max_ttl : Infinity
    let stats = 0
    for (let row = 0; row < gauge.rows; row++) {
      const id = gauge.ids[row]!
      const series = nameOfRow(names, id, turn)
      if (series === undefined) continue
      const last = gauge.lasts[row]!
      this.#keepGauge(id, last, ttl - 1)
      stats += 1
      const [min, max] = [gauge.mins[row]!, gauge.maxs[row]!]
      const [sum, count] = [gauge.sums[row]!, gauge.counts[row]!]
      emit({ ...base, series, type: 'gauge', sum, count, min, max, last })
    }
    for (const id of names.idle(turn, gauge.removed)) {
      if (!(this.#ttls[id]! > 0)) continue
      this.#ttls[id]! -= 1
      stats += 1
      emit({ ...base, series: names.of(id)!, type: 'gauge', last: this.#lasts[id]! })
    }
    names.remove(gauge.removed)
    return stats
  }

  #runSets({ set, turn }: SwappedTables, base: PointBase, emit: Emit): number {
    const names = this.#sets
    names.add(set.added)
    let stats = 0
    const send = (series: string, count: number) => {
      stats += 1
      emit({ ...base, series, type: 'set', count })
    }
    for (let row = 0; row < set.rows; row++) {
      const series = nameOfRow(names, set.ids[row]!, turn)
      if (series !== undefined) send(series, set.sizes[row]!)
    }
    if (!this.#deletes.sets) {
      for (const id of names.idle(turn, set.removed)) send(names.of(id)!, 0)
    }
    names.remove(set.removed)
    return stats
  }

  /** Values with a time of their own: counts of one second add up, of gauges the last one counts. */
  #runValues({ value, turn }: SwappedTables, base: PointBase, emit: Emit): void {
    const names = this.#values
    names.add(value.added)
    const found = new Map<string, MetricPoint>()
    for (let row = 0; row < value.rows; row++) {
      const series = nameOfRow(names, value.ids[row]!, turn)
      if (series === undefined) continue
      const type = value.areCounts[row] === 1 ? 'counter' : 'gauge'
      const seconds = value.times[row]!
      const key = `${type} ${seconds} ${series}`
      const one = value.values[row]!
      const { instance, flush } = base
      const point = { atMs: seconds * 1000, instance, flush, series, type } as const
      const before = found.get(key)
      if (type === 'gauge') found.set(key, { ...point, last: one })
      else {
        const [sum, count] = [(before?.sum ?? 0) + one, (before?.count ?? 0) + 1]
        found.set(key, { ...point, sum, count })
      }
    }
    for (const point of found.values()) emit(point)
    names.remove(value.removed)
  }

  #keepGauge(id: number, last: number, ttl: number): void {
    if (id >= this.#lasts.length) {
      const length = Math.max(id + 1, this.#lasts.length * 2)
      this.#lasts = enlarged(this.#lasts, length)
      this.#ttls = enlarged(this.#ttls, length)
    }
    this.#lasts[id] = last
    this.#ttls[id] = ttl
  }
}

/** Etsy's `deleteIdleStats` is the default of the four others (stats.js). */
function deletions(settings: FlushSettings) {
  const { delete_idle_stats: idle } = settings
  return {
    counters: settings.delete_counters ?? idle,
    timers: settings.delete_timers ?? idle,
    sets: settings.delete_sets ?? idle,
    gauges: settings.delete_gauges ?? idle,
  }
}

function nameOfRow(names: SeriesNames, id: number, turn: number): string | undefined {
  if (id === deletedSeries) return undefined
  names.see(id, turn)
  return names.of(id)
}

function forget(...kinds: readonly (readonly [SeriesNames, SwappedTimers])[]): void {
  for (const [names, { removed }] of kinds) names.remove(removed)
}

function enlarged(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length)
  larger.set(array)
  return larger
}
