import { hashBasis, hashPrime } from './path_tree.ts'

/**
 * What a byte is to a word: 0 ends it, anything else is the byte in lower case. Words are runs of ASCII letters
 * and digits; all else, non-ASCII letters too, stands between them. So every token of the standard analyser
 * consists of such words and of what stands between, and a text with the token has them all.
 */
export const wordBytes = new Uint8Array(256)
for (let digit = 48; digit <= 57; digit++) wordBytes[digit] = digit
for (let letter = 97; letter <= 122; letter++) {
  wordBytes[letter] = letter
  wordBytes[letter - 32] = letter
}

/** From the FNV-1a of a word's bytes to its hash: mixed, and never 0. */
export function wordHash(fnv: number): number {
  let hash = fnv ^ (fnv >>> 16)
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  return hash === 0 ? 1 : hash
}

/** The hashes of the words of a text, in order. */
export function hashesOf(text: string): number[] {
  return [...text.toLowerCase().matchAll(/[a-z0-9]+/g)].map(([word]) => {
    let fnv = hashBasis
    for (let at = 0; at < word.length; at++) fnv = Math.imul(fnv ^ word.charCodeAt(at), hashPrime)
    return wordHash(fnv)
  })
}
