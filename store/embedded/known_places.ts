import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { WeirError } from '../../core/errors.ts'
import type { Places } from '../../core/journal/cursor.ts'
import { pointManifestPath } from './metrics/layout.ts'
import { cursorOf } from './metrics/point_manifest.ts'
import { manifestPath } from './segments/layout.ts'
import { Manifest } from './segments/manifest.ts'
import { checkFile, isManifestMade } from './segments/manifest_file.ts'
import { slowerCursor } from './slower_cursor.ts'

/** Where the store is in the journal, as its manifest says, and which streams have documents with a number. */
export function knownTo(folder: string): { cursor: Places; documentStreams: string[] } {
  // The engine's process makes it.
  if (!isManifestMade(manifestPath(folder))) return { cursor: {}, documentStreams: [] }
  const manifest = new Manifest(manifestPath(folder))
  const points = pointCursor(folder)
  try {
    const parts = manifest.segments.values().flatMap((segment) => segment.parts)
    const numbered = parts.filter(({ maxSeq }) => maxSeq !== null).map(({ stream }) => stream)
    const documentStreams = [...new Set(numbered)]
    return { cursor: slowerCursor([manifest.cursor(), points]), documentStreams }
  } finally {
    manifest.close()
  }
}

/** The manifests are sound. @throws WeirError naming what is not, and what to do; what the disk says when it fails. */
export function checkManifests(folder: string): void {
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    const text = `${folder} is no folder, and has to be one: move it away`
    throw new WeirError('WEIR_DATA_UNUSABLE', text)
  }
  for (const path of [manifestPath(folder), pointManifestPath(folder)]) {
    if (existsSync(path)) checkFile(path)
  }
}

/** Where its metric points are in the journal. */
function pointCursor(folder: string): Places {
  if (!isManifestMade(pointManifestPath(folder))) return {}
  const database = new DatabaseSync(pointManifestPath(folder), { readOnly: true })
  try {
    return cursorOf(database)
  } finally {
    database.close()
  }
}
