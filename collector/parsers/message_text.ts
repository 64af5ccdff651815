import { viewOf } from './plain_run.ts'

/** Gives the text of places in one message. */
export type TextAt = (start: number, end: number) => string

/**
 * Text of places within [start, end). An ASCII message is decoded once and cut, which is several times
 * cheaper than decoding each field; in others, bytes that are not UTF-8 become U+FFFD.
 */
export function textsOf(source: Buffer, start: number, end: number): TextAt {
  if (!isAscii(source, start, end)) return (from, to) => source.toString('utf8', from, to)
  const text = source.toString('latin1', start, end)
  return (from, to) => text.slice(from - start, to - start)
}

function isAscii(source: Buffer, start: number, end: number): boolean {
  const view = viewOf(source)
  let at = start
  let bits = 0
  for (; at + 4 <= end; at += 4) bits |= view.getInt32(at, true)
  for (; at < end; at++) bits |= source[at]!
  return (bits & 0x80808080) === 0
}
