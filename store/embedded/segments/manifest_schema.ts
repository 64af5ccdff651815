import type { DatabaseSync } from 'node:sqlite'
import { WeirError } from '../../../core/errors.ts'

/** The tables of `manifest.sqlite`; docs/formats/segments.md §4 says what each column is. */
const tables = `
create table segments (
  id integer primary key autoincrement, file text not null unique, stream text, day text,
  rows integer not null, bytes integer not null, source_bytes integer not null,
  min_time integer, max_time integer, untimed integer not null,
  words integer not null, merged integer not null, created_ms integer not null
);
create table segment_streams (
  segment integer not null references segments(id) on delete cascade, stream text not null,
  rows integer not null, source_bytes integer not null, min_time integer, max_time integer,
  untimed integer not null, max_seq integer, spilled text not null, counted integer not null,
  primary key (segment, stream)
) without rowid;
create index segment_streams_by_stream on segment_streams (stream, segment);
create table minutes (
  segment integer not null references segments(id) on delete cascade, stream text not null,
  minute integer not null, level text not null, count integer not null,
  primary key (segment, stream, minute, level)
) without rowid;
create table masks (
  stream text not null, seq integer not null, primary key (stream, seq)
) without rowid;
create table shapes (
  stream text not null, path text not null, json_path text not null, many integer not null,
  kind text not null, primary key (stream, json_path, kind)
) without rowid;
create table streams (
  stream text primary key, created_ms integer not null, beyond integer not null default 0,
  gone_segment integer not null default 0, gone_seq integer not null default 0
) without rowid;
create table cursor (
  partition text primary key, segment text not null, ordinal integer not null
) without rowid;
create table damaged (
  file text primary key, stream text, rows integer not null, min_time integer, max_time integer,
  reason text not null, found_ms integer not null
) without rowid;
`

/** One that is not there says nothing, so it needs no version of its own. */
const believed =
  'create table if not exists believed (one integer primary key check (one = 1), time_ms integer not null)'

/** Nor does this one: a segment that it has nothing of is verified by what can be read of it. */
const checksums =
  'create table if not exists checksums (segment integer primary key references segments(id) on delete cascade, file integer not null, words integer)'

/** Nor this: where the documents of a segment are that it has nothing of, is read in the file. */
const sourcePages =
  'create table if not exists source_pages (segment integer primary key references segments(id) on delete cascade, pages text not null)'

/** Of a store from before, rows of any stream may be gone. */
const taken = 'create table taken (stream text primary key, seq integer not null) without rowid'
const fillTaken =
  'insert into taken select stream, (select coalesce(max(max_seq), 0) from segment_streams) from streams'

export const manifestVersion = 1

/** @throws WeirError when a newer Weir made it. */
export function migrateManifest(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('pragma user_version').get() as {
    user_version: number
  }
  if (version > manifestVersion) {
    throw new WeirError(
      'WEIR_STORE_VERSION',
      `the store's manifest has version ${version}; this Weir reads up to ${manifestVersion}: start the newer one`,
    )
  }
  if (version < manifestVersion)
    database.exec(`begin; ${tables}; pragma user_version = ${manifestVersion}; commit`)
  database.exec(believed)
  database.exec(checksums)
  database.exec(sourcePages)
  const isKept = database.prepare("select 1 from sqlite_master where name = 'taken'").get()
  if (!isKept)
    database.exec(`begin; ${taken}; ${version < manifestVersion ? '' : fillTaken}; commit`)
}
