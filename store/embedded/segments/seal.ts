import type { Places } from '../../../core/journal/cursor.ts'
import type { JournalRows } from './journal_rows.ts'
import type { Manifest } from './manifest.ts'
import type { PathTree } from './path_tree.ts'
import type { SegmentWorld } from './segment_writer.ts'

/**
 * Ends the segments of rows of the journal, and commits them together with the cursor behind the last row.
 * After this they are found; until this they are read from the journal again after a crash.
 */
export async function seal(
  { step }: SegmentWorld,
  manifest: Manifest,
  paths: PathTree,
  {
    rows,
    cursor,
    nowMs,
  }: { readonly rows: JournalRows; readonly cursor: Places; readonly nowMs: () => number },
): Promise<void> {
  const add = await finished(rows, step)
  const beyond = new Map(paths.beyondCounts)
  const learnt = paths.takeLearnt()
  paths.beyondCounts.clear()
  manifest.commit({ add, masks: rows.masks, learnt, beyond, cursor }, nowMs())
  step('sealed')
}

async function finished(rows: JournalRows, step: SegmentWorld['step']) {
  try {
    const segments = await rows.finish()
    step('commit seal')
    return segments
  } catch (failure) {
    await rows.abort()
    throw failure
  }
}
