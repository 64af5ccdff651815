import { Flush, type FlushSettings } from '../../../statsd/flush/flush.ts'
import { FlushMerge, type ForwardedPiece } from '../../../statsd/forward/merge.ts'
import type { SwappedTables } from '../../../statsd/tables/swapped.ts'
import type { MetricPoint } from '../../../store/points.ts'
import { Edge, limits } from './edges.ts'

export const settings: FlushSettings = {
  flush_interval: 1000,
  percent_threshold: [90, -50],
  histogram: [{ metric: '', bins: [10, 100, 'inf'] }],
  calculated_timer_metrics: [],
  prefix_stats: 'statsd',
  gauges_max_ttl: 1,
  delete_idle_stats: false,
}
export const begin = Date.parse('2026-11-21T10:17:30.000Z')
const nothing = () => []

/** A Weir that merges, and flushes what is merged. */
export class Aggregator {
  readonly edge: Edge
  readonly #merge: FlushMerge
  readonly #flush: Flush

  constructor(own: Parameters<typeof merging>[0] = {}) {
    this.edge = new Edge(9, own)
    this.#merge = merging(own)
    this.#flush = new Flush(settings)
  }

  flush(atMs: number, pieces: readonly ForwardedPiece[]) {
    const { tables, losses } = this.#merge.merge(this.edge.swap(atMs), pieces)
    return { points: this.run(tables), losses }
  }

  run(tables: SwappedTables): Map<string, MetricPoint> {
    const points = new Map<string, MetricPoint>()
    const emit = (point: MetricPoint) => void points.set(`${point.type} ${point.series}`, point)
    this.#flush.run(tables, { instance: 'x', flush: 1 }, emit, () => 0)
    return points
  }
}

const merging = (own: Partial<typeof limits> = {}) => new FlushMerge(nothing, { ...limits, ...own })
