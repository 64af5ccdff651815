import { SearchError } from '../search.ts'

const simple = /^(-?\d+)(%?)$/

/**
 * How many of `optional` clauses have to fit, by Elasticsearch's `minimum_should_match`: `2`, `-1`, `75%`,
 * `-25%`, `3<90%`, `2<-25% 9<-3`. A number
 * above `optional` stays: then nothing fits.
 *
 * @throws SearchError 400 when it cannot be read
 */
export function minimumShouldMatch(spec: string, optional: number): number {
  const text = spec.trim()
  const whole = simple.exec(text)
  if (whole) return Math.max(0, countOf(whole, optional))
  const conditions = text.replaceAll(/\s*<\s*/g, '<').split(/\s+/)
  let result = optional
  for (const condition of conditions) {
    const [bound, rest, ...more] = condition.split('<')
    const part = simple.exec(rest ?? '')
    if (!part || more.length > 0 || !/^-?\d+$/.test(bound!)) throw unreadable(spec)
    if (optional <= Number(bound)) return result
    result = Math.max(0, countOf(part, optional))
  }
  return result
}

/** Negative: so many may be missing. Percentages are cut to whole clauses. */
function countOf([, digits, percent]: RegExpExecArray, optional: number): number {
  const value = Number(digits)
  const count = percent ? Math.trunc((optional * value) / 100) : value
  return value < 0 ? optional + count : count
}

/**
 * How many of a text's tokens have to be there. A text of one token is no choice: as in Elasticsearch, where it is
 * no `bool` query, that one has to be, whatever is said.
 *
 * @throws SearchError as above
 */
export function leastOfTokens(spec: string | undefined, tokens: number): number {
  return spec === undefined || tokens === 1 ? 1 : minimumShouldMatch(spec, tokens)
}

const unreadable = (spec: string) =>
  new SearchError(
    400,
    'illegal_argument_exception',
    `[minimum_should_match] cannot be read: [${spec.slice(0, 100)}]; write a number (2, -1), a percentage (75%) or conditions (3<90%)`,
  )
