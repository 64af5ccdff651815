import { queryOfText } from './query/language/parser.ts'
import { defaultQueryLimits, type QueryLimits } from './query/limits.ts'
import { matcherOf, type Matches } from './query/matches.ts'

/** What a follower of the live tail wants. */
export interface LiveQuery {
  readonly matches: Matches
  readonly wants: (stream: string) => boolean
}

/**
 * @param text in Weir's query language; empty: everything.
 * @param target streams, such as `logs-*,-logs-debug-*`.
 * @throws SearchError on what has no meaning, or cannot be followed live.
 */
export function liveQuery(
  text: string,
  target: string,
  nowMs: number,
  limits: QueryLimits = defaultQueryLimits,
): LiveQuery {
  const matches = matcherOf(queryOfText(text, { mode: 'weir', limits }), nowMs)
  return { matches, wants: streamTest(target) }
}

function streamTest(target: string): (stream: string) => boolean {
  const parts = target.split(',').map((part) => part.trim())
  const regexpOf = (pattern: string) =>
    new RegExp(`^${pattern.split('*').map(RegExp.escape).join('.*')}$`, 's')
  const wanted = parts.filter((part) => !part.startsWith('-')).map(regexpOf)
  const excluded = parts
    .filter((part) => part.startsWith('-'))
    .map((part) => regexpOf(part.slice(1)))
  return (stream) =>
    wanted.some((each) => each.test(stream)) && !excluded.some((each) => each.test(stream))
}
