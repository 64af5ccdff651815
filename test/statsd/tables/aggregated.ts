import type { TableLimits } from '../../../statsd/tables/limits.ts'
import { type SeriesKind, seriesKinds } from '../../../statsd/tables/swapped.ts'
import type { SwappedSeries } from '../../../statsd/tables/swapped.ts'
import type { Tables } from '../../../statsd/tables/tables.ts'
import { gatherTimerValues } from '../../../statsd/tables/timer_values.ts'

export const ofEachKind = (value: number) =>
  Object.fromEntries(seriesKinds.map((kind) => [kind, value])) as Record<SeriesKind, number>

export const tableLimits = (own: Partial<TableLimits> = {}): TableLimits => ({
  maxSeries: 100_000,
  maxSeriesOf: ofEachKind(100_000),
  maxTags: 64,
  maxNameBytes: 1024,
  maxTimerValues: 100_000,
  maxValues: 1_000_000,
  maxSetMembers: 100_000,
  maxEvents: 1000,
  sanitize: true,
  gaugeTtlFlushes: Infinity,
  idleFlushes: ofEachKind(Infinity),
  ...own,
})

/** The names of series by id, kept as a flusher does. */
export class KnownNames {
  readonly #names = new Map<string, string>()

  take(kind: SeriesKind, { added, removed }: SwappedSeries): (id: number) => string {
    for (const [at, id] of added.ids.entries()) {
      const bytes = added.bytes.subarray(added.offsets[at], added.offsets[at + 1])
      this.#names.set(`${kind} ${id}`, Buffer.from(bytes).toString())
    }
    const gone = new Set(removed)
    return (id) => {
      const name = this.#names.get(`${kind} ${id}`)
      if (gone.has(id)) this.#names.delete(`${kind} ${id}`)
      return name ?? `unknown ${kind} ${id}`
    }
  }
}

const timersOf = (
  swapped: ReturnType<Tables['swap']>['timer'],
  nameOf: (id: number) => string,
): Map<string, { values: number[]; upSampled: number }> => {
  const { offsets, values } = gatherTimerValues(swapped)
  return new Map(
    Array.from({ length: swapped.rows }, (_, row) => [
      nameOf(swapped.ids[row]!),
      {
        values: [...values.subarray(offsets[row], offsets[row + 1])],
        upSampled: swapped.upSampled[row]!,
      },
    ]),
  )
}

/** What is in the tables, by name; the interval ends. */
export function takeAll(tables: Tables, names = new KnownNames()) {
  const swapped = tables.swap()
  const nameOf = (kind: SeriesKind) => names.take(kind, swapped[kind])
  const rowsOf = (kind: 'counter' | 'gauge', figures: Float64Array): Map<string, number> => {
    const name = nameOf(kind)
    return new Map(
      Array.from({ length: swapped[kind].rows }, (_, row) => [
        name(swapped[kind].ids[row]!),
        figures[row]!,
      ]),
    )
  }
  const sets = new Map<string, Set<string>>()
  const setName = nameOf('set')
  const setNames = Array.from({ length: swapped.set.rows }, (_, row) =>
    setName(swapped.set.ids[row]!),
  )
  for (const name of setNames) sets.set(name, new Set())
  for (let member = 0; member < swapped.set.members; member++) {
    const { bytes, offsets, memberRows } = swapped.set
    const text = Buffer.from(bytes.subarray(offsets[member], offsets[member + 1])).toString()
    sets.get(setNames[memberRows[member]!]!)!.add(text)
  }
  return {
    swapped,
    counters: rowsOf('counter', swapped.counter.sums),
    gauges: rowsOf('gauge', swapped.gauge.lasts),
    timers: timersOf(swapped.timer, nameOf('timer')),
    histograms: timersOf(swapped.histogram, nameOf('histogram')),
    distributions: timersOf(swapped.distribution, nameOf('distribution')),
    sets,
  }
}
