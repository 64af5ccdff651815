import type { FileHandle, Files } from '../../../core/files.ts'
import { BoundedCache } from '../bounded_cache.ts'
import { columnOf, readFooter } from '../parquet/footer.ts'
import { textsInPages, textsOfRows } from '../parquet/text_rows.ts'
import type { SourcePages } from './source_pages.ts'

/** A row of a segment. */
export interface RowPlace {
  /** Absolute path. */
  readonly file: string
  /** From the beginning of the file. */
  readonly row: number
}

/** The documents of a row group, or of several. */
interface Group {
  readonly firstRow: number
  readonly read: (file: FileHandle, rows: readonly number[]) => Promise<Map<number, string>>
}

/** Files whose row groups are remembered: a few kilobytes each. */
const filesMax = 1_000
/** Row groups that are read beside each other: each takes a page, and what zstd looks back at. */
const atOnce = 4

/** Reads documents by their places, which takes DuckDB three times as long: it unpacks whole pages. */
export class SourceReader {
  readonly #files: Files
  readonly #pagesOf: (path: string) => SourcePages | undefined
  /** By path, those asked for last at the end. A path is never used again. */
  readonly #groups = new Map<string, readonly Group[]>()
  /** By row and path: who looks at the newest looks again soon. */
  readonly #texts: BoundedCache<string, string>

  /**
   * @param pagesOf of a file, by its path, where that is known without it.
   * @param textsMax bytes of memory for documents that were asked for before.
   */
  constructor(files: Files, pagesOf: (path: string) => SourcePages | undefined, textsMax: number) {
    this.#files = files
    this.#pagesOf = pagesOf
    this.#texts = new BoundedCache(textsMax, ({ length }) => length * 2 + entryBytes)
  }

  /**
   * @returns in the order of `places`; undefined when something is damaged, or not laid out as it is known: then DuckDB has
   * to be asked. @throws the deadline's reason
   */
  async read(
    places: readonly RowPlace[],
    deadline: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    const texts = new Map<string, string>()
    const missing = places.filter(({ file, row }) => {
      const known = this.#texts.find(keyOf(file, row))
      if (known !== undefined) texts.set(keyOf(file, row), known)
      return known === undefined
    })
    try {
      const reads: (() => Promise<void>)[] = []
      for (const [file, own] of Map.groupBy(missing, (place) => place.file)) {
        const groups = await this.#groupsOf(file)
        const byGroup = Map.groupBy(new Set(own.map(({ row }) => row)), (row) =>
          groups.findLast(({ firstRow }) => firstRow <= row),
        )
        for (const [group, rows] of byGroup) {
          const wanted = rows.map((row) => row - group!.firstRow).toSorted((a, b) => a - b)
          reads.push(async () => {
            const found = await this.#opened(file, (handle) => group!.read(handle, wanted))
            for (const [row, text] of found) {
              const key = keyOf(file, group!.firstRow + row)
              texts.set(key, text)
              this.#texts.put(key, text)
            }
          })
        }
      }
      await inTurns(reads, deadline)
    } catch {
      deadline.throwIfAborted()
      return undefined
    }
    return places.map(({ file, row }) => texts.get(keyOf(file, row))!)
  }

  async #groupsOf(file: string): Promise<readonly Group[]> {
    let groups = this.#groups.get(file)
    if (groups) this.#groups.delete(file)
    else groups = this.#knownGroups(file) ?? (await this.#opened(file, groupsIn))
    this.#groups.set(file, groups)
    if (this.#groups.size > filesMax) this.#groups.delete(this.#groups.keys().next().value!)
    return groups
  }

  #knownGroups(path: string): readonly Group[] | undefined {
    return this.#pagesOf(path)?.map(({ firstRow, index, pages }) => {
      return { firstRow, read: (file, rows) => textsInPages(file, pages, index, rows) }
    })
  }

  async #opened<T>(path: string, read: (file: FileHandle) => Promise<T>): Promise<T> {
    const file = await this.#files.open(path, 'r')
    try {
      return await read(file)
    } finally {
      await file.close()
    }
  }
}

async function groupsIn(file: FileHandle): Promise<readonly Group[]> {
  let firstRow = 0
  return (await readFooter(file)).map((each) => {
    const chunk = columnOf(each, '_source')
    const group: Group = { firstRow, read: (own, rows) => textsOfRows(own, chunk, rows) }
    firstRow += each.rows
    return group
  })
}

/** What a text takes besides its letters, with its key, about. */
const entryBytes = 400
const keyOf = (file: string, row: number) => `${row} ${file}`

/** A few beside each other. */
async function inTurns(
  reads: readonly (() => Promise<void>)[],
  deadline: AbortSignal,
): Promise<void> {
  const waiting = reads.values()
  const turn = async () => {
    for (const read of waiting) {
      deadline.throwIfAborted()
      await read()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, turn))
}
