import type { PatternQuery } from '../../query/query.ts'
import { re2OfLucene, textsOfLucene } from '../../query/lucene_regexp.ts'
import { re2OfWildcard, wildcardParts } from '../../query/wildcard.ts'
import { all, sql, verbatim, type Sql } from '../sql.ts'
import { SearchError } from '../../search.ts'
import type { Resolved } from './asked.ts'
import { isAnalysed } from './field_table.ts'
import { hasTokenBeginning } from './text_tokens.ts'
import { anyToken, anyValue, whereThere } from './value_condition.ts'

/** prefix, wildcard and regexp: on texts of any type that is one. @throws SearchError on other types */
export function patternCondition(resolved: Resolved, query: PatternQuery): Sql {
  const { field } = resolved
  if (resolved.type !== 'VARCHAR' || field.type === 'ip') {
    if (query.lenient) return verbatim('false')
    const reason = `Can only use ${query.kind} queries on keyword, text and wildcard fields - not on [${field.path}] which is of type [${field.type}]`
    throw new SearchError(400, 'query_shard_exception', reason, { at: query.at })
  }
  const isText = isAnalysed(field.type)
  // Tokens are lower-case. Only a wildcard in a query's text is made so too, as in Elasticsearch.
  const isLowered = isText && (query.normalized === true || query.caseInsensitive)
  const pattern = isLowered ? query.pattern.toLowerCase() : query.pattern
  const fits = fitting({ ...query, pattern })
  if (!isText) return whereThere(resolved, anyValue(resolved, fits))
  const { kind, caseInsensitive } = query
  if (kind === 'prefix') {
    const beginning = caseInsensitive ? pattern.toLowerCase() : pattern
    const test = anyValue(resolved, (value) => hasTokenBeginning(value, beginning))
    return whereThere(resolved, test)
  }
  if (kind === 'regexp') return whereThere(resolved, anyToken(resolved, fits))
  const texts = wildcardParts(pattern).flatMap((part) => ('text' in part ? [part.text] : []))
  const there = (value: Sql) => texts.map((text) => sql`contains(lower(${value}), ${text})`)
  const tests = [anyValue(resolved, (value) => all(there(value))), anyToken(resolved, fits)]
  return whereThere(resolved, all(tests))
}

function fitting({ kind, pattern, caseInsensitive }: PatternQuery): (value: Sql) => Sql {
  if (kind === 'prefix') {
    if (caseInsensitive) return (value) => sql`starts_with(lower(${value}), lower(${pattern}))`
    return (value) => sql`starts_with(${value}, ${pattern})`
  }
  if (kind === 'regexp') {
    const regexp = re2OfLucene(pattern, caseInsensitive)
    const texts = caseInsensitive ? [''] : textsOfLucene(pattern)
    return (value) => all([...has(value, texts), sql`regexp_full_match(${value}, ${regexp})`])
  }
  const parts = wildcardParts(pattern)
  const [first, second, third, ...more] = parts
  const isInside = more.length === 0 && isStar(first) && second && 'text' in second && isStar(third)
  if (isInside && !caseInsensitive) return (value) => sql`contains(${value}, ${second.text})`
  const regexp = re2OfWildcard(pattern, caseInsensitive)
  const isOpen = first === undefined || 'any' in first
  const texts = parts.flatMap((part) => ('text' in part ? [part.text] : []))
  const known = caseInsensitive ? [''] : isOpen ? ['', ...texts] : texts
  return (value) => all([...has(value, known), sql`regexp_full_match(${value}, ${regexp})`])
}

/** Shorter ones stand in too many texts. */
const neededMin = 3

/** A beginning, and the longest text behind it, are far cheaper to look for than a pattern. */
function has(value: Sql, [beginning, ...texts]: readonly string[]): Sql[] {
  const [longest = ''] = texts.toSorted((one, other) => other.length - one.length)
  return [
    ...(beginning === '' ? [] : [sql`starts_with(${value}, ${beginning!})`]),
    ...(longest.length < neededMin ? [] : [sql`contains(${value}, ${longest})`]),
  ]
}

const isStar = (part: object | undefined) => part !== undefined && 'any' in part && part.any === '*'
