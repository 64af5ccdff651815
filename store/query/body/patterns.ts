import { checkRegexp, regexpOfFlags } from '../lucene_regexp.ts'
import type { Query } from '../query.ts'
import type { Reader } from './reader.ts'
import { flag, onlyKeys, optionsOf, refused, text, type Part } from './value.ts'

/** `prefix` and `wildcard`. */
export function patternOf(part: Part): Query {
  const kind = part.query === 'prefix' ? 'prefix' : 'wildcard'
  const { field, options } = optionsOf(part, 'value')
  const { object } = options
  onlyKeys(options, 'value case_insensitive rewrite', kind === 'wildcard' ? kind : '')
  const pattern = text(object['value'] ?? object['wildcard'], options)
  const caseInsensitive = flag(options, 'case_insensitive') ?? false
  return { kind, field, pattern, caseInsensitive, at: part.place }
}

export function regexpOf(part: Part, { limits }: Reader): Query {
  const { field, options } = optionsOf(part, 'value')
  const { object } = options
  onlyKeys(options, 'value flags case_insensitive rewrite max_determinized_states flags_value')
  if (object['flags_value'] !== undefined)
    throw refused('[regexp] [flags_value] is not supported: use [flags]', options.place)
  const given = text(object['value'], options)
  const pattern =
    object['flags'] === undefined ? given : regexpOfFlags(given, text(object['flags'], options))
  checkRegexp(pattern, limits.maxRegexpLength)
  const caseInsensitive = flag(options, 'case_insensitive') ?? false
  return { kind: 'regexp', field, pattern, caseInsensitive, at: part.place }
}
