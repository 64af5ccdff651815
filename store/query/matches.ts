import { type JsonRecord, type JsonValue, SearchError } from '../search.ts'
import { tokensOf } from './analysis.ts'
import { leastOfTokens, minimumShouldMatch } from './minimum_should_match.ts'
import type { BoolQuery, PatternQuery, Query, Scalar, TermQuery, TextQuery } from './query.ts'
import { type Numeric, numericOf, numericOrder } from './numeric_order.ts'
import { rangeFits } from './range_fits.ts'
import { wildcardFits } from './wildcard_fits.ts'

/** Texts that are analysed where no mapping says otherwise; see store/fields.ts. */
const textFields = new Set(['message', 'error.message', 'error.stack_trace'])

/**
 * Whether one event fits a query, for those who see events pass by rather than ask the store. Whole numbers that a
 * double does not hold may be bigints.
 */
export type Matches = (event: JsonRecord) => boolean

/**
 * Compiles a query for single events, with the meanings that the store gives it on Weir's own streams. Types are
 * those of the values that an event has, so that one which does not fit its field's type fits by its own.
 *
 * @param nowMs what `now` means in dates; it stands still.
 * @throws SearchError on a pattern or date that has no meaning, and on what cannot be followed live.
 */
export function matcherOf(query: Query, nowMs: number): Matches {
  switch (query.kind) {
    case 'all':
      return () => true
    case 'none':
    case 'ids':
      return () => false
    case 'exists':
      return matchesExists(query.field)
    case 'term':
      return matchesTerm(query)
    case 'range': {
      const test = rangeFits(query, nowMs)
      return anyValue(query.field, (value, path) => {
        return isText(value, path) ? tokensOf(String(value)).some(test) : test(value)
      })
    }
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
  const { minimumShouldMatch: spec } = query
  const wanted = spec === undefined ? 0 : minimumShouldMatch(spec, should.length)
  // Where nothing else has to be there, one of them has, whatever is asked for.
  const isEmpty = must.length + should.length === 0
  const some = Number(must.length === 0 && should.length > 0)
  const least = isEmpty ? 0 : Math.max(wanted, some)
  return (event) => {
    if (!must.every((test) => test(event)) || mustNot.some((test) => test(event))) return false
    let fitting = 0
    for (const test of should) if (fitting < least && test(event)) fitting += 1
    return fitting >= least
  }
}

function matchesTerm({ field, values, caseInsensitive }: TermQuery): Matches {
  const fold = (text: string) => (caseInsensitive ? text.toLowerCase() : text)
  const tests = values.map((wanted) => {
    const equal = equalTo(wanted, fold)
    const text = fold(String(wanted))
    // A term is not analysed: one that is no token is in no text.
    const [token, ...more] = tokensOf(text)
    const isToken = token === text && more.length === 0
    return (value: Value, path: string) =>
      isText(value, path) ? isToken && tokensOf(String(value)).includes(text) : equal(value)
  })
  return anyValue(field, (value, path) => tests.some((test) => test(value, path)))
}

function equalTo(wanted: Scalar, fold = (text: string) => text): (value: Value) => boolean {
  const text = String(wanted)
  const number = numericOf(text)
  const folded = fold(text)
  return (value) => {
    if (isNumeric(value)) return numericOrder(value, number) === 0
    return typeof value === 'boolean' ? String(value) === text : fold(value) === folded
  }
}

function matchesPattern(query: PatternQuery): Matches {
  const { kind, field, pattern, caseInsensitive, analyzed, normalized } = query
  if (kind === 'regexp') {
    throw notLive(`[regexp] on [${field}]: a regular expression could hold up everything`)
  }
  const fold = (text: string) => (caseInsensitive ? text.toLowerCase() : text)
  const fits =
    kind === 'prefix'
      ? (text: string) => fold(text).startsWith(fold(pattern))
      : wildcardFits(pattern, caseInsensitive)
  // Tokens are lower-case; only a wildcard in a query's text is made so too.
  const fitsToken =
    kind === 'prefix' ? fits : wildcardFits(pattern, caseInsensitive || normalized === true)
  const fitsText =
    analyzed === undefined
      ? (tokens: readonly string[]) => tokens.some(fitsToken)
      : beginningIn(tokensOf(pattern.replace(/\*$/, '')), analyzed)
  return anyValue(field, (value, path) => {
    if (typeof value !== 'string') return false
    return isText(value, path) ? fitsText(tokensOf(value)) : fits(value)
  })
}

/** Tokens of which the last is the beginning of one. */
function beginningIn(wanted: readonly string[], operator: 'or' | 'and') {
  const tests = wanted.map((token, place) => {
    if (place < wanted.length - 1) return (each: string) => each === token
    return (each: string) => each.startsWith(token)
  })
  return (tokens: readonly string[]) => {
    const holds = (test: (token: string) => boolean) => tokens.some(test)
    return operator === 'and' ? tests.every(holds) : tests.some(holds)
  }
}

function matchesText(query: TextQuery): Matches {
  const { kind, fields, text, slop, zeroTermsAll, onlyAnalysed } = query
  const wanted = tokensOf(text)
  if (slop > 0 && wanted.length > 1) throw notLive('phrases with a slop')
  const isWhole = equalTo(text)
  const tests = fields.map((field): Matches => {
    return (event) => {
      const texts: string[][] = []
      const isTerm = anyValue(field, (value, path) => {
        if (isText(value, path)) texts.push(tokensOf(String(value)))
        else if (onlyAnalysed) return false
        else if (kind !== 'phrase_prefix') return isWhole(value)
        else return typeof value === 'string' && value.startsWith(text)
        return false
      })(event)
      if (isTerm) return true
      if (wanted.length === 0) return zeroTermsAll && (texts.length > 0 || textFields.has(field))
      if (kind === 'match') return enoughTokens(query, wanted, texts)
      return texts.some((tokens) => holdsPhrase(tokens, wanted, kind === 'phrase_prefix'))
    }
  })
  return (event) => tests.some((test) => test(event))
}

function enoughTokens(
  { operator, minimumShouldMatch: spec }: TextQuery,
  wanted: readonly string[],
  texts: readonly (readonly string[])[],
): boolean {
  const found = wanted.filter((token) => texts.some((tokens) => tokens.includes(token))).length
  if (operator === 'and') return found === wanted.length
  return found >= leastOfTokens(spec, wanted.length)
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

type Value = string | Numeric | boolean

const isNumeric = (value: Value): value is Numeric =>
  typeof value === 'number' || typeof value === 'bigint'

const isText = (value: Value, path: string): boolean =>
  typeof value === 'string' && textFields.has(path)

const notLive = (what: string) =>
  new SearchError(
    400,
    'illegal_argument_exception',
    `${what}: not followed live; ask for what has arrived`,
  )

/** A field that is an object is there when something in it is. */
function matchesExists(field: string): Matches {
  const below = `${field}.`
  const fits = field.includes('*') ? wildcardFits(field, false) : undefined
  const isThere = (path: string) =>
    fits ? fits(path) : path === field || path.startsWith(below) || field === ''
  const walk = (value: JsonValue, path: string): boolean => {
    if (value === null) return false
    if (typeof value !== 'object') return isThere(path)
    return entriesOf(value, path).some(([inner, each]) => walk(each, inner))
  }
  return (event) => walk(event, '')
}

/** Whether a value at the path, which may be a pattern, passes; nested, dotted and in arrays. */
function anyValue(field: string, test: (value: Value, path: string) => boolean): Matches {
  const fits = field.includes('*') ? wildcardFits(field, false) : undefined
  const mayLead = (path: string) => fits || field === path || field.startsWith(`${path}.`)
  const walk = (value: JsonValue, path: string): boolean => {
    if (value === null) return false
    if (typeof value !== 'object') return (fits ? fits(path) : path === field) && test(value, path)
    return entriesOf(value, path).some(([inner, each]) => mayLead(inner) && walk(each, inner))
  }
  return (event) => entriesOf(event, '').some(([path, value]) => mayLead(path) && walk(value, path))
}

/** With their paths; those of an array have its own. */
function entriesOf(value: object, path: string): [string, JsonValue][] {
  if (Array.isArray(value)) return value.map((each) => [path, each as JsonValue])
  const entries = Object.entries(value as JsonRecord)
  return path === '' ? entries : entries.map(([name, each]) => [`${path}.${name}`, each])
}
