import type { KnownTexts } from './known_texts.ts'
import { hashBasis, hashPrime } from './path_tree.ts'
import { dottedI, escapedCode, foldedTo, kelvin } from './text_bytes.ts'
import type { WordSet } from './word_set.ts'
import { wordBytes, wordHash } from './words.ts'

const quote = 34
const backslash = 92
/** Digits that a BIGINT holds, whichever they are. */
export const safeDigits = 18

/** Gathers the words of the values of lines, and finds where these end. */
export class WordGatherer {
  /** Where the words go. */
  words: WordSet
  /** Is told of the texts, whose words need not be gathered twice. */
  readonly known: KnownTexts
  /** Of the bytes that are scanned. */
  view: DataView = new DataView(new ArrayBuffer(0))
  viewEnd = 0
  /** Whether the string that was scanned last has a backslash. */
  escaped = false

  constructor(words: WordSet, known: KnownTexts) {
    this.words = words
    this.known = known
  }

  /** Gathers the words of a JSON string unless they are there. @returns where what follows begins, or -1. */
  text(bytes: Uint8Array, start: number, end: number): number {
    const { known } = this
    const { number } = this.words
    const quoteAt = known.find(this.view, this.viewEnd, start + 1, number)
    // One that ends behind the line is none of the line's.
    if (quoteAt >= 0 && quoteAt < end) {
      this.escaped = false
      return quoteAt + 1
    }
    const stop = this.#newText(bytes, start, end)
    if (stop >= 0) known.remember(this.view, start + 1, stop - start - 2, number)
    return stop
  }

  #newText(bytes: Uint8Array, start: number, end: number): number {
    const { words } = this
    const letters = wordBytes
    let fnv = hashBasis
    let escaped = false
    for (let at = start + 1; at < end; at++) {
      const byte = bytes[at]!
      const letter = letters[byte]!
      if (letter !== 0) {
        fnv = Math.imul(fnv ^ letter, hashPrime)
        continue
      }
      if (byte > 127) {
        const same = foldedTo(bytes, at)
        if (same !== 0) fnv = Math.imul(fnv ^ same, hashPrime)
        if (same === kelvin) at += 2
        if (same === kelvin) continue
      } else if (byte === backslash) {
        escaped = true
        at += 1
        if (bytes[at] === 117) {
          const code = escapedCode(bytes, at + 1)
          at += 4
          const same = code === 0x212a ? kelvin : code === 0x130 ? dottedI : (letters[code] ?? 0)
          if (same !== 0) fnv = Math.imul(fnv ^ same, hashPrime)
          if (same !== 0 && code !== 0x130) continue
        }
      } else if (byte < 32) return -1
      if (fnv !== hashBasis) {
        words.add(wordHash(fnv))
        fnv = hashBasis
      }
      if (byte === quote) {
        this.escaped = escaped
        return at + 1
      }
    }
    return -1
  }

  /** Gathers a number of a few digits. @returns where it ends; -1 when it is none. */
  digits(bytes: Uint8Array, start: number, end: number): number {
    let fnv = hashBasis
    let at = start
    let byte = 0
    for (const last = Math.min(end, start + safeDigits); at < last; at++) {
      byte = bytes[at]!
      if (byte < 48 || byte > 57) break
      fnv = Math.imul(fnv ^ byte, hashPrime)
    }
    if (at === start || (byte !== 44 && byte !== 125 && byte !== 93)) return -1
    this.words.add(wordHash(fnv))
    return at
  }
}
