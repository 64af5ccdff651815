import type { Files } from '../../../core/files.ts'
import { columnOf, readFooter } from '../parquet/footer.ts'
import { type PageIndex, readPageIndex, walkedPageIndex } from '../parquet/page_index.ts'
import type { TextPages } from '../parquet/text_rows.ts'

/** Pages of documents one behind the other that were written alike. */
export interface SourceRun {
  /** Of its rows, counted from the file's. */
  readonly firstRow: number
  /** Rows counted from `firstRow`. */
  readonly index: PageIndex
  readonly pages: TextPages
}

/**
 * Where the documents of a segment are, as the manifest keeps it: to find that in the footers of 50 files of a million
 * rows, for a document of each, takes a new process longer than to unpack the documents. Mostly one run: only a row group
 * of very few documents is not packed as the others are.
 */
export type SourcePages = readonly SourceRun[]

/** A page: its first row, of the file's, where it begins, and how long it is with its header. */
type Page = readonly [row: number, start: number, bytes: number]
type RunText = readonly [codec: number, isOptional: boolean, pages: Page[]]

/** Of a file that was just written. @param path of the Parquet file. @throws RangeError when it is none */
export async function readSourcePages(files: Files, path: string): Promise<SourcePages> {
  const file = await files.open(path, 'r')
  try {
    const runs: RunText[] = []
    let before = 0
    for (const group of await readFooter(file)) {
      const chunk = columnOf(group, '_source')
      const { codec, isOptional } = chunk
      const last = runs.at(-1)
      const isAlike = last?.[0] === codec && last[1] === isOptional
      const pages = isAlike ? last[2] : []
      if (!isAlike) runs.push([codec, isOptional, pages])
      const index = (await readPageIndex(file, chunk)) ?? (await walkedPageIndex(file, chunk))
      if (!index) pages.push([before, chunk.start, chunk.bytes])
      else {
        const { firstRow, start, bytes } = index
        for (const [n, row] of firstRow.entries()) {
          pages.push([before + row, start[n]!, bytes[n]!])
        }
      }
      before += group.rows
    }
    return runs.map(runOf)
  } finally {
    await file.close()
  }
}

/** As JSON: `[[codec, whether rows without a text are possible, [[first row, start, bytes], …]], …]`. */
export function sourcePagesText(runs: SourcePages): string {
  return JSON.stringify(
    runs.map(({ firstRow: first, index, pages: { codec, isOptional } }): RunText => {
      const { firstRow, start, bytes } = index
      const pages = Array.from(firstRow, (row, n): Page => [first + row, start[n]!, bytes[n]!])
      return [codec, isOptional, pages]
    }),
  )
}

/** @returns undefined for what was written on the first day: one run, whatever there was. */
export function sourcePagesIn(text: string): SourcePages | undefined {
  const runs = JSON.parse(text) as readonly (RunText | number)[]
  if (typeof runs[0] === 'number') return undefined
  return (runs as readonly RunText[]).map(runOf)
}

/** In one pass: a question for 50 documents reads 300 pages each of as many segments, mostly for the first time. */
function runOf([codec, isOptional, pages]: RunText): SourceRun {
  const first = pages[0]?.[0] ?? 0
  const firstRow = new Float64Array(pages.length)
  const start = new Float64Array(pages.length)
  const bytes = new Float64Array(pages.length)
  let end = 0
  for (let n = 0; n < pages.length; n++) {
    const page = pages[n]!
    firstRow[n] = page[0] - first
    start[n] = page[1]
    bytes[n] = page[2]
    end = Math.max(end, page[1] + page[2])
  }
  const index = { firstRow, start, bytes }
  return { firstRow: first, index, pages: { start: 0, bytes: end, codec, isOptional } }
}
