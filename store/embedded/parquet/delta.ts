import { bitsOf, pack, putVarint } from './bit_packing.ts'

const blockValues = 128
const miniBlocks = 4
const miniBlockValues = blockValues / miniBlocks

/** What is packed is made here: of much more room than it needs at last. */
let scratch = Buffer.alloc(0)

const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value)

/** Parquet's DELTA_BINARY_PACKED of whole numbers that, and whose differences, are exact. */
export function deltaPacked(values: Int32Array | Float64Array, count: number): Buffer {
  const blocks = Math.ceil(Math.max(0, count - 1) / blockValues)
  const most = 40 + blocks * (14 + blockValues * 7)
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(most * 2)
  const out = scratch
  let at = putVarint(out, 0, blockValues)
  at = putVarint(out, at, miniBlocks)
  at = putVarint(out, at, count)
  at = putVarint(out, at, zigzag(count === 0 ? 0 : values[0]!))
  const differences = new Float64Array(blockValues)
  for (let start = 1; start < count; start += blockValues) {
    const length = Math.min(blockValues, count - start)
    let least = Infinity
    for (let i = 0; i < length; i++) {
      const difference = values[start + i]! - values[start + i - 1]!
      differences[i] = difference
      if (difference < least) least = difference
    }
    at = putVarint(out, at, zigzag(least))
    for (let i = 0; i < length; i++) differences[i]! -= least
    differences.fill(0, length)
    const widths = at
    at += miniBlocks
    for (let mini = 0; mini < miniBlocks; mini++) {
      const from = mini * miniBlockValues
      let most = 0
      for (let i = from; i < from + miniBlockValues; i++) {
        if (differences[i]! > most) most = differences[i]!
      }
      // A mini-block without values has none.
      const width = from < length ? bitsOf(most) : 0
      out[widths + mini] = width
      if (from < length) at = pack(differences, from, miniBlockValues, width, out, at)
    }
  }
  return Buffer.from(out.subarray(0, at))
}
