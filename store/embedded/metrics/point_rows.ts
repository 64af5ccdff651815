import { all, join, type Sql, sql, verbatim } from '../sql.ts'
import type { PointSegment } from './point_manifest.ts'

/** Whether points of `segments` may be of the same time, so that one may replace another. */
function overlap(segments: readonly PointSegment[]): boolean {
  const byTime = segments.toSorted((a, b) => a.minMs - b.minMs)
  let reachMs = -Infinity
  for (const { minMs, maxMs } of byTime) {
    if (minMs <= reachMs) return true
    reachMs = Math.max(reachMs, maxMs)
  }
  return false
}

/** Segments whose times overlap, together: between two such clusters no point replaces another. */
function clusters(segments: readonly PointSegment[]): PointSegment[][] {
  const found: PointSegment[][] = []
  let reachMs = -Infinity
  for (const segment of segments.toSorted((a, b) => a.minMs - b.minMs)) {
    if (segment.minMs > reachMs || found.length === 0) found.push([])
    found.at(-1)!.push(segment)
    reachMs = Math.max(reachMs, segment.maxMs)
  }
  return found
}

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
  const whole = verbatim('time, series, "type", instance')
  const where = all(conditions)
  const read = (of: readonly PointSegment[], more: Sql, own = identity) => {
    const files = join(
      of.map((segment) => sql`${pathOf(segment)}`),
      ', ',
    )
    return sql`select ${own}, ${columns}, ${more} from read_parquet([${files}]) where ${where}`
  }
  const isRaw = verbatim('true as is_raw')
  const selects: Sql[] = []
  if (rolled.length > 0) selects.push(read(rolled, verbatim('false as is_raw')))
  const single: PointSegment[] = []
  for (const cluster of clusters(raw)) {
    if (!overlap(cluster)) {
      single.push(...cluster)
      continue
    }
    const ordered = cluster.toSorted((a, b) => a.lastOrder - b.lastOrder)
    const parts = ordered.map((segment, place) => {
      return read([segment], verbatim(`true as is_raw, ${place} as place`), whole)
    })
    selects.push(
      sql`select * exclude (${verbatim(hasInstance ? 'place' : 'place, instance')}) from (${join(parts, ' union all ')})
        qualify row_number() over (partition by series, "type", instance, time order by place desc) = 1`,
    )
  }
  if (single.length > 0) selects.push(read(single, isRaw))
  return sql`(${join(selects, ' union all ')})`
}
