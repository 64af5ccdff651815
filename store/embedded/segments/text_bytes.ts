const quote = 34
const backslash = 92

/** Where what follows the string begins, or -1. */
export function skipText(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    if (bytes[at] === backslash) at += 1
    else if (bytes[at] === quote) return at + 1
  }
  return -1
}

/** The two letters beyond ASCII whose lower case begins with one of ASCII: the Kelvin sign, and I with a dot. */
export const kelvin = 107
export const dottedI = 105
export function foldedTo(bytes: Uint8Array, at: number): number {
  if (bytes[at] === 0xe2 && bytes[at + 1] === 0x84 && bytes[at + 2] === 0xaa) return kelvin
  return bytes[at] === 0xc4 && bytes[at + 1] === 0xb0 ? dottedI : 0
}

/** Of `\uXXXX`; NaN when it is none. */
export const escapedCode = (bytes: Uint8Array, start: number): number =>
  Number.parseInt(Buffer.from(bytes.subarray(start, start + 4)).toString('latin1'), 16)

/** `2026-11-20`, and `2026-11-20T…`. */
export function isDate(bytes: Uint8Array, start: number, length: number): boolean {
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i]!
    const isDash = i === 4 || i === 7
    if (isDash ? byte !== 45 : byte < 48 || byte > 57) return false
  }
  return length === 10 || bytes[start + 10] === 84
}

export function isInt64(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 20) return false
  const value = BigInt(Buffer.from(bytes.subarray(start, end)).toString('latin1'))
  return BigInt.asIntN(64, value) === value
}
