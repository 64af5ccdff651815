import { closeSync, openSync, readSync } from 'node:fs'
import { wordsFile } from './layout.ts'
import type { Segment } from './manifest.ts'
import type { WordLookup } from './prune.ts'
import { TokenFilter } from './token_filter.ts'
import { filterBytes } from './words_file.ts'

/** Token filters as questions need them, the last used in memory up to a bound. */
export class WordFilters implements WordLookup {
  readonly #segmentsFolder: string
  readonly #bytesMax: number
  readonly #onDamaged: (segment: Segment, why: string) => void
  /** The last used at the end; undefined for one that cannot be read. */
  readonly #filters = new Map<string, { filter: TokenFilter | undefined; bytes: number }>()
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

  mayHave(segment: Segment, stream: string, hash: number): boolean {
    return this.filter(segment, stream)?.has(hash) ?? true
  }

  /** Undefined: there is none, and any word may be in the stream's rows. */
  filter(segment: Segment, stream: string): TokenFilter | undefined {
    if (!segment.words) return undefined
    const key = `${segment.id} ${stream}`
    const known = this.#filters.get(key)
    if (known) {
      this.#filters.delete(key)
      this.#filters.set(key, known)
      return known.filter
    }
    const loaded = this.#load(segment, stream)
    this.#filters.set(key, loaded)
    this.#bytes += loaded.bytes
    for (const [other, { bytes }] of this.#filters) {
      if (this.#bytes <= this.#bytesMax || other === key) break
      this.#filters.delete(other)
      this.#bytes -= bytes
    }
    return loaded.filter
  }

  #load(segment: Segment, stream: string): { filter: TokenFilter | undefined; bytes: number } {
    const path = wordsFile(`${this.#segmentsFolder}/${segment.file}`)
    let file: number | undefined
    try {
      const opened = (file = openSync(path, 'r'))
      const read = (start: number, length: number) => {
        const bytes = Buffer.alloc(length)
        if (readSync(opened, bytes, 0, length, start) < length) throw new Error('it is cut off')
        return bytes
      }
      const bytes = filterBytes(read, stream)
      return { filter: bytes && new TokenFilter(bytes), bytes: (bytes?.length ?? 0) + entryBytes }
    } catch (failure) {
      // The segment itself can be read without.
      this.#onDamaged(segment, failure instanceof Error ? failure.message : String(failure))
      return { filter: undefined, bytes: entryBytes }
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }
}

/** What an entry takes besides its bytes, about. */
const entryBytes = 200
