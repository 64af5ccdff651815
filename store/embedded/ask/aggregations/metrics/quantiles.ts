import { sql, verbatim, type Sql } from '../../../sql.ts'
import type { Answered } from '../../../database.ts'
import type { JsonRecord } from '../../../../search.ts'
import type { MetricAnswer, MetricKind } from '../aggregation.ts'
import type { Options } from '../options.ts'
import {
  numberIn,
  numberOf,
  numbersOf,
  sourceOf,
  valuesOf,
  type ValueKind,
  type Values,
} from '../values.ts'
import { single } from './answers.ts'

const numeric: readonly ValueKind[] = ['number', 'date', 'boolean']

/** Up to so many rows quantiles are exact. Beyond, keeping every value would cost too much memory. */
const exactRows = 2_000_000

const isExact = (rows: number | undefined) => rows === undefined || rows <= exactRows

/**
 * Interpolated between the two nearest values, as Elasticsearch 8 does for up to some thousand values; a
 * t-digest beyond `exactRows` rows.
 */
function quantile(values: Values, at: Sql, rows: number | undefined): (filter: Sql) => Sql {
  const list = numbersOf(values)
  if (list) {
    return (filter) => sql`list_aggregate(flatten(list(${list})${filter}), 'quantile_cont', ${at})`
  }
  const value = numberOf(values, values.scalar)
  return isExact(rows)
    ? (filter) => sql`quantile_cont(${value}, ${at})${filter}`
    : (filter) => sql`approx_quantile(${value}, (${at})::FLOAT[])${filter}`
}

/** Options of algorithms, which make no difference here. */
function ignoreMethods(options: Options) {
  options.ignore('tdigest', 'hdr', 'compression', 'method', 'execution_hint')
}

const numberText = (value: number) => (Number.isInteger(value) ? `${value}.0` : String(value))

/** `{"values":{"50.0":…}}`, or a list of `key` and `value` when not keyed. */
function valuesJson(
  at: readonly number[],
  found: readonly (number | null)[],
  values: Values,
  keyed: boolean,
): JsonRecord {
  const text = (value: number | null) =>
    values.format.isRaw || value === null ? undefined : values.format.text(value)
  if (!keyed) {
    const list = at.map((key, place) => {
      const value = found[place] ?? null
      const asText = text(value)
      return asText === undefined ? { key, value } : { key, value, value_as_string: asText }
    })
    return { values: list }
  }
  const record: JsonRecord = {}
  for (const [place, key] of at.entries()) {
    const value = found[place] ?? null
    record[numberText(key)] = value
    const asText = text(value)
    if (asText !== undefined) record[`${numberText(key)}_as_string`] = asText
  }
  return { values: record }
}

export function percentiles(options: Options): MetricKind {
  const source = sourceOf(options)
  ignoreMethods(options)
  const keyed = options.boolean('keyed') ?? true
  const given = options.numbers('percents') ?? [1, 5, 25, 50, 75, 95, 99]
  if (given.length === 0) throw options.illegal('[percents] must not be empty')
  const odd = given.find((percent) => percent < 0 || percent > 100)
  if (odd !== undefined) {
    throw options.illegal(`percent must be in [0,100], got [${numberText(odd)}]: [${options.name}]`)
  }
  const percents = given.toSorted((a, b) => a - b)
  const at = sql`[${verbatim(percents.map((percent) => `${percent / 100}::DOUBLE`).join(', '))}]`
  return {
    family: 'metric',
    needsRows: true,
    plan({ asked, rows }) {
      const values = valuesOf(asked, source, numeric)
      // A list of many values is asked one quantile at a time: list_aggregate takes no list of them.
      const isMany = values.list !== undefined
      const columns = isMany
        ? percents.map((percent) => quantile(values, verbatim(`${percent / 100}::DOUBLE`), rows))
        : [quantile(values, at, rows)]
      return {
        typed: 'tdigest_percentiles',
        columns,
        answer(answered): MetricAnswer {
          const all = isMany ? answered : ((answered[0] ?? []) as readonly Answered[])
          const found = percents.map((_, place) => numberIn(all[place]))
          return {
            family: 'metric',
            typed: 'tdigest_percentiles',
            json: valuesJson(percents, found, values, keyed),
            value: (property) => found[percents.indexOf(Number(property))],
          }
        },
        order(property, names) {
          const place = percents.indexOf(Number(property))
          if (place < 0) return undefined
          return isMany ? names[place] : sql`${names[0]!}[${verbatim(String(place + 1))}]`
        },
      }
    },
  }
}

/** Of the values, how many per cent are lower; equal ones count half. */
export function percentileRanks(options: Options): MetricKind {
  const source = sourceOf(options)
  ignoreMethods(options)
  const keyed = options.boolean('keyed') ?? true
  const given = options.numbers('values')
  if (!given || given.length === 0) throw options.illegal('[values] must not be null or empty')
  const ranks = given.toSorted((a, b) => a - b)
  return {
    family: 'metric',
    plan({ asked }) {
      const values = valuesOf(asked, source, numeric)
      const list = numbersOf(values)
      const value = numberOf(values, values.scalar)
      const count = list ? sql`sum(len(${list}))` : sql`count(${value})`
      const below = (limit: Sql) =>
        list
          ? sql`sum(list_sum(list_transform(${list}, lambda _r: ${belowOf(verbatim('_r'), limit)})))`
          : sql`sum(${belowOf(value, limit)})`
      return {
        typed: 'tdigest_percentile_ranks',
        columns: [
          (filter) => sql`(${count}${filter})::BIGINT`,
          ...ranks.map(
            (rank) => (filter: Sql) => sql`(${below(sql`${rank}::DOUBLE`)}${filter})::DOUBLE`,
          ),
        ],
        answer([count, ...lower]): MetricAnswer {
          const total = Number(count ?? 0)
          const found = lower.map((each) => (total === 0 ? null : (Number(each) / total) * 100))
          return {
            family: 'metric',
            typed: 'tdigest_percentile_ranks',
            json: valuesJson(ranks, found, { ...values, format: percentFormat(values) }, keyed),
            value: (property) => found[ranks.indexOf(Number(property))],
          }
        },
        order(property, [total, ...names]) {
          const name = names[ranks.indexOf(Number(property))]
          return name && sql`${name} / nullif(${total!}, 0)`
        },
      }
    },
  }
}

/** A rank is no date, whatever the field is. */
const percentFormat = (values: Values) =>
  values.kind === 'number' ? values.format : { isRaw: true, text: String }

const belowOf = (value: Sql, limit: Sql) =>
  sql`case when ${value} < ${limit} then 1.0 when ${value} = ${limit} then 0.5 when ${value} > ${limit} then 0.0 end`

/** Of the values that divide all of them into a thousand equal parts. */
const parts = verbatim(
  `[${Array.from({ length: 1001 }, (_, at) => at / 1000).join(', ')}]::FLOAT[]`,
)

function deviationOfDigest(value: Sql, filter: Sql): Sql {
  const values = sql`approx_quantile(${value}, ${parts})${filter}`
  return sql`list_transform([${values}], lambda _all: list_median(list_transform(_all, lambda _one: abs(_one - _all[501]))))[1]`
}

/** The median of how far values are from their median; beyond `exactRows` rows from a t-digest. */
export function medianAbsoluteDeviation(options: Options): MetricKind {
  const source = sourceOf(options)
  ignoreMethods(options)
  return {
    family: 'metric',
    needsRows: true,
    plan({ asked, rows }) {
      const values = valuesOf(asked, source, numeric)
      const list = numbersOf(values)
      const value = numberOf(values, values.scalar)
      const column = (filter: Sql) => {
        if (list) return sql`list_aggregate(flatten(list(${list})${filter}), 'mad')`
        return isExact(rows) ? sql`mad(${value})${filter}` : deviationOfDigest(value, filter)
      }
      return {
        typed: 'median_absolute_deviation',
        columns: [column],
        answer: ([value]) => single('median_absolute_deviation', numberIn(value), values.format),
        order: (property, [name]) =>
          property === undefined || property === 'value' ? name : undefined,
      }
    },
  }
}
