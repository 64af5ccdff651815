/** What a scan of a JSON text tells, without making objects. */
export interface JsonScan {
  /** Names in all its objects, repeated ones counted each time. */
  readonly names: number
  /** Objects and arrays within each other. */
  readonly depth: number
}

/**
 * Walks the bytes of a JSON text that need not be valid. A name that is there twice in one object shows by
 * `names` being more than what parsing keeps.
 */
export function scanJson(bytes: Uint8Array): JsonScan {
  let names = 0
  let depth = 0
  let deepest = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === 0x22) at = endOfString(bytes, at)
    else if (byte === 0x3a) names += 1
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1
      if (depth > deepest) deepest = depth
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1
  }
  return { names, depth: deepest }
}

function endOfString(bytes: Uint8Array, open: number): number {
  for (let at = open + 1; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === 0x5c) at += 1
    else if (byte === 0x22) return at
  }
  return bytes.length
}
