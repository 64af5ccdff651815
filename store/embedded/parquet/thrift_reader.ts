import type { Fields, Thrift } from './thrift.ts'

/** A struct of Thrift's compact protocol: its fields by their numbers. Numbers beyond 2^53 are not exact. */
export interface ThriftStruct {
  readonly [id: number]: ThriftValue | undefined
}
export type ThriftValue = number | boolean | Buffer | readonly ThriftValue[] | ThriftStruct

/** Structs, lists and texts in one another; Parquet has five. */
const depthMax = 16
const double = 7

/** Reads what `thriftBytes` and others write. `at` is where what follows begins. */
export class ThriftReader {
  readonly #bytes: Buffer
  at: number

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.at = at
  }

  /** @throws RangeError when the bytes are none of a struct. */
  struct(depth = 0): ThriftStruct {
    if (depth > depthMax) throw new RangeError('structs are too deep in one another')
    const fields: Record<number, ThriftValue> = {}
    let id = 0
    for (;;) {
      const head = this.#byte()
      if (head === 0) return fields
      id = head >>> 4 === 0 ? zigzag(this.#varint()) : id + (head >>> 4)
      fields[id] = this.#value(head & 15, depth)
    }
  }

  /** The same with the types, so that `thriftBytes` writes it down again. @throws RangeError */
  fields(depth = 0): Fields {
    if (depth > depthMax) throw new RangeError('structs are too deep in one another')
    const fields: Record<number, Thrift> = {}
    let id = 0
    for (;;) {
      const head = this.#byte()
      if (head === 0) return fields
      id = head >>> 4 === 0 ? zigzag(this.#varint()) : id + (head >>> 4)
      fields[id] = this.#typed(head & 15, depth)
    }
  }

  #typed(type: number, depth: number): Thrift {
    if (type === 12) return { struct: this.fields(depth + 1) }
    if (type === 9 || type === 10) {
      if (depth >= depthMax) throw new RangeError('lists are too deep in one another')
      const { count, of } = this.#listHead()
      const list: Thrift[] = []
      for (let n = 0; n < count; n++)
        list.push(of <= 2 ? { bool: this.#byte() === 1 } : this.#typed(of, depth + 1))
      return { list }
    }
    const value = this.#value(type, depth)
    switch (type) {
      case 3:
        return { byte: value as number }
      case 4:
        return { i16: value as number }
      case 5:
        return { i32: value as number }
      case 6:
        return { i64: value as number }
      case double:
        return { double: value as number }
      case 8:
        return { binary: value as Buffer }
      default:
        return { bool: value as boolean }
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case 1:
        return true
      case 2:
        return false
      case 3:
        return this.#byte()
      case 4:
      case 5:
      case 6:
        return zigzag(this.#varint())
      case double:
        return this.#taken(8).readDoubleLE(0)
      case 8:
        return this.#taken(this.#varint())
      case 9:
      case 10:
        return this.#list(depth + 1)
      case 12:
        return this.struct(depth + 1)
      default:
        throw new RangeError(`Thrift's type ${type} is not known`)
    }
  }

  #list(depth: number): ThriftValue[] {
    if (depth > depthMax) throw new RangeError('lists are too deep in one another')
    const { count, of } = this.#listHead()
    const values: ThriftValue[] = []
    // Of a list each boolean is a byte.
    for (let n = 0; n < count; n++)
      values.push(of <= 2 ? this.#byte() === 1 : this.#value(of, depth))
    return values
  }

  #listHead(): { count: number; of: number } {
    const head = this.#byte()
    const count = head >>> 4 === 15 ? this.#varint() : head >>> 4
    return { count, of: head & 15 }
  }

  #taken(length: number): Buffer {
    const end = this.at + length
    if (end > this.#bytes.length) throw new RangeError('the bytes end too early')
    const taken = this.#bytes.subarray(this.at, end)
    this.at = end
    return taken
  }

  #byte(): number {
    const byte = this.#bytes[this.at]
    if (byte === undefined) throw new RangeError('the bytes end too early')
    this.at += 1
    return byte
  }

  #varint(): number {
    let [value, scale] = [0, 1]
    for (;;) {
      const byte = this.#byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }
}

const zigzag = (value: number) => (value % 2 === 1 ? -(value + 1) / 2 : value / 2)
