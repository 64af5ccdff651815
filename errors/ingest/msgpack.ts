import type { JsonValue } from '../../store/search.ts'

const depthMax = 100

/**
 * The values of a MessagePack stream (msgpack.org), as JSON has them: crash reporters of native SDKs write events and
 * breadcrumbs so. Bytes become Base64, extensions null, whole numbers beyond those of a double are their texts.
 *
 * @returns those that are whole; what comes behind a broken one is left out. At most `most`.
 */
export function readMessages(bytes: Uint8Array, most: number): JsonValue[] {
  const reader = new MessageReader(bytes)
  const values: JsonValue[] = []
  try {
    while (values.length < most && !reader.isAtEnd) values.push(reader.value(0))
  } catch (failure) {
    if (!(failure instanceof RangeError)) throw failure
  }
  return values
}

/** Reads one value after the other; a RangeError says that it is not whole, or too deep. */
class MessageReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  value(depth: number): JsonValue {
    if (depth > depthMax) throw new RangeError('nested too deep')
    const type = this.#uint(1)
    if (type < 0x80) return type
    if (type >= 0xe0) return type - 0x100
    if (type < 0x90) return this.#map(type & 0x0f, depth)
    if (type < 0xa0) return this.#list(type & 0x0f, depth)
    if (type < 0xc0) return this.#text(type & 0x1f)
    return this.#typed(type, depth)
  }

  #typed(type: number, depth: number): JsonValue {
    switch (type) {
      case 0xc2:
      case 0xc3:
        return type === 0xc3
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#take(this.#uint(2 ** (type - 0xc4))).toString('base64')
      case 0xc7:
      case 0xc8:
      case 0xc9:
        this.#take(this.#uint(2 ** (type - 0xc7)) + 1)
        return null
      case 0xca:
        return finite(this.#take(4).readFloatBE())
      case 0xcb:
        return finite(this.#take(8).readDoubleBE())
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#uint(2 ** (type - 0xcc))
      case 0xcf:
        return wholeOf(this.#take(8).readBigUInt64BE())
      case 0xd0:
      case 0xd1:
      case 0xd2: {
        const size = 2 ** (type - 0xd0)
        return this.#take(size).readIntBE(0, size)
      }
      case 0xd3:
        return wholeOf(this.#take(8).readBigInt64BE())
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        this.#take(2 ** (type - 0xd4) + 1)
        return null
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#uint(2 ** (type - 0xd9)))
      case 0xdc:
      case 0xdd:
        return this.#list(this.#uint(2 ** (type - 0xdb)), depth)
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(2 ** (type - 0xdd)), depth)
      default:
        return null
    }
  }

  #list(count: number, depth: number): JsonValue[] {
    this.#mustHold(count)
    return Array.from({ length: count }, () => this.value(depth + 1))
  }

  #map(count: number, depth: number): JsonValue {
    this.#mustHold(count * 2)
    const entries = Array.from({ length: count }, (): [string, JsonValue] => {
      const key = this.value(depth + 1)
      const name = typeof key === 'string' ? key : JSON.stringify(key)
      return [name, this.value(depth + 1)]
    })
    // It makes an own key of `__proto__` too.
    return Object.fromEntries(entries)
  }

  #text(length: number): string {
    return this.#take(length).toString('utf8')
  }

  #uint(size: number): number {
    return this.#take(size).readUIntBE(0, size)
  }

  /** Each value has a byte at least, so that no count makes more of it than was sent. */
  #mustHold(count: number): void {
    if (this.#at + count > this.#bytes.length) throw new RangeError('not whole')
  }

  #take(length: number): Buffer {
    this.#mustHold(length)
    const start = this.#at
    this.#at += length
    return this.#bytes.subarray(start, this.#at)
  }
}

const finite = (value: number) => (Number.isFinite(value) ? value : null)
const wholeOf = (value: bigint) =>
  Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
