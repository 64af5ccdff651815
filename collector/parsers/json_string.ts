import type { EventBuffer } from '../event_buffer.ts'
import { firstStop, isPlain, stopsIn, viewOf } from './plain_run.ts'
import { utf8SequenceEnd } from './utf8.ts'

/** The letter after the backslash for the controls that have one (RFC 8259 §7), as JSON.stringify does. */
const letters = new Uint8Array(32)
letters[0x08] = 0x62
letters[0x09] = 0x74
letters[0x0a] = 0x6e
letters[0x0c] = 0x66
letters[0x0d] = 0x72

const QUOTE = 0x22
const BACKSLASH = 0x5c

const hexDigits = Buffer.from('0123456789abcdef')

/** Appends bytes as a JSON string, quotes included. False, with `out` half written, when they are not UTF-8. */
export function jsonString(source: Buffer, start: number, end: number, out: EventBuffer): boolean {
  const from = viewOf(source)
  // The last four bytes taken together may reach beyond the end, but not beyond the source.
  const words = Math.min(end, source.length - 3)
  out.reserve(end - start + 8)
  out.bytes[out.length++] = QUOTE
  let at = start
  while (at < end) {
    at = copyPlain(from, at, end, words, out)
    if (at === end) break
    const byte = source[at]!
    if (byte >= 0x80) {
      const next = utf8SequenceEnd(source, at, end)
      if (next < 0) return false
      while (at < next) out.bytes[out.length++] = source[at++]!
    } else {
      // What was reserved covers plain bytes: the rest, and at most six for this one.
      out.reserve(end - at + 16)
      out.length = escape(byte, out.bytes, out.length)
      at += 1
    }
  }
  out.bytes[out.length++] = QUOTE
  return true
}

/**
 * Appends what stands between two quotes of a log line as a JSON string, quotes included, and finds its end in the
 * same pass. Within it a backslash protects the next byte.
 *
 * @param from behind the opening quote.
 * @returns the place of the closing quote; -1, with `out` half written, when there is none before `end` or the bytes
 *   are not UTF-8.
 */
export function jsonUntilQuote(
  source: Buffer,
  from: number,
  end: number,
  out: EventBuffer,
): number {
  const view = viewOf(source)
  const words = Math.min(end, source.length - 3)
  out.reserve(end - from + 8)
  out.bytes[out.length++] = QUOTE
  let at = from
  for (;;) {
    at = copyPlain(view, at, end, words, out)
    if (at >= end) return -1
    let byte = source[at]!
    if (byte === QUOTE) break
    if (byte >= 0x80) {
      const next = utf8SequenceEnd(source, at, end)
      if (next < 0) return -1
      while (at < next) out.bytes[out.length++] = source[at++]!
      continue
    }
    // What was reserved covers plain bytes: the rest, and at most twelve for these two.
    out.reserve(end - at + 24)
    out.length = escape(byte, out.bytes, out.length)
    at += 1
    if (byte !== BACKSLASH || at >= end) continue
    byte = source[at]!
    if (byte !== QUOTE && byte !== BACKSLASH) continue
    out.length = escape(byte, out.bytes, out.length)
    at += 1
  }
  out.bytes[out.length++] = QUOTE
  return at
}

/**
 * Copies what can stand as it is, four bytes at a time from places before `words`; returns the place of
 * what cannot, or `end`. What the last four bring too much is written over.
 */
function copyPlain(
  from: DataView,
  start: number,
  end: number,
  words: number,
  out: EventBuffer,
): number {
  const { view } = out
  let at = start
  let to = out.length
  while (at < words) {
    const word = from.getInt32(at, true)
    const stops = stopsIn(word)
    view.setInt32(to, word, true)
    if (stops !== 0) {
      at = Math.min(at + firstStop(stops), end)
      out.length += at - start
      return at
    }
    at += 4
    to += 4
  }
  if (at > end) at = end
  while (at < end) {
    const byte = from.getUint8(at)
    if (!isPlain(byte)) break
    view.setUint8(out.length + at - start, byte)
    at += 1
  }
  out.length += at - start
  return at
}

function escape(byte: number, bytes: Buffer, to: number): number {
  bytes[to] = BACKSLASH
  const letter = byte < 0x20 ? letters[byte]! : byte
  if (letter !== 0) {
    bytes[to + 1] = letter
    return to + 2
  }
  bytes[to + 1] = 0x75
  bytes[to + 2] = 0x30
  bytes[to + 3] = 0x30
  bytes[to + 4] = hexDigits[byte >> 4]!
  bytes[to + 5] = hexDigits[byte & 15]!
  return to + 6
}
