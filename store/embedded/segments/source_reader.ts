import type { Files } from '../../../core/files.ts'
import { BoundedCache } from '../bounded_cache.ts'
import { type ColumnChunk, readFooter } from '../parquet/footer.ts'
import { textsOfRows } from '../parquet/text_rows.ts'

/** A row of a segment. */
export interface RowPlace {
  /** Absolute path. */
  readonly file: string
  /** From the beginning of the file. */
  readonly row: number
}

/** The documents of a row group. */
interface Group {
  readonly firstRow: number
  readonly chunk: ColumnChunk
}

/** Files whose row groups are remembered: a few kilobytes each. */
const filesMax = 1_000
/** Row groups that are read beside each other: each takes a page, and what zstd looks back at. */
const atOnce = 4

/** Reads documents by their places, which takes DuckDB three times as long: it unpacks whole pages. */
export class SourceReader {
  readonly #files: Files
  /** By path, those asked for last at the end. A path is never used again. */
  readonly #groups = new Map<string, readonly Group[]>()
  /** By row and path: who looks at the newest looks again soon. */
  readonly #texts: BoundedCache<string, string>

  /** @param textsMax bytes of memory for documents that were asked for before. */
  constructor(files: Files, textsMax: number) {
    this.#files = files
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
            const found = await this.#opened(file, (handle) =>
              textsOfRows(handle, group!.chunk, wanted),
            )
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
    else {
      let firstRow = 0
      groups = (await this.#opened(file, readFooter)).map(({ rows, columns }) => {
        const group = { firstRow, chunk: columns.get('_source')! }
        firstRow += rows
        return group
      })
    }
    this.#groups.set(file, groups)
    if (this.#groups.size > filesMax) this.#groups.delete(this.#groups.keys().next().value!)
    return groups
  }

  async #opened<T>(
    path: string,
    read: (file: Awaited<ReturnType<Files['open']>>) => Promise<T>,
  ): Promise<T> {
    const file = await this.#files.open(path, 'r')
    try {
      return await read(file)
    } finally {
      await file.close()
    }
  }
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
