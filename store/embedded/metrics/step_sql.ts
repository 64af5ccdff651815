import type { Figure, SeriesKey } from '../../metrics.ts'
import { join, type Sql, sql, verbatim } from '../sql.ts'
import { needsSketch } from './figures.ts'
import type { PointSegment } from './point_manifest.ts'
import { rowsOf } from './point_rows.ts'
import { rolledColumns } from './roll_up.ts'

/** Steps of one length, of several series. */
export interface WantedSteps {
  readonly keys: readonly SeriesKey[]
  readonly figures: readonly Figure[]
  readonly startMs: number
  readonly stepMs: number
  readonly steps: number
  /** Whether a step is to hold what came, and nothing rolled up. */
  readonly isFinest: boolean
}

/** So many series of so many files are read one by one, which DuckDB does faster than to look for several at once. */
const apartMax = 256
/** So many are named in the condition, so that the files are read in part. */
const namedMax = 256

/** Which points, and what of them. */
export interface WantedPoints {
  readonly segments: readonly PointSegment[]
  readonly pathOf: (segment: PointSegment) => string
  readonly columns: Sql
  /** Several instances at one moment are told apart where the last of them counts. */
  readonly hasInstance: boolean
}

/** Points of the wanted steps with the place of their key as `n`, FROM-able. */
export function pointsOf({ keys, startMs, stepMs, steps }: WantedSteps, points: WantedPoints): Sql {
  const { segments, pathOf, columns, hasInstance } = points
  const within = timeWithin(startMs, startMs + steps * stepMs)
  const rows = (...of: Sql[]) => rowsOf(segments, pathOf, [...within, ...of], columns, hasInstance)
  const isApart = keys.length * segments.length <= apartMax
  return isApart ? oneByOne(keys, rows) : together(keys, rows)
}

const timeWithin = (fromMs: number, toMs: number): Sql[] => [
  sql`time >= make_timestamp_ms(${BigInt(fromMs)})::timestamp_ms`,
  sql`time < make_timestamp_ms(${BigInt(toMs)})::timestamp_ms`,
]

function oneByOne(keys: readonly SeriesKey[], rows: (...of: Sql[]) => Sql): Sql {
  const each = keys.map(({ series, type }, n) => {
    const place = verbatim(`${n}::integer as n`)
    return sql`select *, ${place} from ${rows(sql`series = ${series}`, sql`"type" = ${type}`)}`
  })
  return sql`(${join(each, ' union all ')})`
}

/** The same of many keys, or many files. */
function together(keys: readonly SeriesKey[], rows: (...of: Sql[]) => Sql): Sql {
  return sql`(select p.*, w.n from ${rows(seriesAmong(keys))} p
    join ${table(keys)} w on p.series = w.wanted and p."type" = w.wanted_type)`
}

function seriesAmong(keys: readonly SeriesKey[]): Sql {
  const names = [...new Set(keys.map(({ series }) => series))]
  if (names.length <= namedMax) {
    const list = join(
      names.map((name) => sql`${name}`),
      ', ',
    )
    return sql`series in (${list})`
  }
  return sql`series in (select unnest(from_json(${JSON.stringify(names)}, '["VARCHAR"]')))`
}

/** The keys as rows: series, type and n, their place. */
function table(keys: readonly SeriesKey[]): Sql {
  const names = JSON.stringify(keys.map(({ series }) => series))
  const types = JSON.stringify(keys.map(({ type }) => type))
  return sql`(select unnest(from_json(${names}, '["VARCHAR"]')) as wanted, unnest(from_json(${types}, '["VARCHAR"]')) as wanted_type,
    unnest(range(${verbatim(String(keys.length))}))::integer as n)`
}

/** Key and step of a row as one number: key times steps and step. */
export const placeOf = ({ startMs, stepMs, steps }: WantedSteps): Sql =>
  verbatim(`(n * ${steps} + (epoch_ms(time) - ${startMs}) // ${stepMs})::integer`)

export type Sum = keyof typeof rolledColumns
export const everySum: readonly Sum[] = ['sum', 'count', 'min', 'max', 'last', 'points']

/** The columns of `rolledColumns` without which a figure cannot be told: few questions take all. */
export function neededSums({ keys, figures, isFinest }: WantedSteps): ReadonlySet<Sum> {
  const types = new Set(keys.map(({ type }) => type))
  return new Set(
    figures.flatMap((figure): readonly Sum[] => {
      if (typeof figure === 'object') return everySum
      if (figure === 'mean') return ['sum', 'count']
      if (figure === 'rate')
        return types.size === 1 && types.has('counter') ? ['sum'] : ['sum', 'count']
      if (figure !== 'value') return [figure]
      return [...types].flatMap((type): readonly Sum[] => {
        if (type === 'set') return ['count']
        if (type === 'counter' || type === 'timer') return ['sum']
        return isFinest ? ['last'] : everySum
      })
    }),
  )
}

export function neededColumns(
  needed: ReadonlySet<Sum>,
  isTimed: boolean,
  isExact: boolean,
): string {
  // A gauge's sums are of its last value, where nothing else is known.
  const columns = everySum.filter((name) => needed.has(name) || name === 'last')
  const quoted = columns.map((name) => `"${name}"`)
  if (isTimed)
    quoted.push('sketch_count', 'sketch_bucket', ...(needed.has('count') ? [] : ['"count"']))
  if (isExact) quoted.push('exact')
  return quoted.join(', ')
}

/** Figures of Etsy's that points are asked for by key. */
export function exactKeys(figures: readonly Figure[]): string[] {
  const keys = figures.flatMap((figure) =>
    typeof figure === 'object' && 'exact' in figure ? [figure.exact] : [],
  )
  return keys.length === 0 ? [] : [...new Set([...keys, 'sum_squares'])]
}

export const isSketched = (figure: Figure): boolean =>
  typeof figure === 'object' && ('quantile' in figure || needsSketch(figure.exact))

const plain = `is_raw and "type" in ('gauge', 'value')`

/** What a point counts for at the finest step: a gauge what was set, or its last value. */
const fineColumns = {
  sum: `sum(case when ${plain} then coalesce("sum", "last") else "sum" end)`,
  count: `sum(case when ${plain} then coalesce("count", case when "last" is null then null else 1 end) else "count" end)`,
}

/** What a step's points are together, in the order in which `visitRows` takes them. */
export function sums(
  { isFinest }: WantedSteps,
  needed: ReadonlySet<Sum>,
  isTimed: boolean,
  exact: readonly string[],
): Sql {
  const own: Readonly<Record<Sum, string>> = isFinest
    ? { ...rolledColumns, ...fineColumns }
    : rolledColumns
  const columns = everySum
    .filter((name) => needed.has(name))
    .map((name) => verbatim(`(${own[name]})::double`))
  if (isTimed) {
    columns.push(verbatim('sum(coalesce(list_sum(sketch_count), "count"))'))
    columns.push(verbatim('count(*) = 1 and bool_and(is_raw)'))
  }
  columns.push(...exact.map((key) => sql`sum(exact[${key}])`))
  return join(columns, ', ')
}
