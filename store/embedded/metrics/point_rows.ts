import { all, join, type Sql, sql, verbatim } from '../sql.ts'
import type { PointSegment } from './point_manifest.ts'

/** Segments that were written later and have points of a time that `segment` has too: they may replace some of it. */
const laterThan = (segment: PointSegment, among: readonly PointSegment[]): PointSegment[] =>
  among.filter(
    ({ lastOrder, minMs, maxMs }) =>
      lastOrder > segment.lastOrder && minMs <= segment.maxMs && maxMs >= segment.minMs,
  )

/**
 * The points of `segments` as they came, FROM-able, for which `conditions` hold: of one instance, series and time the
 * one that was written last. Roll-ups are all of them.
 *
 * @param columns names, those of the identity excepted: time, series and type are always there.
 * @param hasInstance whether instance is wanted as well.
 */
export function rowsOf(
  segments: readonly PointSegment[],
  pathOf: (segment: PointSegment) => string,
  conditions: readonly Sql[],
  columns: Sql,
  hasInstance = true,
): Sql {
  const rolled = segments.filter(({ stepMs }) => stepMs > 0)
  const raw = segments.filter(({ stepMs }) => stepMs === 0)
  const instance = hasInstance ? ', instance' : ''
  const identity = verbatim(`time, series, "type"${instance}`)
  const where = all(conditions)
  const filesOf = (of: readonly PointSegment[]) =>
    join(
      of.map((segment) => sql`${pathOf(segment)}`),
      ', ',
    )
  const read = (of: readonly PointSegment[], isRaw: Sql) =>
    sql`select ${identity}, ${columns}, ${isRaw} as is_raw from read_parquet([${filesOf(of)}]) where ${where}`
  const selects: Sql[] = []
  if (rolled.length > 0) selects.push(read(rolled, verbatim('false')))
  const whole: PointSegment[] = []
  for (const segment of raw) {
    const later = laterThan(segment, raw)
    if (later.length === 0) {
      whole.push(segment)
      continue
    }
    const fromMs = BigInt(Math.min(...later.map(({ minMs }) => minMs)))
    const toMs = BigInt(Math.min(segment.maxMs, Math.max(...later.map(({ maxMs }) => maxMs))))
    // A join of keys takes a fraction of the memory that a window over whole rows does, and can leave it.
    selects.push(sql`select ${identity}, ${columns}, true as is_raw
      from (select * from read_parquet([${filesOf([segment])}]) where ${where})
      anti join (select time, series, "type", instance from read_parquet([${filesOf(later)}])
        where ${where} and time >= make_timestamp_ms(${fromMs})::timestamp_ms and time <= make_timestamp_ms(${toMs})::timestamp_ms)
      using (time, series, "type", instance)`)
  }
  if (whole.length > 0) selects.push(read(whole, verbatim('true')))
  return sql`(${join(selects, ' union all ')})`
}
