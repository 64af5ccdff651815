import { strptimeOf, type StrptimePattern } from '../../query/strptime.ts'
import { sql, verbatim, type Sql } from '../sql.ts'

/** What DuckDB casts by itself, which is faster than a pattern. */
const isoNames =
  /^(strict_)?(date_optional_time(_nanos)?|date_time(_no_millis)?|date|year_month_day|year_month|year|date_hour_minute_second(_millis|_fraction)?|date_hour_minute|date_hour)$|^iso8601$/

/**
 * The microseconds since the epoch of a date's text (of a number: its digits), NULL when it has none of the
 * formats. The first that fits counts, as in Elasticsearch: `2020` by the default format is a year.
 *
 * @throws SearchError for a format that cannot be read from documents
 */
export function microsOf(text: Sql, format: string): Sql {
  const each = format.split('||').map((name) => microsBy(text, name.trim()))
  return each.length === 1 ? each[0]! : coalesced(each)
}

function microsBy(text: Sql, format: string): Sql {
  if (isoNames.test(format)) return isoMicros(text)
  if (format === 'epoch_millis') return epochMicros(text, 1000)
  if (format === 'epoch_second') return epochMicros(text, 1_000_000)
  return coalesced(strptimeOf(format).map((way) => microsIn(text, way)))
}

function microsIn(text: Sql, { pattern, before, after }: StrptimePattern): Sql {
  // strptime does not know the Z.
  const utc = pattern.endsWith('%z') ? '+0000' : pattern.endsWith('%Z') ? 'UTC' : undefined
  const zoned = utc ? sql`regexp_replace(${text}, '(^|[^A-Za-z])Z$', ${`\\1${utc}`})` : text
  const whole = before === '' && after === '' ? zoned : sql`(${before} || ${zoned} || ${after})`
  const time = sql`try_strptime(${whole}, ${pattern})`
  if (!pattern.includes('%y')) return sql`epoch_us(${time})`
  // 69 to 99 are years of this century to Java, of the last one to strptime.
  return sql`epoch_us(list_transform([${time}], lambda _day: case when year(_day) < 2000 then _day + interval 100 year else _day end)[1])`
}

function isoMicros(text: Sql): Sql {
  const zoned = sql`regexp_matches(${text}, '[T ].*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$')`
  // DuckDB wants seconds.
  const full = sql`regexp_replace(${text}, 'T([0-9]{2}:[0-9]{2})(Z|[+-]|$)', 'T\\1:00\\2')`
  const partial = verbatim(`['%Y-%m', '%Y', '%Y-%m-%dT%H']`)
  return sql`case when length(${text}) > 10 or ${text} like '____-__-__' then coalesce(case when ${zoned} then epoch_us(try_cast(${full} as timestamptz)) else epoch_us(try_cast(${full} as timestamp)) end, epoch_us(try_strptime(${text}, ${partial}))) when length(${text}) in (4, 7) then epoch_us(try_strptime(${text}, ${partial})) end`
}

/** Whole units are exact; so are the fractions that a DOUBLE of today's times holds. */
function epochMicros(text: Sql, scale: number): Sql {
  const factor = verbatim(String(scale))
  return sql`case when regexp_full_match(${text}, '-?[0-9]{1,15}') then try_cast(try_cast(${text} as hugeint) * ${factor} as bigint) when regexp_full_match(${text}, '-?[0-9]{1,15}([.][0-9]+)?([eE][+]?[0-9]{1,2})?') then try_cast(round(try_cast(${text} as double) * ${factor}) as bigint) end`
}

function coalesced(parts: readonly Sql[]): Sql {
  return parts.slice(1).reduce((left, right) => sql`coalesce(${left}, ${right})`, parts[0]!)
}
