import { type Sql, sql, verbatim } from '../sql.ts'

/** Bucket i of a sketch is `i + bucketBase` for positive values, its negative for negative ones, 0 for zero. */
export const bucketBase = 100_000

/** The columns of a file of points, in their order; docs/formats/points.md §2. */
export const pointColumns = [
  'time',
  'series',
  'type',
  'instance',
  'interval_ms',
  'sum',
  'count',
  'min',
  'max',
  'last',
  'points',
  'exact',
  'sketch_bucket',
  'sketch_count',
] as const

const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ')
export const allColumns = verbatim(quoted(pointColumns))

/** Rows that lie together in a file that is merged soon. */
export const freshGroupRows = 122_880

/** How files are written. What is merged soon is not worth much work. */
export const parquetOptions = (isFresh: boolean, groupRows: number): Sql =>
  verbatim(
    `format parquet, compression zstd, compression_level ${isFresh ? 1 : 5}, parquet_version 'v2', row_group_size ${groupRows}`,
  )

const jsonColumns = `{
  '@timestamp': 'TIMESTAMP', 'series': 'VARCHAR', 'type': 'VARCHAR', 'instance': 'VARCHAR', 'interval_ms': 'DOUBLE',
  'sum': 'DOUBLE', 'count': 'DOUBLE', 'min': 'DOUBLE', 'max': 'DOUBLE', 'last': 'DOUBLE', 'exact': 'MAP(VARCHAR, DOUBLE)',
  'sketch': 'STRUCT("zero" DOUBLE, positive STRUCT("offset" INTEGER, counts DOUBLE[]), negative STRUCT("offset" INTEGER, counts DOUBLE[]))'
}`

const buckets = `list_concat(list_concat(
    list_reverse(coalesce([-(sketch.negative.offset + i + ${bucketBase - 1}) for x, i in sketch.negative.counts if x > 0], [])),
    case when sketch.zero > 0 then [0] else [] end),
    coalesce([sketch.positive.offset + i + ${bucketBase - 1} for x, i in sketch.positive.counts if x > 0], []))`
const bucketCounts = `list_concat(list_concat(
    list_reverse(coalesce([x for x in sketch.negative.counts if x > 0], [])),
    case when sketch.zero > 0 then [sketch.zero] else [] end),
    coalesce([x for x in sketch.positive.counts if x > 0], []))`

/** The points of a file of journal lines, with the columns of a file of points. */
export function pointsOfLines(
  path: string,
  facts: { readonly mayRepeat: boolean; readonly hasTimers: boolean },
): Sql {
  const { mayRepeat, hasTimers } = facts
  const sketch = verbatim(
    hasTimers
      ? `case when sketch is null then null else ${buckets} end::integer[] as sketch_bucket,
         case when sketch is null then null else ${bucketCounts} end::double[] as sketch_count`
      : 'null::integer[] as sketch_bucket, null::double[] as sketch_count',
  )
  const line = verbatim(mayRepeat ? ', row_number() over () as line' : '')
  const once = verbatim(
    mayRepeat
      ? 'qualify row_number() over (partition by series, "type", instance, time order by line desc) = 1'
      : '',
  )
  return sql`select ${allColumns} from (
    select "@timestamp"::timestamp_ms as time, series, "type", instance, interval_ms::integer as interval_ms,
      "sum", "count", "min", "max", "last", 1::integer as points, exact, ${sketch}${line}
    from read_json(${path}, format = 'newline_delimited', ignore_errors = true, columns = ${verbatim(jsonColumns)})
    where "@timestamp" is not null and series is not null and "type" is not null
  ) ${once}`
}
