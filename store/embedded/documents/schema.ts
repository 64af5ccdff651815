import type { DatabaseSync } from 'node:sqlite'
import { zstdDecompressSync } from 'node:zlib'
import { WeirError } from '../../../core/errors.ts'
import type { DocumentKind } from '../../documents.ts'
import type { JsonRecord } from '../../search.ts'
import { columnName } from './conditions.ts'
import { columnsOf, columnTypes } from './fields.ts'

/** Version of the file; docs/formats/documents.md. */
const schemaVersion = 1

export const tableName = (kind: DocumentKind): string => `"d.${kind.name}"`

/** Makes or checks the tables that every file has. @throws WeirError when a newer Weir wrote it. */
export function prepareFile(database: DatabaseSync, path: string): void {
  const { user_version: version } = database.prepare('pragma user_version').get() as {
    user_version: number
  }
  if (version > schemaVersion) {
    const text = `${path} has version ${version}; this Weir reads up to ${schemaVersion}: start the newer one`
    throw new WeirError('WEIR_STORE_VERSION', text)
  }
  // Saying it again would write, which a full disk refuses.
  if (version === schemaVersion) return
  database.exec(`
    create table if not exists kinds (name text primary key, fields text not null) strict;
    create table if not exists counter (version integer not null) strict;
    insert into counter select 0 where not exists (select 1 from counter);
    pragma user_version = ${schemaVersion};
  `)
}

/** Makes the table of a kind, or brings it to the fields that are declared now. */
export function prepareKind(database: DatabaseSync, kind: DocumentKind): void {
  if (!/^[a-z0-9_]{1,100}$/.test(kind.name)) throw new TypeError(`bad kind name ${kind.name}`)
  const paths = Object.keys(kind.fields).toSorted()
  const declared = JSON.stringify(paths.map((path) => [path, kind.fields[path]]))
  const row = database.prepare('select fields from kinds where name = ?').get(kind.name)
  if (row?.['fields'] === declared) return
  database.exec('begin immediate')
  try {
    const table = tableName(kind)
    database.exec(`create table if not exists ${table} (
      id text primary key, version integer not null, body blob not null
    ) strict, without rowid`)
    replaceColumns(database, kind)
    database
      .prepare('insert into kinds values (?, ?) on conflict (name) do update set fields = ?2')
      .run(kind.name, declared)
    database.exec('commit')
  } catch (failure) {
    database.exec('rollback')
    throw failure
  }
}

/** Fields may have changed their type or come new, so every document's columns are made again. */
function replaceColumns(database: DatabaseSync, kind: DocumentKind): void {
  const table = tableName(kind)
  const indices = database
    .prepare(
      "select name from sqlite_master where type = 'index' and tbl_name = ? and sql is not null",
    )
    .all(`d.${kind.name}`)
  for (const { name } of indices)
    database.exec(`drop index "${String(name).replaceAll('"', '""')}"`)
  for (const { name } of database.prepare(`pragma table_info(${table})`).all()) {
    const column = String(name)
    if (!column.startsWith('f.')) continue
    database.exec(`alter table ${table} drop column "${column.replaceAll('"', '""')}"`)
  }
  const fields = Object.entries(kind.fields)
  for (const [path, type] of fields) {
    database.exec(`alter table ${table} add column ${columnName(path)} ${columnTypes[type]}`)
    const index = `"i.${kind.name}.${path.replaceAll('"', '""')}"`
    database.exec(`create index ${index} on ${table} (${columnName(path)}, id)`)
  }
  if (fields.length === 0) return
  const sets = fields.map(([path]) => `${columnName(path)} = ?`).join(', ')
  const update = database.prepare(`update ${table} set ${sets} where id = ?`)
  for (const { id, body } of database.prepare(`select id, body from ${table}`).all()) {
    update.run(...columnsOf(kind, bodyOf(body as Uint8Array)), id as string)
  }
}

export function bodyOf(compressed: Uint8Array): JsonRecord {
  return JSON.parse(zstdDecompressSync(compressed).toString()) as JsonRecord
}
