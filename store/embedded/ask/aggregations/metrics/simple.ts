import { sql, verbatim, type Sql } from '../../../sql.ts'
import type { Answered } from '../../../database.ts'
import type { MetricAnswer, MetricKind, MetricPlan } from '../aggregation.ts'
import type { ValueFormat } from '../format.ts'
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

type Column = (filter: Sql) => Sql

/** Sums and counts over every value of every row. */
interface Sums {
  readonly count: Column
  readonly sum: Column
  readonly min: Column
  readonly max: Column
  readonly squares: Column
}

function sumsOf(values: Values): Sums {
  const value = numberOf(values, values.scalar)
  const list = numbersOf(values)
  const of = (name: string, whole: Sql, each: Sql): Column => {
    return (filter) => sql`${verbatim(name)}(${list ? each : whole})${filter}`
  }
  const squares = sql`list_sum(list_transform(${list ?? value}, lambda _s: _s * _s))`
  // Whole numbers are added exactly; of fractions, what rounding lost is carried along.
  const isWhole = values.type === 'BIGINT' && values.kind === 'number' && !list
  const whole = sql`${values.scalar}`
  return {
    count: of('count', values.scalar, sql`null`),
    sum: isWhole
      ? (filter) => sql`(sum(${whole})${filter})::DOUBLE`
      : of('fsum', value, sql`list_sum(${list ?? value})`),
    min: of('min', value, sql`list_min(${list ?? value})`),
    max: of('max', value, sql`list_max(${list ?? value})`),
    squares: of('fsum', sql`${value} * ${value}`, squares),
    ...(list ? { count: countOf(list) } : {}),
  }
}

const countOf =
  (list: Sql): Column =>
  (filter) =>
    sql`coalesce(sum(len(${list}))${filter}, 0)::BIGINT`

/** A text that a document has twice is counted once, as in Elasticsearch; a number is not. */
const distinctOf = ({ kind }: Values, list: Sql) =>
  kind === 'text' || kind === 'ip' ? sql`list_distinct(${list})` : list

/** What every one of these has: a field, and the texts beside the numbers. */
function metric(
  typed: string,
  options: Options,
  kinds: readonly ValueKind[],
  make: (values: Values) => Omit<MetricPlan, 'typed'>,
): MetricKind {
  const source = sourceOf(options)
  return {
    family: 'metric',
    plan: ({ asked }) => ({ typed, ...make(valuesOf(asked, source, kinds)) }),
  }
}

const valueOnly = (property: string | undefined) => property === undefined || property === 'value'

export const avg = (options: Options) =>
  metric('avg', options, numeric, (values) => {
    const { sum, count } = sumsOf(values)
    return {
      columns: [sum, count],
      answer: ([total, number]) => {
        const times = Number(number)
        return single('avg', times === 0 ? null : Number(total) / times, values.format)
      },
      order: (property, [s, c]) =>
        valueOnly(property) ? sql`${s!} / nullif(${c!}, 0)` : undefined,
    }
  })

export const sum = (options: Options) =>
  metric('sum', options, numeric, (values) => ({
    columns: [sumsOf(values).sum],
    answer: ([total]) => single('sum', Number(total), values.format),
    order: (property, [s]) => (valueOnly(property) ? sql`coalesce(${s!}, 0)` : undefined),
  }))

/** Where there are none, the least is infinite, and so it is ordered. */
export const min = (options: Options) =>
  metric('min', options, numeric, (values) => ({
    columns: [sumsOf(values).min],
    answer: ([least]) => single('min', numberIn(least), values.format),
    order: (property, [m]) =>
      valueOnly(property) ? sql`coalesce(${m!}, 'Infinity'::DOUBLE)` : undefined,
  }))

export const max = (options: Options) =>
  metric('max', options, numeric, (values) => ({
    columns: [sumsOf(values).max],
    answer: ([most]) => single('max', numberIn(most), values.format),
    order: (property, [m]) =>
      valueOnly(property) ? sql`coalesce(${m!}, '-Infinity'::DOUBLE)` : undefined,
  }))

const anything: readonly ValueKind[] = ['number', 'date', 'boolean', 'ip', 'text']

export function valueCount(options: Options): MetricKind {
  return metric('value_count', options, anything, (values) => ({
    columns: [values.list ? countOf(distinctOf(values, values.list)) : sumsOf(values).count],
    answer: ([count]) => ({ ...single('value_count', Number(count), undefined) }),
    order: (property, [count]) => (valueOnly(property) ? count : undefined),
  }))
}

/** Exact, where Elasticsearch estimates beyond `precision_threshold`. */
export function cardinality(options: Options): MetricKind {
  options.ignore('precision_threshold', 'rehash', 'execution_hint')
  return metric('cardinality', options, anything, (values) => {
    const { scalar, list } = values
    const distinct: Column = list
      ? (filter) => sql`coalesce(len(list_distinct(flatten(list(${list})${filter}))), 0)`
      : (filter) => sql`count(distinct ${scalar})${filter}`
    return {
      columns: [distinct],
      answer: ([count]) => single('cardinality', Number(count), undefined),
      order: (property, [count]) => (valueOnly(property) ? count : undefined),
    }
  })
}

interface Summary {
  readonly count: number
  readonly min: number | null
  readonly max: number | null
  readonly avg: number | null
  readonly sum: number
}

function summaryOf([count, sum, min, max]: readonly Answered[]): Summary {
  const times = Number(count)
  const avg = times === 0 ? null : Number(sum) / times
  return { count: times, min: numberIn(min), max: numberIn(max), avg, sum: Number(sum) }
}

/** The texts beside the numbers; none of no values. */
export function textsOf(format: ValueFormat, numbers: Readonly<Record<string, number | null>>) {
  if (format.isRaw || numbers.avg == null) return {}
  return Object.fromEntries(
    Object.entries(numbers).map(([name, number]) => [
      `${name}_as_string`,
      // A NaN is a text already.
      number === null ? null : format.text(Number(number)),
    ]),
  )
}

const columnsOf = ({ count, sum, min, max }: Sums) => [count, sum, min, max]

function orderOfStats(property: string | undefined, columns: readonly Sql[]): Sql | undefined {
  const [count, sum, min, max] = columns as [Sql, Sql, Sql, Sql]
  const orders: Readonly<Record<string, Sql>> = {
    count,
    sum: sql`coalesce(${sum}, 0)`,
    min: sql`coalesce(${min}, 'Infinity'::DOUBLE)`,
    max: sql`coalesce(${max}, '-Infinity'::DOUBLE)`,
    avg: sql`${sum} / nullif(${count}, 0)`,
  }
  return property !== undefined && Object.hasOwn(orders, property) ? orders[property] : undefined
}

export const stats = (options: Options) =>
  metric('stats', options, numeric, (values) => ({
    columns: columnsOf(sumsOf(values)),
    answer: (answered): MetricAnswer => {
      const summary = summaryOf(answered)
      const { count: _, ...numbers } = summary
      const json = { ...summary, ...textsOf(values.format, numbers) }
      return { family: 'metric', typed: 'stats', json, value: valueIn(summary) }
    },
    order: orderOfStats,
  }))

const valueIn = (numbers: object) => (property: string | undefined) =>
  property !== undefined && Object.hasOwn(numbers, property)
    ? (numbers as Record<string, number | null>)[property]
    : undefined

export function extendedStats(options: Options): MetricKind {
  const sigma = options.number('sigma') ?? 2
  if (sigma < 0)
    throw options.illegal(`[sigma] must be greater than or equal to 0. Found [${sigma}]`)
  return metric('extended_stats', options, numeric, (values) => {
    const sums = sumsOf(values)
    return {
      columns: [...columnsOf(sums), sums.squares],
      answer: (answered): MetricAnswer => {
        const summary = summaryOf(answered)
        const spread = spreadOf(summary, numberIn(answered[4]), sigma)
        const { count: _, ...numbers } = summary
        const { std_deviation_bounds: bounds, ...flat } = spread
        const texts = textsOf(values.format, { ...numbers, ...flat })
        const asText = boundsText(values.format, summary.avg, bounds)
        const json = { ...summary, ...spread, ...texts, ...asText }
        const named = Object.entries(bounds).map(([name, each]) => [`std_${name}`, each])
        const all = { ...summary, ...flat, ...Object.fromEntries(named) }
        return { family: 'metric', typed: 'extended_stats', json, value: valueIn(all) }
      },
      order: (property, columns) =>
        orderOfStats(property, columns) ?? orderOfSpread(property, columns),
    }
  })
}

/** The texts of `std_deviation_bounds`, in an object of their own. */
export function boundsText(
  format: ValueFormat,
  avg: number | null,
  bounds: Readonly<Record<string, number | null>>,
) {
  if (format.isRaw || avg === null) return {}
  const texts = Object.entries(bounds).map(([name, bound]) => [name, format.text(Number(bound))])
  return { std_deviation_bounds_as_string: Object.fromEntries(texts) as Record<string, string> }
}

/** Variance and its kin, by the formulas that Elasticsearch has. */
export function spreadOf(
  { count, sum, avg }: Pick<Summary, 'count' | 'sum' | 'avg'>,
  squares: number | null,
  sigma: number,
) {
  const none = count === 0 || squares === null || avg === null
  const about = none ? 0 : Math.max(0, squares - (sum * sum) / count)
  const population = none ? null : about / count
  // A sample of one says nothing; Elasticsearch writes its NaN as text.
  const sampling = none ? null : count === 1 ? Number.NaN : about / (count - 1)
  const root = (variance: number | null) => (variance === null ? null : Math.sqrt(variance))
  const bound = (deviation: number | null, sign: number) =>
    deviation === null ? null : shown(avg! + sign * deviation * sigma)
  const [sd, sds] = [root(population), root(sampling)]
  return {
    sum_of_squares: none ? null : squares,
    variance: population,
    variance_population: population,
    variance_sampling: shown(sampling),
    std_deviation: sd,
    std_deviation_population: sd,
    std_deviation_sampling: shown(sds),
    std_deviation_bounds: {
      upper: bound(sd, 1),
      lower: bound(sd, -1),
      upper_population: bound(sd, 1),
      lower_population: bound(sd, -1),
      upper_sampling: bound(sds, 1),
      lower_sampling: bound(sds, -1),
    },
  }
}

/** JSON has no NaN. Elasticsearch writes it as a text. */
const shown = (value: number | null): number | null =>
  Number.isNaN(value) ? ('NaN' as unknown as number) : value

function orderOfSpread(property: string | undefined, columns: readonly Sql[]): Sql | undefined {
  const [count, sum, , , squares] = columns as [Sql, Sql, Sql, Sql, Sql]
  if (property === 'sum_of_squares') return squares
  const about = sql`greatest(0, ${squares} - ${sum} * ${sum} / nullif(${count}, 0))`
  const population = sql`${about} / nullif(${count}, 0)`
  const sampling = sql`${about} / nullif(${count} - 1, 0)`
  if (property === 'variance' || property === 'variance_population') return population
  if (property === 'variance_sampling') return sampling
  if (property === 'std_deviation' || property === 'std_deviation_population')
    return sql`sqrt(${population})`
  if (property === 'std_deviation_sampling') return sql`sqrt(${sampling})`
  return undefined
}
