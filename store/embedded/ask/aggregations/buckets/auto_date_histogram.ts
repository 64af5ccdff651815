import { join, sql, type Sql } from '../../../sql.ts'
import type { BucketsKind } from '../aggregation.ts'
import { fillGaps } from '../fill.ts'
import { checkBuckets } from '../limits.ts'
import type { Options } from '../options.ts'
import { rounding, type Interval, type Rounding, type TimeRange } from '../rounding.ts'
import { timeZone, type TimeZone } from '../time_zone.ts'
import { integer, sourceOf, valuesOf } from '../values.ts'
import { extent, headsOf, keySql, placesOf } from './date_histogram.ts'

interface Step {
  readonly unit: string
  readonly name: string
  readonly ms: number
  readonly multiples: readonly number[]
}

/** Elasticsearch's steps: each unit, and how many of them may make a bucket. */
const steps: readonly Step[] = [
  { unit: 's', name: 'second', ms: 1_000, multiples: [1, 5, 10, 30] },
  { unit: 'm', name: 'minute', ms: 60_000, multiples: [1, 5, 10, 30] },
  { unit: 'h', name: 'hour', ms: 3_600_000, multiples: [1, 3, 12] },
  { unit: 'd', name: 'day', ms: 86_400_000, multiples: [1, 7] },
  { unit: 'M', name: 'month', ms: 2_592_000_000, multiples: [1, 3] },
  { unit: 'y', name: 'year', ms: 31_536_000_000, multiples: [1, 5, 10, 20, 50, 100] },
]

/**
 * The finest interval with at most `buckets` buckets. Buckets of several units begin at the first one and count
 * from there, as in Elasticsearch.
 */
export function autoDateHistogram(options: Options): BucketsKind {
  const source = sourceOf(options)
  const zone = timeZone(source.timeZone)
  const { maxBuckets } = options.limits
  const most = options.integer('buckets', 1) ?? 10
  const least = options.text('minimum_interval')
  const first = least === undefined ? 0 : steps.findIndex(({ name }) => name === least)
  if (first < 0)
    throw options.illegal(
      `minimum_interval must be one of [${steps.map(({ name }) => name).join(', ')}]`,
    )
  return {
    family: 'buckets',
    async plan({ asked, around }) {
      if (around.some(({ kind }) => kind.family === 'buckets')) {
        throw options.illegal('[auto_date_histogram] inside other buckets is not supported')
      }
      const values = valuesOf(asked, source, ['date'])
      const range = await extent(asked, values)
      const { step, multiple } = choose(range, zone, { most, first, maxBuckets })
      const interval: Interval = step.unit === 's' ? { ms: 1_000 } : { unit: step.unit }
      const unit = rounding(interval, zone, 0)
      // The starts of all buckets are known, so several units are put together by them.
      const starts = range ? startsOf(range, unit, multiple, maxBuckets) : []
      const key = keySql(
        values,
        {
          ...unit,
          sql: (micros, within) => startSql(unit.sql(micros, within), starts, multiple),
        },
        range,
      )
      const next = new Map(starts.map((start, at) => [start, starts[at + 1] ?? Infinity]))
      return {
        key,
        buckets(groups) {
          const places = placesOf(groups, 1)
          const all = fillGaps(places, (at) => next.get(at) ?? Infinity, undefined, maxBuckets)
          const name = `${multiple}${step.unit}`
          return {
            typed: 'auto_date_histogram',
            buckets: headsOf(all, values),
            keyed: false,
            beside: { interval: name },
          }
        },
      }
    },
  }
}

function choose(
  range: TimeRange | undefined,
  zone: TimeZone,
  { most, first, maxBuckets }: { most: number; first: number; maxBuckets: number },
): { readonly step: Step; readonly multiple: number } {
  for (const step of steps.slice(first)) {
    const span = range ? range.toMs - range.fromMs : 0
    // Far too many: not worth counting.
    if (span / step.ms > 2 * most * step.multiples.at(-1)!) continue
    const interval: Interval = step.unit === 's' ? { ms: 1_000 } : { unit: step.unit }
    const units = range ? startsOf(range, rounding(interval, zone, 0), 1, maxBuckets).length : 1
    const multiple = step.multiples.find((each) => Math.ceil(units / each) <= most)
    if (multiple !== undefined) return { step, multiple }
  }
  const step = steps.at(-1)!
  return { step, multiple: step.multiples.at(-1)! }
}

function startsOf(
  range: TimeRange,
  unit: Rounding,
  multiple: number,
  maxBuckets: number,
): readonly number[] {
  const starts: number[] = []
  let at = unit.floor(range.fromMs)
  for (let count = 0; at <= range.toMs; count += 1, at = unit.next(at)) {
    if (count % multiple === 0) starts.push(at)
    checkBuckets(starts.length, maxBuckets)
  }
  return starts
}

function startSql(key: Sql, starts: readonly number[], multiple: number): Sql {
  if (multiple === 1 || starts.length === 0) return key
  const branches = starts.slice(1).map((start, at) => {
    const [until, own] = [start, starts[at]!].map((ms) => integer(BigInt(ms) * 1000n)) as [Sql, Sql]
    return sql`when ${key} < ${until} then ${own}`
  })
  const last = integer(BigInt(starts.at(-1)!) * 1000n)
  if (branches.length === 0) return sql`case when ${key} is not null then ${last} end`
  return sql`case when ${key} is null then null ${join(branches, ' ')} else ${last} end`
}
