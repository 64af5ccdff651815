import { promotedColumns } from '../columns.ts'
import type { KnownTexts } from './known_texts.ts'
import { lineEnd } from './line_steps.ts'
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
import { isDate, isInt64, skipText } from './text_bytes.ts'
import { safeDigits, WordGatherer } from './word_gatherer.ts'
import { wordBytes, wordHash } from './words.ts'

const quote = 34
const backslash = 92
const depthMax = 1_000

const unknownDepth = -1

const isNumber = promotedColumns.map(({ type }) => type === 'BIGINT')

/**
 * Goes once over the bytes of a JSON object: learns its paths, finds the promoted values, gathers the words.
 * What it found of the last line stands in its fields until the next.
 */
export class LineScanner {
  readonly paths: PathTree
  /** The promoted columns that have a value, so many of them. */
  readonly columns = new Int32Array(promotedColumns.length)
  found = 0
  /** By promoted column: where its value stands, quotes included; start 0 for none. */
  readonly starts = new Int32Array(promotedColumns.length)
  readonly ends = new Int32Array(promotedColumns.length)
  /** By promoted column: where its text is among those known, and its id there; -1 where it is not. */
  readonly slots = new Int32Array(promotedColumns.length)
  readonly ids = new Int32Array(promotedColumns.length)
  /** Bits of the promoted columns whose value has to be read from the document. */
  spilled = 0
  /** Bits of the columns whose text has to be unescaped. */
  escaped = 0
  readonly #nodes = new Int32Array(depthMax + 1)
  readonly #isArray = new Uint8Array(depthMax + 1)

  readonly #gatherer: WordGatherer
  #viewed: Uint8Array | undefined

  /** @param known is told of the texts, whose words need not be gathered twice. */
  constructor(paths: PathTree, words: WordSet, known: KnownTexts) {
    this.#gatherer = new WordGatherer(words, known)
    this.paths = paths
  }

  /** Where the words go from now on. */
  set words(words: WordSet) {
    this.#gatherer.words = words
  }

  /**
   * Scans `bytes` from `start` to `end`, one JSON object and white space.
   *
   * @param root of the stream.
   * @returns false when it is not one, as far as one can tell without understanding each value.
   */
  scan(bytes: Uint8Array, start: number, end: number, root: number): boolean {
    if (bytes !== this.#viewed) {
      this.#viewed = bytes
      this.#gatherer.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      this.#gatherer.viewEnd = bytes.byteLength
    }
    this.#gatherer.known.nextLine()
    const { steps } = this.paths
    const { view, viewEnd } = this.#gatherer
    for (let i = 0; i < this.found; i++) this.starts[this.columns[i]!] = 0
    this.found = 0
    this.spilled = 0
    this.escaped = 0
    this.#depth = 0
    this.#arrays = 0
    this.#previous = root
    let node = root
    let at = start
    for (;;) {
      // Mostly it goes on as in a line before.
      const step = this.#arrays === 0 && node !== beyond ? steps.find(view, viewEnd, node, at) : -1
      const stop = step < 0 ? -1 : at + steps.length(step)
      if (step >= 0 && (stop === end || (stop < end && steps.node(step) !== lineEnd))) {
        at = stop
        node = steps.node(step)
        this.#depth = unknownDepth
      } else {
        if (this.#depth === unknownDepth) this.#climb(node, root)
        at = this.#step(bytes, at, end, node)
        if (at < 0) return false
        node = this.#node
      }
      if (node === lineEnd) return at === end
      at = bytes[at] === quote ? this.#text(bytes, at, end, node) : this.#bare(bytes, at, end, node)
      if (at < 0) return false
    }
  }

  /** Finds depth and nodes above `node` again, none of which is an array. */
  #climb(node: number, root: number): void {
    this.#previous = node
    let depth = 0
    for (let each = node; each !== root; each = this.paths.parent(each)) depth += 1
    this.#depth = depth
    let each = node
    for (; depth > 0; depth--) {
      each = this.paths.parent(each)
      this.#nodes[depth] = each
      this.#isArray[depth] = 0
    }
  }

  /**
   * Goes from behind the value of `from`, or from the beginning of the line, to the next value, whose node is `#node`
   * then, or to the end of the line.
   *
   * @returns where it begins, or -1.
   */
  #step(bytes: Uint8Array, start: number, end: number, from: number): number {
    this.#isUsual = this.#arrays === 0
    let at = this.#space(bytes, start)
    if (this.#depth === 0) {
      if (bytes[at] !== 123) return -1
      this.#node = from
    } else {
      at = this.#behind(bytes, at, end)
    }
    while (at >= 0 && this.#node !== lineEnd && (bytes[at] === 123 || bytes[at] === 91)) {
      at = this.#open(bytes, at, end)
    }
    if (at >= 0 && this.#isUsual && from > 0 && this.#node !== beyond) {
      this.paths.steps.remember(this.#gatherer.view, from, start, at - start, this.#node)
    }
    return at
  }

  /** Behind a value, or at the end of an empty object or array. @returns where the next value begins, or -1. */
  #behind(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    for (;;) {
      if (at >= end) return -1
      const next = bytes[at]!
      const isArray = this.#isArray[this.#depth] === 1
      if (next === 44) {
        at = this.#space(bytes, at + 1)
        if (!isArray) return this.#key(bytes, at, end, this.#nodes[this.#depth]!)
        this.#node = this.#nodes[this.#depth]!
        return at
      }
      if (next !== (isArray ? 93 : 125)) return -1
      this.#depth -= 1
      if (isArray) this.#arrays -= 1
      at += 1
      if (this.#depth === 0) {
        this.#node = lineEnd
        // What ends the line is none within it.
        return at === end || this.#space(bytes, at) >= end ? end : -1
      }
      at = this.#space(bytes, at)
    }
  }

  /** An object or array, which is the value of `#node`. @returns where the next value begins, or -1. */
  #open(bytes: Uint8Array, start: number, end: number): number {
    if (this.#depth === depthMax) return -1
    const node = this.#node
    const isArray = bytes[start] === 91
    const depth = ++this.#depth
    this.#spill(node)
    this.#isArray[depth] = isArray ? 1 : 0
    this.#nodes[depth] = isArray && node !== beyond ? this.paths.elements(node) : node
    if (isArray) this.#arrays += 1
    if (isArray || node === beyond || this.paths.promoted[node] !== noColumn) this.#isUsual = false
    const at = this.#space(bytes, start + 1)
    if (bytes[at] === (isArray ? 93 : 125)) {
      this.#isUsual = false
      // The object of the line itself has no kind.
      if (!isArray && node !== beyond && depth > 1) this.#see(node, kindBits.object)
      return this.#behind(bytes, at, end)
    }
    if (!isArray) return this.#key(bytes, at, end, node)
    this.#node = this.#nodes[depth]!
    return at
  }

  /** The node that the key scanned last leads to. */
  #node = 0
  #depth = 0
  /** Of those that the value is in. */
  #arrays = 0
  /** Whether the step is the same whenever it is written the same. */
  #isUsual = false
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
    const gatherer = this.#gatherer
    const stop =
      column === timeColumn ? skipText(bytes, start, end) : gatherer.text(bytes, start, end)
    if (stop < 0 || node === beyond) return stop
    const length = stop - start - 2
    this.#see(
      node,
      length >= 10 && isDate(bytes, start + 1, length) ? kindBits.date_string : kindBits.string,
    )
    if (column < 0) return stop
    if (isNumber[column] === true) this.#spill(node)
    else
      this.#keep(column, node, start, stop, gatherer.known.slot, gatherer.escaped || length === 0)
    return stop
  }

  /** A number, true, false or null. */
  #bare(bytes: Uint8Array, start: number, end: number, node: number): number {
    const digitsEnd = this.#gatherer.digits(bytes, start, end)
    if (digitsEnd < 0) return this.#anyBare(bytes, start, end, node)
    if (node === beyond) return digitsEnd
    this.#see(node, kindBits.long)
    const column = this.paths.promoted[node]!
    if (column >= 0) this.#keep(column, node, start, digitsEnd, -1, false)
    return digitsEnd
  }

  #anyBare(bytes: Uint8Array, start: number, end: number, node: number): number {
    let at = start
    const { words } = this.#gatherer
    let fnv = hashBasis
    let isWhole = true
    for (; at < end; at++) {
      const byte = bytes[at]!
      if (byte === 44 || byte === 125 || byte === 93 || byte <= 32) break
      const letter = wordBytes[byte]!
      if (letter !== 0) fnv = Math.imul(fnv ^ letter, hashPrime)
      else if (fnv !== hashBasis) {
        words.add(wordHash(fnv))
        fnv = hashBasis
      }
      if ((byte < 48 || byte > 57) && (byte !== 45 || at > start)) isWhole = false
    }
    if (at === start) return -1
    const first = bytes[start]!
    if (first === 110) return at - start === 4 ? at : -1
    if (fnv !== hashBasis) words.add(wordHash(fnv))
    const isBoolean = first === 116 || first === 102
    if (!isBoolean && first !== 45 && (first < 48 || first > 57)) return -1
    if (node === beyond) return at
    const isLong = isWhole && (at - start <= safeDigits || isInt64(bytes, start, at))
    this.#see(node, isBoolean ? kindBits.boolean : isLong ? kindBits.long : kindBits.double)
    const column = this.paths.promoted[node]!
    if (column < 0) return at
    if (isNumber[column] === true && (!isLong || isBoolean)) this.#spill(node)
    else this.#keep(column, node, start, at, -1, false)
    return at
  }

  #see(node: number, bit: number): void {
    if ((this.paths.seen[node]! & bit) === 0) this.paths.see(node, bit)
  }

  #keep(
    column: number,
    node: number,
    start: number,
    end: number,
    slot: number,
    escaped: boolean,
  ): void {
    // In an array, or a second spelling of the same path.
    if (this.starts[column] !== 0 || this.paths.isMany(node)) {
      this.#spill(node)
      return
    }
    this.columns[this.found++] = column
    this.starts[column] = start
    this.ends[column] = end
    this.slots[column] = slot
    if (slot >= 0) this.ids[column] = this.#gatherer.known.id
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
