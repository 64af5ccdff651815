import { isDeepStrictEqual } from 'node:util'
import type { Event } from '../../../collector/event.ts'
import { EventBuffer } from '../../../collector/event_buffer.ts'
import { logOpen, Refusal, type Parser } from '../../../collector/parser.ts'
import type { Reason } from '../../../core/reasons.ts'

export const arrival = '2026-11-21T10:17:37.123Z'
const arrivalBytes = Buffer.from(arrival)

export interface Parsed {
  readonly event: Event | Refusal
  readonly notes: readonly Reason[]
  /** What the direct way wrote, its closing braces added; undefined when it left it to parse. */
  readonly direct: string | undefined
}

/** Both ways over one message, which stands amid other bytes as it does in an input's buffer. */
export function bothWays(parser: Parser, message: Uint8Array | string): Parsed {
  const bytes = Buffer.from(message)
  const source = Buffer.concat([Buffer.from('{"x":"'), bytes, Buffer.from('":1}"}')])
  const [start, end] = [6, 6 + bytes.length]
  const notes: Reason[] = []
  const event = parser.parse(source, start, end, (reason) => notes.push(reason))
  const out = new EventBuffer(1)
  const result = parser.transcode?.(source, start, end, out, arrivalBytes) ?? -1
  const written = out.bytes.subarray(0, out.length)
  const direct = result < 0 ? undefined : `${written}${result & logOpen ? '}}' : '}'}`
  if (direct !== undefined && !Buffer.from(direct).subarray(0, written.length).equals(written)) {
    throw new Error(
      `the direct way wrote bytes that are not UTF-8 for ${JSON.stringify(bytes.toString('latin1'))}`,
    )
  }
  return { event, notes, direct }
}

/** A JSON text with every number as it is written, so that `1.0` and `1` differ. */
export function withNumbersAsText(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? `#${context?.source}` : value,
  )
}

/**
 * What must hold for any bytes: nothing throws, and where the direct way answers it says the same as
 * parse, on one line that begins as the journal wants it. Returns what went wrong, if anything.
 */
export function disagreement(parser: Parser, message: Uint8Array | string): string | undefined {
  const { event, notes, direct } = bothWays(parser, message)
  if (direct === undefined) return undefined
  if (event instanceof Refusal) return `written though refused (${event.detail}): ${direct}`
  if (notes.length > 0) return `written though repaired (${notes}): ${direct}`
  if (!direct.startsWith('{"@timestamp":"2') && !/^\{"@timestamp":"\d{4}-/.test(direct))
    return direct
  if (direct.includes('\n')) return `more than one line: ${direct}`
  const plain = JSON.stringify({ '@timestamp': arrival, ...event })
  const same = isDeepStrictEqual(withNumbersAsText(direct), withNumbersAsText(plain))
  return same ? undefined : `direct ${direct}\nplain  ${plain}`
}

/** Where the JSON parser and JSON.parse differ on bytes, other than by the limits the docs list. */
export function jsonDisagreement(
  parser: Parser,
  message: Uint8Array,
  maxDepth: number,
): string | undefined {
  const { event } = bothWays(parser, message)
  const text = Buffer.from(message).toString()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (failure) {
    return event instanceof Refusal
      ? undefined
      : `accepted, but ${(failure as Error).message}: ${text}`
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject || depthOf(value) > maxDepth) {
    return event instanceof Refusal ? undefined : `accepted: ${text}`
  }
  return event instanceof Refusal ? `refused (${event.detail}): ${text}` : undefined
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  // Empty containers are not gone into.
  const inner = Object.values(value)
  return inner.length === 0 ? 0 : 1 + Math.max(...inner.map(depthOf))
}
