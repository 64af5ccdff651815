import type { PointType } from '../../points.ts'

/** What was learnt of a series since it was last written down. */
export interface LearntSeries {
  readonly series: string
  readonly type: PointType
  readonly firstMs: number
  readonly lastMs: number
  /** 0 where there is none. */
  readonly intervalMs: number
}

const typeOf: Readonly<Record<number, PointType>> = {
  0x63: 'counter',
  0x67: 'gauge',
  0x74: 'timer',
  0x73: 'set',
  0x76: 'value',
}

/** How much further a series has to be seen before that is written down again. */
const noteEveryMs = 600_000

/**
 * The series that points were taken in of, by the bytes of their names: which are new, and when they were seen.
 * One hash table on typed arrays, since a million names as JavaScript's strings were half of what the process may have.
 */
export class SeenSeries {
  readonly #max: number
  #slots = new Int32Array(1 << 12).fill(-1)
  #names = Buffer.allocUnsafeSlow(1 << 18)
  #namesLength = 0
  #capacity = 1 << 11
  #count = 0
  #hash = new Uint32Array(this.#capacity)
  #offset = new Uint32Array(this.#capacity + 1)
  #type = new Uint8Array(this.#capacity)
  #interval = new Float64Array(this.#capacity)
  #first = new Float64Array(this.#capacity)
  #last = new Float64Array(this.#capacity)
  #noted = new Float64Array(this.#capacity)
  /** The newest point of the pass, to see points of one time. */
  #pass = new Float64Array(this.#capacity)
  #dirty = new Set<number>()

  /** @param max series; with more everything is forgotten, and learnt again. */
  constructor(max: number) {
    this.#max = max
  }

  /** Points that are taken in from now on make one file. */
  beginPass(): void {
    this.#pass.fill(-Infinity, 0, this.#count)
    if (this.#count > this.#max && this.#dirty.size === 0) this.forget()
  }

  forget(): void {
    this.#slots.fill(-1)
    this.#count = 0
    this.#namesLength = 0
    this.#dirty.clear()
  }

  /**
   * A point was seen. `hash` is of its name's bytes, as `hashStep` makes it; `interval` is asked when it is new.
   *
   * @returns whether it surely is no second one of the same time in this pass.
   */
  see(
    bytes: Uint8Array,
    start: number,
    end: number,
    hash: number,
    type: number,
    atMs: number,
    interval: () => number,
  ): boolean {
    const entry = this.#entryOf(bytes, start, end, (hash ^ type) >>> 0, type, interval)
    const isNewer = atMs > this.#pass[entry]!
    if (isNewer) this.#pass[entry] = atMs
    if (atMs > this.#last[entry]!) this.#last[entry] = atMs
    if (atMs < this.#first[entry]!) {
      this.#first[entry] = atMs
      this.#dirty.add(entry)
    }
    if (this.#last[entry]! - this.#noted[entry]! >= noteEveryMs) this.#dirty.add(entry)
    return isNewer
  }

  /** What is to be written down. When it cannot be, `forget`. */
  take(): LearntSeries[] {
    const learnt = Array.from(this.#dirty, (entry) => ({
      series: this.#names.toString('utf8', this.#offset[entry], this.#offset[entry + 1]),
      type: typeOf[this.#type[entry]!]!,
      firstMs: this.#first[entry]!,
      lastMs: (this.#noted[entry] = this.#last[entry]!),
      intervalMs: this.#interval[entry]!,
    }))
    this.#dirty.clear()
    return learnt
  }

  #entryOf(
    bytes: Uint8Array,
    start: number,
    end: number,
    hash: number,
    type: number,
    interval: () => number,
  ): number {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const entry = this.#slots[slot]!
      if (entry < 0) return this.#add(slot, bytes, start, end, hash, type, interval())
      if (
        this.#hash[entry] === hash &&
        this.#type[entry] === type &&
        this.#isName(entry, bytes, start, end)
      )
        return entry
      slot = (slot + 1) & mask
    }
  }

  #isName(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#offset[entry]!
    if (this.#offset[entry + 1]! - from !== end - start) return false
    const names = this.#names
    for (let at = start; at < end; at++) if (names[from + at - start] !== bytes[at]) return false
    return true
  }

  #add(
    slot: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    hash: number,
    type: number,
    intervalMs: number,
  ): number {
    if (this.#count === this.#capacity) this.#grow()
    const length = this.#namesLength + end - start
    if (length > this.#names.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#names.length * 2))
      this.#names.copy(larger, 0, 0, this.#namesLength)
      this.#names = larger
    }
    this.#names.set(bytes.subarray(start, end), this.#namesLength)
    const entry = this.#count++
    this.#offset[entry] = this.#namesLength
    this.#offset[entry + 1] = this.#namesLength = length
    this.#hash[entry] = hash
    this.#type[entry] = type
    this.#interval[entry] = intervalMs
    this.#first[entry] = Infinity
    this.#last[entry] = this.#noted[entry] = this.#pass[entry] = -Infinity
    this.#dirty.add(entry)
    this.#slots[slot] = entry
    if (this.#count * 2 > this.#slots.length) this.#rehash()
    return entry
  }

  #grow(): void {
    this.#capacity *= 2
    this.#hash = grown(this.#hash, new Uint32Array(this.#capacity))
    this.#offset = grown(this.#offset, new Uint32Array(this.#capacity + 1))
    this.#type = grown(this.#type, new Uint8Array(this.#capacity))
    this.#interval = grown(this.#interval, new Float64Array(this.#capacity))
    this.#first = grown(this.#first, new Float64Array(this.#capacity))
    this.#last = grown(this.#last, new Float64Array(this.#capacity))
    this.#noted = grown(this.#noted, new Float64Array(this.#capacity))
    this.#pass = grown(this.#pass, new Float64Array(this.#capacity))
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1)
    for (let entry = 0; entry < this.#count; entry++) {
      let slot = this.#hash[entry]! & (slots.length - 1)
      while (slots[slot]! >= 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = entry
    }
    this.#slots = slots
  }
}

export const hashSeed = 0x811c9dc5
export const hashStep = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193)

function grown<A extends Uint8Array | Uint32Array | Float64Array>(from: A, to: A): A {
  to.set(from)
  return to
}
