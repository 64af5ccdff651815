import { SearchError } from '../../search.ts'
import { sql, verbatim, type Sql } from '../sql.ts'

/** The format of dates where a mapping says none. */
export const defaultDateFormat = 'strict_date_optional_time||epoch_millis'

const isoNames =
  /^(strict_)?(date_optional_time(_nanos)?|date_time(_no_millis)?|date|year_month_day|year_month|year|date_hour_minute_second(_millis|_fraction)?|date_hour_minute|date_hour)$|^iso8601$/

/** Letters of Java's DateTimeFormatter, and what DuckDB's strptime has for them. */
const letters: Readonly<Record<string, string>> = {
  yyyy: '%Y',
  uuuu: '%Y',
  yy: '%y',
  MM: '%m',
  M: '%m',
  MMM: '%b',
  MMMM: '%B',
  dd: '%d',
  d: '%d',
  DDD: '%j',
  HH: '%H',
  H: '%H',
  hh: '%I',
  h: '%I',
  a: '%p',
  mm: '%M',
  m: '%M',
  ss: '%S',
  s: '%S',
  SSS: '%g',
  SSSSSS: '%f',
  SSSSSSSSS: '%n',
  E: '%a',
  EEE: '%a',
  EEEE: '%A',
  Z: '%z',
  X: '%z',
  XX: '%z',
  XXX: '%z',
  xx: '%z',
  xxx: '%z',
  z: '%Z',
  VV: '%Z',
}

const named: Readonly<Record<string, string>> = {
  basic_date: '%Y%m%d',
  basic_date_time: '%Y%m%dT%H%M%S.%g%z',
  basic_date_time_no_millis: '%Y%m%dT%H%M%S%z',
}

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
  const pattern = named[format.replace(/^strict_/, '')] ?? strptimeOf(format)
  // strptime's %z does not know the Z.
  const plain = pattern.endsWith('%z') ? sql`regexp_replace(${text}, 'Z$', '+0000')` : text
  return sql`epoch_us(try_strptime(${plain}, ${pattern}))`
}

function strptimeOf(format: string): string {
  const parts = format.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|./gsu)
  let pattern = ''
  for (const [part, quoted, letter] of parts) {
    if (quoted !== undefined) pattern += quoted === '' ? "'" : quoted.replaceAll("''", "'")
    else if (letter === undefined) pattern += part === '%' ? '%%' : part
    else if (Object.hasOwn(letters, part)) pattern += letters[part]
    else throw unreadable(format, part)
  }
  return pattern
}

const unreadable = (format: string, part: string) =>
  new SearchError(
    400,
    'illegal_argument_exception',
    `date format [${format}]: [${part}] is not supported; write yyyy, MM, dd, HH, mm, ss, SSS, MMM, EEE, a, Z or XXX`,
  )

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
  return sql`case when regexp_full_match(${text}, '-?[0-9]{1,15}') then try_cast(${text} as bigint) * ${factor} when regexp_full_match(${text}, '-?[0-9]{1,15}([.][0-9]+)?([eE][+]?[0-9]{1,2})?') then try_cast(round(try_cast(${text} as double) * ${factor}) as bigint) end`
}

function coalesced(parts: readonly Sql[]): Sql {
  return parts.slice(1).reduce((left, right) => sql`coalesce(${left}, ${right})`, parts[0]!)
}
