import { SearchError } from '../../search.ts'
import { tokensOf } from '../../query/analysis.ts'
import { leastOfTokens, minimumShouldMatch } from '../../query/minimum_should_match.ts'
import type { BoolQuery, Query, RangeQuery, Scalar, TextQuery } from '../../query/query.ts'
import { promotedColumns } from '../columns.ts'
import type { Resolved } from './asked.ts'
import type { Meaning } from './condition.ts'
import { isAnalysed, isDate } from './field_table.ts'
import { both, either, noNeeds, type Needs } from './needs.ts'
import { timesOf, timesOfTerm, type Times } from './query_values.ts'

const columns = new Set(
  promotedColumns.flatMap(({ path, type }) => (type === 'VARCHAR' ? [path] : [])),
)

/** What rows must have to be found by a query. Only of queries that `conditionOf` takes. */
export function needsOf(query: Query, meaning: Meaning): Needs {
  switch (query.kind) {
    case 'term':
      return ofField(query.field, meaning, (field) => {
        const needs = ofTerms(field, query.values, meaning.nowMs)
        return query.caseInsensitive ? { ...needs, equals: noNeeds.equals } : needs
      })
    case 'range':
      return ofField(query.field, meaning, (field) => {
        return isTime(field) ? within(askedTimes(field, query, meaning)) : noNeeds
      })
    case 'match':
    case 'phrase':
    case 'phrase_prefix':
      return ofText(query, meaning)
    case 'bool':
      return ofBool(query, meaning)
    default:
      return noNeeds
  }
}

/**
 * The same query of rows that are within its needs' bounds of time: bounds that it asks for by themselves hold of all.
 * To compare times costs DuckDB their reading, also where the bounds of a row group tell.
 */
export function withoutTimes(query: Query, meaning: Meaning): Query {
  switch (query.kind) {
    case 'range': {
      const field = meaning.fields.field(query.field)
      if (!field || !isTime(field) || field.list) return query
      const { from, to } = askedTimes(field, query, meaning)
      return from === undefined && to === undefined ? query : { kind: 'all' }
    }
    case 'bool': {
      const of = (queries: readonly Query[]) => queries.map((each) => withoutTimes(each, meaning))
      return { ...query, must: of(query.must), filter: of(query.filter) }
    }
    default:
      return query
  }
}

/** Without bounds where a lenient query's are no dates: nothing fits it, which its condition says. */
function askedTimes({ field }: Resolved, query: RangeQuery, { nowMs }: Meaning): Times {
  try {
    return timesOf(field, query, nowMs)
  } catch (failure) {
    if (query.lenient && failure instanceof SearchError) return {}
    throw failure
  }
}

const isTime = ({ field }: Resolved) => field.path === '@timestamp' && isDate(field.type)

function ofField(path: string, { fields }: Meaning, make: (field: Resolved) => Needs): Needs {
  const resolved = fields.field(path)
  return resolved ? make(resolved) : noNeeds
}

function within({ from, to }: Times): Needs {
  return {
    ...noNeeds,
    ...(from !== undefined && { fromMicros: from }),
    ...(to !== undefined && { toMicros: to - 1n }),
  }
}

/** Whether a value that is found stands in `_source` letter for letter, cases aside. */
function isVerbatim({ field, type }: Resolved): boolean {
  const isOwn = field.path.startsWith('_') || field.type === 'constant_keyword'
  return type === 'VARCHAR' && field.type !== 'ip' && !isOwn && field.nullValue === undefined
}

function ofTerms(resolved: Resolved, values: readonly Scalar[], nowMs: number): Needs {
  const { field } = resolved
  if (isTime(resolved)) {
    return either(values.map((value) => within(timesOfTerm(field, value, nowMs))))
  }
  // A number or boolean in a keyword's place may be written in several ways.
  const isText = (value: Scalar) => typeof value === 'string' && !/^[-+.\d]/.test(value)
  if (!isVerbatim(resolved) || !values.every(isText)) return noNeeds
  const texts = values.map((value) => String(value))
  const words = [texts.map((text) => text.toLowerCase())]
  const isColumn = columns.has(field.source) && field.type === 'keyword'
  return { words, equals: new Map(isColumn ? [[field.source, texts]] : []) }
}

function ofText(query: TextQuery, { fields, maxFields, nowMs }: Meaning): Needs {
  const found = query.fields.flatMap((name) => fields.like(name, maxFields))
  const tokens = tokensOf(query.text)
  if (tokens.length === 0 || found.length === 0) return noNeeds
  const [only] = found
  const isWhole = found.length === 1 && !isAnalysed(only!.field.type) && !isTime(only!)
  if (isWhole && query.kind !== 'phrase_prefix') {
    return ofTerms(only!, [query.text], nowMs)
  }
  const isNumeric = /^[-+.\d]/.test(query.text.trim())
  const analysed = found.filter(({ field }) => isAnalysed(field.type))
  const others = found.filter(({ field }) => !isAnalysed(field.type))
  const mayDiffer = (each: Resolved) => !isVerbatim(each) || isNumeric
  if (others.some((each) => mayDiffer(each) && !isHopeless(each, query.text))) return noNeeds
  if (query.kind === 'phrase_prefix') {
    // The last token may go on; on a keyword nothing says where the text ends.
    return { ...noNeeds, words: tokens.slice(0, -1).map((token) => [token]) }
  }
  if (analysed.some(({ field }) => field.nullValue !== undefined)) return noNeeds
  if (query.kind === 'match' && query.operator === 'or') {
    const needed = leastOfTokens(query.minimumShouldMatch, tokens.length)
    return needed < 1 ? noNeeds : { ...noNeeds, words: [tokens] }
  }
  return { ...noNeeds, words: tokens.map((token) => [token]) }
}

/** A text that a number, date, address or boolean can never be. */
function isHopeless({ field, type }: Resolved, text: string): boolean {
  if (field.path.startsWith('_') || field.type === 'constant_keyword') return false
  if (field.nullValue !== undefined) return false
  if (isDate(field.type)) return !/\d|now/.test(text)
  if (field.type === 'ip') return !text.includes(':') && !text.includes('.')
  if (type === 'BOOLEAN') return text !== 'true' && text !== 'false'
  return (type === 'BIGINT' || type === 'DOUBLE') && !/\d/.test(text)
}

function ofBool(query: BoolQuery, meaning: Meaning): Needs {
  const must = [...query.must, ...query.filter]
  const needed = must.map((each) => needsOf(each, meaning))
  const { should, minimumShouldMatch: spec } = query
  const least =
    spec === undefined ? Number(must.length === 0) : minimumShouldMatch(spec, should.length)
  if (should.length > 0 && least > 0) {
    needed.push(either(should.map((each) => needsOf(each, meaning))))
  }
  return needed.reduce(both, noNeeds)
}
