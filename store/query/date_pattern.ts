import { SearchError } from '../search.ts'

/** A piece of a date format: text, a field such as `yyyy`, or something that may be left out. */
export type DateElement =
  | { readonly literal: string }
  | { readonly letter: DateLetter; readonly count: number }
  | { readonly optional: readonly DateElement[] }

/** Java's pattern letters; `ƒ` is Weir's own, for a fraction of any length, which Java has no letter for. */
export type DateLetter =
  | 'y'
  | 'u'
  | 'Y'
  | 'M'
  | 'L'
  | 'w'
  | 'D'
  | 'd'
  | 'E'
  | 'e'
  | 'a'
  | 'H'
  | 'h'
  | 'K'
  | 'k'
  | 'm'
  | 's'
  | 'S'
  | 'n'
  | 'ƒ'
  | 'X'
  | 'x'
  | 'Z'
  | 'z'
  | 'V'
  | 'O'
  | 'G'
const letters = 'yuYMLwDdEeaHhKkmsSnƒXxZzVOG'
const isLetter = (text: string): text is DateLetter => letters.includes(text)

/**
 * Reads a pattern of java.time, such as `yyyy-MM-dd['T'HH:mm:ss]`.
 *
 * @throws SearchError 400 on letters that are not supported
 */
export function dateElements(pattern: string): DateElement[] {
  const stack: DateElement[][] = [[]]
  const invalid = (what: string) =>
    new SearchError(
      400,
      'illegal_argument_exception',
      `Invalid format: [${pattern.slice(0, 100)}]: ${what}`,
    )
  const piece = /'((?:[^']|'')*)'|([A-Za-zƒ])\2*|[^]/gu
  for (const [text, quoted, letter] of pattern.matchAll(piece)) {
    const here = stack.at(-1)!
    if (quoted !== undefined)
      here.push({ literal: quoted === '' ? "'" : quoted.replaceAll("''", "'") })
    else if (letter !== undefined) {
      if (!isLetter(letter)) throw invalid(`Unknown pattern letter: ${letter}`)
      if (text.length > 9) throw invalid(`Too many pattern letters: ${letter}`)
      here.push({ letter, count: text.length })
    } else if (text === "'") throw invalid('a quote is not closed')
    else if (text === '[') {
      if (stack.length > 20) throw invalid('too many optional sections')
      stack.push([])
    } else if (text === ']') {
      if (stack.length === 1) throw invalid('] closes nothing')
      const optional = stack.pop()!
      stack.at(-1)!.push({ optional })
    } else here.push({ literal: text })
  }
  if (stack.length > 1) throw invalid('expected ]')
  return stack[0]!
}

const time = "'T'HH:mm:ss"
const optionalTime = "-MM[-dd['T'[HH[:mm[:ss[.ƒ]]][XXX]]]]"
/** Elasticsearch's names, and what they are as patterns. `strict_` is every field with all its digits. */
export const namedDatePatterns: Readonly<Record<string, string>> = {
  iso8601: `uuuu[${optionalTime}]`,
  date_optional_time: `uuuu[${optionalTime}]`,
  date_optional_time_nanos: `uuuu[${optionalTime}]`,
  basic_date: 'uuuuMMdd',
  basic_date_time: "uuuuMMdd'T'HHmmss.ƒXX",
  basic_date_time_no_millis: "uuuuMMdd'T'HHmmssXX",
  basic_ordinal_date: 'uuuuDDD',
  basic_ordinal_date_time: "uuuuDDD'T'HHmmss.ƒXX",
  basic_ordinal_date_time_no_millis: "uuuuDDD'T'HHmmssXX",
  basic_time: 'HHmmss.ƒXX',
  basic_time_no_millis: 'HHmmssXX',
  basic_t_time: "'T'HHmmss.ƒXX",
  basic_t_time_no_millis: "'T'HHmmssXX",
  basic_week_date: "YYYY'W'wwe",
  basic_week_date_time: "YYYY'W'wwe'T'HHmmss.ƒXX",
  basic_week_date_time_no_millis: "YYYY'W'wwe'T'HHmmssXX",
  date: 'uuuu-MM-dd',
  date_hour: "uuuu-MM-dd'T'HH",
  date_hour_minute: "uuuu-MM-dd'T'HH:mm",
  date_hour_minute_second: `uuuu-MM-dd${time}`,
  date_hour_minute_second_fraction: `uuuu-MM-dd${time}.ƒ`,
  date_hour_minute_second_millis: `uuuu-MM-dd${time}.ƒ`,
  date_time: `uuuu-MM-dd${time}.ƒXXX`,
  date_time_no_millis: `uuuu-MM-dd${time}XXX`,
  hour: 'HH',
  hour_minute: 'HH:mm',
  hour_minute_second: 'HH:mm:ss',
  hour_minute_second_fraction: 'HH:mm:ss.ƒ',
  hour_minute_second_millis: 'HH:mm:ss.ƒ',
  ordinal_date: 'uuuu-DDD',
  ordinal_date_time: `uuuu-DDD${time}.ƒXXX`,
  ordinal_date_time_no_millis: `uuuu-DDD${time}XXX`,
  time: 'HH:mm:ss.ƒXXX',
  time_no_millis: 'HH:mm:ssXXX',
  t_time: "'T'HH:mm:ss.ƒXXX",
  t_time_no_millis: "'T'HH:mm:ssXXX",
  week_date: "YYYY-'W'ww-e",
  week_date_time: `YYYY-'W'ww-e${time}.ƒXXX`,
  week_date_time_no_millis: `YYYY-'W'ww-e${time}XXX`,
  weekyear: 'YYYY',
  weekyear_week: "YYYY-'W'ww",
  weekyear_week_day: "YYYY-'W'ww-e",
  year: 'uuuu',
  year_month: 'uuuu-MM',
  year_month_day: 'uuuu-MM-dd',
}
