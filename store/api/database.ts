import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** `kind` is a table of the catalogue, `item` one entry; the ids are those of documents that came by the API. */
export const apiSchema = `
create table if not exists item (
  kind text not null, name text not null, body text not null, primary key (kind, name)
) without rowid;
create table if not exists id_index (no integer primary key, name text unique);
create table if not exists id (
  index_no integer not null, id text not null, seq integer not null, version integer not null,
  primary key (index_no, id)
) without rowid;
create table if not exists mark (name text primary key, value integer not null) without rowid;
`

export interface ApiDatabase {
  readonly sqlite: DatabaseSync
  /** It was not there, or could not be read: ids have to be learnt again from the documents. */
  readonly isNew: boolean
  /** Where a file that could not be read was put. */
  readonly setAside: string | undefined
}

/**
 * Opens `<data_dir>/store/api.sqlite`, or makes it. What is in it and not in the journal is what clients
 * said about indices; the ids can be learnt again.
 *
 * @param aside where to put a file that is no database, or a broken one.
 */
export function openApiDatabase(path: string, aside: string): ApiDatabase {
  mkdirSync(dirname(path), { recursive: true })
  try {
    return { ...attempt(path), setAside: undefined }
  } catch (failure) {
    if (!isBroken(failure)) throw failure
    renameSync(path, aside)
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true })
    return { ...attempt(path), setAside: aside }
  }
}

function attempt(path: string): { sqlite: DatabaseSync; isNew: boolean } {
  const sqlite = new DatabaseSync(path)
  try {
    sqlite.exec(
      'pragma journal_mode = wal; pragma synchronous = normal; pragma temp_store = memory',
    )
    const check = sqlite.prepare('pragma quick_check(1)').get()
    if (check?.['quick_check'] !== 'ok') throw new BrokenDatabase()
    const { tables } = sqlite.prepare(`select count(*) as tables from sqlite_master`).get()!
    sqlite.exec(apiSchema)
    return { sqlite, isNew: tables === 0 }
  } catch (failure) {
    sqlite.close()
    throw failure
  }
}

class BrokenDatabase extends Error {}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const isBroken = (failure: unknown): boolean =>
  failure instanceof BrokenDatabase || [11, 26].includes((failure as { errcode: number }).errcode)
