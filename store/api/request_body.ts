import { isExactNumber } from '../../core/exact_json.ts'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { isUtf8 } from 'node:buffer'
import { messageOf } from '../../core/errors.ts'
import { formatSize } from '../../core/size_text.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'

const inflaters = {
  gzip: promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gunzip),
  'x-gzip': promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gunzip),
  deflate: promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.inflate),
  zstd: promisify<zlib.InputType, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress),
}

/** The body without its Content-Encoding (gzip, deflate, zstd). @throws SearchError */
export async function inflated(
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  const name = (encoding ?? '').trim().toLowerCase()
  if (name === '' || name === 'identity') return body
  if (!Object.hasOwn(inflaters, name)) {
    const text = `Content-Encoding [${encoding}] is not supported: use gzip, deflate or zstd`
    throw new SearchError(415, 'illegal_argument_exception', text)
  }
  try {
    return await inflaters[name as keyof typeof inflaters](body, { maxOutputLength: maxBytes })
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      const text = `the body inflates to more than ${formatSize(maxBytes)}: send it in parts`
      throw new SearchError(413, 'content_too_long_exception', text)
    }
    const text = `the body is no whole ${name}: ${messageOf(failure)}`
    throw new SearchError(400, 'illegal_argument_exception', text)
  }
}

/** @throws SearchError as Elasticsearch's parser words it. */
export function parseJson(body: Buffer): JsonValue {
  if (!isUtf8(body)) throw parsingError('Invalid UTF-8')
  try {
    return JSON.parse(body.toString()) as JsonValue
  } catch (failure) {
    throw parsingError(messageOf(failure))
  }
}

/** The body as an object; an empty body is an empty object. @throws SearchError */
export function parseRecord(body: Buffer): JsonRecord {
  if (body.length === 0) return {}
  const value = parseJson(body)
  if (isRecord(value)) return value
  throw parsingError(`Expected [START_OBJECT] but found [${tokenOf(value)}]`)
}

/** The body as an object that has to be there. @throws SearchError */
export function parseRequired(body: Buffer): JsonRecord {
  if (body.length > 0) return parseRecord(body)
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
