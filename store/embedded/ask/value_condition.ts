import { tokensOf } from '../../query/analysis.ts'
import type { RangeQuery, Scalar, TermQuery } from '../../query/query.ts'
import { promotedColumns } from '../columns.ts'
import { all, any, identifier, join, sql, verbatim, type Sql } from '../sql.ts'
import type { Resolved } from './asked.ts'
import { isAnalysed, isDate } from './field_table.ts'
import { addressOf, addressRange, neighbour } from './ip_values.ts'
import {
  booleanOf,
  numberOf,
  roundedTo,
  shown,
  timesOf,
  timesOfTerm,
  ValueError,
  wholeOf,
  type Times,
} from './query_values.ts'
import { hasToken, tokensIn } from './text_tokens.ts'

/** The condition on one value: any of a field's values has to fit. NULL where the field has none. */
export function anyValue(resolved: Resolved, fits: (value: Sql) => Sql): Sql {
  if (!resolved.list) return fits(resolved.scalar)
  return sql`len(list_filter(${resolved.list}, lambda x: ${fits(verbatim('x'))})) > 0`
}

const textColumns = new Set(
  promotedColumns.flatMap(({ path, type }) => (type === 'VARCHAR' ? [identifier(path).text] : [])),
)

/**
 * `test`, which is not true where the field has no value. Of a column that row groups have no text of at all, these are
 * passed over by their bounds, to which DuckDB looks for comparisons alone.
 */
export function whereThere({ scalar, list }: Resolved, test: Sql): Sql {
  const isColumn = list === undefined && textColumns.has(scalar.text)
  return isColumn ? sql`(${scalar} >= '' and ${test})` : test
}

/** As anyValue, for the tokens of a text field. */
export function anyToken(resolved: Resolved, fits: (token: Sql) => Sql): Sql {
  return anyValue(resolved, (value) => {
    return sql`len(list_filter(${tokensIn(value)}, lambda k: ${fits(verbatim('k'))})) > 0`
  })
}

export function termCondition(resolved: Resolved, query: TermQuery, nowMs: number): Sql {
  const { values, caseInsensitive, at } = query
  const { field } = resolved
  if (isAnalysed(field.type)) return tokenTerms(resolved, values, caseInsensitive)
  if (isDate(field.type)) {
    return any(values.map((value) => inTimes(resolved, timesOfTerm(field, value, nowMs))))
  }
  if (field.type === 'ip') return any(values.map((value) => addressTerm(resolved, value, at)))
  if (resolved.type === 'BOOLEAN') {
    return any(
      values.map((value) => anyValue(resolved, (x) => sql`${x} = ${booleanOf(value, at)}`)),
    )
  }
  if (resolved.type === 'BIGINT') {
    const wholes = values.map((value) => wholeOf(value, at)).filter(({ isExact }) => isExact)
    const keys = wholes.map(({ floor }) => bigint(floor))
    return keys.length === 0 ? verbatim('false') : anyValue(resolved, (x) => isOneOf(x, keys))
  }
  if (resolved.type === 'DOUBLE') {
    const keys = values.map((value) => double(rounded(resolved, numberOf(value, at))))
    return anyValue(resolved, (x) => isOneOf(x, keys))
  }
  const texts = values.map(String)
  if (caseInsensitive) {
    const lower = texts.map((text) => sql`lower(${text})`)
    return anyValue(resolved, (x) => isOneOf(sql`lower(${x})`, lower))
  }
  return textTerms(resolved, texts)
}

/** From here on, values go as one JSON list instead of a parameter each. */
const manyTerms = 100

function textTerms(resolved: Resolved, texts: readonly string[]): Sql {
  if (texts.length < manyTerms) return anyValue(resolved, (x) => isOneOf(x, texts.map(text)))
  const json = JSON.stringify(texts)
  if (resolved.list) {
    return sql`list_has_any(${resolved.list}, from_json(${json}, '["VARCHAR"]'))`
  }
  return sql`${resolved.scalar} in (select unnest(from_json(${json}, '["VARCHAR"]')))`
}

const text = (value: string): Sql => sql`${value}`
const isOneOf = (value: Sql, keys: readonly Sql[]): Sql =>
  keys.length === 1 ? sql`${value} = ${keys[0]!}` : sql`${value} in (${join(keys, ', ')})`

function tokenTerms(resolved: Resolved, values: readonly Scalar[], caseInsensitive: boolean): Sql {
  const tests = values.map((value) => {
    const token = caseInsensitive ? String(value).toLowerCase() : String(value)
    return anyValue(resolved, (x) => hasWholeToken(x, token))
  })
  return any(tests)
}

/** A term is not analysed: one that is no token, such as `Error` or `a b`, is in no text. */
function hasWholeToken(value: Sql, term: string): Sql {
  const [token, ...more] = tokensOf(term)
  return token === term && more.length === 0 ? hasToken(value, token) : verbatim('false')
}

const bigint = (value: bigint): Sql => verbatim(`(${value})::bigint`)
/** As text: a whole number would be bound as a BIGINT, which some doubles are beyond. */
const double = (value: number): Sql => sql`cast(${String(value)} as double)`

function rounded({ field }: Resolved, value: number): number {
  const factor = field.scalingFactor
  if (field.type === 'scaled_float' && factor) return Math.round(value * factor) / factor
  return roundedTo(field.type, value)
}

/** On `@timestamp` as the column is, so that segments and row groups outside of it are skipped. */
export function inTimes(resolved: Resolved, times: Times): Sql {
  const { from, to } = times
  const isColumn = resolved.field.path === '@timestamp' && !resolved.list
  if (isColumn) return columnInTimes(times)
  return anyValue(resolved, (x) => {
    const tests: Sql[] = []
    if (from !== undefined) tests.push(sql`${x} >= ${bigint(clamped(from))}`)
    if (to !== undefined) tests.push(sql`${x} < ${bigint(clamped(to))}`)
    return tests.length === 0 ? sql`${x} is not null` : all(tests)
  })
}

/** `@timestamp` is there and within the times. */
export function columnInTimes({ from, to }: Times): Sql {
  const time = (micros: bigint) => verbatim(`make_timestamp((${clamped(micros)})::bigint)`)
  const tests: Sql[] = []
  if (from !== undefined) tests.push(sql`"@timestamp" >= ${time(from)}`)
  if (to !== undefined) tests.push(sql`"@timestamp" < ${time(to)}`)
  return tests.length === 0 ? verbatim('"@timestamp" is not null') : all(tests)
}

/** Within what a TIMESTAMP of DuckDB is, and a BIGINT. */
const farthest = 9_000_000_000_000_000_000n
const clamped = (micros: bigint) =>
  micros > farthest ? farthest : micros < -farthest ? -farthest : micros

function addressTerm(resolved: Resolved, value: Scalar, at: string): Sql {
  const range = addressRange(String(value))
  if (!range) throw new ValueError(`'${shown(value)}' is not an IP string literal.`, at)
  const { from, to } = range
  if (from === to) return anyValue(resolved, (x) => sql`${addressOf(x)} = ${from}`)
  return anyValue(resolved, (x) => sql`${addressOf(x)} between ${from} and ${to}`)
}

export function rangeCondition(resolved: Resolved, query: RangeQuery, nowMs: number): Sql {
  const { field, type } = resolved
  if (isDate(field.type)) return inTimes(resolved, timesOf(field, query, nowMs))
  if (field.type === 'ip') return addressBounds(resolved, query)
  if (type === 'BIGINT') return wholeBounds(resolved, query)
  const fits = (x: Sql) =>
    all(comparisons(query).map(([sign, value]) => sql`${x} ${verbatim(sign)} ${value}`))
  const comparisons = (range: RangeQuery) =>
    bounds(range).map(([sign, value]) => [sign, boundOf(resolved, value, range.at)] as const)
  const orThere = (x: Sql) => (bounds(query).length === 0 ? sql`${x} is not null` : fits(x))
  return isAnalysed(field.type) ? anyToken(resolved, orThere) : anyValue(resolved, orThere)
}

function bounds({ gt, gte, lt, lte }: RangeQuery): readonly (readonly [string, Scalar])[] {
  const given = [['>', gt] as const, ['>=', gte] as const, ['<', lt] as const, ['<=', lte] as const]
  return given.flatMap(([sign, value]) => (value === undefined ? [] : [[sign, value] as const]))
}

function boundOf(resolved: Resolved, value: Scalar, at: string): Sql {
  if (resolved.type === 'DOUBLE') {
    const number = numberOf(value, at)
    // As Elasticsearch does: a term is rounded as the field is, a bound is not.
    return double(resolved.field.type === 'half_float' ? number : rounded(resolved, number))
  }
  return resolved.type === 'BOOLEAN' ? sql`${booleanOf(value, at)}` : sql`${String(value)}`
}

/** Bounds between two whole numbers are moved to the one that includes as much. */
function wholeBounds(resolved: Resolved, query: RangeQuery): Sql {
  const { gt, gte, lt, lte, at } = query
  holdToInteger(resolved, query)
  const least: bigint[] = []
  const most: bigint[] = []
  if (gt !== undefined) least.push(wholeOf(gt, at).floor + 1n)
  if (gte !== undefined) {
    const { floor, isExact } = wholeOf(gte, at)
    least.push(isExact ? floor : floor + 1n)
  }
  if (lt !== undefined) {
    const { floor, isExact } = wholeOf(lt, at)
    most.push(isExact ? floor - 1n : floor)
  }
  if (lte !== undefined) most.push(wholeOf(lte, at).floor)
  // As HUGEINT: a bound may lie one beyond a BIGINT.
  const wide = (value: bigint) =>
    verbatim(isLong(value) ? `(${value})::bigint` : `(${value})::hugeint`)
  return anyValue(resolved, (x) => {
    const tests = [
      ...least.map((value) => sql`${x} >= ${wide(value)}`),
      ...most.map((value) => sql`${x} <= ${wide(value)}`),
    ]
    return tests.length === 0 ? sql`${x} is not null` : all(tests)
  })
}

/** Bounds beyond what an integer, or a smaller one, holds are refused, as Elasticsearch does. */
function holdToInteger({ field }: Resolved, { gt, gte, lt, lte, at }: RangeQuery) {
  if (field.type === 'long') return
  for (const value of [gt, gte, lt, lte]) {
    if (value === undefined) continue
    const number = numberOf(value, at)
    if (number >= -2_147_483_648 && number <= 2_147_483_647) continue
    throw new ValueError(`Value [${shown(value)}] is out of range for an integer`, at)
  }
}

const isLong = (value: bigint) => BigInt.asIntN(64, value) === value

function addressBounds(resolved: Resolved, query: RangeQuery): Sql {
  const { gt, gte, lt, lte, at } = query
  const digits = (value: Scalar) => {
    const range = addressRange(String(value))
    if (!range) throw new ValueError(`'${shown(value)}' is not an IP string literal.`, at)
    return range
  }
  const beyond = (value: string, step: 1n | -1n) => neighbour(value, step)
  const least = [gte && digits(gte).from, gt && (beyond(digits(gt).to, 1n) ?? 'g')]
  const most = [lte && digits(lte).to, lt && (beyond(digits(lt).from, -1n) ?? '')]
  return anyValue(resolved, (x) => {
    const tests = [
      ...least.flatMap((bound) =>
        typeof bound === 'string' ? [sql`${addressOf(x)} >= ${bound}`] : [],
      ),
      ...most.flatMap((bound) =>
        typeof bound === 'string' ? [sql`${addressOf(x)} <= ${bound}`] : [],
      ),
    ]
    return tests.length === 0 ? sql`${addressOf(x)} is not null` : all(tests)
  })
}
