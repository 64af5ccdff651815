import { type Sql, sql, verbatim } from '../sql.ts'

/** Figures of Etsy's that add up, and so are kept in roll-ups. */
const addsUp = `(starts_with(entry.key, 'histogram.') or entry.key = 'sum_squares')`

/**
 * The sums of points over a step, by the names of the columns: a gauge or plain value counts each point once, by
 * its `last`; of roll-ups nothing changes.
 */
export const rolledColumns = {
  sum: `sum(case when is_raw and "type" in ('gauge', 'value') then "last" else "sum" end)`,
  count: `sum(case when is_raw and "type" in ('gauge', 'value') then (case when "last" is null then null else 1 end) else "count" end)`,
  min: `min(coalesce("min", case when is_raw then "last" end))`,
  max: `max(coalesce("max", case when is_raw then "last" end))`,
  // Of several instances at one moment it is always the same one.
  last: `arg_max("last", epoch_ms(time) * 65536 + coalesce(hash(instance) % 65536, 0)::bigint)`,
  /** Different times: several instances that flush at once are one point. */
  points: `(count(distinct time) filter (is_raw))::integer + coalesce(sum(points) filter (not is_raw), 0)::integer`,
} as const

/** When the step begins that a point is in. */
const slot = (stepMs: number) =>
  `make_timestamp_ms((epoch_ms(time) - ((epoch_ms(time) % ${stepMs}) + ${stepMs}) % ${stepMs})::bigint)::timestamp_ms`

/** Points (`rowsOf` with all columns) as roll-ups of a step: one for each series and step, all instances together. */
export function rolledUp(rows: Sql, stepMs: number, hasTimers: boolean): Sql {
  const at = verbatim(slot(stepMs))
  const sums = verbatim(
    Object.entries(rolledColumns)
      .map(([name, text]) => `${text} as "${name}"`)
      .join(', '),
  )
  const identity = verbatim(`series, "type", slot`)
  const base = sql`select ${identity}, ${sums} from points group by all`
  const columns = verbatim(
    `slot as time, series, "type", null::varchar as instance, ${stepMs}::integer as interval_ms,
     "sum", "count", "min", "max", "last", points`,
  )
  const points = sql`with points as (select *, ${at} as slot from ${rows})`
  if (!hasTimers) {
    return sql`${points} select ${columns}, null::map(varchar, double) as exact,
      null::integer[] as sketch_bucket, null::double[] as sketch_count
      from (${base}) order by series, "type", time`
  }
  return sql`${points},
    base as (${base}),
    bucket as (select ${identity}, bucket, sum(n) as n from (
      select ${identity}, unnest(sketch_bucket) as bucket, unnest(sketch_count) as n from points where sketch_bucket is not null
    ) group by all),
    sketch as (select ${identity}, list(bucket order by bucket) as sketch_bucket, list(n order by bucket) as sketch_count
      from bucket group by all),
    figure as (select ${identity}, entry.key as key, sum(entry.value) as value from (
      select ${identity}, unnest(map_entries(exact)) as entry from points where exact is not null
    ) where ${verbatim(addsUp)} group by all),
    figures as (select ${identity}, map_from_entries(list((key, value) order by key)) as exact from figure group by all)
    select ${columns}, exact, sketch_bucket, sketch_count
    from base left join sketch using (series, "type", slot) left join figures using (series, "type", slot)
    order by series, "type", time`
}
