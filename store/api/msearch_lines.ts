import { parseLongAsText } from '../../core/exact_json.ts'
import { messageOf } from '../../core/errors.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import type { Question } from './question.ts'
import { isRecord } from './request_body.ts'

/**
 * Reads the body of `_msearch`: a line that names the indices (it may be empty), then one with the search.
 *
 * @param defaults what the URL says for searches that do not say it.
 * @throws SearchError 400
 */
export function parseMultiSearch(
  body: Buffer,
  defaults: Pick<Question, 'target' | 'options'>,
  maxSearches: number,
): Question[] {
  if (body.length === 0) throw new SearchError(400, 'parse_exception', 'request body is required')
  if (body.at(-1) !== 10) {
    throw illegalArgument('The msearch request must be terminated by a newline [\\n]')
  }
  const lines = body.toString().split('\n').slice(0, -1)
  const questions: Question[] = []
  for (let at = 0; at < lines.length; at += 2) {
    // An empty line at the end is no header without a search.
    if (at === lines.length - 1 && lines[at]!.trim() === '') break
    if (questions.length >= maxSearches) {
      throw illegalArgument(
        `the request has more than ${maxSearches} searches (store.limits.max_searches): send it in parts`,
      )
    }
    const [header, search] = [lines[at]!, lines[at + 1]]
    if (search === undefined) {
      throw illegalArgument(`the search behind line [${at + 1}] is missing`)
    }
    const given = header.trim() === '' ? {} : recordOf(header, at + 1)
    questions.push(questionOf(given, recordOf(search, at + 2), defaults))
  }
  if (questions.length > 0) return questions
  const text = 'Validation Failed: 1: no requests added;'
  throw new SearchError(400, 'action_request_validation_exception', text)
}

function recordOf(line: string, number: number): JsonRecord {
  let value: JsonValue
  try {
    value = parseLongAsText(line) as JsonValue
  } catch (failure) {
    const text = `line [${number}]: ${messageOf(failure)}`
    throw new SearchError(400, 'x_content_parse_exception', text, { line: number, col: 1 })
  }
  if (isRecord(value)) return value
  throw new SearchError(400, 'parsing_exception', `line [${number}] is no JSON object`)
}

/** What headers may say beside the indices, and changes nothing here. */
const ignored = new Set([
  ...'search_type searchType preference routing request_cache requestCache'.split(' '),
  ...'ccs_minimize_roundtrips ccsMinimizeRoundtrips allow_partial_search_results'.split(' '),
  ...'max_concurrent_shard_requests ignore_throttled project_routing type types'.split(' '),
])

function questionOf(
  header: JsonRecord,
  body: JsonRecord,
  defaults: Pick<Question, 'target' | 'options'>,
): Question {
  let { target } = defaults
  const options: Record<string, unknown> = { ...defaults.options }
  for (const [name, value] of Object.entries(header)) {
    if (value === null || ignored.has(name)) continue
    if (/^(index|indices)$/.test(name)) target = textsOf(name, value).join(',') || '_all'
    else if (/^ignore_?unavailable$/i.test(name)) options['ignoreUnavailable'] = flagOf(name, value)
    else if (/^allow_?no_?indices$/i.test(name)) options['allowNoIndices'] = flagOf(name, value)
    else if (/^expand_?wildcards$/i.test(name)) options['expandWildcards'] = textsOf(name, value)
    else throw illegalArgument(`key [${name}] is not supported in the metadata section`)
  }
  return { target, body, options }
}

function textsOf(name: string, value: JsonValue): string[] {
  const all = Array.isArray(value) ? value : [value]
  if (all.every((each) => typeof each === 'string')) {
    return all.flatMap((each) => each.split(/,(?![^<>]*>)/))
  }
  throw illegalArgument(`[${name}] in the metadata section has to be a text or a list of texts`)
}

function flagOf(name: string, value: JsonValue): boolean {
  if (String(value) === 'true') return true
  if (String(value) === 'false') return false
  throw illegalArgument(`[${name}] in the metadata section is neither true nor false`)
}
