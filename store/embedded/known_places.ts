import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Places } from '../../core/journal/cursor.ts'
import { pointManifestPath } from './metrics/layout.ts'
import { cursorOf } from './metrics/point_manifest.ts'
import { manifestPath } from './segments/layout.ts'
import { Manifest } from './segments/manifest.ts'
import { slowerCursor } from './slower_cursor.ts'

/** Where the store is in the journal, as its manifest says, and whether it has documents that came by the API. */
export function knownTo(folder: string): { cursor: Places; hasDocuments: boolean } {
  // The engine's process makes it.
  if (!existsSync(manifestPath(folder))) return { cursor: {}, hasDocuments: false }
  const manifest = new Manifest(manifestPath(folder))
  const points = pointCursor(folder)
  try {
    const hasDocuments = manifest.segments.values().some(({ parts }) => {
      return parts.some(({ maxSeq }) => maxSeq !== null)
    })
    return { cursor: slowerCursor([manifest.cursor(), points]), hasDocuments }
  } finally {
    manifest.close()
  }
}

/** Where its metric points are in the journal. */
function pointCursor(folder: string): Places {
  if (!existsSync(pointManifestPath(folder))) return {}
  const database = new DatabaseSync(pointManifestPath(folder), { readOnly: true })
  try {
    return cursorOf(database)
  } finally {
    database.close()
  }
}
