import { SearchError } from '../../../../search.ts'
import { sql, verbatim, type Sql } from '../../../sql.ts'
import type { Asked } from '../../asked.ts'
import type { Aggregation, BucketsKind, BucketsPlan, Group } from '../aggregation.ts'
import { boundsOf, checkBounds, checkInside, mapBounds, type Bounds } from '../bounds.ts'
import { ordersOf } from '../bucket_order.ts'
import { parseDate } from '../dates.ts'
import { fillGaps } from '../fill.ts'
import { calendarUnit, durationMs, greatestCommon } from '../intervals.ts'
import type { Options } from '../options.ts'
import { rounding, type Interval, type Rounding, type TimeRange } from '../rounding.ts'
import { timeZone, type TimeZone } from '../time_zone.ts'
import { integer, sourceOf, valuesOf, type Values } from '../values.ts'
import { orderOfHistogram } from './histogram.ts'

/** The interval of each, for `rate` and `derivative`. */
const intervals = new WeakMap<object, Interval>()

export function intervalOf(aggregation: Aggregation): Interval {
  return intervals.get(aggregation.kind)!
}

/** `calendar_interval`, `fixed_interval`, or `interval`, which may be either. */
export function readInterval(options: Options): Interval {
  const calendar = options.text('calendar_interval')
  const fixed = options.text('fixed_interval')
  const legacy = options.text('interval')
  if ([calendar, fixed, legacy].filter((each) => each !== undefined).length > 1) {
    throw options.illegal(
      'Cannot use [fixed_interval] with [calendar_interval] configuration option.',
    )
  }
  if (calendar !== undefined) {
    const unit = calendarUnit(calendar)
    if (unit) return { unit }
    throw options.illegal(
      `The supplied interval [${calendar}] could not be parsed as a calendar interval.`,
    )
  }
  const given = fixed ?? legacy
  if (given === undefined) {
    throw options.illegal('Invalid interval specified, must be non-null and non-empty')
  }
  const unit = fixed === undefined ? calendarUnit(given) : undefined
  if (unit) return { unit }
  return { ms: durationMs(given, 'date_histogram.fixedInterval', options.at) }
}

export function dateHistogram(options: Options): BucketsKind {
  const source = sourceOf(options)
  const interval = readInterval(options)
  const zone = timeZone(source.timeZone)
  const shift = options.text('offset')
  const offsetMs = shift === undefined ? 0 : offsetOf(shift, options.at)
  const minDocCount = options.integer('min_doc_count', 0) ?? 0
  const keyed = options.boolean('keyed') ?? false
  const orders = ordersOf(options)
  // Bounds are read now to be refused early, and again when `now` and the field's format are known.
  const bounds = boundsOf(options, 'extended_bounds', (value) => value)
  const hard = boundsOf(options, 'hard_bounds', (value) => value)
  const rounded = rounding(interval, zone, offsetMs)
  const unshifted = offsetMs === 0 ? rounded : rounding(interval, zone, 0)

  // Zones that change had offsets with seconds once.
  const isCounted = source.field === '@timestamp' && source.missing === undefined && zone.isFixed
  const grainMs = greatestCommon([offsetMs, zone.offsetAt(0), lengthMs(interval)])

  const kind: BucketsKind = {
    family: 'buckets',
    countedBy: isCounted && grainMs % minuteMs === 0 ? { minutes: grainMs / minuteMs } : undefined,
    async plan({ asked }) {
      const values = valuesOf(asked, source, ['date'])
      const format = source.format ?? values.fieldFormat
      const date = (value: string | number | undefined) =>
        value === undefined
          ? undefined
          : parseDate(value, {
              format,
              timeZone: source.timeZone,
              nowMs: asked.nowMs,
            })
      /** Bounds are rounded as if there were no offset, as the servers do. */
      const places = (name: string, given: Bounds<string | number> | undefined) => {
        if (given === undefined) return undefined
        const dates = { min: date(given.min), max: date(given.max) }
        checkBounds(options, name, dates)
        return mapBounds(dates, (ms) => unshifted.floor(ms))
      }
      const [ends, limits] = [places('extended_bounds', bounds), places('hard_bounds', hard)]
      if (ends && limits) checkInside(options, ends, limits)
      const key = keySql(values, rounded, await rangeOf(asked, values, zone))
      const plan: BucketsPlan = {
        key,
        having: limits && ((each) => within(each, limits)),
        buckets(groups) {
          const counted = placesOf(groups, minDocCount)
          const between = ends && mapBounds(ends, (ms) => ms + offsetMs)
          const all =
            minDocCount === 0
              ? fillGaps(counted, rounded.next, between, asked.limits.maxBuckets)
              : counted
          return {
            typed: 'date_histogram',
            buckets: headsOf(all, values),
            keyed,
            ...orderOfHistogram(orders),
          }
        },
      }
      return plan
    },
  }
  intervals.set(kind, interval)
  return kind
}

const minuteMs = 60_000
/** Of which every bucket's length is a multiple. */
const lengthMs = (interval: Interval): number => {
  if ('ms' in interval) return interval.ms
  return interval.unit === 'm' ? minuteMs : 60 * minuteMs
}

export const placesOf = (groups: readonly Group[], minDocCount: number) =>
  groups
    .map((group) => ({ at: wholeMs(Number(group.key)), group }))
    .filter(({ group }) => group.count >= minDocCount)
    .toSorted((a, b) => a.at - b.at)

/** Of a key in microseconds, which a number of a far year holds to 32 of them. */
export const wholeMs = (micros: number): number => Math.round(micros / 1000)

export const headsOf = (
  places: readonly { readonly at: number; readonly group: Group }[],
  values: Values,
) =>
  places.map(({ at, group }) => {
    const text = values.format.text(at)
    return { name: text, head: { key_as_string: text, key: at }, group }
  })

export function keySql(
  { scalar, list }: Values,
  rounded: Rounding,
  range: TimeRange | undefined,
): BucketsPlan['key'] {
  if (!list) return { expression: rounded.sql(scalar, range), many: false, type: 'BIGINT' }
  const each = rounded.sql(verbatim('_t'), range)
  const expression = sql`list_distinct(list_transform(${list}, lambda _t: ${each}))`
  return { expression, many: true, type: 'BIGINT' }
}

/** What the values are within; asked only where a zone's offset may change. */
export async function rangeOf(
  asked: Asked,
  values: Values,
  zone: TimeZone,
): Promise<TimeRange | undefined> {
  if (zone.isFixed) return undefined
  return extent(asked, values)
}

export async function extent(asked: Asked, values: Values): Promise<TimeRange | undefined> {
  const { scalar, list } = values
  const [least, most] = list
    ? [sql`min(list_min(${list}))`, sql`max(list_max(${list}))`]
    : [sql`min(${scalar})`, sql`max(${scalar})`]
  const query = sql`select ${least} as "low", ${most} as "high" from ${asked.from} where ${asked.where}`
  const [row] = await asked.database.rows(query, asked.deadline)
  if (row?.low == null || row.high == null) return undefined
  return { fromMs: Math.floor(Number(row.low) / 1000), toMs: Math.ceil(Number(row.high) / 1000) }
}

/** Keys in microseconds that are not below `min`, and below `max`. */
function within(key: Sql, { min, max }: Bounds<number>): Sql {
  const low = min === undefined ? sql`true` : sql`${key} >= ${integer(BigInt(min) * 1000n)}`
  const high = max === undefined ? sql`true` : sql`${key} < ${integer(BigInt(max) * 1000n)}`
  return sql`(${low} and ${high})`
}

/** `+6h`, `-1d`, or milliseconds. */
function offsetOf(text: string, at: string): number {
  const parts = /^([+-]?)(.*)$/s.exec(text)!
  const size = /^\d+$/.test(parts[2]!) ? Number(parts[2]) : durationMs(parts[2]!, 'offset', at)
  if (!Number.isFinite(size)) throw new SearchError(400, 'parse_exception', `offset ${text}`)
  return parts[1] === '-' ? -size : size
}
