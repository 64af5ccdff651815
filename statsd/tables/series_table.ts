import { ByteList } from './byte_list.ts'
import { grown, roomFor } from './grown.ts'
import type { SeriesBudget } from './series_budget.ts'
import { SeriesKey } from './series_key.ts'
import { deletedSeries, type Names, type SeriesKind } from './swapped.ts'

/** What there is to know about a series, four numbers beside each other in `#facts`. */
const keyStart = 0
const keyLength = 1
const rowPlace = 2
const turnPlace = 3
const factsPerSeries = 4

/** The key length of an id that has no series. */
const forgotten = 0xffff_ffff

/** No row: a limit keeps the series out. */
export const noRow = -1

/**
 * The series of one kind: key bytes -> id, in typed arrays, without an object for each. An id stays
 * with its key until the series is forgotten. In an interval the series that get values have rows, in
 * order of arrival, so that what is handed over at a swap is dense, and a swap has nothing to walk.
 */
export class SeriesTable {
  readonly kind: SeriesKind
  readonly #budget: SeriesBudget
  readonly #seed: number
  /** Open addressing: hash and id + 1 of each place; 0 is an empty one. */
  #places = new Int32Array(2 * 1024)
  #mask = 1023
  #facts = new Uint32Array(factsPerSeries * 512)
  /** The words of all keys, end to end; facts have the place of the first and the length in bytes. */
  #keys = new Int32Array(4096)
  #keyWords = 0
  /** Words of `#keys` that belong to forgotten series. */
  #deadWords = 0
  #count = 0
  /** One more than the greatest id there has been. */
  #ids = 0
  #free: number[] = []
  #freeAfterSwap: number[] = []
  /** Names that differ from their keys, by id. */
  readonly #spellings = new Map<number, string>()
  /** Series that are new since the last swap, and their names end to end. */
  #added: number[] = []
  #addedEnds: number[] = [0]
  #addedNames = new ByteList(1024)
  #turn = 1
  /** Rows of this interval. */
  rows = 0
  ids = new Uint32Array(512)
  counts = new Uint32Array(512)

  constructor(kind: SeriesKind, budget: SeriesBudget, seed: number) {
    this.kind = kind
    this.#budget = budget
    this.#seed = seed
  }

  get size(): number {
    return this.#count
  }

  /** Counts the swaps; a row of a series that had none in the turn before is its first for a while. */
  get turn(): number {
    return this.#turn
  }

  /**
   * The row of the series with a key, for one more value; noRow when it is new and a limit keeps it out
   * (counted).
   */
  row(key: SeriesKey): number {
    const id = this.find(key)
    return id < 0 ? this.#add(key) : this.rowOf(id)
  }

  /** The row of a known series, for one more value. */
  rowOf(id: number): number {
    const facts = this.#facts
    const at = id * factsPerSeries
    if (facts[at + turnPlace] === this.#turn) {
      const row = facts[at + rowPlace]!
      this.counts[row]! += 1
      return row
    }
    return this.#newRow(id)
  }

  /** The id of a key, -1 when there is none. */
  find(key: SeriesKey): number {
    const { hash, length, words } = key
    const places = this.#places
    const facts = this.#facts
    const mask = this.#mask
    const count = (length + 3) >>> 2
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const id = places[2 * place + 1]! - 1
      if (id < 0) return -1
      if (places[2 * place] !== hash) continue
      const at = id * factsPerSeries
      if (facts[at + keyLength] !== length) continue
      const keys = this.#keys
      const start = facts[at + keyStart]!
      let word = 0
      while (word < count && keys[start + word] === words[word]) word += 1
      if (word === count) return id
    }
  }

  /** Of the row made last: the turn in which its series had a value before; 0 when it is a new one. */
  previousTurn = 0

  /** Forgets a series; its id is given to no other before the next swap. Its row is left out. */
  remove(id: number): void {
    const at = id * factsPerSeries
    if (this.#facts[at + turnPlace] === this.#turn) {
      this.ids[this.#facts[at + rowPlace]!] = deletedSeries
    }
    this.#unplace(id)
    this.#deadWords += (this.#facts[at + keyLength]! + 3) >>> 2
    this.#facts[at + keyLength] = forgotten
    this.#facts[at + turnPlace] = 0
    this.#count -= 1
    this.#budget.release()
    this.#freeAfterSwap.push(id)
  }

  nameOf(id: number): string {
    return this.#spellings.get(id) ?? Buffer.from(this.#keyBytes(id)).toString()
  }

  /** All series there are, those without a value too. */
  *known(): Generator<number> {
    for (let id = 0; id < this.#ids; id++) if (this.#isKnown(id)) yield id
  }

  /** The row that the series has in this interval; noRow when it had no value yet. */
  currentRow(id: number): number {
    const at = id * factsPerSeries
    return this.#facts[at + turnPlace] === this.#turn ? this.#facts[at + rowPlace]! : noRow
  }

  /**
   * Ends the interval: hands over its rows and begins the next.
   *
   * @param idleFlushes series without a value for so many turns are forgotten.
   */
  swap(idleFlushes: number): {
    added: Names
    removed: Uint32Array<ArrayBuffer>
    rows: number
    ids: Uint32Array<ArrayBuffer>
    counts: Uint32Array<ArrayBuffer>
  } {
    if (Number.isFinite(idleFlushes)) this.#forgetIdle(idleFlushes)
    const added = this.#takeAdded()
    const removed = Uint32Array.from(this.#freeAfterSwap)
    for (const id of this.#freeAfterSwap) {
      this.#spellings.delete(id)
      this.#free.push(id)
    }
    this.#freeAfterSwap = []
    const { rows, ids, counts } = this
    this.#turn += 1
    this.rows = 0
    this.ids = new Uint32Array(roomFor(rows))
    this.counts = new Uint32Array(this.ids.length)
    if (this.#deadWords > 16_384 && 2 * this.#deadWords > this.#keyWords) this.#compactKeys()
    return { added, removed, rows, ids, counts }
  }

  #add(key: SeriesKey): number {
    if (!this.#budget.admit(this.kind, this.#count, key)) return noRow
    if (2 * (this.#count + 1) > this.#mask + 1) this.#growPlaces()
    const id = this.#free.pop() ?? this.#ids++
    const at = id * factsPerSeries
    if (at + factsPerSeries > this.#facts.length) this.#facts = grown(this.#facts)
    const count = (key.length + 3) >>> 2
    while (this.#keyWords + count > this.#keys.length) this.#keys = grown(this.#keys)
    this.#facts[at + keyStart] = this.#keyWords
    this.#facts[at + keyLength] = key.length
    this.#facts[at + turnPlace] = 0
    for (let word = 0; word < count; word++) this.#keys[this.#keyWords++] = key.words[word]!
    this.#place(key.hash, id)
    this.#count += 1
    const spelling = key.spelling()
    if (spelling === undefined) this.#addedNames.add(key.bytes, 0, key.length)
    else {
      this.#spellings.set(id, spelling)
      this.#addedNames.addText(spelling)
    }
    this.#added.push(id)
    this.#addedEnds.push(this.#addedNames.length)
    return this.#newRow(id)
  }

  #newRow(id: number): number {
    const row = this.rows++
    if (row === this.ids.length) {
      this.ids = grown(this.ids)
      this.counts = grown(this.counts)
    }
    const at = id * factsPerSeries
    this.previousTurn = this.#facts[at + turnPlace]!
    this.#facts[at + turnPlace] = this.#turn
    this.#facts[at + rowPlace] = row
    this.ids[row] = id
    this.counts[row] = 1
    return row
  }

  #isKnown(id: number): boolean {
    return this.#facts[id * factsPerSeries + keyLength] !== forgotten
  }

  #keyBytes(id: number): Uint8Array {
    const start = this.#facts[id * factsPerSeries + keyStart]!
    return new Uint8Array(
      this.#keys.buffer,
      4 * start,
      this.#facts[id * factsPerSeries + keyLength]!,
    )
  }

  #place(hash: number, id: number): void {
    let place = hash & this.#mask
    while (this.#places[2 * place + 1] !== 0) place = (place + 1) & this.#mask
    this.#places[2 * place] = hash
    this.#places[2 * place + 1] = id + 1
  }

  /** Empties the place of an id and moves those behind it up, so that no search ends too early. */
  #unplace(id: number): void {
    const places = this.#places
    const mask = this.#mask
    const bytes = this.#keyBytes(id)
    const key = new SeriesKey(this.#seed, bytes.length)
    key.set(bytes, 0, bytes.length)
    let hole = key.hash & mask
    while (places[2 * hole + 1] !== id + 1) hole = (hole + 1) & mask
    for (let place = (hole + 1) & mask; places[2 * place + 1] !== 0; place = (place + 1) & mask) {
      const home = places[2 * place]! & mask
      // It may move unless its home is behind the hole.
      if (((place - home) & mask) < ((place - hole) & mask)) continue
      places[2 * hole] = places[2 * place]!
      places[2 * hole + 1] = places[2 * place + 1]!
      hole = place
    }
    places[2 * hole + 1] = 0
  }

  #growPlaces(): void {
    const old = this.#places
    this.#places = new Int32Array(2 * old.length)
    this.#mask = 2 * this.#mask + 1
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] !== 0) this.#place(old[at]!, old[at + 1]! - 1)
    }
  }

  #forgetIdle(idleFlushes: number): void {
    for (let id = 0; id < this.#ids; id++) {
      const at = id * factsPerSeries
      if (this.#facts[at + keyLength] === forgotten) continue
      if (this.#turn - this.#facts[at + turnPlace]! >= idleFlushes) this.remove(id)
    }
  }

  #takeAdded(): Names {
    const names = {
      ids: Uint32Array.from(this.#added),
      bytes: this.#addedNames.bytes,
      offsets: Uint32Array.from(this.#addedEnds),
    }
    this.#added = []
    this.#addedEnds = [0]
    this.#addedNames = new ByteList(1024)
    return names
  }

  #compactKeys(): void {
    const live = new Int32Array(2 * (this.#keyWords - this.#deadWords) + 4096)
    let length = 0
    for (const id of this.known()) {
      const at = id * factsPerSeries
      const start = this.#facts[at + keyStart]!
      const end = start + ((this.#facts[at + keyLength]! + 3) >>> 2)
      this.#facts[at + keyStart] = length
      for (let word = start; word < end; word++) live[length++] = this.#keys[word]!
    }
    this.#keys = live
    this.#keyWords = length
    this.#deadWords = 0
  }
}
