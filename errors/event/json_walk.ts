const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const LETTER_E = 0x65
const LETTER_U = 0x75

/** What a text has besides plain characters; bits of `JsonWalk.has`. */
export const hasEscapes = 1
/** Of a character by its number. */
export const hasUnicode = 2
/** Of a control character. */
export const hasControls = 4
/** It may hold a secret, by what certainly is one: see `findSpans` in ../scrub/patterns.ts. */
export const mayBeSecret = 8

const plain = 0
const quote = 1
const escape = 2
const control = 3
const digit = 4
const other = 5
const kinds = new Uint8Array(256)
kinds.fill(control, 0, 0x20)
kinds.fill(digit, 0x30, 0x3a)
kinds[QUOTE] = quote
kinds[BACKSLASH] = escape
for (const letter of '@-bB') kinds[letter.charCodeAt(0)] = other

/** Fewer are neither a card nor a social security number. */
const fewestDigits = 9
const deepest = 32
/** Digits of a number that JSON.stringify writes as it came. */
const longestNumber = 15

const isHex = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)

/**
 * Walks over JSON without white space in valid UTF-8, byte by byte, and makes nothing of it. What it accepts
 * JSON.parse accepts.
 */
export class JsonWalk {
  bytes: Buffer = Buffer.alloc(0)
  /** Of the text, or all texts of the value, walked over last. */
  has = 0
  /** Of the value: bytes as `bag` counts them, nesting, whether a number may be written in another way. */
  size = 0
  depth = 0
  hasOddNumber = false

  /** @returns the place of the closing quote of the text whose first character is at `start`, or -1 */
  text(start: number): number {
    const { bytes } = this
    const { length } = bytes
    let has = 0
    let digits = 0
    for (let at = start; at < length; at++) {
      const kind = kinds[bytes[at]!]!
      if (kind === plain) continue
      if (kind === digit) digits++
      else if (kind === quote) {
        this.has = digits >= fewestDigits ? has | mayBeSecret : has
        return at
      } else if (kind === escape) {
        at++
        const found = this.#escape(at)
        if (found === 0) return -1
        if ((found & hasUnicode) !== 0) at += 4
        has |= found
      } else if (kind === control) return -1
      else if (isSuspect(bytes, at)) has |= mayBeSecret
    }
    return -1
  }

  /** What an escape is by the byte behind its backslash; 0 for what is none, or half a surrogate pair. */
  #escape(at: number): number {
    const { bytes } = this
    const letter = bytes[at]
    if (letter === QUOTE || letter === BACKSLASH || letter === 0x2f) return hasEscapes
    if (letter === LETTER_U) {
      if (at + 4 >= bytes.length || (bytes[at + 1]! | 0x20) === 0x64) return 0
      for (let place = at + 1; place <= at + 4; place++) if (!isHex(bytes[place]!)) return 0
      return hasEscapes | hasUnicode
    }
    // b, f, n, r, t
    const isControl =
      letter === 0x62 || letter === 0x66 || letter === 0x6e || letter === 0x72 || letter === 0x74
    return isControl ? hasEscapes | hasControls : 0
  }

  /** @returns the place behind the value, or -1 */
  value(at: number): number {
    this.size = 0
    this.depth = 0
    this.hasOddNumber = false
    let has = 0
    const walk = (start: number, depth: number): number => {
      const { bytes } = this
      switch (bytes[start]) {
        case QUOTE: {
          const end = this.text(start + 1)
          has |= this.has
          this.size += end - start + 1
          return end < 0 ? -1 : end + 1
        }
        case OPEN:
        case OPEN_LIST:
          return inner(start, depth + 1)
        case 0x74:
          return this.#literal(start, 'true')
        case 0x66:
          return this.#literal(start, 'false')
        case 0x6e:
          return this.#literal(start, 'null')
        default:
          return this.#number(start)
      }
    }
    const inner = (start: number, depth: number): number => {
      const { bytes } = this
      const isObject = bytes[start] === OPEN
      const close = isObject ? CLOSE : CLOSE_LIST
      this.size += 2
      if (depth > this.depth) this.depth = depth
      if (depth > deepest) return -1
      let place = start + 1
      if (bytes[place] === close) return place + 1
      for (;;) {
        if (isObject) {
          if (bytes[place] !== QUOTE) return -1
          const end = this.text(place + 1)
          if (end < 0 || bytes[end + 1] !== COLON) return -1
          has |= this.has
          this.size += end - place + 2
          place = end + 2
        }
        place = walk(place, depth)
        if (place < 0) return -1
        if (bytes[place] === close) return place + 1
        if (bytes[place] !== COMMA) return -1
        place++
      }
    }
    const end = walk(at, 0)
    this.has = has
    return end
  }

  #literal(at: number, word: string): number {
    this.size += 5
    return this.isWord(at, word) ? at + word.length : -1
  }

  isWord(at: number, word: string): boolean {
    for (let index = 0; index < word.length; index++) {
      if (this.bytes[at + index] !== word.charCodeAt(index)) return false
    }
    return true
  }

  #number(start: number): number {
    this.size += 5
    let at = this.bytes[start] === MINUS ? start + 1 : start
    const from = at
    at = this.digits(at)
    if (at === from || (this.bytes[from] === ZERO && at > from + 1)) return -1
    if (this.bytes[at] === POINT) {
      const fraction = at + 1
      at = this.digits(fraction)
      if (at === fraction) return -1
    }
    if (from > start && this.bytes[from] === ZERO) this.hasOddNumber = true
    if ((this.bytes[at]! | 0x20) === LETTER_E) {
      this.hasOddNumber = true
      at++
      if (this.bytes[at] === MINUS || this.bytes[at] === 0x2b) at++
      const exponent = at
      at = this.digits(exponent)
      if (at === exponent) return -1
    }
    if (at - from > longestNumber) this.hasOddNumber = true
    return at
  }

  /** @returns the place behind the digits that are at `at` */
  digits(at: number): number {
    const { bytes } = this
    let place = at
    while (bytes[place]! >= 0x30 && bytes[place]! <= 0x39) place++
    return place
  }
}

/** `@` of a URL with a password, `-----BEGIN …`, `Bearer …`. */
function isSuspect(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at]!
  if (byte === 0x40) return true
  if (byte === MINUS) {
    return bytes[at + 1] === MINUS && bytes[at + 2] === MINUS && bytes[at + 3] === MINUS
  }
  return (bytes[at + 1]! | 0x20) === LETTER_E && (bytes[at + 2]! | 0x20) === 0x61
}
