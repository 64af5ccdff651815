import { deltaPacked } from './delta.ts'
import { type Column, encodings, type Pages, physical, Present } from './pages.ts'

/** Whole numbers of 32 or 64 bits. */
export class NumberColumn implements Column {
  readonly type: typeof physical.int32 | typeof physical.int64
  readonly #present = new Present()
  #values = new Float64Array(1_024)
  /** Numbers that are not exact as a number, by their place among the values. */
  readonly #wide = new Map<number, bigint>()

  constructor(type: typeof physical.int32 | typeof physical.int64) {
    this.type = type
  }

  /** @param value exact, as are its differences: up to 2^52. */
  add(row: number, value: number): void {
    const place = this.#present.count
    if (place === this.#values.length) {
      const values = new Float64Array(place * 2)
      values.set(this.#values)
      this.#values = values
    }
    this.#values[place] = value
    this.#present.add(row)
  }

  addWide(row: number, value: bigint): void {
    this.#wide.set(this.#present.count, value)
    this.add(row, 0)
  }

  take(rows: number): Pages {
    const { count } = this.#present
    const levels = this.#present.take(rows)
    const isWide = this.#wide.size > 0
    const values = isWide ? this.#plain(count) : deltaPacked(this.#values, count)
    const bounds = isWide || count === 0 ? undefined : this.#bounds(count)
    this.#wide.clear()
    return {
      count: rows,
      dictionary: undefined,
      data: [{ bytes: Buffer.concat([levels, values]), count: rows }],
      encoding: isWide ? encodings.plain : encodings.deltaPacked,
      nulls: rows - count,
      least: bounds?.least,
      most: bounds?.most,
    }
  }

  #plain(count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count * 8)
    for (let i = 0; i < count; i++) {
      bytes.writeBigInt64LE(this.#wide.get(i) ?? BigInt(this.#values[i]!), i * 8)
    }
    return bytes
  }

  #bounds(count: number) {
    let least = Infinity
    let most = -Infinity
    for (let i = 0; i < count; i++) {
      const value = this.#values[i]!
      if (value < least) least = value
      if (value > most) most = value
    }
    return { least: this.#bytesOf(least), most: this.#bytesOf(most) }
  }

  #bytesOf(value: number): Buffer {
    const bytes = Buffer.alloc(this.type === physical.int32 ? 4 : 8)
    if (this.type === physical.int32) bytes.writeInt32LE(value)
    else bytes.writeBigInt64LE(BigInt(value))
    return bytes
  }
}
