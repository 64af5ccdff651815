import { promotedColumns } from '../columns.ts'
import {
  beyond,
  hashBasis,
  hashOf,
  hashPrime,
  kindBits,
  noColumn,
  type PathTree,
  timeColumn,
} from './path_tree.ts'
import type { WordSet } from './word_set.ts'
import { wordBytes, wordHash } from './words.ts'

const quote = 34
const backslash = 92
const depthMax = 1_000
/** Digits that a BIGINT holds, whichever they are. */
const safeDigits = 18

const isNumber = promotedColumns.map(({ type }) => type === 'BIGINT')

/**
 * Goes once over the bytes of a JSON object: learns its paths, finds the promoted values, gathers the words.
 * What it found of the last line stands in its fields until the next.
 */
export class LineScanner {
  readonly paths: PathTree
  /** Where the words go. */
  words: WordSet
  /** By promoted column: where its value stands, quotes included; start 0 for none. */
  readonly starts = new Int32Array(promotedColumns.length)
  readonly ends = new Int32Array(promotedColumns.length)
  /** Bits of the promoted columns whose value has to be read from the document. */
  spilled = 0
  /** Whether the string that was scanned last has a backslash. */
  #escaped = false
  /** Bits of the columns whose text has to be unescaped. */
  escaped = 0
  readonly #nodes = new Int32Array(depthMax + 1)
  readonly #isArray = new Uint8Array(depthMax + 1)

  constructor(paths: PathTree, words: WordSet) {
    this.paths = paths
    this.words = words
  }

  /**
   * Scans `bytes` from `start` to `end`, one JSON object and white space.
   *
   * @param root of the stream.
   * @returns false when it is not one, as far as one can tell without understanding each value.
   */
  scan(bytes: Uint8Array, start: number, end: number, root: number): boolean {
    this.starts.fill(0)
    this.spilled = 0
    this.escaped = 0
    let at = this.#space(bytes, start)
    if (bytes[at] !== 123) return false
    let depth = 0
    let node = root
    this.#previous = root
    for (;;) {
      const byte = bytes[at]!
      if (byte === 123 || byte === 91) {
        if (depth === depthMax) return false
        depth += 1
        this.#spill(node)
        const isArray = byte === 91
        this.#isArray[depth] = isArray ? 1 : 0
        this.#nodes[depth] = isArray && node !== beyond ? this.paths.elements(node) : node
        at = this.#space(bytes, at + 1)
        if (bytes[at] === (isArray ? 93 : 125)) {
          if (!isArray && node !== beyond && node !== root) this.#see(node, kindBits.object)
        } else if (isArray) {
          node = this.#nodes[depth]!
          continue
        } else {
          at = this.#key(bytes, at, end, node)
          if (at < 0) return false
          node = this.#node
          continue
        }
      } else {
        at = byte === quote ? this.#text(bytes, at, end, node) : this.#bare(bytes, at, end, node)
        if (at < 0) return false
        at = this.#space(bytes, at)
      }
      // Behind a value, or at the end of an empty object or array.
      for (;;) {
        if (at >= end) return false
        const next = bytes[at]!
        if (next === 44) {
          at = this.#space(bytes, at + 1)
          if (this.#isArray[depth] === 1) {
            node = this.#nodes[depth]!
          } else {
            at = this.#key(bytes, at, end, this.#nodes[depth]!)
            if (at < 0) return false
            node = this.#node
          }
          break
        }
        if (next !== (this.#isArray[depth] === 1 ? 93 : 125)) return false
        depth -= 1
        at += 1
        // What ends the line is none within it.
        if (depth === 0 && at === end) return true
        at = this.#space(bytes, at)
        if (depth === 0) return at >= end
      }
    }
  }

  /** The node that the key scanned last leads to. */
  #node = 0
  /** The key before, of which `following` says what came behind it. */
  #previous = 0

  /** @returns where the key's value begins, or -1. */
  #key(bytes: Uint8Array, start: number, end: number, parent: number): number {
    if (bytes[start] !== quote) return -1
    // Keys mostly come in the order of the line before.
    const { paths } = this
    const expected = paths.following[this.#previous]!
    let at = paths.isKey(expected, parent, bytes, start + 1)
    if (at >= 0) {
      this.#node = expected
    } else {
      at = this.#newKey(bytes, start, end, parent)
      if (at < 0) return -1
      if (this.#node !== beyond) paths.following[this.#previous] = this.#node
    }
    if (this.#node !== beyond) this.#previous = this.#node
    at += 1
    if (bytes[at] === 58 && bytes[at + 1]! > 32) return at + 1
    at = this.#space(bytes, at)
    return bytes[at] === 58 ? this.#space(bytes, at + 1) : -1
  }

  /** @returns where the closing quote is, or -1. */
  #newKey(bytes: Uint8Array, start: number, end: number, parent: number): number {
    let at = start + 1
    let hash = hashBasis
    let escaped = false
    for (; ; at++) {
      const byte = bytes[at]!
      if (byte === quote) break
      if (byte < 32 || at >= end) return -1
      if (byte === backslash) {
        escaped = true
        at += 1
      }
      hash = Math.imul(hash ^ byte, hashPrime)
    }
    if (parent === beyond) this.#node = beyond
    else if (escaped) this.#node = this.#escapedKey(bytes, start, at + 1, parent)
    else this.#node = this.paths.child(parent, bytes, start + 1, at, hash)
    return at
  }

  #escapedKey(bytes: Uint8Array, start: number, end: number, parent: number): number {
    try {
      const name = Buffer.from(
        JSON.parse(Buffer.from(bytes.subarray(start, end)).toString()) as string,
      )
      return this.paths.child(parent, name, 0, name.length, hashOf(name))
    } catch {
      return beyond
    }
  }

  /** @returns where what follows the string begins, or -1. */
  #text(bytes: Uint8Array, start: number, end: number, node: number): number {
    const column = this.paths.promoted[node]!
    const stop =
      column === timeColumn ? skipText(bytes, start, end) : this.#wordsOf(bytes, start, end)
    if (stop < 0 || node === beyond) return stop
    const length = stop - start - 2
    this.#see(
      node,
      length >= 10 && isDate(bytes, start + 1, length) ? kindBits.date_string : kindBits.string,
    )
    if (column < 0) return stop
    if (isNumber[column] === true) this.#spill(node)
    else this.#keep(column, node, start, stop, this.#escaped || length === 0)
    return stop
  }

  #wordsOf(bytes: Uint8Array, start: number, end: number): number {
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
        this.#escaped = escaped
        return at + 1
      }
    }
    return -1
  }

  /** A number, true, false or null. */
  #bare(bytes: Uint8Array, start: number, end: number, node: number): number {
    let at = start
    let fnv = hashBasis
    let isWhole = true
    for (; at < end; at++) {
      const byte = bytes[at]!
      if (byte === 44 || byte === 125 || byte === 93 || byte <= 32) break
      const letter = wordBytes[byte]!
      if (letter !== 0) fnv = Math.imul(fnv ^ letter, hashPrime)
      else if (fnv !== hashBasis) {
        this.words.add(wordHash(fnv))
        fnv = hashBasis
      }
      if ((byte < 48 || byte > 57) && (byte !== 45 || at > start)) isWhole = false
    }
    if (at === start) return -1
    const first = bytes[start]!
    if (first === 110) return at - start === 4 ? at : -1
    if (fnv !== hashBasis) this.words.add(wordHash(fnv))
    const isBoolean = first === 116 || first === 102
    if (!isBoolean && first !== 45 && (first < 48 || first > 57)) return -1
    if (node === beyond) return at
    const isLong = isWhole && (at - start <= safeDigits || isInt64(bytes, start, at))
    this.#see(node, isBoolean ? kindBits.boolean : isLong ? kindBits.long : kindBits.double)
    const column = this.paths.promoted[node]!
    if (column < 0) return at
    if (isNumber[column] === true && (!isLong || isBoolean)) this.#spill(node)
    else this.#keep(column, node, start, at, false)
    return at
  }

  #see(node: number, bit: number): void {
    if ((this.paths.seen[node]! & bit) === 0) this.paths.see(node, bit)
  }

  #keep(column: number, node: number, start: number, end: number, escaped: boolean): void {
    // In an array, or a second spelling of the same path.
    if (this.starts[column] !== 0 || this.paths.isMany(node)) {
      this.#spill(node)
      return
    }
    this.starts[column] = start
    this.ends[column] = end
    if (escaped) this.escaped |= 1 << column
  }

  #spill(node: number): void {
    const column = this.paths.promoted[node]!
    if (column >= 0) this.spilled |= 1 << column
    else if (column !== noColumn && column !== timeColumn) throw new Error('unknown mark')
  }

  #space(bytes: Uint8Array, start: number): number {
    let at = start
    for (; bytes[at]! <= 32; at++) {
      const byte = bytes[at]!
      if (byte !== 32 && byte !== 9 && byte !== 13 && byte !== 10) return at
    }
    return at
  }
}

function skipText(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    if (bytes[at] === backslash) at += 1
    else if (bytes[at] === quote) return at + 1
  }
  return -1
}

/** The two letters beyond ASCII whose lower case begins with one of ASCII: the Kelvin sign, and I with a dot. */
const kelvin = 107
const dottedI = 105
function foldedTo(bytes: Uint8Array, at: number): number {
  if (bytes[at] === 0xe2 && bytes[at + 1] === 0x84 && bytes[at + 2] === 0xaa) return kelvin
  return bytes[at] === 0xc4 && bytes[at + 1] === 0xb0 ? dottedI : 0
}

/** Of `\uXXXX`; NaN when it is none. */
const escapedCode = (bytes: Uint8Array, start: number): number =>
  Number.parseInt(Buffer.from(bytes.subarray(start, start + 4)).toString('latin1'), 16)

/** `2026-11-20`, and `2026-11-20T…`. */
function isDate(bytes: Uint8Array, start: number, length: number): boolean {
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i]!
    const isDash = i === 4 || i === 7
    if (isDash ? byte !== 45 : byte < 48 || byte > 57) return false
  }
  return length === 10 || bytes[start + 10] === 84
}

function isInt64(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 20) return false
  const value = BigInt(Buffer.from(bytes.subarray(start, end)).toString('latin1'))
  return BigInt.asIntN(64, value) === value
}
