import { SearchError } from '../../../../search.ts'
import { sql, type Sql } from '../../../sql.ts'
import type { Aggregation, Bucket, MetricKind } from '../aggregation.ts'
import { intervalOf } from '../buckets/date_histogram.ts'
import type { Options } from '../options.ts'
import type { Interval } from '../rounding.ts'
import { numberOf, numbersOf, sourceOf, valuesOf } from '../values.ts'
import { single } from './answers.ts'

const unitMs: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}
const unitMonths: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 }
const calendarMonths: Readonly<Record<string, number>> = { M: 1, q: 3, y: 12 }
const calendarMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/**
 * How many, or how much of a field, for each `unit` of time: inside a date histogram. Months and longer fit
 * buckets of months and longer only, as in Elasticsearch.
 */
export function rate(options: Options): MetricKind {
  const unit = options.text('unit')
  const mode = options.text('mode')
  const format = options.text('format')
  const source = options.raw('field') == null ? undefined : sourceOf(options)
  if (mode !== undefined && source === undefined) {
    throw options.illegal('The mode parameter is only supported with field or script')
  }
  if (mode !== undefined && mode !== 'sum' && mode !== 'value_count') {
    throw options.illegal(`Unsupported value [${mode}] of [mode]`)
  }
  if (unit !== undefined && !(unit in unitMs) && !(unit in unitMonths)) {
    throw options.illegal(`Unsupported unit ${unit}`)
  }
  void format
  return {
    family: 'metric',
    plan({ asked, around }) {
      const histogram = around.findLast(({ type }) => type === 'date_histogram')
      if (!histogram) {
        const reason =
          'The rate aggregation can only be used inside a date histogram aggregation or composite ' +
          'aggregation with exactly one date histogram value source'
        throw new SearchError(400, 'illegal_argument_exception', `${reason}, at ${options.at}`)
      }
      const values = source && valuesOf(asked, source, ['number', 'boolean'])
      const divide = divisor(intervalOf(histogram), unit, options)
      const list = values && numbersOf(values)
      const column = (filter: Sql) => {
        if (!values) return sql`count(*)${filter}`
        const value = numberOf(values, values.scalar)
        if (mode === 'value_count') {
          return list ? sql`(sum(len(${list}))${filter})::BIGINT` : sql`count(${value})${filter}`
        }
        return sql`fsum(${list ? sql`list_sum(${list})` : value})${filter}`
      }
      return {
        typed: 'rate',
        columns: [column],
        answer([total], bucket) {
          return single('rate', Number(total) / divide(bucketOf(histogram, bucket)), values?.format)
        },
        order: (property, [name]) =>
          property === undefined || property === 'value' ? sql`coalesce(${name!}, 0)` : undefined,
      }
    },
  }
}

/** The start of the histogram's bucket around a bucket. */
function bucketOf(histogram: Aggregation, bucket: Bucket): number {
  let at: Bucket | undefined = bucket
  while (at && !at.parent?.answers.has(histogram.name) && typeof at.head.key !== 'number')
    at = at.parent
  return Number(at?.head.key ?? 0)
}

/** How many units a bucket is long. */
function divisor(
  interval: Interval,
  unit: string | undefined,
  options: Options,
): (startMs: number) => number {
  if (unit === undefined) return () => 1
  const months = 'unit' in interval ? calendarMonths[interval.unit] : undefined
  const perUnit = unitMonths[unit]
  if (perUnit !== undefined) {
    if (months === undefined) {
      const reason = `Cannot use month-based rate unit [${unit}] with non-month based calendar interval`
      const name = 'unit' in interval ? interval.unit : `${interval.ms}ms`
      throw options.illegal(
        `${reason} histogram [${name}] only week, day, hour, minute and second are supported for this histogram`,
      )
    }
    return () => months / perUnit
  }
  const ms = unitMs[unit]!
  if (months === undefined) {
    const length = 'ms' in interval ? interval.ms : calendarMs[interval.unit]!
    return () => length / ms
  }
  return (startMs) => {
    const end = new Date(startMs)
    end.setUTCMonth(end.getUTCMonth() + months)
    return (end.getTime() - startMs) / ms
  }
}
