const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * Makes ULIDs (github.com/ulid/spec), each greater than the one before and than `after`, even when the
 * clock stands still or goes back.
 */
export function ulidMinter(
  now: () => number,
  randomBytes: (count: number) => Uint8Array,
  after?: string,
): () => string {
  let lastMs = after === undefined ? -1 : ulidTime(after)
  return () => {
    lastMs = Math.max(now(), lastMs + 1)
    let text = ''
    for (let rest = lastMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) {
      text = alphabet[rest % 32] + text
    }
    // 16 characters of 5 bits; the lower 5 bits of a random byte are as random as the byte.
    for (const byte of randomBytes(16)) text += alphabet[byte & 31]
    return text
  }
}

/** Milliseconds since the epoch at which a ULID was minted. */
export function ulidTime(ulid: string): number {
  let ms = 0
  for (const character of ulid.slice(0, 10)) ms = ms * 32 + alphabet.indexOf(character)
  return ms
}

export const isUlid = (text: string) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text)
