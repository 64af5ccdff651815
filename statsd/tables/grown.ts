type Numbers =
  | Uint8Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>

/** A copy of a typed array, twice as long. */
export function grown<Array extends Numbers>(numbers: Array): Array {
  // The constructor of a typed array makes arrays of its own type.
  const larger = new (numbers.constructor as new (length: number) => Array)(2 * numbers.length)
  larger.set(numbers)
  return larger
}

/** A length for a table that had `used` rows in the interval before: some more, and not too few. */
export const roomFor = (used: number) => 512 * Math.ceil((used * 1.25 + 512) / 512)
