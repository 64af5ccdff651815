import { SearchError } from '../../search.ts'
import { queryOfText } from '../language/parser.ts'
import { queryOfSimpleText } from '../language/simple.ts'
import type { Query, TextQuery } from '../query.ts'
import type { Reader } from './reader.ts'
import { shouldMatch } from './compound.ts'
import { fieldsOf, refuseAnalysis } from './full_text.ts'
import {
  flag,
  onlyKeys,
  operatorOf,
  refused,
  refuseKeys,
  text,
  wholeNumber,
  type Part,
} from './value.ts'

/** What would only matter to fuzzy search, to scores, or to how Lucene goes about it. */
const withoutMeaning =
  'fuzzy_max_expansions fuzzy_prefix_length fuzzy_transpositions fuzzy_rewrite ' +
  'max_determinized_states enable_position_increments rewrite tie_breaker escape ' +
  'auto_generate_synonyms_phrase_query allow_leading_wildcard fuzziness analyzer'

export function queryStringOf(part: Part, { limits }: Reader): Query {
  const { object, place } = part
  onlyKeys(
    part,
    'query default_field fields default_operator analyze_wildcard lenient type',
    'phrase_slop minimum_should_match time_zone quote_analyzer quote_field_suffix',
    withoutMeaning,
  )
  refuseKeys(part, {
    quote_analyzer: 'fields have one analyser',
    quote_field_suffix: 'name the field',
  })
  if (flag(part, 'escape')) throw refused('[query_string] [escape] is not supported', place)
  if (flag(part, 'allow_leading_wildcard') === false)
    throw refused('[query_string] [allow_leading_wildcard] false is not supported', place)
  // Fuzziness says how fuzzy `word~` is, and that is refused where it stands.
  refuseAnalysis({ ...part, object: { ...object, fuzziness: 0 } })
  const lenient = flag(part, 'lenient')
  const { minimumShouldMatch } = shouldMatch(part)
  return queryOfText(text(object['query'], part), {
    mode: 'lucene',
    defaultFields: fieldsOf(object['fields'] ?? object['default_field'], part),
    defaultOperator: operatorOf(part, 'default_operator'),
    analyzeWildcard: flag(part, 'analyze_wildcard') ?? false,
    textKind: kindOf(part),
    slop: wholeNumber(part, 'phrase_slop') ?? 0,
    ...(lenient !== undefined && { lenient }),
    ...(minimumShouldMatch !== undefined && { minimumShouldMatch }),
    ...(object['time_zone'] !== undefined && { timeZone: text(object['time_zone'], part) }),
    limits,
    place,
  })
}

function kindOf(part: Part): TextQuery['kind'] {
  const type = String(part.object['type'] ?? 'best_fields').toLowerCase()
  if (type === 'phrase' || type === 'phrase_prefix') return type
  if (type === 'best_fields' || type === 'most_fields' || type === 'cross_fields') return 'match'
  throw refused(`[${part.query}] [type] ${type.slice(0, 50)} is not supported`, part.place)
}

export function simpleQueryStringOf(part: Part, { limits }: Reader): Query {
  const { object, place } = part
  onlyKeys(
    part,
    'query fields default_operator analyze_wildcard lenient flags',
    'minimum_should_match quote_field_suffix',
    withoutMeaning,
  )
  refuseKeys(part, { quote_field_suffix: 'name the field' })
  refuseAnalysis(part)
  const query = text(object['query'], part)
  if (query.length > limits.maxTextLength)
    throw new SearchError(
      400,
      'illegal_argument_exception',
      `Query string length exceeds max allowed length ${limits.maxTextLength} (search.query.max_query_string_length, store.limits.max_query_length); actual length: ${query.length}`,
    )
  const { minimumShouldMatch } = shouldMatch(part)
  return queryOfSimpleText(query, {
    fields: fieldsOf(object['fields'], part),
    operator: operatorOf(part, 'default_operator'),
    lenient: flag(part, 'lenient'),
    analyzeWildcard: flag(part, 'analyze_wildcard') ?? false,
    flags: object['flags'] === undefined ? 'ALL' : text(object['flags'], part),
    minimumShouldMatch,
    place,
  })
}
