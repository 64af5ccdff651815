/** One step of a hash; seeded, so that nobody outside can prepare keys that collide. */
export const mix = (hash: number, word: number) => {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

/** The hash of the bytes [start, end), four at a time; `words`, where given, gets them as words. */
export function hashOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed: number,
  words?: Int32Array,
): number {
  let hash = seed
  let count = 0
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    if (words) words[count++] = word
    hash = mix(hash, word)
  }
  if (at < end) {
    let rest = 0
    for (let shift = 0; at < end; shift += 8) rest |= bytes[at++]! << shift
    if (words) words[count] = rest
    hash = mix(hash, rest)
  }
  return mix(hash, end - start)
}
