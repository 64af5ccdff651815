import { SearchError } from '../search.ts'
import type { QueryLimits } from './limits.ts'
import type { Query } from './query.ts'

/**
 * The query, once its clauses are counted: those of each bool, and of all of it.
 *
 * @throws SearchError 400 in Elasticsearch's words
 */
export function checkClauses(query: Query, { maxClauses }: QueryLimits): Query {
  let leaves = 0
  const visit = (each: Query) => {
    if (each.kind !== 'bool') {
      if (++leaves > maxClauses) throw tooMany('too_many_nested_clauses', maxClauses)
      return
    }
    const { must, filter, should, mustNot } = each
    const count = must.length + filter.length + should.length + mustNot.length
    if (count > maxClauses) throw tooMany('too_many_clauses', maxClauses)
    for (const part of [must, filter, should, mustNot]) part.forEach(visit)
  }
  visit(query)
  return query
}

const tooMany = (type: 'too_many_clauses' | 'too_many_nested_clauses', maxClauses: number) =>
  new SearchError(
    400,
    type,
    type === 'too_many_clauses'
      ? `maxClauseCount is set to ${maxClauses} (store.limits.max_clauses)`
      : `Query contains too many nested clauses; maxClauseCount is set to ${maxClauses} (store.limits.max_clauses)`,
  )
