import type { FileHandle } from '../../../core/files.ts'
import {
  type ColumnPages,
  type Dictionary,
  readColumn,
  readDictionary,
  readPages,
  type RowSpan,
} from '../parquet/column_pages.ts'
import type { ColumnChunk } from '../parquet/footer.ts'
import { type PageIndex, readPageBounds, readPageIndex } from '../parquet/page_index.ts'

type Bounds = Awaited<ReturnType<typeof readPageBounds>>

/** Where the pages of a row group's column of numbers are, and what they refer to. */
export class NumberPages {
  readonly #chunk: ColumnChunk
  /** Undefined: it is read as a whole. */
  readonly #index: PageIndex | undefined
  readonly #bounds: Bounds
  readonly #dictionary: Dictionary | undefined

  private constructor(
    chunk: ColumnChunk,
    index: PageIndex | undefined,
    bounds: Bounds,
    dictionary: Dictionary | undefined,
  ) {
    this.#chunk = chunk
    this.#index = index
    this.#bounds = bounds
    this.#dictionary = dictionary
  }

  static async of(file: FileHandle, chunk: ColumnChunk): Promise<NumberPages> {
    const index = await readPageIndex(file, chunk)
    if (!index) return new NumberPages(chunk, undefined, undefined, undefined)
    const bounds = await readPageBounds(file, chunk)
    return new NumberPages(chunk, index, bounds, await readDictionary(file, chunk, index))
  }

  /** About what it takes of memory. */
  get bytes(): number {
    const pages = this.#index?.start.length ?? 0
    return 500 + pages * 40 + (this.#dictionary?.numbers.byteLength ?? 0)
  }

  /** Takes rows off both ends of a span whose pages have none of a time. */
  narrow(span: { from: number; to: number }, fromMs: number, toMs: number): void {
    const [index, bounds] = [this.#index, this.#bounds]
    if (!index || !bounds) return
    const { firstRow } = index
    const isOutside = (page: number) => bounds.most[page]! < fromMs || bounds.least[page]! >= toMs
    let page = 0
    const endOf = (n: number) => firstRow[n + 1] ?? this.#chunk.rows
    while (endOf(page) <= span.from) page += 1
    for (; span.from < span.to && isOutside(page); page++)
      span.from = Math.min(span.to, endOf(page))
    while (endOf(page) < span.to) page += 1
    for (; span.from < span.to && isOutside(page); page--)
      span.to = Math.max(span.from, firstRow[page]!)
  }

  /** The pages that have rows of `spans`, which are in order. */
  async read(file: FileHandle, spans: readonly RowSpan[]): Promise<ColumnPages> {
    return this.#index && this.#dictionary
      ? await readPages(file, this.#chunk, this.#index, this.#dictionary, spans)
      : await readColumn(file, this.#chunk)
  }
}
