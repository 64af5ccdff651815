import type { JsonValue } from '../../search.ts'
import type { BoolQuery, Query } from '../query.ts'
import { minimumShouldMatch } from '../minimum_should_match.ts'
import type { Reader } from './reader.ts'
import { flag, onlyKeys, refused, text, type Part } from './value.ts'

export function boolOf(part: Part, reader: Reader): Query {
  onlyKeys(part, 'must filter should must_not minimum_should_match adjust_pure_negative')
  const { object, place } = part
  if (flag(part, 'adjust_pure_negative') === false)
    throw refused('[bool] [adjust_pure_negative] false is not supported', place)
  const clauses = (key: string) => listOf(object[key], `${place}.${key}`, reader)
  const query: BoolQuery = {
    kind: 'bool',
    must: clauses('must'),
    filter: clauses('filter'),
    should: clauses('should'),
    mustNot: clauses('must_not'),
    ...shouldMatch(part),
  }
  const parts = [query.must, query.filter, query.should, query.mustNot]
  return parts.every((each) => each.length === 0) ? { kind: 'all' } : query
}

/** One query, or a list of them; what is empty is none. */
function listOf(value: JsonValue | undefined, place: string, reader: Reader): Query[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) return [reader.inner(value, place)]
  return value.map((each, at) => reader.inner(each, `${place}[${at}]`))
}

/** Checked here, so that the place of a mistake is known. */
export function shouldMatch(part: Part): { minimumShouldMatch?: string } {
  const value = part.object['minimum_should_match']
  if (value === undefined || value === null) return {}
  const spec = text(value, part)
  minimumShouldMatch(spec, 1)
  return { minimumShouldMatch: spec }
}

export function constantScoreOf(part: Part, reader: Reader): Query {
  onlyKeys(part, 'filter')
  if (part.object['filter'] === undefined)
    throw refused("[constant_score] requires a 'filter' element", part.place)
  return reader.inner(part.object['filter'], `${part.place}.filter`)
}

/** One of them, as without scores the best is as good as any. */
export function disMaxOf(part: Part, reader: Reader): Query {
  onlyKeys(part, 'queries tie_breaker')
  const should = listOf(part.object['queries'], `${part.place}.queries`, reader)
  if (should.length === 0)
    throw refused("[dis_max] requires 'queries' field with at least one clause", part.place)
  return { kind: 'bool', must: [], filter: [], should, mustNot: [] }
}
