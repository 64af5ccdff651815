import { minimumShouldMatch } from '../../query/minimum_should_match.ts'
import type { BoolQuery, Query } from '../../query/query.ts'
import { SearchError } from '../../search.ts'
import type { FieldTable } from './field_table.ts'
import { all, any, join, sql, verbatim, type Sql } from '../sql.ts'
import type { Resolved } from './asked.ts'
import { atLeast } from './at_least.ts'
import { addressOf } from './ip_values.ts'
import { metadataFields } from './metadata_fields.ts'
import { patternCondition } from './pattern_condition.ts'
import { ofField } from './query_values.ts'
import { textCondition } from './text_condition.ts'
import { anyValue, rangeCondition, termCondition, whereThere } from './value_condition.ts'

/** What a condition is made with. */
export interface Meaning {
  readonly fields: FieldTable
  readonly nowMs: number
  /** Fields that one pattern may stand for. */
  readonly maxFields: number
}

/**
 * The rows that a query finds are those where its condition is true; where it does not hold it is false or
 * NULL, which are the same wherever conditions are joined here.
 *
 * @throws SearchError for what the fields' types do not allow
 */
export function conditionOf(query: Query, meaning: Meaning): Sql {
  switch (query.kind) {
    case 'all':
      return verbatim('true')
    case 'none':
      return verbatim('false')
    case 'term':
      return onField(query.field, meaning, (field) => termCondition(field, query, meaning.nowMs))
    case 'range':
      return onField(query.field, meaning, (field) => {
        const fits = () => rangeCondition(field, query, meaning.nowMs)
        return query.lenient ? orNothing(fits) : fits()
      })
    case 'prefix':
    case 'wildcard':
    case 'regexp':
      return onField(query.field, meaning, (field) => patternCondition(field, query))
    case 'exists':
      return exists(query.field, meaning)
    case 'ids':
      return isOneOfIds(query.values)
    case 'match':
    case 'phrase':
    case 'phrase_prefix':
      return textCondition(textFields(query.fields, meaning), query, meaning.nowMs)
    case 'bool':
      return boolean(query, meaning)
  }
}

/** A field that no index has fits nothing; of those that a pattern means one has to fit. */
function onField(
  path: string,
  { fields, maxFields }: Meaning,
  make: (field: Resolved) => Sql,
): Sql {
  if (path.includes('*')) {
    return any(fields.like(path, maxFields).map((field) => orNothing(() => make(field))))
  }
  const id = path === '_id' ? metadataFields.get(path) : undefined
  const resolved = id ?? fields.field(path)
  return resolved ? ofField(resolved.field, () => make(resolved)) : verbatim('false')
}

/** A field whose type cannot hold the value does not fit: a pattern brought it along, or the query is lenient. */
function orNothing(make: () => Sql): Sql {
  try {
    return make()
  } catch (failure) {
    if (failure instanceof SearchError) return verbatim('false')
    throw failure
  }
}

/** `*` alone: all that texts can be looked for in; other patterns every field that fits. */
function textFields(names: readonly string[], { fields, maxFields }: Meaning): readonly Resolved[] {
  const found = names.flatMap((name) => {
    if (!name.includes('*')) return fields.field(name) ?? []
    return fields.like(name, maxFields)
  })
  return [...new Set(found)]
}

function exists(path: string, meaning: Meaning): Sql {
  const { fields, maxFields } = meaning
  if (path.includes('*')) return any(fields.like(path, maxFields).map(isThere))
  if (path === '_id' || path === '_index') return verbatim('true')
  const field = fields.field(path)
  if (field) return isThere(field)
  return any(fields.inside(path).map(isThere))
}

function isThere(resolved: Resolved): Sql {
  if (resolved.field.type === 'ip') {
    return anyValue(resolved, (value) => sql`${addressOf(value)} is not null`)
  }
  if (resolved.list) return sql`len(${resolved.list}) > 0`
  if (resolved.field.path === '@timestamp') return verbatim('"@timestamp" is not null')
  return whereThere(resolved, sql`${resolved.scalar} is not null`)
}

const ulid = /^([0-9A-HJKMNP-TV-Z]{26})-(0|[1-9]\d{0,9})$/

/** Weir's own ids name a place of the journal; the rest are clients'. */
function isOneOfIds(ids: readonly string[]): Sql {
  if (ids.length === 0) return verbatim('false')
  const given = ids.map((id) => sql`${id}`)
  const tests = [sql`_id in (${join(given, ', ')})`]
  const places = ids.flatMap((id) => {
    const [, journal, ordinal] = ulid.exec(id) ?? []
    if (journal === undefined || Number(ordinal) >= 2 ** 31) return []
    return [sql`(_journal = ${journal} and _ordinal = ${verbatim(ordinal!)})`]
  })
  if (places.length > 0) tests.push(sql`(_id is null and ${any(places)})`)
  return any(tests)
}

function boolean(query: BoolQuery, meaning: Meaning): Sql {
  const of = (queries: readonly Query[]) => queries.map((each) => conditionOf(each, meaning))
  const must = of([...query.must, ...query.filter])
  const should = of(query.should)
  const not = of(query.mustNot).map((each) => sql`(${each}) is not true`)
  return all([
    ...must,
    ...not,
    ...(should.length === 0 ? unreachable(query) : [enough(query, must.length, should)]),
  ])
}

/** More wanted than there are finds nothing, unless nothing else is asked for, or only what must not be. */
function unreachable({ minimumShouldMatch: spec, must, filter }: BoolQuery): Sql[] {
  const isEmpty = must.length + filter.length === 0
  const isWanting = !isEmpty && spec !== undefined && minimumShouldMatch(spec, 0) > 0
  return isWanting ? [verbatim('false')] : []
}

function enough(query: BoolQuery, must: number, should: readonly Sql[]): Sql {
  const { minimumShouldMatch: spec } = query
  const needed = spec === undefined ? 0 : minimumShouldMatch(spec, should.length)
  // Where nothing else has to be there, one of them has, whatever is asked for.
  return atLeast(Math.max(needed, Number(must === 0)), should)
}
