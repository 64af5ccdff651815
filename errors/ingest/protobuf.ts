/** What is no message of Protocol Buffers. */
export class ProtobufError extends Error {}

/** A field of a message: a number for varints and fixed ones, bytes for what has a length. */
export interface ProtobufField {
  readonly number: number
  readonly value: bigint | Uint8Array
}

/**
 * The fields of a message as they come (protobuf.dev/programming-guides/encoding). Of fixed 32 and 64 bits the bits, as
 * an unsigned number.
 *
 * @throws ProtobufError for what ends early, and for groups, which nobody writes any more.
 */
export function* protobufFields(bytes: Uint8Array): Generator<ProtobufField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new ProtobufError('a number ends early')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new ProtobufError('a number has more than 64 bits')
  }
  const fixed = (size: 4 | 8): bigint => {
    if (at + size > bytes.length) throw new ProtobufError('a number ends early')
    const value = size === 8 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true))
    at += size
    return value
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const number = Math.floor(key / 8)
    const wire = key % 8
    if (number === 0) throw new ProtobufError('a field has the number 0')
    if (wire === 0) yield { number, value: varint() }
    else if (wire === 1) yield { number, value: fixed(8) }
    else if (wire === 5) yield { number, value: fixed(4) }
    else if (wire === 2) {
      const length = Number(varint())
      const from = at
      const end = from + length
      if (end > bytes.length) throw new ProtobufError('a field is longer than its message')
      at = end
      yield { number, value: bytes.subarray(from, end) }
    } else throw new ProtobufError(`a field has the wire type ${wire}`)
  }
}

/** A double of its bits. */
export function doubleOf(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}
