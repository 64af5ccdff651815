import { readFileSync } from 'node:fs'
import { wordsFile } from './layout.ts'
import type { Segment } from './manifest.ts'
import type { WordLookup } from './prune.ts'
import { TokenFilter } from './token_filter.ts'

/** Token filters as questions need them, the last used in memory up to a bound. */
export class WordFilters implements WordLookup {
  readonly #segmentsFolder: string
  readonly #bytesMax: number
  readonly #onDamaged: (segment: Segment, why: string) => void
  /** The last used at the end; undefined for one that cannot be read. */
  readonly #filters = new Map<number, { filter: TokenFilter | undefined; bytes: number }>()
  #bytes = 0

  constructor(
    segmentsFolder: string,
    bytesMax: number,
    onDamaged: (segment: Segment, why: string) => void,
  ) {
    this.#segmentsFolder = segmentsFolder
    this.#bytesMax = bytesMax
    this.#onDamaged = onDamaged
  }

  mayHave(segment: Segment, hash: number): boolean {
    return this.filter(segment)?.has(hash) ?? true
  }

  /** Undefined: there is none, and any word may be in the segment. */
  filter(segment: Segment): TokenFilter | undefined {
    if (!segment.words) return undefined
    const known = this.#filters.get(segment.id)
    if (known) {
      this.#filters.delete(segment.id)
      this.#filters.set(segment.id, known)
      return known.filter
    }
    const loaded = this.#load(segment)
    this.#filters.set(segment.id, loaded)
    this.#bytes += loaded.bytes
    for (const [id, { bytes }] of this.#filters) {
      if (this.#bytes <= this.#bytesMax || id === segment.id) break
      this.#filters.delete(id)
      this.#bytes -= bytes
    }
    return loaded.filter
  }

  #load(segment: Segment): { filter: TokenFilter | undefined; bytes: number } {
    const path = wordsFile(`${this.#segmentsFolder}/${segment.file}`)
    try {
      const bytes = readFileSync(path)
      return { filter: new TokenFilter(bytes), bytes: bytes.length }
    } catch (failure) {
      // The segment itself can be read without.
      this.#onDamaged(segment, failure instanceof Error ? failure.message : String(failure))
      return { filter: undefined, bytes: 0 }
    }
  }
}
