import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import type { Operation } from './operation.ts'
import { isRecord } from './request_body.ts'

/** What the URL says for items that do not say it. */
export interface BulkDefaults {
  readonly index: string | undefined
  readonly requireAlias: boolean
}

/**
 * Reads the body of `_bulk`: an action line, then its document unless it deletes. The documents are parts
 * of `body`, not looked at yet.
 *
 * @throws SearchError 400 for the whole request where Elasticsearch refuses the whole: an action line that
 *   cannot be read, or no line end at the end; 413 for more than `maxItems`.
 */
export function parseBulk(body: Buffer, defaults: BulkDefaults, maxItems: number): Operation[] {
  if (body.length === 0) throw new SearchError(400, 'parse_exception', 'request body is required')
  if (body.at(-1) !== 10) {
    throw illegalArgument('The bulk request must be terminated by a newline [\\n]')
  }
  const operations: Operation[] = []
  let at = 0
  let number = 0
  const nextLine = () => {
    const end = body.indexOf(10, at)
    const line = body.subarray(at, body[end - 1] === 13 ? end - 1 : end)
    at = end + 1
    number += 1
    return line
  }
  while (at < body.length) {
    const line = nextLine()
    if (isBlank(line)) continue
    if (operations.length >= maxItems) {
      const text = `the request has more than ${maxItems} items (store.limits.max_bulk_items): send it in parts`
      throw new SearchError(413, 'content_too_long_exception', text)
    }
    const { verb, given } = actionOf(line, number)
    const operation = operationOf(verb, given, number, defaults)
    if (verb === 'delete') {
      operations.push(operation)
      continue
    }
    if (at >= body.length) {
      throw illegalArgument(`Malformed action/metadata line [${number}], its document is missing`)
    }
    operations.push({ ...operation, source: nextLine() })
  }
  if (operations.length > 0) return operations
  const text = 'Validation Failed: 1: no requests added;'
  throw new SearchError(400, 'action_request_validation_exception', text)
}

const isBlank = (line: Buffer) => line.length === 0 || line.toString('latin1').trim() === ''

const verbs = new Set(['create', 'delete', 'index', 'update'])

function actionOf(line: Buffer, number: number): { verb: string; given: JsonRecord } {
  const value = parseAction(line, number)
  if (!isRecord(value)) throw malformed(number, 'expected START_OBJECT')
  const names = Object.keys(value)
  const [verb = ''] = names
  if (names.length === 0) throw malformed(number, 'expected FIELD_NAME but found [END_OBJECT]')
  if (!verbs.has(verb)) {
    throw malformed(
      number,
      `expected field [create], [delete], [index] or [update] but found [${verb}]`,
    )
  }
  const given = value[verb]
  if (names.length > 1) throw malformed(number, 'expected END_OBJECT but found [FIELD_NAME]')
  if (!isRecord(given)) throw malformed(number, 'expected START_OBJECT')
  return { verb, given }
}

function parseAction(line: Buffer, number: number): JsonValue {
  try {
    return JSON.parse(line.toString()) as JsonValue
  } catch {
    throw malformed(number, 'expected START_OBJECT')
  }
}

const malformed = (line: number, what: string) =>
  illegalArgument(`Malformed action/metadata line [${line}], ${what}`)

/** `_type` is what version 7 had; Fluent Bit sends it unless told not to. */
const taken = new Set([
  ...'_index _id _type routing _routing pipeline require_alias require_data_stream'.split(' '),
  ...'dynamic_templates list_executed_pipelines retry_on_conflict if_seq_no'.split(' '),
  ...'if_primary_term op_type version version_type _source'.split(' '),
])

function operationOf(
  verb: string,
  given: JsonRecord,
  line: number,
  defaults: BulkDefaults,
): Operation {
  for (const [name, value] of Object.entries(given)) {
    if (!taken.has(name)) {
      throw illegalArgument(
        `Action/metadata line [${line}] contains an unknown parameter [${name}]`,
      )
    }
    if (
      typeof value === 'object' &&
      value !== null &&
      name !== 'dynamic_templates' &&
      name !== '_source'
    ) {
      const token = Array.isArray(value) ? 'START_ARRAY' : 'START_OBJECT'
      throw malformed(line, `expected a simple value for field [${name}] but found [${token}]`)
    }
  }
  const index = textAt(given, '_index') ?? defaults.index
  if (index === undefined || index === '') {
    const text = 'Validation Failed: 1: index is missing;'
    throw new SearchError(400, 'action_request_validation_exception', text)
  }
  const opType = textAt(given, 'op_type')
  if (opType !== undefined && opType !== 'create' && opType !== 'index') {
    throw illegalArgument(`opType must be 'create' or 'index', found: [${opType}]`)
  }
  const isCreate = verb === 'create' || (verb === 'index' && opType === 'create')
  const requireAlias = textAt(given, 'require_alias')
  return {
    op: isCreate ? 'create' : (verb as Operation['op']),
    index,
    id: textAt(given, '_id'),
    ifSeqNo: numberAt(given, 'if_seq_no', line),
    ifPrimaryTerm: numberAt(given, 'if_primary_term', line),
    version: textAt(given, 'version'),
    requireAlias: requireAlias === undefined ? defaults.requireAlias : requireAlias === 'true',
  }
}

function textAt(given: JsonRecord, name: string): string | undefined {
  const value = given[name]
  return value === undefined || value === null ? undefined : String(value as string | number)
}

function numberAt(given: JsonRecord, name: string, line: number): number | undefined {
  const value = given[name]
  if (value === undefined || value === null) return undefined
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  throw malformed(line, `[${name}] is no number`)
}
