const types = {
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  struct: 12,
} as const

/** A value of Thrift's compact protocol, as far as Parquet's headers and footers have them. */
export type Thrift =
  | { readonly byte: number }
  | { readonly i16: number }
  | { readonly double: number }
  | { readonly i32: number }
  | { readonly i64: number }
  | { readonly bool: boolean }
  | { readonly binary: string | Uint8Array }
  | { readonly list: readonly Thrift[] }
  | { readonly struct: Fields }

/** Fields of a struct by their numbers, ascending; undefined ones are left out. */
export type Fields = Readonly<Record<number, Thrift | undefined>>

/** A struct as bytes of Thrift's compact protocol. */
export function thriftBytes(fields: Fields): Buffer {
  const bytes: number[] = []
  putStruct(bytes, fields)
  return Buffer.from(bytes)
}

function typeOf(value: Thrift): number {
  // A boolean's value is its type.
  if ('bool' in value) return value.bool ? 1 : 2
  const [name] = Object.keys(value) as [keyof typeof types]
  return types[name]
}

function putStruct(bytes: number[], fields: Fields): void {
  let before = 0
  for (const [key, value] of Object.entries(fields) as [string, Thrift | undefined][]) {
    if (value === undefined) continue
    const id = Number(key)
    // At most 15 apart, in all that Parquet has.
    bytes.push(((id - before) << 4) | typeOf(value))
    before = id
    putValue(bytes, value)
  }
  bytes.push(0)
}

function putValue(bytes: number[], value: Thrift): void {
  if ('byte' in value) bytes.push(value.byte & 255)
  else if ('i16' in value) putVarint(bytes, zigzag(value.i16))
  else if ('double' in value) bytes.push(...new Uint8Array(new Float64Array([value.double]).buffer))
  else if ('i32' in value) putVarint(bytes, zigzag(value.i32))
  else if ('i64' in value) putVarint(bytes, zigzag(value.i64))
  else if ('binary' in value) {
    const text = typeof value.binary === 'string' ? Buffer.from(value.binary) : value.binary
    putVarint(bytes, text.length)
    for (const byte of text) bytes.push(byte)
  } else if ('list' in value) {
    const { length } = value.list
    const type = length === 0 ? types.struct : typeOf(value.list[0]!)
    if (length < 15) bytes.push((length << 4) | type)
    else {
      bytes.push(0xf0 | type)
      putVarint(bytes, length)
    }
    // Of a list each boolean is a byte.
    for (const each of value.list)
      if ('bool' in each) bytes.push(each.bool ? 1 : 2)
      else putValue(bytes, each)
  } else if ('struct' in value) putStruct(bytes, value.struct)
}

const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value)

function putVarint(bytes: number[], value: number): void {
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
}
