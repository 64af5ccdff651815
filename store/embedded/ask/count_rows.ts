import { promotedColumns } from '../columns.ts'
import { identifier, join, type Sql, sql, verbatim } from '../sql.ts'

/** How many rows there are of a minute since the epoch, null for those without a time, and a `log.level`. */
export interface Count {
  readonly minute: number | null
  /** Empty: none. */
  readonly level: string
  readonly count: number
}

/** Counts as rows with all columns, each at the beginning of its minute; `_weight` says of how many it is. */
export function countRows(counts: readonly Count[]): Sql {
  const known = new Set(['@timestamp', 'log.level'])
  const empty = promotedColumns
    .filter(({ path }) => !known.has(path))
    .map(({ path, type }) => sql`null::${verbatim(type)} as ${identifier(path)}`)
  const json = JSON.stringify(counts.map(({ minute, level, count }) => [minute, level, count]))
  return sql`select ''::varchar as _stream, make_timestamp((j->>0)::bigint * 60000000) as "@timestamp",
    nullif(j->>1, '') as "log.level", (j->>2)::bigint as _weight, ''::varchar as _journal, 0::integer as _ordinal,
    null::varchar as _id, null::bigint as _seq, null::varchar[] as _spilled, ${join(empty, ', ')}, '{}'::varchar as _source
    from (select unnest(from_json(${json}, '["JSON"]')) as j)`
}
