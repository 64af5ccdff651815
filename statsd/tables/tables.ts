import { Counters } from './counters.ts'
import { Gauges } from './gauges.ts'
import type { TableLimits } from './limits.ts'
import { LogEvents } from './log_events.ts'
import { SeriesBudget } from './series_budget.ts'
import { SeriesTable } from './series_table.ts'
import { Sets } from './sets.ts'
import { type DroppedSeries, type SeriesKind, seriesKinds, type SwappedTables } from './swapped.ts'
import { TimedValues } from './timed_values.ts'
import { Timers } from './timers.ts'

type SwappedKinds = Pick<SwappedTables, SeriesKind | 'events'>

/** All tables of a receiving thread. */
export class Tables {
  readonly limits: TableLimits
  readonly seed: number
  readonly #budget: SeriesBudget
  readonly series: Readonly<Record<SeriesKind, SeriesTable>>
  readonly #logged = { count: 0 }
  readonly counter: Counters
  readonly gauge: Gauges
  readonly timer: Timers
  readonly set: Sets
  readonly histogram: Timers
  readonly distribution: Timers
  readonly value: TimedValues
  readonly events: LogEvents

  /** @param seed of the hashes: any number that nobody outside knows. */
  constructor(limits: TableLimits, seed: number) {
    this.limits = limits
    this.seed = seed | 0
    this.#budget = new SeriesBudget(limits)
    const table = (kind: SeriesKind) => new SeriesTable(kind, this.#budget, this.seed)
    // The keys are all kinds.
    this.series = Object.fromEntries(seriesKinds.map((kind) => [kind, table(kind)])) as Record<
      SeriesKind,
      SeriesTable
    >
    const { series } = this
    this.counter = new Counters(series.counter)
    this.gauge = new Gauges(series.gauge, limits.gaugeTtlFlushes)
    this.timer = new Timers(series.timer, limits, this.#logged, false)
    this.set = new Sets(series.set, limits, this.seed)
    this.histogram = new Timers(series.histogram, limits, this.#logged, true)
    this.distribution = new Timers(series.distribution, limits, this.#logged, true)
    this.value = new TimedValues(series.value, limits)
    this.events = new LogEvents(limits.maxEvents)
  }

  /** Hands over the interval and begins the next. Walks no series, unless idle ones are to be forgotten. */
  swap(): SwappedKinds {
    const { idleFlushes } = this.limits
    this.#logged.count = 0
    return {
      counter: this.counter.swap(idleFlushes.counter),
      gauge: this.gauge.swap(idleFlushes.gauge),
      timer: this.timer.swap(idleFlushes.timer),
      set: this.set.swap(idleFlushes.set),
      histogram: this.histogram.swap(idleFlushes.histogram),
      distribution: this.distribution.swap(idleFlushes.distribution),
      value: this.value.swap(idleFlushes.value),
      events: this.events.swap(),
    }
  }

  /** What limits kept out since the last call. */
  takeDropped(): DroppedSeries[] {
    return this.#budget.takeDropped()
  }
}
