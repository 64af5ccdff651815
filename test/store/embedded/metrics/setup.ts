import type { Batch } from '../../../../core/journal/batch.ts'
import type { Figure, MetricStore, SeriesKey } from '../../../../store/metrics.ts'
import { EmbeddedMetrics } from '../../../../store/embedded/embedded_metrics.ts'
import {
  type MetricPoint,
  metricPointsTag,
  PointWriter,
  pointStream,
} from '../../../../store/points.ts'
import type { TestStore } from '../setup.ts'

/** Now, on a full ten seconds. */
export const nowMs = Math.floor(Date.now() / 10_000) * 10_000

/** Points as a flush appends them. */
export function batchOf(points: readonly MetricPoint[]): Batch {
  const writer = new PointWriter()
  for (const point of points) writer.add(point)
  return { stream: pointStream('statsd'), tag: metricPointsTag, ...writer.take() }
}

export const metricsOf = (store: TestStore): MetricStore => new EmbeddedMetrics(store.engine)

export const patience = () => AbortSignal.timeout(20_000)

/** One figure of one series, by step from `fromMs` on; null where there is no point. */
export async function valuesOf(
  metrics: MetricStore,
  key: SeriesKey,
  figure: Figure,
  time: { fromMs: number; untilMs: number; stepMs?: number },
): Promise<(number | null)[]> {
  const [found] = await metrics.read({ series: [key], figures: [figure], ...time }, patience())
  return Array.from(found!.values, (value) => (Number.isNaN(value) ? null : value))
}
