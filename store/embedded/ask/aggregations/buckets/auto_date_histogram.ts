import type { Answered } from '../../../database.ts'
import { all, identifier, join, once, sql, verbatim, type Sql } from '../../../sql.ts'
import type { Asked } from '../../asked.ts'
import type { BucketsKind, BucketsPlan, Frame } from '../aggregation.ts'
import { fillGaps } from '../fill.ts'
import { checkBuckets } from '../limits.ts'
import type { Options } from '../options.ts'
import { rounding, type Interval, type Rounding, type TimeRange } from '../rounding.ts'
import { timeZone, type TimeZone } from '../time_zone.ts'
import { jsonOf, keysOf, tupleId } from '../tuples.ts'
import { integer, sourceOf, valuesOf, type Values } from '../values.ts'
import { headsOf, placesOf } from './date_histogram.ts'

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
 * The finest interval with at most `buckets` buckets, of each parent its own. Buckets of several units begin at
 * the first one and count from there, as in Elasticsearch.
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
  const layoutOf = (range: TimeRange | undefined): Layout => {
    const { step, multiple } = choose(range, zone, { most, first, maxBuckets })
    const unit = rounding(intervalOf(step), zone, 0)
    const starts = range ? startsOf(range, unit, multiple, maxBuckets) : []
    return { name: `${multiple}${step.unit}`, starts, ...(multiple === 1 && { unit }) }
  }
  return {
    family: 'buckets',
    async plan({ asked, frame }) {
      const values = valuesOf(asked, source, ['date'])
      const spans = await spansOf(asked, frame, values)
      checkBuckets(spans.length, maxBuckets)
      const layouts = spans.map(({ tuple, range }) => ({ tuple, ...layoutOf(range) }))
      const byTuple = new Map(layouts.map((each) => [tupleId(each.tuple), each]))
      const none = layoutOf(undefined)
      const isInside = frame.types.length > 0
      const inside = isInside ? startsBeside(frame, layouts) : undefined
      return {
        joined: inside?.rows,
        key: keyOfStarts(values, (time) =>
          inside
            ? lastSql(time, inside.starts)
            : startSql(time, layouts[0] ?? none, spans[0]?.range),
        ),
        buckets(groups, parent) {
          const { name, starts } = byTuple.get(tupleId(keysOf(parent))) ?? none
          const next = new Map(starts.map((start, at) => [start, starts[at + 1] ?? Infinity]))
          const places = placesOf(groups, 1)
          const filled = fillGaps(places, (at) => next.get(at) ?? Infinity, undefined, maxBuckets)
          return {
            typed: 'auto_date_histogram',
            buckets: headsOf(filled, values),
            keyed: false,
            beside: { interval: name },
          }
        },
      }
    },
  }
}

const intervalOf = ({ unit }: Step): Interval => (unit === 's' ? { ms: 1_000 } : { unit })

/** The buckets of one parent, whose documents have times of their own. */
interface Layout {
  readonly name: string
  /** Of all buckets, milliseconds since the epoch. */
  readonly starts: readonly number[]
  /** Where each bucket is one unit. */
  readonly unit?: Rounding
}

interface Span {
  /** Keys of the buckets around it. */
  readonly tuple: readonly Answered[]
  readonly range: TimeRange
}

/** From when to when the documents of each parent are; of none that has no times. */
async function spansOf(
  { database, deadline, limits }: Asked,
  { rows, types }: Frame,
  { scalar, list }: Values,
): Promise<readonly Span[]> {
  const keys = types.map((_, at) => `_k${at}`)
  const [least, most] = list
    ? [sql`min(list_min(${list}))`, sql`max(list_max(${list}))`]
    : [sql`min(${scalar})`, sql`max(${scalar})`]
  const columns = join(
    [...keys.map(identifier), sql`${least} as "_low"`, sql`${most} as "_high"`],
    ', ',
  )
  const bound = verbatim(String(limits.maxBuckets + 1))
  const found = await database.rows(
    sql`select * from (select ${columns} from (${rows}) group by all) where "_low" is not null limit ${bound}`,
    deadline,
  )
  return found.map((row) => ({
    tuple: keys.map((key) => row[key]!),
    range: {
      fromMs: Math.floor(Number(row._low) / 1000),
      toMs: Math.ceil(Number(row._high) / 1000),
    },
  }))
}

/** The rows of a frame, each with the starts of its parent's buckets beside it. */
function startsBeside(
  { rows, types }: Frame,
  layouts: readonly (Layout & Pick<Span, 'tuple'>)[],
): { readonly rows: Sql; readonly starts: Sql } {
  const starts = identifier(`_starts${types.length}`)
  const type = {
    ...Object.fromEntries(types.map((each, at) => [`c${at}`, each])),
    starts: ['BIGINT'],
  }
  const each = layouts.map((layout) => {
    const keys = layout.tuple.map((key, at) => `"c${at}":${jsonOf(key)}`)
    return `{${keys.join(',')},"starts":[${layout.starts.map((ms) => `${ms}000`).join(',')}]}`
  })
  const same = types.map((_, at) => {
    return sql`r.${identifier(`_k${at}`)} is not distinct from l.layout.${identifier(`c${at}`)}`
  })
  const list = sql`from_json(${`[${each.join(',')}]`}, ${JSON.stringify([type])})`
  return {
    rows: sql`select r.*, l.layout.starts as ${starts} from (${rows}) r
      left join (select unnest(${list}) as layout) l on ${all(same)}`,
    starts,
  }
}

/** The last start that is not after a time. */
const lastSql = (time: Sql, starts: Sql): Sql =>
  sql`list_max(list_filter(${starts}, lambda _s: _s <= ${time}))`

function keyOfStarts({ scalar, list }: Values, keyOf: (time: Sql) => Sql): BucketsPlan['key'] {
  if (!list) return { expression: keyOf(scalar), many: false, type: 'BIGINT' }
  const each = keyOf(verbatim('_t'))
  const expression = sql`list_distinct(list_transform(${list}, lambda _t: ${each}))`
  return { expression, many: true, type: 'BIGINT' }
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
    const unit = rounding(intervalOf(step), zone, 0)
    const units = range ? startsOf(range, unit, 1, maxBuckets).length : 1
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

/** The start of a time's bucket where there is one parent. */
function startSql(time: Sql, { starts, unit }: Layout, range: TimeRange | undefined): Sql {
  if (unit) return unit.sql(time, range)
  const micros = starts.map((ms) => integer(BigInt(ms) * 1000n))
  return once(time, '_time', (one) => {
    const branches = micros
      .slice(1)
      .map((until, at) => sql`when ${one} < ${until} then ${micros[at]!}`)
    return sql`case when ${one} is null then null ${join(branches, ' ')} else ${micros.at(-1)!} end`
  })
}
