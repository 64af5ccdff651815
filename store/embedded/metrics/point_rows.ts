import { all, any, join, type Sql, sql, verbatim } from '../sql.ts'
import type { PointSegment } from './point_manifest.ts'

interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** The times of which several of `segments` may have points, so that one may replace another; in order. */
export function sharedTimes(segments: readonly PointSegment[]): Span[] {
  const shared: { fromMs: number; toMs: number }[] = []
  let reachMs = -Infinity
  for (const { minMs, maxMs } of segments.toSorted((a, b) => a.minMs - b.minMs)) {
    const toMs = Math.min(maxMs, reachMs)
    const last = shared.at(-1)
    if (last && minMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs)
    else if (minMs <= reachMs) shared.push({ fromMs: minMs, toMs })
    reachMs = Math.max(reachMs, maxMs)
  }
  return shared
}

const within = ({ fromMs, toMs }: Span): Sql =>
  sql`time between make_timestamp_ms(${BigInt(fromMs)})::timestamp_ms and make_timestamp_ms(${BigInt(toMs)})::timestamp_ms`

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
  const key = verbatim('time, series, "type", instance')
  const where = all(conditions)
  const filesOf = (of: readonly PointSegment[]) =>
    join(
      of.map((segment) => sql`${pathOf(segment)}`),
      ', ',
    )
  const read = (of: readonly PointSegment[], isRaw: Sql, also = sql`true`) =>
    sql`select ${identity}, ${columns}, ${isRaw} as is_raw from read_parquet([${filesOf(of)}]) where ${where} and ${also}`
  const selects: Sql[] = []
  if (rolled.length > 0) selects.push(read(rolled, verbatim('false')))
  const shared = sharedTimes(raw)
  const isShared = ({ minMs, maxMs }: PointSegment) =>
    shared.some(({ fromMs, toMs }) => minMs <= toMs && maxMs >= fromMs)
  const [some, whole] = [raw.filter(isShared), raw.filter((segment) => !isShared(segment))]
  if (whole.length > 0) selects.push(read(whole, verbatim('true')))
  if (some.length > 0) {
    const isWithin = any(shared.map(within))
    const ordered = some.toSorted((a, b) => a.lastOrder - b.lastOrder)
    const parts = (more: Sql) =>
      join(
        ordered.map(
          (segment, place) =>
            sql`select ${key}, ${more}${verbatim(String(place))} as place from read_parquet([${filesOf([segment])}])
              where ${where} and ${isWithin}`,
        ),
        ' union all ',
      )
    // Keys alone, and of few times: a window over whole rows takes more memory than there may be.
    const twice = sql`select ${key}, max(place) as last_place from (${parts(sql``)})
      group by all having count(*) > 1`
    selects.push(
      read(some, verbatim('true'), sql`not ${isWithin}`),
      sql`select ${identity}, ${columns}, true as is_raw
        from (${parts(sql`${columns}, `)}) left join (${twice}) using (${key})
        where last_place is null or place = last_place`,
    )
  }
  return sql`(${join(selects, ' union all ')})`
}
