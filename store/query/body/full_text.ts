import { tokensOf } from '../analysis.ts'
import { withoutBoost } from '../language/parser.ts'
import type { Query, TextQuery } from '../query.ts'
import type { JsonValue } from '../../search.ts'
import { shouldMatch } from './compound.ts'
import {
  flag,
  onlyKeys,
  operatorOf,
  optionsOf,
  refused,
  text,
  wholeNumber,
  type Part,
} from './value.ts'

/** What would only matter to fuzzy search or to scores. */
const withoutMeaning =
  'fuzzy_transpositions fuzzy_rewrite prefix_length max_expansions cutoff_frequency ' +
  'auto_generate_synonyms_phrase_query tie_breaker'

export function matchOf(part: Part): Query {
  const { field, options } = optionsOf(part, 'query')
  onlyKeys(
    options,
    'query operator minimum_should_match zero_terms_query lenient analyzer fuzziness',
    withoutMeaning,
  )
  return { ...textOf(options, 'match', [field], part.place), ...shouldMatch(options) }
}

export function phraseOf(part: Part): Query {
  const { field, options } = optionsOf(part, 'query')
  onlyKeys(options, 'query slop analyzer zero_terms_query')
  return textOf(options, 'phrase', [field], part.place)
}

export function phrasePrefixOf(part: Part): Query {
  const { field, options } = optionsOf(part, 'query')
  onlyKeys(options, 'query slop analyzer zero_terms_query max_expansions')
  return textOf(options, 'phrase_prefix', [field], part.place)
}

/** What the queries of texts have in common. */
function textOf(
  options: Part,
  kind: TextQuery['kind'],
  fields: readonly string[],
  at: string,
): TextQuery {
  refuseAnalysis(options)
  const zeroTerms = String(options.object['zero_terms_query'] ?? 'none').toLowerCase()
  if (zeroTerms !== 'none' && zeroTerms !== 'all')
    throw refused(`[${options.query}] [zero_terms_query] expected none, all`, options.place)
  return {
    kind,
    fields,
    text: text(options.object['query'], options),
    operator: operatorOf(options, 'operator'),
    slop: wholeNumber(options, 'slop') ?? 0,
    zeroTermsAll: zeroTerms === 'all',
    lenient: flag(options, 'lenient') ?? false,
    at,
  }
}

/** @throws SearchError on fuzzy search, and on analysers other than the fields' own */
export function refuseAnalysis({ object, query, place }: Part): void {
  const { analyzer, fuzziness } = object
  if (fuzziness !== undefined && fuzziness !== 0 && fuzziness !== '0')
    throw refused(`[${query}] [fuzziness] is not supported: only 0 is`, place)
  if (analyzer !== undefined && analyzer !== 'standard')
    throw refused(`[${query}] [analyzer] is not supported: only standard is`, place)
}

const types = ['best_fields', 'most_fields', 'cross_fields', 'phrase', 'phrase_prefix']

export function multiMatchOf(part: Part): Query {
  const { object, place } = part
  onlyKeys(
    part,
    'query fields type operator minimum_should_match zero_terms_query slop lenient',
    'analyzer fuzziness',
    withoutMeaning,
  )
  const type = String(object['type'] ?? 'best_fields').toLowerCase()
  if (!types.includes(type))
    throw refused(
      `[multi_match] [type] ${type.slice(0, 50)} is not supported, only ${types.join(', ')}`,
      place,
    )
  const fields = fieldsOf(object['fields'], part)
  const kind = type === 'phrase' || type === 'phrase_prefix' ? type : 'match'
  const whole = { ...textOf(part, kind, fields, place), ...shouldMatch(part) }
  const spread = fields.some((field) => field.includes('*'))
  const query = { ...whole, lenient: flag(part, 'lenient') ?? spread }
  return type === 'cross_fields' ? acrossFields(query) : query
}

/**
 * Each word in any of the analysed fields; or the text as a whole in another one. Elasticsearch groups fields by
 * their analysers, and no word of one group is looked for in another.
 */
function acrossFields(query: TextQuery): Query {
  const words = tokensOf(query.text)
  if (words.length < 2) return query
  const { minimumShouldMatch, ...plain } = query
  const each = words.map((word): Query => ({ ...plain, text: word, onlyAnalysed: true }))
  const bool = { kind: 'bool', must: [], filter: [], should: [], mustNot: [] } as const
  const perWord: Query =
    query.operator === 'and'
      ? { ...bool, must: each }
      : { ...bool, should: each, ...(minimumShouldMatch !== undefined && { minimumShouldMatch }) }
  return { ...bool, should: [perWord, query] }
}

/** Names, with boosts that have no meaning taken off; all fields when there are none. */
export function fieldsOf(value: JsonValue | undefined, part: Part): string[] {
  if (value === undefined || value === null) return ['*']
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0) return ['*']
  return list.map((each) => {
    if (typeof each !== 'string' || each === '')
      throw refused(`[${part.query}] [fields] expected names of fields`, part.place)
    return withoutBoost(each)
  })
}
