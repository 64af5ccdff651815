import { ContextNames } from './context_names.ts'
import { firstStop, plainEnd, stopsIn, viewOf } from './plain_run.ts'
import { utf8SequenceEnd } from './utf8.ts'

/** What a scan noticed that does not make the text invalid; bits of `flags`. */
export const loneSurrogate = 1
/** A key occurs, or may occur, twice in an object. */
export const repeatedKey = 2
/** A number that a double may not give back as it was written; `numbers` has the places of the first. */
export const preciseNumber = 4
/** A line feed or carriage return between tokens. */
export const lineBreak = 8
/** What the context would go into needs an object to see how, or `@timestamp` is not the time key. */
export const nameClash = 16

/** A member of the outermost object whose place is noted. */
const none = 0
const timeMember = 1
const logMember = 2

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN = 0x7b
const CLOSE = 0x7d

/** 1 for the letters after a backslash, 2 for `u`. */
const escapes = new Uint8Array(256)
for (const letter of '"\\/bfnrt') escapes[letter.charCodeAt(0)] = 1
escapes[0x75] = 2

/** Value of a hex digit, 255 for other bytes. */
const hex = new Uint8Array(256).fill(255)
for (let digit = 0; digit < 16; digit++) {
  hex[digit.toString(16).charCodeAt(0)] = digit
  hex[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}

const timestampName = Buffer.from('@timestamp')

function isName(source: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start !== name.length) return false
  for (let at = 0; at < name.length; at++) if (source[start + at] !== name[at]) return false
  return true
}

/**
 * Checks in one pass that bytes are one JSON object in valid UTF-8 (RFC 8259, what JSON.parse takes),
 * and notes what a collector must know of it. It makes no object and no string, calls nothing itself,
 * and one scanner serves for any number of texts. Fields hold the answers of the last scan.
 *
 * Repeated keys are found by a hash of (object, key): a hit may be a coincidence (one in 2^32 for each
 * pair of keys), so `repeatedKey` says "look closer". A key with an escape always says so.
 */
export class JsonScanner {
  /** Bits: loneSurrogate, repeatedKey, … */
  flags = 0
  /** Start and end of each number of `preciseNumber`, up to the length of the array; `precise` of them. */
  readonly numbers = new Int32Array(64)
  precise = 0
  /** What the outermost object names of the input's context. */
  readonly names = new ContextNames()
  /** Where the object opens and, exclusively, where it ends. */
  open = 0
  close = 0
  /** Members of all objects, and of the outermost. */
  members = 0
  topMembers = 0
  /** The time member if any: its key's quote, its value's first byte, the byte after its value. */
  timeKey = -1
  timeValue = -1
  timeEnd = -1
  /** The same of the value of `names.log`. */
  logValue = -1
  logEnd = -1
  /** When a scan failed: what was expected, and the place in the source; too_deep and UTF-8 apart. */
  expected = ''
  at = 0
  failure: 'invalid_json' | 'too_deep' | 'invalid_utf8' = 'invalid_json'

  readonly #maxDepth: number
  readonly #timeName: Uint8Array
  readonly #watchFirst = new Uint8Array(256)
  /** 1 where the container at that depth is an object. */
  readonly #containers: Uint8Array
  /** What the key hashes of the object at that depth start from. */
  readonly #seeds: Int32Array
  #seed = 0
  #view: DataView = new DataView(new ArrayBuffer(0))
  #table = new Int32Array(256)
  #mask = 255

  /**
   * @param maxDepth deepest nesting taken; the outermost object is depth 1.
   * @param timeName the name of the top-level member to find.
   */
  constructor(maxDepth: number, timeName: string) {
    this.#maxDepth = maxDepth
    this.#timeName = Buffer.from(timeName)
    this.#containers = new Uint8Array(maxDepth + 1)
    this.#seeds = new Int32Array(maxDepth + 1)
    for (const first of '@hls') this.#watchFirst[first.charCodeAt(0)] = 1
    this.#watchFirst[this.#timeName[0] ?? QUOTE] = 1
  }

  /** True when [start, end) is a JSON object; white space around it is let go. */
  scan(source: Buffer, start: number, end: number): boolean {
    this.#view = viewOf(source)
    let open = start
    while (open < end && isSpace(source[open]!)) open += 1
    let close = end
    while (close > open && isSpace(source[close - 1]!)) close -= 1
    this.flags = 0
    this.precise = 0
    this.names.clear()
    this.members = 0
    this.topMembers = 0
    this.timeKey = -1
    this.timeValue = -1
    this.timeEnd = -1
    this.logValue = -1
    this.logEnd = -1
    this.open = open
    this.close = close
    if (open === close || source[open] !== OPEN) return this.#fail(open, '"{"') >= 0
    // With this byte last, nothing but a string can run past the end, and strings look out for it.
    if (source[close - 1] !== CLOSE) return this.#fail(close, '"}"') >= 0
    this.#clearTable(close - open)
    const after = this.#walk(source, open, close)
    if (after < 0) return false
    this.names.settle()
    if (this.names.clash) this.flags |= nameClash
    return after === close || this.#fail(after, 'the end') >= 0
  }

  #fail(at: number, expected: string): number {
    this.failure = 'invalid_json'
    this.expected = expected
    this.at = at
    return -1
  }

  /** A member takes five bytes at least, so a table of a quarter of the text's length never fills up. */
  #clearTable(length: number): void {
    let size = 64
    while (size * 4 < length) size *= 2
    if (size > this.#table.length) this.#table = new Int32Array(size)
    else this.#table.fill(0, 0, size)
    this.#mask = size - 1
    this.#seed = 0
  }

  /** From the opening brace; returns the place after the closing one, or -1. */
  #walk(source: Buffer, open: number, end: number): number {
    let at = this.#skipSpace(source, open + 1)
    if (source[at] === CLOSE) return at + 1
    let depth = 1
    let inObject = true
    let closer = CLOSE
    this.#seeds[1] = ++this.#seed
    this.#containers[1] = 1
    let watch = none
    for (;;) {
      if (inObject) {
        if (source[at] !== QUOTE) return this.#fail(at, 'a key')
        const key = at
        at = this.#key(source, at + 1, end, this.#seeds[depth]!)
        if (at < 0) return -1
        if (depth === 1) {
          this.topMembers += 1
          if (this.#watchFirst[source[key + 1]!] === 1) watch = this.#watched(source, key, at)
        } else if (watch === logMember && depth === 2) {
          this.names.within(source, key + 1, at)
        }
        at += 1
        if (source[at] !== 0x3a) at = this.#skipSpace(source, at)
        if (source[at] !== 0x3a) return this.#fail(at, '":"')
        at += 1
        if (source[at]! <= 0x20) at = this.#skipSpace(source, at)
        if (watch !== none && depth === 1) this.#noteValue(watch, at)
      }
      const first = source[at]!
      if (first === QUOTE) {
        at = plainEnd(this.#view, at + 1, end)
        at = source[at] === QUOTE ? at + 1 : this.#string(source, at, end)
      } else if (first === OPEN || first === 0x5b) {
        const inner = this.#skipSpace(source, at + 1)
        // `{` and `[` are followed by their closers two places on in ASCII.
        if (source[inner] !== first + 2) {
          if (depth === this.#maxDepth) {
            this.failure = 'too_deep'
            this.at = at
            return -1
          }
          depth += 1
          inObject = first === OPEN
          closer = first + 2
          this.#containers[depth] = inObject ? 1 : 0
          if (inObject) this.#seeds[depth] = ++this.#seed
          at = inner
          continue
        }
        at = inner + 1
      } else {
        const digits = at
        let byte = first
        if (byte !== 0x30) while (byte >= 0x30 && byte <= 0x39) byte = source[++at]!
        const more = at === digits || byte === 0x2e || (byte | 0x20) === 0x65 || at - digits > 15
        if (more) at = this.#scalar(source, digits)
      }
      if (at < 0) return -1
      for (;;) {
        if (watch !== none && depth === 1) {
          if (watch === timeMember) this.timeEnd = at
          else this.logEnd = at
          watch = none
        }
        if (source[at]! <= 0x20) at = this.#skipSpace(source, at)
        const next = source[at]
        if (next === COMMA) {
          at += 1
          if (source[at]! <= 0x20) at = this.#skipSpace(source, at)
          break
        }
        if (next !== closer) return this.#fail(at, inObject ? '"," or "}"' : '"," or "]"')
        at += 1
        depth -= 1
        if (depth === 0) return at
        inObject = this.#containers[depth] === 1
        closer = inObject ? CLOSE : 0x5d
      }
    }
  }

  #skipSpace(source: Buffer, from: number): number {
    let at = from
    for (; ; at++) {
      const byte = source[at]!
      if (byte === 0x20 || byte === 0x09) continue
      if (byte !== 0x0a && byte !== 0x0d) return at
      this.flags |= lineBreak
    }
  }

  /** From after a key's opening quote to its closing one; remembers the key. */
  #key(source: Buffer, from: number, end: number, seed: number): number {
    this.members += 1
    const view = this.#view
    let at = from
    let hash = Math.imul(seed, 0x9e3779b1)
    while (at + 4 <= end) {
      const word = view.getInt32(at, true)
      const stops = stopsIn(word)
      if (stops !== 0) {
        const plain = firstStop(stops)
        // No zero byte is plain, so the rest of a key is like no other.
        if (plain > 0) hash = mix(hash, word & ((1 << (plain * 8)) - 1))
        at += plain
        break
      }
      hash = mix(hash, word)
      at += 4
    }
    if (source[at] !== QUOTE || at >= end) {
      const plain = at
      at = this.#string(source, at, end)
      if (at < 0) return -1
      at -= 1
      for (let rest = plain; rest < at; rest++) {
        if (source[rest] === BACKSLASH) this.flags |= repeatedKey
        hash = mix(hash, source[rest]!)
      }
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    hash = hash ^ (hash >>> 13) || 1
    const table = this.#table
    const mask = this.#mask
    let slot = hash & mask
    for (let held = table[slot]!; held !== 0; held = table[slot]!) {
      if (held === hash) {
        this.flags |= repeatedKey
        return at
      }
      slot = (slot + 1) & mask
    }
    table[slot] = hash
    return at
  }

  /** From within a string to the place after its closing quote, or -1. */
  #string(source: Buffer, from: number, end: number): number {
    let at = from
    for (;;) {
      at = plainEnd(this.#view, at, end)
      if (at >= end) return this.#fail(end, 'the end of a string')
      const byte = source[at]!
      if (byte === QUOTE) return at + 1
      if (byte === BACKSLASH) {
        at = this.#escape(source, at + 1, end)
        if (at < 0) return -1
      } else if (byte < 0x20) return this.#fail(at, 'an escaped control character')
      else {
        const next = utf8SequenceEnd(source, at, end)
        if (next < 0) {
          this.failure = 'invalid_utf8'
          this.at = at
          return -1
        }
        at = next
      }
    }
  }

  /** From after a backslash to after the escape, or -1. */
  #escape(source: Buffer, at: number, end: number): number {
    const kind = escapes[source[at]!]
    if (kind === 1) return at + 1
    const unit = kind === 2 && at + 5 <= end ? hexUnit(source, at + 1) : -1
    if (unit < 0) return this.#fail(at, 'an escape such as \\n or \\u0041')
    if ((unit & 0xf800) !== 0xd800) return at + 5
    if (
      unit < 0xdc00 &&
      at + 11 <= end &&
      source[at + 5] === BACKSLASH &&
      source[at + 6] === 0x75
    ) {
      const low = hexUnit(source, at + 7)
      if (low >= 0xdc00 && low <= 0xdfff) return at + 11
    }
    this.flags |= loneSurrogate
    return at + 5
  }

  /** A number, true, false or null. */
  #scalar(source: Buffer, from: number): number {
    const first = source[from]!
    if (first === 0x74 && isWord(source, from, 0x72, 0x75, 0x65)) return from + 4
    if (first === 0x6e && isWord(source, from, 0x75, 0x6c, 0x6c)) return from + 4
    if (first === 0x66 && isWord(source, from + 1, 0x6c, 0x73, 0x65) && source[from + 1] === 0x61) {
      return from + 5
    }
    let at = first === 0x2d ? from + 1 : from
    const digits = at
    at = digitsEnd(source, at)
    if (at === digits) return this.#fail(from, 'a value')
    if (source[digits] === 0x30 && at > digits + 1) return this.#fail(digits + 1, '"," or "}"')
    let simple = at - from <= 15 && (first !== 0x2d || source[digits] !== 0x30)
    if (source[at] === 0x2e) {
      simple = false
      const decimals = at + 1
      at = digitsEnd(source, decimals)
      if (at === decimals) return this.#fail(at, 'a digit')
    }
    if ((source[at]! | 0x20) === 0x65) {
      simple = false
      const sign = source[at + 1]
      const exponent = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1
      at = digitsEnd(source, exponent)
      if (at === exponent) return this.#fail(at, 'a digit')
    }
    if (!simple) this.#notePrecise(from, at)
    return at
  }

  #notePrecise(start: number, end: number): void {
    this.flags |= preciseNumber
    const { numbers, precise } = this
    if (precise * 2 < numbers.length) {
      numbers[precise * 2] = start
      numbers[precise * 2 + 1] = end
    }
    this.precise = precise + 1
  }

  /** A top-level key that may matter; `end` is its closing quote. */
  #watched(source: Buffer, quote: number, end: number): number {
    const start = quote + 1
    if (isName(source, start, end, this.#timeName)) {
      this.timeKey = quote
      this.timeEnd = -1
      return timeMember
    }
    if (isName(source, start, end, timestampName)) this.flags |= nameClash
    return this.names.see(source, quote, end) ? logMember : none
  }

  #noteValue(watch: number, at: number): void {
    if (watch === timeMember) this.timeValue = at
    else this.logValue = at
  }
}

/** Takes four more bytes of a key into its hash. */
function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

/** The three bytes after `at`. */
function isWord(source: Buffer, at: number, a: number, b: number, c: number): boolean {
  return source[at + 1] === a && source[at + 2] === b && source[at + 3] === c
}

function digitsEnd(source: Buffer, from: number): number {
  let at = from
  while (source[at]! >= 0x30 && source[at]! <= 0x39) at += 1
  return at
}

/** Four hex digits as a number, -1 when they are not. */
function hexUnit(source: Buffer, at: number): number {
  const [a, b] = [hex[source[at]!]!, hex[source[at + 1]!]!]
  const [c, d] = [hex[source[at + 2]!]!, hex[source[at + 3]!]!]
  return (a | b | c | d) > 15 ? -1 : (a << 12) | (b << 8) | (c << 4) | d
}
