import { reasons, type Reason } from '../../core/reasons.ts'
import type { Dialect } from './dialect.ts'
import { Gauges } from '../tables/gauges.ts'
import type { TableLimits } from '../tables/limits.ts'
import { type SeriesKind, seriesKinds } from '../tables/swapped.ts'
import { Tables } from '../tables/tables.ts'
import { gatherTimerValues } from '../tables/timer_values.ts'
import { DatadogLines } from './datadog.ts'
import { EtsyLines } from './etsy.ts'
import { Traffic } from './traffic.ts'

/** What a line says, or why a part of it is refused. */
export interface LineMeaning {
  readonly line: string
  /** The series: its name with its tags. */
  readonly name?: string
  readonly means?: readonly Meaning[]
  readonly refused?: readonly { readonly reason: Reason; readonly because: string }[]
  readonly event?: unknown
}

type Meaning =
  /** `adds` is up-sampled already. */
  | { readonly type: 'counter'; readonly adds: number }
  | { readonly type: 'gauge'; readonly sets: number }
  | { readonly type: 'gauge'; readonly changesBy: number }
  /** `count` is what the values stand for by their rates. */
  | {
      readonly type: 'timer' | 'histogram' | 'distribution'
      readonly values: readonly number[]
      readonly count: number
    }
  | { readonly type: 'set'; readonly members: readonly string[] }
  | { readonly type: 'value'; readonly value: number; readonly time: string }

/** Gauges that remember how they were set. */
class ToldGauges extends Gauges {
  readonly told: Meaning[] = []

  override set(row: number, value: number, isChange: boolean): boolean {
    this.told.push({ type: 'gauge', ...(isChange ? { changesBy: value } : { sets: value }) })
    return super.set(row, value, isChange)
  }
}

class ToldTables extends Tables {
  override readonly gauge: ToldGauges

  constructor(limits: TableLimits) {
    super(limits, 0)
    this.gauge = new ToldGauges(this.series.gauge, Infinity)
  }
}

const ofEach = (value: number) =>
  // The keys are all kinds.
  Object.fromEntries(seriesKinds.map((kind) => [kind, value])) as Record<SeriesKind, number>

/** Bounds of one line, which is all that such tables ever hold. */
const limitsOfLine: Omit<TableLimits, 'sanitize'> = {
  maxSeries: 10,
  maxSeriesOf: ofEach(10),
  maxTags: 64,
  maxNameBytes: 1024,
  maxTimerValues: 10_000,
  maxValues: 10_000,
  maxSetMembers: 10_000,
  maxEvents: 1,
  idleFlushes: ofEach(Infinity),
  gaugeTtlFlushes: Infinity,
}

/** What a line, without its end, means in a dialect with the default limits. */
export function meaningOf(line: Buffer, dialect: Dialect, now: () => number): LineMeaning {
  const tables = new ToldTables({ ...limitsOfLine, sanitize: true })
  const traffic = new Traffic()
  const reader =
    dialect === 'etsy' ? new EtsyLines(tables, traffic) : new DatadogLines(tables, traffic, now)
  reader.packet(line, 0, line.length)
  const refused = Array.from(traffic.take().refused.keys(), (reason) => ({
    reason,
    because: reasons[reason].help,
  }))
  const name = nameIn(tables)
  const { means, event } = meaningsIn(tables)
  return {
    line: line.toString(),
    ...(name !== undefined && { name }),
    ...(means.length > 0 && { means }),
    ...(event !== undefined && { event }),
    ...(refused.length > 0 && { refused }),
  }
}

/** All series of a line have one name. */
function nameIn(tables: Tables): string | undefined {
  for (const kind of seriesKinds) {
    for (const id of tables.series[kind].known()) return tables.series[kind].nameOf(id)
  }
  return undefined
}

function meaningsIn(tables: ToldTables): { means: Meaning[]; event: unknown } {
  const { counter, timer, histogram, distribution, set, value, events } = tables.swap()
  const means: Meaning[] = []
  if (counter.rows > 0) means.push({ type: 'counter', adds: counter.sums[0]! })
  means.push(...tables.gauge.told)
  for (const [type, timers] of Object.entries({ timer, histogram, distribution })) {
    if (timers.rows === 0) continue
    const values = [...gatherTimerValues(timers).values]
    // The keys of the object above.
    means.push({ type: type as 'timer', values, count: timers.upSampled[0]! })
  }
  if (set.rows > 0) {
    const members = Array.from({ length: set.members }, (_, at) =>
      Buffer.from(set.bytes.subarray(set.offsets[at], set.offsets[at + 1])).toString(),
    )
    means.push({ type: 'set', members })
  }
  for (let row = 0; row < value.rows; row++) {
    const time = new Date(value.times[row]! * 1000).toISOString()
    means.push({ type: 'value', value: value.values[row]!, time })
  }
  const event: unknown =
    events.count > 0 ? JSON.parse(Buffer.from(events.bytes).toString()) : undefined
  return { means, event }
}
