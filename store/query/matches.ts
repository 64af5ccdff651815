import { type JsonRecord, type JsonValue, SearchError } from '../search.ts'
import { tokensOf } from './analysis.ts'
import { dateOf } from './date_math.ts'
import type { BoolQuery, PatternQuery, Query, RangeQuery, Scalar, TextQuery } from './query.ts'
import { type WildcardPart, wildcardParts } from './wildcard.ts'

/** Texts that are analysed where no mapping says otherwise; see store/fields.ts. */
const textFields = new Set(['message', 'error.message', 'error.stack_trace'])

/** Whether one event fits a query, for those who see events pass by rather than ask the store. */
export type Matches = (event: JsonRecord) => boolean

/**
 * Compiles a query for single events, with the meanings that the store gives it on Weir's own streams.
 *
 * @param nowMs what `now` means in dates; it stands still.
 * @throws SearchError on a pattern or date that has no meaning.
 */
export function matcherOf(query: Query, nowMs: number): Matches {
  switch (query.kind) {
    case 'all':
      return () => true
    case 'none':
    case 'ids':
      return () => false
    case 'exists':
      return anyValue(query.field, (value) => value !== null)
    case 'term': {
      const { field, values, caseInsensitive } = query
      const tests = values.map((value) => equalTo(value, caseInsensitive))
      return anyTerm(field, (term) => tests.some((test) => test(term)))
    }
    case 'range':
      return matchesRange(query, nowMs)
    case 'prefix':
    case 'wildcard':
    case 'regexp':
      return matchesPattern(query)
    case 'match':
    case 'phrase':
    case 'phrase_prefix':
      return matchesText(query)
    case 'bool':
      return matchesBool(query, nowMs)
  }
}

function matchesBool(query: BoolQuery, nowMs: number): Matches {
  const compile = (queries: readonly Query[]) => queries.map((each) => matcherOf(each, nowMs))
  const must = compile([...query.must, ...query.filter])
  const should = compile(query.should)
  const mustNot = compile(query.mustNot)
  const needed = Number(query.minimumShouldMatch ?? (must.length === 0 ? 1 : 0))
  const least = should.length === 0 ? 0 : Number.isNaN(needed) ? 1 : needed
  return (event) => {
    if (!must.every((test) => test(event)) || mustNot.some((test) => test(event))) return false
    let fitting = 0
    for (const test of should) if (fitting < least && test(event)) fitting += 1
    return fitting >= least
  }
}

function matchesRange(query: RangeQuery, nowMs: number): Matches {
  const { field, gt, gte, lt, lte, format, timeZone } = query
  const tests: ((value: JsonValue) => boolean)[] = []
  const bound = (given: Scalar | undefined, roundUp: boolean, fits: (order: number) => boolean) => {
    if (given === undefined) return
    const number = Number(given)
    const micros =
      field === '@timestamp' ? dateOf(given, { format, timeZone, roundUp, nowMs }) : undefined
    tests.push((value) => {
      if (micros !== undefined) {
        const time = typeof value === 'string' ? Date.parse(value) * 1000 : NaN
        return fits(time - Number(micros))
      }
      if (typeof value === 'number') return fits(value - number)
      const text = String(given)
      return typeof value === 'string' && fits(value < text ? -1 : Number(value > text))
    })
  }
  bound(gt, true, (order) => order > 0)
  bound(gte, false, (order) => order >= 0)
  bound(lt, false, (order) => order < 0)
  bound(lte, true, (order) => order <= 0)
  return anyValue(field, (value) => tests.every((test) => test(value)))
}

function matchesPattern({ kind, field, pattern, caseInsensitive }: PatternQuery): Matches {
  if (kind === 'prefix') {
    const wanted = caseInsensitive ? pattern.toLowerCase() : pattern
    return anyTerm(field, (term) => {
      const text = caseInsensitive ? term.toLowerCase() : term
      return text.startsWith(wanted)
    })
  }
  if (kind === 'regexp') {
    const text = `[regexp] on [${field}]: regular expressions are not followed live, where one could hold up everything; ask for what has arrived`
    throw new SearchError(400, 'illegal_argument_exception', text)
  }
  const fits = wildcardTest(pattern, caseInsensitive)
  return anyTerm(field, fits)
}

function matchesText({ kind, fields, text, operator, zeroTermsAll }: TextQuery): Matches {
  const wanted = tokensOf(text)
  if (wanted.length === 0) return () => zeroTermsAll
  const fitsTokens = (tokens: readonly string[]) => {
    if (kind !== 'match') return holdsPhrase(tokens, wanted, kind === 'phrase_prefix')
    const present = (token: string) => tokens.includes(token)
    return operator === 'and' ? wanted.every(present) : wanted.some(present)
  }
  const tests = fields.map((field) => {
    return anyValue(field, (value, path) => {
      if (value === null || typeof value === 'object') return false
      const isText = textFields.has(path) && typeof value === 'string'
      return isText ? fitsTokens(tokensOf(value)) : String(value) === text
    })
  })
  return (event) => tests.some((test) => test(event))
}

function holdsPhrase(
  tokens: readonly string[],
  wanted: readonly string[],
  prefix: boolean,
): boolean {
  const last = wanted.length - 1
  return tokens.some((_, start) =>
    wanted.every((token, place) => {
      const found = tokens[start + place]
      return place === last && prefix ? found?.startsWith(token) === true : found === token
    }),
  )
}

function equalTo(wanted: Scalar, caseInsensitive: boolean): (term: string) => boolean {
  const text = String(wanted)
  if (caseInsensitive) return (term) => term.toLowerCase() === text.toLowerCase()
  const number = text.trim() === '' ? NaN : Number(text)
  return (term) => term === text || (!Number.isNaN(number) && Number(term) === number)
}

/** The terms of a field: a text's tokens, any other value as text. */
function anyTerm(field: string, test: (term: string) => boolean): Matches {
  return anyValue(field, (value, path) => {
    if (value === null || typeof value === 'object') return false
    if (textFields.has(path)) return tokensOf(String(value)).some(test)
    return test(String(value))
  })
}

/** Whether a value at the path, which may be a pattern, passes; nested, dotted and in arrays. */
function anyValue(field: string, test: (value: JsonValue, path: string) => boolean): Matches {
  const fits = field.includes('*') ? wildcardTest(field, false) : undefined
  const walk = (value: JsonValue, path: string): boolean => {
    if (Array.isArray(value)) return value.some((each) => walk(each, path))
    const isWanted = fits ? fits(path) : path === field
    if (typeof value !== 'object' || value === null) return isWanted && test(value, path)
    if (isWanted && Object.keys(value).length > 0 && test(value, path)) return true
    return Object.entries(value).some(([name, each]) => {
      const inner = path === '' ? name : `${path}.${name}`
      return (fits || field === inner || field.startsWith(`${inner}.`)) && walk(each, inner)
    })
  }
  return (event) => walk(event, '')
}

/** In time proportional to both lengths at worst, whatever the pattern. */
function wildcardTest(pattern: string, caseInsensitive: boolean): (text: string) => boolean {
  const fold = (text: string) => (caseInsensitive ? text.toLowerCase() : text)
  const wanted = wildcardParts(fold(pattern)).flatMap((part): WildcardPart[] => {
    return 'text' in part ? Array.from(part.text, (text) => ({ text })) : [part]
  })
  return (given) => {
    const text = Array.from(fold(given))
    let [at, place, star, resume] = [0, 0, -1, 0]
    while (at < text.length) {
      const part = wanted[place]
      if (part && 'any' in part && part.any === '*') {
        star = place++
        resume = at
      } else if (part && ('any' in part || part.text === text[at])) {
        place++
        at++
      } else if (star >= 0) {
        place = star + 1
        at = ++resume
      } else return false
    }
    return wanted.slice(place).every((part) => 'any' in part && part.any === '*')
  }
}
