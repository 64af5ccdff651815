/**
 * The end of the multi-byte UTF-8 sequence that starts at `at` (a byte from 0x80 up); -1 when it is not
 * well-formed: overlong, a surrogate, beyond U+10FFFF or cut off by `end` (RFC 3629 §4).
 */
export function utf8SequenceEnd(source: Uint8Array, at: number, end: number): number {
  const lead = source[at]!
  if (lead < 0xc2) return -1
  if (lead < 0xe0) return at + 1 < end && isTail(source[at + 1]!) ? at + 2 : -1
  if (at + 2 >= end) return -1
  const second = source[at + 1]!
  if (lead < 0xf0) {
    const low = lead === 0xe0 ? 0xa0 : 0x80
    const high = lead === 0xed ? 0x9f : 0xbf
    return second >= low && second <= high && isTail(source[at + 2]!) ? at + 3 : -1
  }
  if (lead > 0xf4 || at + 3 >= end) return -1
  const low = lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return -1
  return isTail(source[at + 2]!) && isTail(source[at + 3]!) ? at + 4 : -1
}

function isTail(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

/** True when [start, end) is well-formed UTF-8. */
export function isUtf8(source: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end;) {
    if (source[at]! < 0x80) {
      at += 1
      continue
    }
    at = utf8SequenceEnd(source, at, end)
    if (at < 0) return false
  }
  return true
}
