import type { JsonKind } from '../../fields.ts'
import { promotedColumns } from '../columns.ts'
import type { Shape } from '../shape.ts'
import { LineSteps } from './line_steps.ts'

/** What a value was, as bits of `seen`. */
export const kindBits = {
  string: 1,
  long: 2,
  double: 4,
  boolean: 8,
  date_string: 16,
  object: 32,
} as const satisfies Record<JsonKind | 'object', number>

/** A node that stands for nothing: its path is beyond the bounds. What is below it is not looked at. */
export const beyond = 0
/** `promoted` of a node without a column. */
export const noColumn = -1
/** `promoted` of the top-level `@timestamp`. */
export const timeColumn = -2

/** A path that is longer is not learnt. */
const pathLengthMax = 1_000
const elementKey = Buffer.from('[*]')

/** What a stream taught since it was asked last. */
export interface Learnt {
  readonly stream: string
  readonly shape: Shape
}

interface Node {
  readonly stream: string
  /** Dotted, as `Shape.path`. */
  readonly path: string
  readonly jsonPath: string
  readonly many: boolean
  readonly parent: number
  /** Undefined: not under such a node yet. */
  elements: number | undefined
}

/**
 * The paths of all streams as one tree of keys: from a node, a key's bytes lead to the next in one look into a
 * table, exactly, so that a scanner knows of each value which field it is without making a text of it.
 * At most `shapesMax` nodes of a stream; what leads to a promoted column is always there.
 */
export class PathTree {
  readonly #shapesMax: number
  readonly #nodes: (Node | undefined)[] = [undefined]
  readonly #roots = new Map<string, number>()
  readonly #sizes = new Map<string, number>()
  readonly #learnt = new Map<number, number>()
  /** Values of each stream whose path is beyond the bounds. */
  readonly beyondCounts = new Map<string, number>()
  /** By node: its column, or one of the marks above. */
  promoted = new Int8Array(1024)
  /** By node: bits of what stood there. */
  seen = new Uint8Array(1024)
  /** By node: the node whose key came next the last time; for whoever scans lines that are alike. */
  following = new Int32Array(1024)
  /** What stands between the values of a line. */
  readonly steps = new LineSteps()
  #hashes = new Int32Array(1024)
  #parents = new Int32Array(1024)
  #starts = new Int32Array(1024)
  #ends = new Int32Array(1024)
  #names = Buffer.alloc(16_384)
  #namesLength = 0
  #table = new Int32Array(4096)

  constructor(shapesMax: number) {
    this.#shapesMax = shapesMax
    this.promoted[beyond] = noColumn
  }

  get size(): number {
    return this.#nodes.length
  }

  /** The node above all of a stream's fields. */
  root(stream: string): number {
    const known = this.#roots.get(stream)
    if (known !== undefined) return known
    const node = { stream, path: '', jsonPath: '$', many: false, parent: 0, elements: undefined }
    const root = this.#add(node, Buffer.alloc(0), 0, noColumn)
    this.#roots.set(stream, root)
    return root
  }

  /** Learns a stream anew. */
  forget(stream: string): void {
    this.#roots.delete(stream)
    this.#sizes.delete(stream)
  }

  /** Where a key leads; its name is `bytes` from `start` to `end`, `hash` of which is `hashOf`. */
  child(parent: number, bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#table.length - 1
    const length = end - start
    for (let slot = slotOf(parent, hash) & mask; ; slot = (slot + 1) & mask) {
      const node = this.#table[slot]!
      if (node === 0) return this.#learn(parent, Buffer.from(bytes.subarray(start, end)), hash)
      if (this.#hashes[node] !== hash || this.#parents[node] !== parent) continue
      const from = this.#starts[node]!
      if (this.#ends[node]! - from !== length) continue
      let at = 0
      while (at < length && this.#names[from + at] === bytes[start + at]) at++
      if (at === length) return node
    }
  }

  /** Where the key's closing quote is if the key that begins at `start` is that of `node`; else -1. */
  isKey(node: number, parent: number, bytes: Uint8Array, start: number): number {
    if (node === beyond || this.#parents[node] !== parent) return -1
    const names = this.#names
    const from = this.#starts[node]!
    const length = this.#ends[node]! - from
    for (let at = 0; at < length; at++) if (names[from + at] !== bytes[start + at]) return -1
    return bytes[start + length] === 34 ? start + length : -1
  }

  /** The node of an array's elements. */
  elements(parent: number): number {
    const above = this.#nodes[parent]
    if (!above) return beyond
    if (above.elements !== undefined) return above.elements
    const { stream, path } = above
    const jsonPath = `${above.jsonPath}[*]`
    if (!this.#mayAdd(stream, path, jsonPath)) return this.#tooMuch(stream)
    const node = { stream, path, jsonPath, many: true, parent, elements: undefined }
    above.elements = this.#add(node, elementKey, 0, this.promoted[parent]!)
    return above.elements
  }

  /** The node above. */
  parent(node: number): number {
    return this.#parents[node]!
  }

  isMany(node: number): boolean {
    return this.#nodes[node]?.many ?? true
  }

  /** A value stands at `node`. */
  see(node: number, bit: number): void {
    this.seen[node]! |= bit
    this.#learnt.set(node, (this.#learnt.get(node) ?? 0) | bit)
  }

  /** What `see` was told since the last call. */
  takeLearnt(): Learnt[] {
    const learnt: Learnt[] = []
    for (const [id, bits] of this.#learnt) {
      const node = this.#nodes[id]
      if (!node || node.path === '') continue
      const { stream, path, jsonPath, many } = node
      for (const kind of Object.keys(kindBits) as (keyof typeof kindBits)[]) {
        if ((bits & kindBits[kind]) !== 0) {
          learnt.push({ stream, shape: { path, jsonPath, many, kind } })
        }
      }
    }
    this.#learnt.clear()
    return learnt
  }

  #learn(parent: number, name: Buffer, hash: number): number {
    const above = this.#nodes[parent]
    if (!above) return beyond
    const text = name.toString()
    const { stream, many } = above
    const path = above.path === '' ? text : `${above.path}.${text}`
    const jsonPath = `${above.jsonPath}."${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
    // DuckDB's paths have no empty name, and no NUL.
    const canAsk = text !== '' && !text.includes('\0')
    if (!canAsk || !this.#mayAdd(stream, path, jsonPath)) return this.#tooMuch(stream)
    const isTime = path === '@timestamp' && above.path === ''
    const column = isTime ? timeColumn : (columnOf.get(path) ?? noColumn)
    const node = { stream, path, jsonPath, many, parent, elements: undefined }
    return this.#add(node, name, hash, column, parent)
  }

  #mayAdd(stream: string, path: string, jsonPath: string): boolean {
    if (jsonPath.length > pathLengthMax) return false
    if ((this.#sizes.get(stream) ?? 0) < this.#shapesMax) return true
    return promotedPrefixes.has(path)
  }

  #tooMuch(stream: string): number {
    this.beyondCounts.set(stream, (this.beyondCounts.get(stream) ?? 0) + 1)
    return beyond
  }

  #add(node: Node, name: Buffer, hash: number, column: number, parent?: number): number {
    const id = this.#nodes.push(node) - 1
    this.#sizes.set(node.stream, (this.#sizes.get(node.stream) ?? 0) + 1)
    this.#makeRoom(id, name.length)
    this.promoted[id] = column
    this.#hashes[id] = hash
    this.#parents[id] = node.parent
    this.#starts[id] = this.#namesLength
    this.#namesLength += name.copy(this.#names, this.#namesLength)
    this.#ends[id] = this.#namesLength
    if (parent !== undefined) this.#enter(id)
    return id
  }

  #enter(id: number): void {
    const mask = this.#table.length - 1
    let slot = slotOf(this.#parents[id]!, this.#hashes[id]!) & mask
    while (this.#table[slot] !== 0) slot = (slot + 1) & mask
    this.#table[slot] = id
  }

  #makeRoom(id: number, nameLength: number): void {
    if (this.#namesLength + nameLength > this.#names.length) {
      const names = Buffer.alloc((this.#names.length + nameLength) * 2)
      this.#names.copy(names)
      this.#names = names
    }
    if (id >= this.seen.length) {
      this.promoted = grown(this.promoted, new Int8Array(id * 2))
      this.seen = grown(this.seen, new Uint8Array(id * 2))
      this.following = grown(this.following, new Int32Array(id * 2))
      this.#hashes = grown(this.#hashes, new Int32Array(id * 2))
      this.#parents = grown(this.#parents, new Int32Array(id * 2))
      this.#starts = grown(this.#starts, new Int32Array(id * 2))
      this.#ends = grown(this.#ends, new Int32Array(id * 2))
    }
    if (id * 3 < this.#table.length) return
    const old = this.#table
    this.#table = new Int32Array(old.length * 2)
    for (const each of old) if (each !== 0) this.#enter(each)
  }
}

/** FNV-1a over a key's bytes; a scanner may reckon it as it goes. */
export const hashBasis = 0x811c9dc5 | 0
export const hashPrime = 0x01000193
export function hashOf(name: Uint8Array): number {
  let hash = hashBasis
  for (const byte of name) hash = Math.imul(hash ^ byte, hashPrime)
  return hash
}

const slotOf = (parent: number, hash: number) => {
  const mixed = Math.imul(parent ^ 0x9e3779b9, 0x85ebca6b) ^ hash
  return (mixed ^ (mixed >>> 15)) >>> 0
}

function grown<A extends Int32Array | Int8Array | Uint8Array>(old: A, fresh: A): A {
  fresh.set(old)
  return fresh
}

const columnOf = new Map(promotedColumns.map(({ path }, column) => [path, column]))

/** Paths that lead to a promoted column, and `@timestamp`. */
const promotedPrefixes = new Set(
  ['@timestamp', ...promotedColumns.map(({ path }) => path)].flatMap((path) => {
    const names = path.split('.')
    return names.map((_, last) => names.slice(0, last + 1).join('.'))
  }),
)
