/**
 * The hash of keys: 4 bytes at a time, seeded, so that nobody outside can prepare keys that collide.
 */
const mix = (hash: number, word: number) => {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

export function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed ^ (end - start)
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    hash = mix(hash, word)
  }
  let rest = 0
  for (; at < end; at++) rest = (rest << 8) | bytes[at]!
  return mix(hash, rest)
}
