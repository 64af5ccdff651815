import type { FileHandle, Files } from '../../../core/files.ts'
import type { RowSpan } from '../parquet/column_pages.ts'
import type { RowGroup } from '../parquet/footer.ts'
import { repage } from '../parquet/repaged_file.ts'
import { SeriesRuns } from './series_runs.ts'

/** Rows of a page: fewer are not worth one, more are read in part. A day by ten seconds is 8,640. */
const [rowsMin, rowsMax] = [1_024, 10_000]

/** Columns that are not larger are read as a whole soon enough. */
const wholeBytes = 65_536
/** As DuckDB's own of merged files. */
const level = 5

/** Writes a file of points that are sorted anew, so that a series is read without its neighbours. */
export async function repagePoints(files: Files, from: string, to: string): Promise<void> {
  const source = await files.open(from, 'r')
  try {
    const target = await files.open(to, 'wx+')
    const pages = async (file: FileHandle, group: RowGroup) =>
      pagesOf((await SeriesRuns.read(file, group)).all())
    await repage(source, target, { pagesOf: pages, wholeBytes, level }).finally(() =>
      target.close(),
    )
  } finally {
    await source.close()
  }
}

/** Pages that begin where a series does: short ones lie together in one, a long one has several to itself. */
export function pagesOf(runs: readonly RowSpan[]): RowSpan[] {
  const pages: RowSpan[] = []
  let from = 0
  const cut = (to: number) => {
    if (to > from) pages.push({ from, to })
    from = to
  }
  for (const { from: start, to: end } of runs) {
    const rows = end - start
    if (rows > rowsMax || start - from >= rowsMin) cut(start)
    const parts = Math.ceil(rows / rowsMax)
    for (let part = 1; part < parts; part++) cut(start + Math.round((rows * part) / parts))
  }
  cut(runs.at(-1)?.to ?? 0)
  return pages
}
