import type { DatabaseSync } from 'node:sqlite'
import { WeirError } from '../../../core/errors.ts'

/** The tables of `metrics.sqlite`; docs/formats/points.md §3 says what each column is. */
const tables = `
create table segments (
  id integer primary key autoincrement, file text not null unique, step_ms integer not null, period text,
  min_ms integer not null, max_ms integer not null, rows integer not null, bytes integer not null,
  last_order integer not null, checked_ms integer not null, rules text not null
);
create table series (
  id integer primary key, type integer not null, series text not null,
  first_ms integer not null, last_ms integer not null, interval_ms integer not null,
  unique (type, series)
);
create table tags (
  key text not null, value text not null, series integer not null, primary key (key, value, series)
) without rowid;
create table cursor (
  partition text primary key, segment text not null, ordinal integer not null
) without rowid;
create table damaged (
  file text primary key, rows integer not null, reason text not null, found_ms integer not null
) without rowid;
`

/** One that is not there says nothing, so it needs no version of its own: a file that it has nothing of is verified by what can be read. */
const checksums =
  'create table if not exists checksums (segment integer primary key references segments(id) on delete cascade, file integer not null)'

const version = 1

/** @throws WeirError when a newer Weir made it. */
export function migratePointManifest(database: DatabaseSync): void {
  const found = database.prepare('pragma user_version').get() as { user_version: number }
  if (found.user_version > version) {
    throw new WeirError(
      'WEIR_STORE_VERSION',
      `metrics.sqlite has version ${found.user_version}; this Weir reads up to ${version}: start the newer one`,
    )
  }
  if (found.user_version < version)
    database.exec(`begin; ${tables}; pragma user_version = ${version}; commit`)
  database.exec(checksums)
}
