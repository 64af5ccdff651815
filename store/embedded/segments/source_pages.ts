import type { Files } from '../../../core/files.ts'
import { columnOf, readFooter } from '../parquet/footer.ts'
import { type PageIndex, readPageIndex, walkedPageIndex } from '../parquet/page_index.ts'
import type { TextPages } from '../parquet/text_rows.ts'

/**
 * Where the documents of a segment are, as the manifest keeps it: to find that in the footers of 50 files of a million
 * rows, for a document of each, takes a new process longer than to unpack the documents.
 */
export interface SourcePages {
  /** The first row, of the file's. */
  readonly index: PageIndex
  readonly pages: TextPages
}

/** A page: its first row, where it begins, and how long it is with its header. */
type Page = readonly [row: number, start: number, bytes: number]

/** Of a file that was just written. @param path of the Parquet file. @throws RangeError when it is none */
export async function readSourcePages(files: Files, path: string): Promise<SourcePages> {
  const file = await files.open(path, 'r')
  try {
    const pages: Page[] = []
    let [before, codec, isOptional] = [0, 0, false]
    for (const group of await readFooter(file)) {
      const chunk = columnOf(group, '_source')
      const index = (await readPageIndex(file, chunk)) ?? (await walkedPageIndex(file, chunk))
      if (!index) pages.push([before, chunk.start, chunk.bytes])
      else {
        const { firstRow, start, bytes } = index
        for (const [n, row] of firstRow.entries()) {
          pages.push([before + row, start[n]!, bytes[n]!])
        }
      }
      ;({ codec, isOptional } = chunk)
      before += group.rows
    }
    return sourcePagesOf(codec, isOptional, pages)
  } finally {
    await file.close()
  }
}

/** As JSON: `[codec, whether rows without a text are possible, [[first row, start, bytes], …]]`. */
export function sourcePagesText({ index, pages: { codec, isOptional } }: SourcePages): string {
  const { firstRow, start, bytes } = index
  const pages = Array.from(firstRow, (row, n): Page => [row, start[n]!, bytes[n]!])
  return JSON.stringify([codec, isOptional, pages])
}

export function sourcePagesIn(text: string): SourcePages {
  return sourcePagesOf(...(JSON.parse(text) as [number, boolean, Page[]]))
}

function sourcePagesOf(codec: number, isOptional: boolean, pages: readonly Page[]): SourcePages {
  const all = (field: 0 | 1 | 2) => Float64Array.from(pages, (page) => page[field])
  const index = { firstRow: all(0), start: all(1), bytes: all(2) }
  const end = Math.max(0, ...pages.map(([, start, bytes]) => start + bytes))
  return { index, pages: { start: 0, bytes: end, codec, isOptional } }
}
