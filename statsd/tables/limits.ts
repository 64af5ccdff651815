import type { SeriesKind } from './swapped.ts'

/** What bounds the memory of the tables; each is an option of the config. */
export interface TableLimits {
  readonly maxSeries: number
  readonly maxSeriesOf: Readonly<Record<SeriesKind, number>>
  readonly maxTags: number
  readonly maxNameBytes: number
  /** Values of a timer and interval kept exactly. */
  readonly maxTimerValues: number
  /** Of all timers of an interval. */
  readonly maxValues: number
  readonly maxSetMembers: number
  readonly maxEvents: number
  readonly sanitize: boolean
  /** Flushes without a value after which a series is forgotten; Infinity: never. */
  readonly idleFlushes: Readonly<Record<SeriesKind, number>>
  /**
   * Flushes that a gauge keeps its value without being set, where idle gauges are deleted (Etsy's
   * gaugesMaxTTL): afterwards a sign sets it anew. Infinity: it keeps it.
   */
  readonly gaugeTtlFlushes: number
}
