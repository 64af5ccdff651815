import { SearchError } from '../../search.ts'
import { tokensOf } from '../../query/analysis.ts'
import { leastOfTokens } from '../../query/minimum_should_match.ts'
import type { TextQuery } from '../../query/query.ts'
import { all, any, sql, verbatim, type Sql } from '../sql.ts'
import type { Resolved } from './asked.ts'
import { atLeast } from './at_least.ts'
import { isAnalysed } from './field_table.ts'
import { ofField } from './query_values.ts'
import { hasPhrase, hasSloppyPhrase, hasToken } from './text_tokens.ts'
import { anyValue, termCondition, whereThere } from './value_condition.ts'

/** match, match_phrase and match_phrase_prefix on one of the fields. */
export function textCondition(fields: readonly Resolved[], query: TextQuery, nowMs: number): Sql {
  return any(
    fields.map((resolved) => {
      if (isAnalysed(resolved.field.type)) return analysed(resolved, query)
      if (query.onlyAnalysed) return verbatim('false')
      try {
        return ofField(resolved.field, () => asTerm(resolved, query, nowMs))
      } catch (failure) {
        if (query.lenient && failure instanceof SearchError) return verbatim('false')
        throw failure
      }
    }),
  )
}

/** On a field without analysis the text is one term. */
function asTerm(resolved: Resolved, query: TextQuery, nowMs: number): Sql {
  const { kind, text, at } = query
  const { field } = resolved
  if (kind === 'phrase_prefix') {
    if (resolved.type === 'VARCHAR' && field.type !== 'ip') {
      return anyValue(resolved, (value) => sql`starts_with(${value}, ${text})`)
    }
    const reason = `Can only use phrase prefix queries on text fields - not on [${field.path}] which is of type [${field.type}]`
    throw new SearchError(400, 'query_shard_exception', reason, { at })
  }
  const term = {
    kind: 'term',
    field: field.path,
    values: [text],
    caseInsensitive: false,
    at,
  } as const
  return termCondition(resolved, term, nowMs)
}

function analysed(resolved: Resolved, query: TextQuery): Sql {
  const { kind, operator, slop } = query
  const tokens = tokensOf(query.text)
  if (tokens.length === 0) return verbatim(query.zeroTermsAll ? 'true' : 'false')
  if (kind !== 'match') {
    const prefix = kind === 'phrase_prefix'
    const isPlain = slop === 0 || tokens.length === 1
    const found = anyValue(resolved, (x) =>
      isPlain ? hasPhrase(x, tokens, prefix) : hasSloppyPhrase(x, tokens, slop, prefix),
    )
    return whereThere(resolved, found)
  }
  const tests = tokens.map((token) => anyValue(resolved, (x) => hasToken(x, token)))
  if (operator === 'and') return whereThere(resolved, all(tests))
  const least = leastOfTokens(query.minimumShouldMatch, tests.length)
  if (least === 1) return whereThere(resolved, any(tests))
  // None at least is what documents without the field have, too.
  return least < 1 ? atLeast(least, tests) : whereThere(resolved, atLeast(least, tests))
}
