/** Bits that a number from 0 to 2^53 needs. */
export function bitsOf(value: number): number {
  if (value < 2 ** 32) return 32 - Math.clz32(value)
  return 64 - Math.clz32(Math.floor(value / 2 ** 32))
}

/**
 * Writes `count` numbers (multiples of eight) of `width` bits each, the lowest bit first, into `out` at `at`.
 *
 * @returns where what follows begins.
 */
export function pack(
  values: Int32Array | Float64Array,
  from: number,
  count: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  let place = at
  // Seven bits and a value of 45 together are exact in a number.
  if (width > 45) return packWide(values, from, count, width, out, at)
  if (width <= 24) {
    let held = 0
    let bits = 0
    for (let i = from; i < from + count; i++) {
      held |= values[i]! << bits
      bits += width
      for (; bits >= 8; bits -= 8) {
        out[place++] = held
        held >>>= 8
      }
    }
    return place
  }
  let held = 0
  let bits = 0
  for (let i = from; i < from + count; i++) {
    held += values[i]! * 2 ** bits
    bits += width
    for (; bits >= 8; bits -= 8) {
      out[place++] = held % 256
      held = Math.floor(held / 256)
    }
  }
  return place
}

function packWide(
  values: Int32Array | Float64Array,
  from: number,
  count: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  let place = at
  let held = 0n
  let bits = 0
  for (let i = from; i < from + count; i++) {
    held |= BigInt(values[i]!) << BigInt(bits)
    bits += width
    for (; bits >= 8; bits -= 8) {
      out[place++] = Number(held & 255n)
      held >>= 8n
    }
  }
  return place
}

/** An unsigned number in LEB128. @returns where what follows begins. */
export function putVarint(out: Uint8Array, at: number, value: number): number {
  let place = at
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) out[place++] = (rest % 128) | 128
  out[place++] = rest
  return place
}

/** One run of Parquet's hybrid: the same number so many times. */
export function sameRun(value: number, count: number, width: number): Buffer {
  const bytes = Math.ceil(width / 8)
  const out = Buffer.alloc(10 + bytes)
  let at = putVarint(out, 0, count * 2)
  for (let i = 0; i < bytes; i++) out[at++] = value >>> (i * 8)
  return out.subarray(0, at)
}

/** Parquet's hybrid of runs and packed numbers: one run where all are the same, else all packed. */
export function hybrid(values: Int32Array, count: number, width: number): Buffer {
  const first = values[0] ?? 0
  let same = 1
  while (same < count && values[same] === first) same += 1
  if (same >= count) return sameRun(first, count, width)
  const groups = Math.ceil(count / 8)
  const out = Buffer.allocUnsafe(10 + groups * width)
  const at = putVarint(out, 0, groups * 2 + 1)
  const whole = values.length >= groups * 8 ? values : padded(values, groups * 8)
  whole.fill(0, count, groups * 8)
  return out.subarray(0, pack(whole, 0, groups * 8, width, out, at))
}

function padded(values: Int32Array, length: number): Int32Array {
  const all = new Int32Array(length)
  all.set(values)
  return all
}
