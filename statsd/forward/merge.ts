import type { TableLimits } from '../tables/limits.ts'
import type { SeriesKind, SwappedTables } from '../tables/swapped.ts'
import type { FlushHeader, FlushLine, TimerLine } from './flush_format.ts'
import { mergeCounters } from './merge/counters.ts'
import { type KnownGauge, mergeGauges } from './merge/gauges.ts'
import { mergeSets } from './merge/sets.ts'
import { mergeTimers } from './merge/timers.ts'
import type { MergeLosses } from './merge/merge_world.ts'
import { mergeValues } from './merge/values.ts'
import { MergedIds, type NamedIds } from './merge/merged_ids.ts'

/** What bounds the tables that flushes are merged into: that of the receiving thread's. */
export type MergeLimits = Pick<
  TableLimits,
  'maxSeriesOf' | 'maxTimerValues' | 'maxSetMembers' | 'idleFlushes'
>

/** One piece that was handed over. */
export interface ForwardedPiece {
  readonly header: FlushHeader
  readonly lines: readonly FlushLine[]
}

/**
 * Merges what other Weirs flushed into the tables of this one, so that what is flushed here is as if all packets
 * had come here: counters add up, the values of timers stand together (sketches merge beyond the limit), sets
 * unite, of gauges the last one by time counts. Pure: tables in, tables out.
 *
 * Ids of the merged tables are its own: from the first merge on every swap of the generation has to pass, also
 * where there is nothing to merge.
 */
export class FlushMerge {
  readonly #ids: Readonly<Record<SeriesKind, MergedIds>>
  readonly #limits: MergeLimits
  readonly #gauges = new Map<number, KnownGauge>()

  /** @param known the names that ids have so far. */
  constructor(known: (kind: SeriesKind) => NamedIds, limits: MergeLimits) {
    this.#limits = limits
    const idsOf = (kind: SeriesKind) =>
      new MergedIds(known(kind), limits.maxSeriesOf[kind], limits.idleFlushes[kind])
    this.#ids = {
      counter: idsOf('counter'),
      gauge: idsOf('gauge'),
      timer: idsOf('timer'),
      set: idsOf('set'),
      histogram: idsOf('histogram'),
      distribution: idsOf('distribution'),
      value: idsOf('value'),
    }
  }

  /** @param pieces in order of arrival. */
  merge(
    swapped: SwappedTables,
    pieces: readonly ForwardedPiece[],
  ): { readonly tables: SwappedTables; readonly losses: MergeLosses } {
    const losses = { series: 0, members: 0 }
    const lines = pieces.flatMap((piece) => piece.lines)
    const of = <Type extends FlushLine['type']>(type: Type) =>
      lines.filter((line): line is Extract<FlushLine, { type: Type }> => line.type === type)
    const timersOf = (type: TimerLine['type']) =>
      lines.filter((line): line is TimerLine => line.type === type)
    const { maxTimerValues, maxSetMembers } = this.#limits
    const { turn } = swapped
    const world = (kind: SeriesKind) => ({ ids: this.#ids[kind], turn, losses })
    const timers = (kind: TimerLine['type']) =>
      mergeTimers(swapped[kind], timersOf(kind), maxTimerValues, world(kind))
    const tables: SwappedTables = {
      ...swapped,
      traffic: addTraffic(swapped.traffic, pieces),
      counter: mergeCounters(swapped.counter, of('counter'), world('counter')),
      gauge: mergeGauges(swapped, of('gauge'), this.#gauges, world('gauge')),
      timer: timers('timer'),
      histogram: timers('histogram'),
      distribution: timers('distribution'),
      set: mergeSets(swapped.set, of('set'), maxSetMembers, world('set')),
      value: mergeValues(swapped.value, of('value'), world('value')),
    }
    return { tables, losses }
  }
}

function addTraffic(traffic: SwappedTables['traffic'], pieces: readonly ForwardedPiece[]) {
  let { packets, lines, badLines } = traffic
  for (const { header } of pieces) {
    packets += header.packets ?? 0
    lines += header.lines ?? 0
    badLines += header.bad_lines ?? 0
  }
  return { ...traffic, packets, lines, badLines }
}
