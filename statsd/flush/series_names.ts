import type { Names } from '../tables/swapped.ts'

const decoder = new TextDecoder()

/** The names of one kind of series by their ids, as the swaps tell them. */
export class SeriesNames {
  readonly #names: (string | undefined)[] = []
  /** The turn in which an id last had a value. */
  #seen = new Uint32Array(64)
  #living = 0

  add({ ids, bytes, offsets }: Names): void {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      if (this.#names[id] === undefined) this.#living += 1
      this.#names[id] = canonicalSeries(
        decoder.decode(bytes.subarray(offsets[i]!, offsets[i + 1]!)),
      )
      if (id >= this.#seen.length) this.#grow(id)
      this.#seen[id] = 0
    }
  }

  remove(ids: Uint32Array): void {
    for (const id of ids) {
      if (this.#names[id] === undefined) continue
      this.#names[id] = undefined
      this.#living -= 1
    }
  }

  get size(): number {
    return this.#living
  }

  /** The canonical spelling; undefined for an id that has none. */
  of(id: number): string | undefined {
    return this.#names[id]
  }

  see(id: number, turn: number): void {
    this.#seen[id] = turn
  }

  *entries(): Generator<readonly [id: number, name: string]> {
    for (const [id, name] of this.#names.entries()) if (name !== undefined) yield [id, name]
  }

  /** Ids with a name that `see` was not called for in this turn, those in `except` left out. */
  *idle(turn: number, except: Uint32Array): Generator<number> {
    const left = new Set(except)
    for (let id = 0; id < this.#names.length; id++) {
      if (this.#names[id] === undefined || this.#seen[id] === turn) continue
      if (!left.has(id)) yield id
    }
  }

  #grow(id: number): void {
    const larger = new Uint32Array(Math.max(id + 1, this.#seen.length * 2))
    larger.set(this.#seen)
    this.#seen = larger
  }
}

/**
 * Etsy's spelling of a series with its tags sorted, as points have it. Equal keys stay, in their order: they are
 * other series.
 */
export function canonicalSeries(name: string): string {
  const first = name.indexOf(';')
  if (first < 0 || name.indexOf(';', first + 1) < 0) return name
  const [dotted, ...tags] = name.split(';')
  const keyed = tags.map((tag) => [tag.split('=', 1)[0]!, tag] as const)
  keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return [dotted, ...keyed.map(([, tag]) => tag)].join(';')
}
