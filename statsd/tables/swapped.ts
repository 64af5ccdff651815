/**
 * What the receiving thread hands to the flushing one at each flush: the tables of the interval, as
 * typed arrays that are transferred, not copied. The receiving thread starts new ones and goes on.
 *
 * A series has an id within its kind. Its name crosses once, in `added` of the first swap that has it;
 * the flusher keeps id -> name until the id is in `removed`. Ids in `removed` are free afterwards:
 * a later swap may give them to another name. So the order is: take in `added`, use the values, make
 * the lines, forget `removed`.
 */

/**
 * The kinds of series, each with ids of its own. `timer` is Etsy's (`ms` of the dialect etsy);
 * `histogram` is DogStatsD's (`h` and `ms` of the dialect datadog), `distribution` its `d`; `value` are
 * the values with a timestamp of their own (`|T`), which are not aggregated.
 */
export const seriesKinds = [
  'counter',
  'gauge',
  'timer',
  'set',
  'histogram',
  'distribution',
  'value',
] as const
export type SeriesKind = (typeof seriesKinds)[number]

/** The id in place of a series that was deleted (by the console) after it had values: skip that row. */
export const deletedSeries = 0xffff_ffff

/** Names: those of `ids[i]` are the bytes `offsets[i]` up to `offsets[i + 1]`. UTF-8. */
export interface Names {
  readonly ids: Uint32Array<ArrayBuffer>
  readonly bytes: Uint8Array<ArrayBuffer>
  /** One more than ids. */
  readonly offsets: Uint32Array<ArrayBuffer>
}

/**
 * The series of one kind that had at least one value in the interval, a row each in order of arrival.
 * All arrays of a row may be longer than `rows`.
 *
 * A name is spelled as Etsy would spell it (sanitised, `;k=v` in the order sent). Two spellings that
 * differ only in the order of their tags are one series; it has the spelling that came first.
 */
export interface SwappedSeries {
  readonly added: Names
  /** Deleted by the console, or idle for longer than IdleRules allow. */
  readonly removed: Uint32Array<ArrayBuffer>
  readonly rows: number
  readonly ids: Uint32Array<ArrayBuffer>
  /** Values (`value|type` parts of lines) taken for the row. */
  readonly counts: Uint32Array<ArrayBuffer>
}

export interface SwappedCounters extends SwappedSeries {
  /** Sum of value * (1 / rate), added up in order of arrival as Etsy does. Finite. */
  readonly sums: Float64Array<ArrayBuffer>
}

export interface SwappedGauges extends SwappedSeries {
  /** The gauge's value now, signs applied. Finite. An idle gauge (no row) keeps its last one. */
  readonly lasts: Float64Array<ArrayBuffer>
  /** Over the values that the gauge had in the interval, after each line. */
  readonly mins: Float64Array<ArrayBuffer>
  readonly maxs: Float64Array<ArrayBuffer>
  readonly sums: Float64Array<ArrayBuffer>
}

/** Timers, histograms and distributions. gatherTimerValues (timer_values.ts) puts values by row. */
export interface SwappedTimers extends SwappedSeries {
  /** Up-sampled: the sum of 1 / rate over all values, exact and beyond the limit. */
  readonly upSampled: Float64Array<ArrayBuffer>
  /** Values of the row that are in `log`: all of them, up to `max_timer_values`. */
  readonly exactCounts: Uint32Array<ArrayBuffer>
  /** Values in order of arrival, in parts; only the last part is not full. */
  readonly log: readonly TimerValues[]
  /** What is beyond the limits, in no order; most intervals have none. */
  readonly beyond: readonly SwappedSketch[]
}

export interface TimerValues {
  readonly length: number
  readonly rows: Uint32Array<ArrayBuffer>
  readonly values: Float64Array<ArrayBuffer>
  /** 1 / rate of each value; of histograms and distributions only, whose figures are weighted. */
  readonly weights?: Float64Array<ArrayBuffer>
}

/** Values of one row that are not in the log: DDSketch, alpha 1 %, index = ceil(log_gamma(|x|)). */
export interface SwappedSketch {
  readonly row: number
  /** Values as they came, not up-sampled. */
  readonly count: number
  /** Up-sampled for histograms and distributions, else equal to count; so are sketch and sums. */
  readonly weight: number
  readonly sum: number
  readonly sumSquares: number
  readonly min: number
  readonly max: number
  readonly sketch: {
    readonly zero: number
    readonly positive: SketchBuckets
    readonly negative: SketchBuckets
  }
}
export interface SketchBuckets {
  /** Index of the first of `counts`. */
  readonly offset: number
  readonly counts: Float64Array<ArrayBuffer>
}

export interface SwappedSets extends SwappedSeries {
  /** Distinct members of each row. */
  readonly sizes: Uint32Array<ArrayBuffer>
  /** The members of all rows in order of arrival: `memberRows[i]` has the bytes `offsets[i]` up to `offsets[i + 1]`. */
  readonly members: number
  readonly memberRows: Uint32Array<ArrayBuffer>
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly offsets: Uint32Array<ArrayBuffer>
}

/** Values with a time of their own, in order of arrival. `rows` are values, not series. */
export interface SwappedValues extends SwappedSeries {
  readonly values: Float64Array<ArrayBuffer>
  /** Seconds since the epoch. */
  readonly times: Float64Array<ArrayBuffer>
  /** 1 where it is a count (`c`), 0 where it is a gauge. */
  readonly areCounts: Uint8Array<ArrayBuffer>
}

export interface SwappedTables {
  /** Counts the starts of the receiving thread: with a new one, all ids and gauges begin anew. */
  readonly generation: number
  /** Counts the swaps of this generation from 1. */
  readonly turn: number
  /** Wall clock at the beginning and at the swap, ms since the epoch. */
  readonly startedMs: number
  readonly swappedMs: number
  /** Flush intervals in it: 1, more when the flusher was so far behind that a swap was left out. */
  readonly intervals: number
  /** Whether it is the last before a stop, and so shorter than an interval. */
  readonly isLast: boolean
  readonly traffic: SwappedTraffic
  readonly counter: SwappedCounters
  readonly gauge: SwappedGauges
  readonly timer: SwappedTimers
  readonly set: SwappedSets
  readonly histogram: SwappedTimers
  readonly distribution: SwappedTimers
  readonly value: SwappedValues
  /** Events and service checks: NDJSON, one log event a line, each with `@timestamp`. */
  readonly events: { readonly count: number; readonly bytes: Uint8Array<ArrayBuffer> }
}

/** What came in, over the interval. */
export interface SwappedTraffic {
  readonly packets: number
  /** Lines that are not empty: Etsy's metrics_received. */
  readonly lines: number
  /** Etsy's bad_lines_seen: refused parts of lines, for all reasons. */
  readonly badLines: number
  /** By reason of core/reasons.ts; only those that are not 0. */
  readonly refused: Readonly<Partial<Record<string, number>>>
  /** Datagrams the kernel dropped at our sockets. */
  readonly kernelDrops: number
  /** ms since the epoch; 0 before the first message of this generation. */
  readonly lastMessageMs: number
  /** Longest time in which nothing was received because of other work in the thread, ms. */
  readonly longestGapMs: number
  /** Values of new series that a limit kept out, by the name's first dotted part; a bounded list. */
  readonly dropped: readonly DroppedSeries[]
}
export interface DroppedSeries {
  readonly prefix: string
  readonly kind: SeriesKind
  readonly values: number
}

/** The buffers to hand over with a SwappedTables by postMessage. */
export function transferList(swapped: SwappedTables): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  const visit = (value: unknown) => {
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof ArrayBuffer) found.add(value.buffer)
    } else if (value !== null && typeof value === 'object') Object.values(value).forEach(visit)
  }
  visit(swapped)
  return [...found]
}
