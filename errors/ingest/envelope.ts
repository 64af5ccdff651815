import type { JsonRecord } from '../../store/search.ts'
import { isRecord, readJson } from './json_text.ts'
import { malformed, tooLarge } from './refusal.ts'

/** One item: its payload is a view of the envelope's bytes. */
export interface EnvelopeItem {
  /** Empty when the header names none: such an item is skipped. */
  readonly type: string
  readonly headers: JsonRecord
  readonly payload: Uint8Array
}

export interface Envelope {
  readonly headers: JsonRecord
  readonly items: readonly EnvelopeItem[]
  /** What made the rest behind the items unreadable; they are whole. */
  readonly broken: string | undefined
  /** Items beyond `maxItems`, which nobody looked at; the rest of a broken envelope is not counted. */
  readonly surplus: number
}

export interface EnvelopeLimits {
  /** Bytes of one header line. */
  readonly maxHeaderBytes: number
  readonly maxItems: number
}

const newline = 0x0a

/**
 * Reads an envelope (develop.sentry.dev/sdk/data-model/envelopes): a line of headers, then items, each a line of
 * headers and a payload, which is as long as `length` says or ends with its line. Lenient where SDKs are known to be
 * off: blank lines before a header, a missing payload at the end, a header `length` that is no number.
 *
 * @throws IngestRefusal 400 when it does not begin with a JSON object, 413 for a longer header.
 */
export function parseEnvelope(bytes: Uint8Array, limits: EnvelopeLimits): Envelope {
  const start = skipBlank(bytes, 0)
  const end = lineEnd(bytes, start)
  if (end - start > limits.maxHeaderBytes) throw headerTooLong(limits)
  const headers = recordIn(bytes, start, end)
  if (!headers) throw malformed('the envelope does not begin with a line of JSON, an object')
  const items: EnvelopeItem[] = []
  let surplus = 0
  let at = skipBlank(bytes, end + 1)
  while (at < bytes.length) {
    const item = readItem(bytes, at, limits)
    if (typeof item === 'string') return { headers, items, broken: item, surplus }
    if (items.length < limits.maxItems) items.push(item)
    else surplus += 1
    at = skipBlank(bytes, item.next)
  }
  return { headers, items, broken: undefined, surplus }
}

/** The item at `at` and where the next may begin, or what is wrong with it. */
function readItem(
  bytes: Uint8Array,
  at: number,
  limits: EnvelopeLimits,
): (EnvelopeItem & { next: number }) | string {
  const end = lineEnd(bytes, at)
  if (end - at > limits.maxHeaderBytes) return 'an item header is longer than allowed'
  const headers = recordIn(bytes, at, end)
  if (!headers) return 'an item header is no JSON object'
  const begin = Math.min(end + 1, bytes.length)
  const length = lengthOf(headers['length'])
  const stop = length === undefined ? lineEnd(bytes, begin) : begin + length
  if (stop > bytes.length) return 'the payload of an item is shorter than its length says'
  if (stop < bytes.length && bytes[stop] !== newline) {
    return 'the payload of an item is longer than its length says'
  }
  const { type } = headers
  return {
    type: typeof type === 'string' ? type : '',
    headers,
    payload: bytes.subarray(begin, stop),
    next: stop + 1,
  }
}

function lengthOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined
}

/** Where the line that holds `at` ends: at its `\n`, or the end of all. */
function lineEnd(bytes: Uint8Array, at: number): number {
  const end = bytes.indexOf(newline, at)
  return end < 0 ? bytes.length : end
}

/** Spaces, tabs and line ends before a header mean nothing. */
function skipBlank(bytes: Uint8Array, from: number): number {
  let at = from
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte !== newline && byte !== 0x0d && byte !== 0x20 && byte !== 0x09) break
  }
  return at
}

function recordIn(bytes: Uint8Array, from: number, to: number): JsonRecord | undefined {
  try {
    const { value } = readJson(bytes.subarray(from, to))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

const headerTooLong = ({ maxHeaderBytes }: EnvelopeLimits) =>
  tooLarge(`the envelope header is longer than errors.limits.max_header_size (${maxHeaderBytes} B)`)
