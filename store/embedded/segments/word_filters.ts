import { closeSync, openSync, readSync } from 'node:fs'
import { messageOf } from '../../../core/errors.ts'
import { wordsFile } from './layout.ts'
import type { Segment } from './segment.ts'
import type { WordLookup } from './prune.ts'
import type { Read, TokenFilter } from './token_filter.ts'
import { filterIn } from './words_file.ts'

/** Token filters as questions need them, the directories of the last used in memory up to a bound. */
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
    const filter = this.filter(segment, stream)
    if (!filter) return true
    try {
      return filter.has(hash)
    } catch (failure) {
      this.#bytes -= filter.heldBytes
      this.#filters.set(keyOf(segment, stream), { filter: undefined, bytes: entryBytes })
      this.#onDamaged(segment, messageOf(failure))
      return true
    }
  }

  /** Undefined: there is none, and any word may be in the stream's rows. */
  filter(segment: Segment, stream: string): TokenFilter | undefined {
    if (!segment.words) return undefined
    const key = keyOf(segment, stream)
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

  /** Its file is gone. */
  forget(segment: Segment): void {
    for (const { stream } of segment.parts) {
      const key = keyOf(segment, stream)
      this.#bytes -= this.#filters.get(key)?.bytes ?? 0
      this.#filters.delete(key)
    }
  }

  #load(segment: Segment, stream: string): { filter: TokenFilter | undefined; bytes: number } {
    const path = wordsFile(`${this.#segmentsFolder}/${segment.file}`)
    try {
      const file = new WordsFile(path)
      const filter = file.open(() => filterIn(file.read, stream))
      return { filter, bytes: (filter?.heldBytes ?? 0) + entryBytes }
    } catch (failure) {
      // The segment itself can be read without.
      this.#onDamaged(segment, messageOf(failure))
      return { filter: undefined, bytes: entryBytes }
    }
  }
}

const keyOf = ({ id }: Segment, stream: string) => `${id} ${stream}`

/** Nothing stays open between two looks. */
class WordsFile {
  readonly #path: string
  #file: number | undefined

  constructor(path: string) {
    this.#path = path
  }

  readonly read: Read = (start, length) => {
    if (this.#file === undefined) return this.open(() => this.read(start, length))
    const bytes = Buffer.allocUnsafe(length)
    if (readSync(this.#file, bytes, 0, length, start) < length) throw new Error('it is cut off')
    return bytes
  }

  /** Opened once for all that `action` reads. */
  open<T>(action: () => T): T {
    const file = openSync(this.#path, 'r')
    this.#file = file
    try {
      return action()
    } finally {
      this.#file = undefined
      closeSync(file)
    }
  }
}

/** What an entry takes besides its bytes, about. */
const entryBytes = 200
