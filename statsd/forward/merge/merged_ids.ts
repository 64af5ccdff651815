import { canonicalSeries } from '../../flush/series_names.ts'
import { deletedSeries, type Names, type SwappedSeries } from '../../tables/swapped.ts'

/** The names of one kind and their ids. */
export type NamedIds = Iterable<readonly [id: number, name: string]>

/** What the merged tables of one kind have in common with all others. */
export interface MergedSeries {
  readonly added: Names
  readonly removed: Uint32Array<ArrayBuffer>
  readonly rows: number
  readonly ids: Uint32Array<ArrayBuffer>
  readonly counts: Uint32Array<ArrayBuffer>
}

/** What is handed over for one series. */
interface Named {
  readonly series: string
  readonly count: number
}

/** Where a line's values go. */
export interface Placed<Line> {
  readonly line: Line
  readonly row: number
  /** Merged id of the row. */
  readonly id: number
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * The series of one kind in the merged tables: their own ids, one for a name, whether it came in here, was handed
 * over, or both.
 */
export class MergedIds {
  readonly #maxSeries: number
  readonly #idleFlushes: number
  readonly #byName = new Map<string, number>()
  readonly #names: (string | undefined)[] = []
  /** By id of the receiving thread; those of before the first merge are the same. */
  readonly #ofLocal = new Map<number, number>()
  /** Merged ids that the receiving thread knows. */
  readonly #local = new Set<number>()
  /** The turn in which a series was last handed over, by merged id. */
  readonly #handedOver = new Map<number, number>()
  readonly #free: number[] = []

  /** @param idleFlushes without being handed over after which a series that does not come in here is forgotten. */
  constructor(known: NamedIds, maxSeries: number, idleFlushes: number) {
    this.#maxSeries = maxSeries
    this.#idleFlushes = idleFlushes
    for (const [id, name] of known) {
      this.#byName.set(name, id)
      this.#ofLocal.set(id, id)
      this.#local.add(id)
      while (this.#names.length < id) this.#free.push(this.#names.push(undefined) - 1)
      this.#names[id] = name
    }
    // An id that was free may be in the way of a name that comes before.
    this.#free.splice(0, Infinity, ...this.#free.filter((id) => this.#names[id] === undefined))
  }

  /**
   * Gives the rows of a swap their merged ids, and rows to what was handed over.
   *
   * @param lost is told of lines that are left out because there are too many series.
   * @param rows `a row each` where rows are values rather than series.
   */
  merge<Line extends Named>(
    swapped: SwappedSeries,
    turn: number,
    lines: readonly Line[],
    lost: (line: Line) => void,
    rows: 'a row each' | 'a row a series' = 'a row a series',
  ): { readonly series: MergedSeries; readonly placed: readonly Placed<Line>[] } {
    const added: [id: number, name: string][] = []
    this.#takeAdded(swapped.added, added)
    const ids: number[] = []
    const counts: number[] = []
    for (let row = 0; row < swapped.rows; row++) {
      ids.push(this.#ofLocal.get(swapped.ids[row]!) ?? deletedSeries)
      counts.push(swapped.counts[row]!)
    }
    const rowOf = lines.length > 0 ? new Map(ids.map((id, row) => [id, row])) : new Map()
    const placed: Placed<Line>[] = []
    for (const line of lines) {
      const id = this.#idOf(line.series, added)
      if (id === undefined) {
        lost(line)
        continue
      }
      let row = rowOf.get(id) as number | undefined
      if (row === undefined || rows === 'a row each') {
        row = ids.push(id) - 1
        counts.push(0)
        rowOf.set(id, row)
      }
      counts[row]! += line.count
      this.#handedOver.set(id, turn)
      placed.push({ line, row, id })
    }
    const removed = this.#takeRemoved(swapped.removed, turn)
    const series = {
      added: namesOf(added),
      removed,
      rows: ids.length,
      ids: Uint32Array.from(ids),
      counts: Uint32Array.from(counts),
    }
    return { series, placed }
  }

  #takeAdded({ ids, bytes, offsets }: Names, added: [number, string][]): void {
    for (let i = 0; i < ids.length; i++) {
      const text = decoder.decode(bytes.subarray(offsets[i], offsets[i + 1]))
      const name = canonicalSeries(text)
      const id = this.#byName.get(name) ?? this.#give(name, added)
      this.#ofLocal.set(ids[i]!, id)
      this.#local.add(id)
    }
  }

  /** What neither comes in here any more nor was handed over of late is forgotten. */
  #takeRemoved(removed: Uint32Array, turn: number): Uint32Array<ArrayBuffer> {
    const gone: number[] = []
    for (const local of removed) {
      const id = this.#ofLocal.get(local)
      this.#ofLocal.delete(local)
      if (id === undefined) continue
      this.#local.delete(id)
      if (!this.#handedOver.has(id)) gone.push(id)
    }
    if (this.#idleFlushes !== Infinity) {
      for (const [id, last] of this.#handedOver) {
        if (turn - last < this.#idleFlushes) continue
        this.#handedOver.delete(id)
        if (!this.#local.has(id)) gone.push(id)
      }
    }
    for (const id of gone) {
      this.#byName.delete(this.#names[id]!)
      this.#names[id] = undefined
    }
    // Free for the next flush; in this one they may still have values.
    this.#free.push(...gone)
    return Uint32Array.from(gone)
  }

  #idOf(name: string, added: [number, string][]): number | undefined {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    return this.#byName.size < this.#maxSeries ? this.#give(name, added) : undefined
  }

  #give(name: string, added: [number, string][]): number {
    const id = this.#free.pop() ?? this.#names.length
    this.#names[id] = name
    this.#byName.set(name, id)
    added.push([id, name])
    return id
  }
}

function namesOf(added: readonly (readonly [number, string])[]): Names {
  const texts = added.map(([, name]) => encoder.encode(name))
  const offsets = new Uint32Array(texts.length + 1)
  for (const [i, { length }] of texts.entries()) offsets[i + 1] = offsets[i]! + length
  const bytes = new Uint8Array(offsets[texts.length]!)
  for (const [i, text] of texts.entries()) bytes.set(text, offsets[i])
  return { ids: Uint32Array.from(added, ([id]) => id), bytes, offsets }
}
