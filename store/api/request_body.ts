import { isExactNumber, parseLongAsText } from '../../core/exact_json.ts'
import { isUtf8 } from 'node:buffer'
import { messageOf } from '../../core/errors.ts'
import { inflate, NotInflated } from '../../core/http/inflate.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'

const inflationErrors = {
  400: 'illegal_argument_exception',
  413: 'content_too_long_exception',
  415: 'illegal_argument_exception',
} as const

/** The body without its Content-Encoding. @throws SearchError */
export async function inflated(
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  try {
    return await inflate(body, encoding ?? '', maxBytes)
  } catch (failure) {
    if (!(failure instanceof NotInflated)) throw failure
    throw new SearchError(failure.status, inflationErrors[failure.status], failure.message)
  }
}

/** @throws SearchError as Elasticsearch's parser words it. */
function parseJson(body: Buffer, parse: (text: string) => unknown): JsonValue {
  if (!isUtf8(body)) throw parsingError('Invalid UTF-8')
  try {
    return parse(body.toString()) as JsonValue
  } catch (failure) {
    throw parsingError(messageOf(failure))
  }
}

/** The body as an object; an empty body is an empty object. @throws SearchError */
export const parseRecord = (body: Buffer): JsonRecord => recordOf(body, JSON.parse)

/** As `parseRecord`, of a question: whole numbers beyond what a double holds are their texts. @throws SearchError */
export const parseQuestion = (body: Buffer): JsonRecord => recordOf(body, parseLongAsText)

function recordOf(body: Buffer, parse: (text: string) => unknown): JsonRecord {
  if (body.length === 0) return {}
  const value = parseJson(body, parse)
  if (isRecord(value)) return value
  throw parsingError(`Expected [START_OBJECT] but found [${tokenOf(value)}]`)
}

/** The body as an object that has to be there. @throws SearchError */
export function parseRequired(body: Buffer, parse = parseRecord): JsonRecord {
  if (body.length > 0) return parse(body)
  throw new SearchError(400, 'parse_exception', 'request body is required')
}

export const isRecord = (value: JsonValue | undefined): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value)

const parsingError = (reason: string) =>
  new SearchError(400, 'x_content_parse_exception', reason, { line: 1, col: 1 })

function tokenOf(value: JsonValue): string {
  if (value === null) return 'VALUE_NULL'
  if (Array.isArray(value)) return 'START_ARRAY'
  return `VALUE_${typeof value === 'boolean' ? (value ? 'TRUE' : 'FALSE') : typeof value}`.toUpperCase()
}
