/**
 * Whole numbers that DELTA_BINARY_PACKED has from `at` on, and where they end. @throws RangeError when they are not exact
 * in a number, or more than `most`.
 */
export function deltaValues(
  bytes: Buffer,
  at: number,
  most: number,
): { values: Float64Array; end: number } {
  const reader = new VarintReader(bytes, at)
  const blockValues = reader.varint()
  const miniBlocks = reader.varint()
  const count = reader.varint()
  const miniBlockValues = blockValues / miniBlocks
  if (!(miniBlockValues >= 8) || count > most)
    throw new RangeError('the blocks of differences make no sense')
  const values = new Float64Array(count)
  let value = reader.zigzag()
  if (count === 0) return { values, end: reader.at }
  values[0] = value
  let place = 1
  while (place < count) {
    const least = reader.zigzag()
    const widths = bytes.subarray(reader.at, reader.at + miniBlocks)
    reader.at += miniBlocks
    for (let mini = 0; mini < miniBlocks && place < count; mini++) {
      const width = widths[mini]!
      if (width > 45) throw new RangeError(`differences of ${width} bits are not read`)
      const here = Math.min(miniBlockValues, count - place)
      // Times that are even differ by the least alone.
      const end = place + here
      if (width === 0) for (let n = place; n < end; n++) values[n] = value + least * (n - place + 1)
      else add(values, place, end, least, bytes, reader.at * 8, width)
      value = values[end - 1]!
      place = end
      reader.at += (miniBlockValues * width) / 8
    }
  }
  if (reader.at > bytes.length) throw new RangeError('the differences end too early')
  return { values, end: reader.at }
}

/** Bits of a number that is in four bytes wherever it begins. */
const fourBytesMax = 25

/** Adds up the differences from `bit` on, behind the value that is before `place`. */
function add(
  values: Float64Array,
  place: number,
  end: number,
  least: number,
  bytes: Buffer,
  bit: number,
  width: number,
): void {
  for (let n = place; n < end; n++)
    values[n] = values[n - 1]! + least + packedAt(bytes, bit + (n - place) * width, width)
}

function packedAt(bytes: Buffer, bit: number, width: number): number {
  if (width <= fourBytesMax) {
    const at = bit >>> 3
    // Bytes beyond the end are none, which `|` takes for 0.
    const four =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    return (four >>> (bit & 7)) & ((1 << width) - 1)
  }
  let at = Math.floor(bit / 8)
  const shift = bit % 8
  let value = bytes[at++]! >>> shift
  let bits = 8 - shift
  for (; bits < width; bits += 8) value += (bytes[at++] ?? 0) * 2 ** bits
  return bits > width ? value % 2 ** width : value
}

class VarintReader {
  readonly #bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  varint(): number {
    let [value, scale] = [0, 1]
    for (;;) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) throw new RangeError('the differences end too early')
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }

  zigzag(): number {
    const value = this.varint()
    if (value > 2 ** 53) throw new RangeError('differences are too large')
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }
}
