import type { EventBuffer } from '../event_buffer.ts'
import { utf8SequenceEnd } from './utf8.ts'

/** 1 for bytes that a JSON string holds as they are. */
const plain = new Uint8Array(256)
for (let byte = 0x20; byte < 0x80; byte++) plain[byte] = 1
plain[0x22] = 0
plain[0x5c] = 0

/** The letter after the backslash for the controls that have one (RFC 8259 §7), as JSON.stringify does. */
const letters = new Uint8Array(32)
letters[0x08] = 0x62
letters[0x09] = 0x74
letters[0x0a] = 0x6e
letters[0x0c] = 0x66
letters[0x0d] = 0x72

const hexDigits = Buffer.from('0123456789abcdef')

/** Appends bytes as a JSON string, quotes included. False, with `out` half written, when they are not UTF-8. */
export function jsonString(source: Buffer, start: number, end: number, out: EventBuffer): boolean {
  out.reserve(end - start + 2)
  let { bytes } = out
  let to = out.length
  bytes[to++] = 0x22
  let at = start
  while (at < end) {
    const byte = source[at]!
    if (plain[byte] === 1) {
      bytes[to++] = byte
      at += 1
    } else if (byte >= 0x80) {
      const next = utf8SequenceEnd(source, at, end)
      if (next < 0) return false
      while (at < next) bytes[to++] = source[at++]!
    } else {
      // What was reserved covers plain bytes: the rest, and at most six for this one.
      out.length = to
      out.reserve(end - at + 7)
      bytes = out.bytes
      to = escape(byte, bytes, to)
      at += 1
    }
  }
  bytes[to++] = 0x22
  out.length = to
  return true
}

function escape(byte: number, bytes: Buffer, to: number): number {
  bytes[to] = 0x5c
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
