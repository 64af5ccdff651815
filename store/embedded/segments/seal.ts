import type { DuckDBConnection } from '@duckdb/node-api'
import type { Places } from '../../../core/journal/cursor.ts'
import { workFolder } from './layout.ts'
import type { Manifest } from './manifest.ts'
import type { PathTree } from './path_tree.ts'
import type { RowFile } from './row_file.ts'
import { rowsOfFile } from './segment_columns.ts'
import { type SegmentWorld, writeSegment } from './segment_writer.ts'

export const rowFilePath = (folder: string, number: number) =>
  `${workFolder(folder)}/${number}.rows`

/**
 * Makes a segment of a row file, and commits it together with the cursor behind its last row. After this its
 * rows are found; until this they are read from the journal again after a crash.
 */
export async function seal(
  connection: DuckDBConnection,
  world: SegmentWorld & { readonly nowMs: () => number },
  manifest: Manifest,
  paths: PathTree,
  rows: { readonly file: RowFile; readonly path: string; readonly cursor: Places },
): Promise<void> {
  await rows.file.close()
  const facts = rows.file.facts()
  const added =
    facts.rows === 0
      ? undefined
      : await writeSegment(connection, world, rowsOfFile(rows.path, facts), {
          id: manifest.takeId(),
          stream: undefined,
          day: undefined,
          merged: false,
          words: rows.file.words(),
          sourceBytes: (stream) => facts.sourceBytes.get(stream) ?? 0,
        })
  world.step('commit seal')
  const beyond = new Map(paths.beyondCounts)
  const learnt = paths.takeLearnt()
  paths.beyondCounts.clear()
  manifest.commit(
    { add: added ? [added] : [], masks: facts.masks, learnt, beyond, cursor: rows.cursor },
    world.nowMs(),
  )
  world.step('sealed')
  await world.files.remove(rows.path)
}
