import { ByteList } from './byte_list.ts'
import { grown, roomFor } from './grown.ts'
import { hashOf } from './hash.ts'
import type { TableLimits } from './limits.ts'
import type { SeriesTable } from './series_table.ts'
import type { SwappedSets } from './swapped.ts'

/** Distinct members of sets: a hash table of (row, bytes) for all sets of the interval. */
export class Sets {
  readonly series: SeriesTable
  readonly #limits: TableLimits
  readonly #seed: number
  #sizes = new Uint32Array(512)
  /** Open addressing: hash and member + 1 of each place; 0 is an empty one. */
  #places = new Int32Array(2 * 512)
  #mask = 511
  #members = 0
  #rows = new Uint32Array(256)
  #offsets = new Uint32Array(257)
  #bytes = new ByteList(4096)

  constructor(series: SeriesTable, limits: TableLimits, seed: number) {
    this.series = series
    this.#limits = limits
    this.#seed = seed
  }

  /** False when a member that is new does not fit any more. */
  add(row: number, bytes: Uint8Array, start: number, end: number): boolean {
    while (row >= this.#sizes.length) this.#sizes = grown(this.#sizes)
    const hash = hashOf(bytes, start, end, this.#seed ^ Math.imul(row, 0x85eb_ca6b))
    let place = hash & this.#mask
    for (; this.#places[2 * place + 1] !== 0; place = (place + 1) & this.#mask) {
      if (this.#places[2 * place] !== hash) continue
      if (this.#is(this.#places[2 * place + 1]! - 1, row, bytes, start, end)) return true
    }
    if (this.#members >= this.#limits.maxSetMembers) return false
    const member = this.#members++
    if (member === this.#rows.length) {
      this.#rows = grown(this.#rows)
      this.#offsets = grown(this.#offsets)
    }
    this.#rows[member] = row
    this.#bytes.add(bytes, start, end)
    this.#offsets[member + 1] = this.#bytes.length
    this.#sizes[row]! += 1
    this.#places[2 * place] = hash
    this.#places[2 * place + 1] = member + 1
    if (2 * this.#members > this.#mask + 1) this.#growPlaces()
    return true
  }

  sizeOf(row: number): number {
    return this.#sizes[row] ?? 0
  }

  swap(idleFlushes: number): SwappedSets {
    const [sizes, memberRows, offsets] = [this.#sizes, this.#rows, this.#offsets]
    const members = this.#members
    const bytes = this.#bytes.bytes
    const swapped = this.series.swap(idleFlushes)
    this.#sizes = new Uint32Array(roomFor(swapped.rows))
    let places = 512
    while (places < 2 * members) places *= 2
    this.#places = new Int32Array(2 * places)
    this.#mask = places - 1
    this.#members = 0
    this.#rows = new Uint32Array(places / 2)
    this.#offsets = new Uint32Array(places / 2 + 1)
    this.#bytes = new ByteList(roomFor(this.#bytes.length))
    return { ...swapped, sizes, members, memberRows, offsets, bytes }
  }

  #is(member: number, row: number, bytes: Uint8Array, start: number, end: number): boolean {
    let at = this.#offsets[member]!
    if (this.#rows[member] !== row || this.#offsets[member + 1]! - at !== end - start) return false
    for (let other = start; other < end; other++) {
      if (this.#bytes.bytes[at++] !== bytes[other]) return false
    }
    return true
  }

  #growPlaces(): void {
    const old = this.#places
    this.#places = new Int32Array(2 * old.length)
    this.#mask = 2 * this.#mask + 1
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue
      let place = old[from]! & this.#mask
      while (this.#places[2 * place + 1] !== 0) place = (place + 1) & this.#mask
      this.#places[2 * place] = old[from]!
      this.#places[2 * place + 1] = old[from + 1]!
    }
  }
}
