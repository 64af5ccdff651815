import { isUtf8 } from 'node:buffer'
import { parseExact } from '../../core/exact_json.ts'
import { messageOf } from '../../core/errors.ts'
import { formatSize } from '../../core/size_text.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import { scanJson } from './document_scan.ts'
import { isRecord } from './request_body.ts'
import type { ApiLimits } from './limits.ts'

/** A document that may go into the journal. */
export interface PreparedDocument {
  /** JSON text in one line, otherwise as it came. */
  readonly bytes: Uint8Array
  readonly value: JsonRecord
  /** As `value`, but numbers of more digits than a double holds as they were written. */
  exact(): JsonRecord
}

/** From as many digits on, a number may be one beyond what a long holds. */
const longNumber = /\d{19}/

/**
 * Looks whether a document can be kept: JSON, an object, in valid UTF-8, without halves of surrogate pairs
 * and without a name twice in one object, within the limits.
 *
 * @throws SearchError 400 document_parsing_exception, for this document alone.
 */
export function prepareDocument(
  bytes: Uint8Array,
  limits: Pick<ApiLimits, 'max_document_size' | 'max_document_depth'>,
): PreparedDocument {
  if (bytes.length > limits.max_document_size) {
    const most = formatSize(limits.max_document_size)
    throw refused(
      `the document has ${bytes.length} bytes, more than the ${most} that are allowed (store.limits.max_document_size)`,
    )
  }
  if (!isUtf8(bytes)) throw refused('Invalid UTF-8 in the document')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
  const { depth, names } = scanJson(bytes)
  if (depth > limits.max_document_depth) {
    throw refused(
      `The depth of the field has exceeded the allowed limit of [${limits.max_document_depth}]: objects and arrays lie ${depth} deep (store.limits.max_document_depth)`,
    )
  }
  const value = parsed(text)
  if (!isRecord(value)) {
    throw refused('the document is no JSON object')
  }
  if (countNames(value) !== names) throw refused(`Duplicate field '${repeatedName(text)}'`)
  if (/\\u[dD][89a-fA-F]/.test(text) && !isWellFormed(value)) {
    throw refused('half of a surrogate pair: such a text cannot be written as UTF-8')
  }
  const exact = () => (longNumber.test(text) ? (parseExact(text) as JsonRecord) : value)
  return { bytes: inOneLine(bytes), value, exact }
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch (failure) {
    throw refused(messageOf(failure))
  }
}

const refused = (reason: string) =>
  new SearchError(400, 'document_parsing_exception', `[1:1] failed to parse: ${reason}`)

function countNames(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const each of value) count += countNames(each)
    return count
  }
  for (const name of Object.keys(value)) count += 1 + countNames(value[name]!)
  return count
}

/** Some name that is there twice, for the message; it may be in another object. */
function repeatedName(text: string): string {
  const seen = new Set<string>()
  for (const [, name] of text.matchAll(/"((?:[^"\\]|\\.)*)"\s*:/g)) {
    if (seen.has(name!)) return name!
    seen.add(name!)
  }
  return ''
}

function isWellFormed(value: JsonValue): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isWellFormed)
  return Object.entries(value).every(([name, each]) => name.isWellFormed() && isWellFormed(each))
}

/** In valid JSON a line's end is never within a text, so that a space does as well. */
function inOneLine(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(10) && !bytes.includes(13)) return bytes
  return bytes.map((byte) => (byte === 10 || byte === 13 ? 32 : byte))
}
