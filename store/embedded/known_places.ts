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

/** What the manifests of a store say. */
interface Known {
  /** Where the store is in the journal. */
  readonly cursor: Places
  /** Streams that have documents with a number. */
  readonly documentStreams: readonly string[]
  /** Of documents, also of those that were replaced or deleted; 0 when there is none. */
  readonly highestSeq: number
}

export function knownTo(folder: string): Known {
  // The engine's process makes it.
  if (!isManifestMade(manifestPath(folder)))
    return { cursor: {}, documentStreams: [], highestSeq: 0 }
  const manifest = new Manifest(manifestPath(folder))
  const points = pointCursor(folder)
  try {
    const parts = manifest.segments.values().flatMap((segment) => segment.parts)
    const numbered = parts.filter(({ maxSeq }) => maxSeq !== null).map(({ stream }) => stream)
    const documentStreams = [...new Set(numbered)]
    const cursor = slowerCursor([manifest.cursor(), points])
    return { cursor, documentStreams, highestSeq: manifest.highestSeq() }
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
