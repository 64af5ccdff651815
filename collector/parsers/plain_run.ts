let viewed: Buffer | undefined
let view: DataView = new DataView(new ArrayBuffer(0))

/** A view of a buffer's memory, to look at four bytes together. The last one made is remembered. */
export function viewOf(source: Buffer): DataView {
  if (source !== viewed) {
    viewed = source
    view = new DataView(source.buffer, source.byteOffset, source.length)
  }
  return view
}

/**
 * Non-zero when one of four bytes is a quote, a backslash, a control character or not ASCII: what a JSON
 * string cannot hold as it is. The lowest set bit is the highest of the first such byte (higher ones
 * may be wrong, by a borrow).
 */
export function stopsIn(word: number): number {
  // With one bit turned, a quote is 0x20 and a space is not: just above the control characters.
  const low = (word ^ 0x02020202) - 0x21212121
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101
  return (low | backslashes | word) & 0x80808080
}

/** Which of the four bytes (0 to 3, little-endian) the lowest of `stops` belongs to. */
export function firstStop(stops: number): number {
  return (31 - Math.clz32(stops & -stops)) >> 3
}

/** The first place in [from, end) with a byte that a JSON string cannot hold as it is; `end` if none. */
export function plainEnd(view: DataView, from: number, end: number): number {
  let at = from
  while (at + 4 <= end) {
    const stops = stopsIn(view.getInt32(at, true))
    if (stops !== 0) return at + firstStop(stops)
    at += 4
  }
  while (at < end) {
    if (!isPlain(view.getUint8(at))) return at
    at += 1
  }
  return end
}

/** True for a byte that a JSON string holds as it is. */
export function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte !== 0x22 && byte !== 0x5c && byte < 0x80
}
