import { parseLongAsText } from '../../core/exact_json.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'

export interface ReadJson {
  readonly value: JsonValue
  /** Escapes of half a surrogate pair were replaced by U+FFFD. */
  readonly isRepaired: boolean
}

const loneSurrogates =
  /\\(?:u[dD][89aAbB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|[^])/g

/**
 * JSON as SDKs send it: old Python ones write NaN and Infinity, which become null; texts may hold half a surrogate
 * pair, which no store takes. Whole numbers beyond those of a double are their texts: ids have to stay apart.
 *
 * @throws SyntaxError for what is no JSON even so.
 */
export function readJson(bytes: Uint8Array): ReadJson {
  let text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  let isRepaired = false
  if (text.includes('\\ud') || text.includes('\\uD')) {
    text = text.replaceAll(loneSurrogates, (escape) => {
      const isLone = escape.length === 6 && /^\\u[dD][89a-fA-F]/.test(escape)
      isRepaired ||= isLone
      return isLone ? '\\ufffd' : escape
    })
  }
  try {
    return { value: parseLongAsText(text) as JsonValue, isRepaired }
  } catch (failure) {
    if (!/NaN|Infinity/.test(text)) throw failure
    const without = text.replaceAll(/"(?:[^"\\]|\\[^])*"|-?(?:NaN|Infinity)\b/g, (token) =>
      token.startsWith('"') ? token : 'null',
    )
    return { value: parseLongAsText(without) as JsonValue, isRepaired }
  }
}

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text that is there, cut; undefined for anything else. */
export function textOf(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  // A cut must not leave half a pair.
  return value.length <= maxLength ? value : value.slice(0, maxLength).toWellFormed()
}
