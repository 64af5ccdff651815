import type { MetricPoint } from '../../store/points.ts'
import type { SwappedTraffic } from '../tables/swapped.ts'
import type { PointBase } from './point_base.ts'

/** What a flush tells of itself. */
interface FlushFacts {
  /** Series other than own ones. */
  readonly stats: number
  /** Milliseconds for what Etsy calls processing: rates and timers. */
  readonly processedMs: number
  readonly elapsedMs: () => number
}

interface Amount {
  sum: number
  count: number
}

const counterNames = ['bad_lines_seen', 'packets_received', 'metrics_received'] as const

/** The metrics that Etsy's statsd makes of itself, under `prefix_stats`. */
export class OwnMetrics {
  readonly #prefix: string
  readonly #intervalMs: number
  readonly #counters: Map<string, Amount>
  #lastMs: number | undefined

  constructor(prefix: string, intervalMs: number) {
    this.#prefix = prefix
    this.#intervalMs = intervalMs
    this.#counters = new Map(
      counterNames.map((name) => [`${prefix}.${name}`, { sum: 0, count: 0 }]),
    )
  }

  /** Begins a flush with what came in. */
  begin({ packets, lines, badLines }: SwappedTraffic, atMs: number) {
    const [bad, received, metrics] = [...this.#counters.values()]
    for (const [own, amount] of [
      [bad!, badLines],
      [received!, packets],
      [metrics!, lines],
    ] as const) {
      own.sum = amount
      own.count = amount
    }
    const lag = this.#lagAt(atMs)
    return {
      emit: (base: PointBase, facts: FlushFacts, emit: (point: MetricPoint) => void) =>
        this.#emit(base, lag, facts, emit),
    }
  }

  /** Adds what somebody sends under a name of ours, which Etsy's statsd keeps in the same counter. */
  takes(series: string, sum: number, count: number): boolean {
    const own = this.#counters.get(series)
    if (!own) return false
    own.sum += sum
    own.count += count
    return true
  }

  /** Seconds beyond the interval, from the second flush on. */
  #lagAt(atMs: number): number | undefined {
    const seconds = Math.round(atMs / 1000)
    const last = this.#lastMs
    this.#lastMs = seconds
    return last === undefined ? undefined : seconds - last - this.#intervalMs / 1000
  }

  #emit(
    base: PointBase,
    lag: number | undefined,
    { stats, processedMs, elapsedMs }: FlushFacts,
    emit: (point: MetricPoint) => void,
  ): void {
    const value = (name: string, last: number) =>
      emit({ ...base, series: `${this.#prefix}.${name}`, type: 'value', last })
    for (const [series, { sum, count }] of this.#counters) {
      emit({ ...base, series, type: 'counter', sum, count })
    }
    if (lag !== undefined) {
      emit({ ...base, series: `${this.#prefix}.timestamp_lag`, type: 'gauge', last: lag })
    }
    value('numStats', stats + this.#counters.size + (lag === undefined ? 0 : 1))
    value('processing_time', Math.round(processedMs))
    value('graphiteStats.calculationtime', Math.round(elapsedMs() - processedMs))
  }
}
