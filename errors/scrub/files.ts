import { isUtf8 } from 'node:buffer'
import { Marks } from '../event/marks.ts'
import { isShallow } from '../event/reading.ts'
import type { JsonValue } from '../../store/search.ts'
import { findSpans, mayHold, replaced } from './patterns.ts'
import type { CompiledScrubbing } from './rules.ts'
import { Scrubber } from './walk.ts'

/** A larger text is not parsed as JSON: it is looked through as any other text. */
const jsonMax = 1_000_000
/** Characters that are looked through at once. */
const pieceMax = 65_536
/** A key that has no end within so much is none, or was cut. */
const keyMax = 16_384
const maxDepth = 64

/**
 * A file that came with an event, without its secrets: JSON by the names in it, other texts by what certainly is
 * secret, such as `password=…`. Anything else, a picture or a dump of memory, is not looked into.
 *
 * @param breathe lets others have a turn.
 * @returns the bytes given when nothing was taken out; undefined when they are no text.
 */
export async function scrubFile(
  bytes: Uint8Array,
  rules: CompiledScrubbing,
  breathe: () => Promise<void>,
): Promise<Uint8Array | undefined> {
  if (!isText(bytes)) return undefined
  if (!rules.active) return bytes
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const scrubbed = scrubJson(text, rules) ?? (await scrubText(text, rules, breathe))
  return scrubbed === text ? bytes : Buffer.from(scrubbed)
}

/** UTF-8, and nothing in it that texts do not have. */
const isText = (bytes: Uint8Array): boolean => !bytes.includes(0) && isUtf8(bytes)

/** Undefined for what is no JSON. What is not changed keeps its form. */
function scrubJson(text: string, rules: CompiledScrubbing): string | undefined {
  if (text.length > jsonMax || !/^\s*[[{]/.test(text)) return undefined
  try {
    const value = JSON.parse(text) as JsonValue
    if (!isShallow(value, maxDepth)) return undefined
    const before = JSON.stringify(value)
    new Scrubber(rules, new Marks(undefined)).any('file', value)
    const after = JSON.stringify(value)
    return after === before ? text : after
  } catch {
    return undefined
  }
}

async function scrubText(
  text: string,
  { cutJson: patterns }: CompiledScrubbing,
  breathe: () => Promise<void>,
): Promise<string> {
  let result = ''
  for (let from = 0; from < text.length;) {
    const end = endOfPiece(text, from)
    const piece = text.slice(from, end)
    const spans = mayHold(piece, patterns) ? findSpans(piece, patterns) : undefined
    result += spans ? replaced(piece, spans).text : piece
    from = end
    await breathe()
  }
  return result
}

/** Pieces end with lines, and never within a key, so that what is searched for is in one of them. */
function endOfPiece(text: string, from: number): number {
  if (text.length - from <= pieceMax) return text.length
  const piece = text.slice(from, from + pieceMax)
  const length = piece.lastIndexOf('\n') + 1 || pieceMax
  const key = piece.lastIndexOf('-----BEGIN', length)
  const close = piece.indexOf('-----END', key)
  const isWithin = key > 0 && length - key <= keyMax && (close < 0 || close >= length)
  return from + (isWithin ? key : length)
}
