import type { DatabaseSync } from 'node:sqlite'
import { WeirError } from '../../core/errors.ts'
import { alertTables } from './alert_tables.ts'
import { archiveEnds } from './archive_ends.ts'
import { artifactTables } from './artifact_tables.ts'
import { earlyItems } from './early_items.ts'
import { digestTables } from './digest_tables.ts'
import { eventTables } from './event_tables.ts'
import { issueTables } from './issue_tables.ts'
import { releaseTables } from './release_tables.ts'
import { webIndexes } from './web_indexes.ts'

/** Each brings the database from the version that its place says to the next: the first makes it. */
const migrations: readonly string[] = [
  [
    issueTables,
    eventTables,
    releaseTables,
    artifactTables,
    digestTables,
    alertTables,
    webIndexes,
  ].join('\n'),
  archiveEnds,
  earlyItems,
]

/**
 * Makes the tables (docs/formats/errors.md), or brings those of an older Weir up to date.
 *
 * @throws WeirError WEIR_STORE_VERSION when a newer Weir wrote the file.
 */
export function migrate(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('pragma user_version').get()?.['user_version'])
  if (version > migrations.length) {
    const text = `${path} has version ${version}, and this Weir knows up to ${migrations.length}: start the newer Weir that wrote it`
    throw new WeirError('WEIR_STORE_VERSION', text)
  }
  for (const [place, statements] of migrations.entries()) {
    if (place < version) continue
    database.exec(`begin immediate; ${statements}; pragma user_version = ${place + 1}; commit`)
  }
}
