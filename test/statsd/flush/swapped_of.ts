import type {
  Names,
  SwappedSeries,
  SwappedTables,
  SwappedTimers,
} from '../../../statsd/tables/swapped.ts'

/** What came in one interval, by name and kind. */
export interface Interval {
  readonly counters?: Readonly<Record<string, { sum: number; count?: number }>>
  readonly gauges?: Readonly<Record<string, { last: number }>>
  readonly timers?: Readonly<Record<string, { values: readonly number[]; upSampled?: number }>>
  readonly histograms?: Readonly<
    Record<string, { values: readonly number[]; weights?: readonly number[] }>
  >
  readonly distributions?: Interval['histograms']
  readonly sets?: Readonly<Record<string, { members: readonly string[] }>>
  readonly traffic?: Partial<SwappedTables['traffic']>
  readonly swappedMs?: number
  readonly removed?: Partial<Record<'counter' | 'gauge' | 'timer' | 'set', readonly string[]>>
}

const noTraffic: SwappedTables['traffic'] = {
  packets: 0,
  lines: 0,
  badLines: 0,
  refused: {},
  kernelDrops: 0,
  lastMessageMs: 0,
  longestGapMs: 0,
  dropped: [],
}

/** Makes swapped tables as the receiving thread would, an interval after the other. */
export function swapper(generation = 1) {
  const known = new Map<string, Map<string, number>>()
  let turn = 0

  function seriesOf(
    kind: string,
    given: readonly string[],
    removed: readonly string[] = [],
  ): SwappedSeries {
    const ids = known.get(kind) ?? new Map<string, number>()
    known.set(kind, ids)
    const added = given.filter((name) => !ids.has(name))
    for (const name of added) ids.set(name, ids.size)
    return {
      added: namesOf(added, ids),
      removed: Uint32Array.from(removed, (name) => ids.get(name)!),
      rows: given.length,
      ids: Uint32Array.from(given, (name) => ids.get(name)!),
      counts: Uint32Array.from(given, () => 1),
    }
  }

  function timersOf(
    kind: string,
    given: Record<
      string,
      { values: readonly number[]; weights?: readonly number[]; upSampled?: number }
    >,
  ): SwappedTimers {
    const names = Object.keys(given)
    const rows = Object.values(given)
    const all = rows.flatMap(({ values }, row) => values.map((value) => [row, value] as const))
    const weights = rows.flatMap(({ values, weights }) => weights ?? values.map(() => 1))
    return {
      ...seriesOf(kind, names),
      upSampled: Float64Array.from(rows, ({ values, weights, upSampled }) => {
        return upSampled ?? weights?.reduce((sum, each) => sum + each, 0) ?? values.length
      }),
      exactCounts: Uint32Array.from(rows, ({ values }) => values.length),
      log: [
        {
          length: all.length,
          rows: Uint32Array.from(all, ([row]) => row),
          values: Float64Array.from(all, ([, value]) => value),
          ...(kind !== 'timer' && { weights: Float64Array.from(weights) }),
        },
      ],
      beyond: [],
    }
  }

  return (interval: Interval): SwappedTables => {
    const { counters = {}, gauges = {}, timers = {}, sets = {}, removed = {} } = interval
    turn += 1
    const counterRows = Object.values(counters)
    const lasts = Float64Array.from(Object.values(gauges), ({ last }) => last)
    return {
      generation,
      turn,
      startedMs: 0,
      swappedMs: interval.swappedMs ?? turn * 10_000,
      intervals: 1,
      isLast: false,
      traffic: { ...noTraffic, ...interval.traffic },
      counter: {
        ...seriesOf('counter', Object.keys(counters), removed.counter),
        sums: Float64Array.from(counterRows, ({ sum }) => sum),
        counts: Uint32Array.from(counterRows, ({ count }) => count ?? 1),
      },
      gauge: {
        ...seriesOf('gauge', Object.keys(gauges), removed.gauge),
        lasts,
        mins: lasts,
        maxs: lasts,
        sums: lasts,
      },
      timer: timersOf('timer', timers),
      histogram: timersOf('histogram', interval.histograms ?? {}),
      distribution: timersOf('distribution', interval.distributions ?? {}),
      set: {
        ...seriesOf('set', Object.keys(sets), removed.set),
        sizes: Uint32Array.from(Object.values(sets), ({ members }) => new Set(members).size),
        members: 0,
        memberRows: new Uint32Array(),
        bytes: new Uint8Array(),
        offsets: new Uint32Array(1),
      },
      value: {
        ...seriesOf('value', []),
        values: new Float64Array(),
        times: new Float64Array(),
        areCounts: new Uint8Array(),
      },
      events: { count: 0, bytes: new Uint8Array() },
    }
  }
}

function namesOf(names: readonly string[], ids: ReadonlyMap<string, number>): Names {
  const encoded = names.map((name) => new TextEncoder().encode(name))
  const offsets = new Uint32Array(names.length + 1)
  for (const [i, bytes] of encoded.entries()) offsets[i + 1] = offsets[i]! + bytes.length
  const bytes = Uint8Array.from(encoded.flatMap((each) => [...each]))
  return { ids: Uint32Array.from(names, (name) => ids.get(name)!), bytes, offsets }
}
