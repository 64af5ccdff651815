import { existsSync, renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, WeirError } from '../../core/errors.ts'
import { migrate } from './schema.ts'

/** A larger file is not read whole at each start: damage is found where it is met. */
const checkedBytes = 256_000_000

export interface Opened {
  readonly database: DatabaseSync
  /** Where a damaged file was moved to, and what was wrong with it. */
  readonly setAside?: { readonly path: string; readonly why: string }
}

/**
 * Opens errors.sqlite, or makes it. One that is damaged is moved aside, and a new one begins from what the journal
 * still has: people who look for issues are better off with the last days than with nothing.
 *
 * Commits do not wait for the disk (`synchronous = normal`): after a power cut the newest may be gone, all of them
 * behind some point. The journal still has those reports, because it is told to let go of them only after a
 * checkpoint, which does wait; and the cursor that was lost with them makes the digest read them again.
 *
 * @throws WeirError WEIR_STORE_VERSION when a newer Weir wrote it, WEIR_STORE_DAMAGED when no file can be made.
 */
export function openDatabase(path: string, nowMs: number): Opened {
  try {
    return { database: openSound(path) }
  } catch (failure) {
    if (failure instanceof WeirError || !isDamage(failure)) throw failure
    const aside = setAside(path, nowMs)
    return { database: openSound(path), setAside: { path: aside, why: messageOf(failure) } }
  }
}

/** Moves a damaged database out of the way. It is to be closed. @returns where it is. */
export function setAside(path: string, nowMs: number): string {
  const aside = `${path}.damaged-${new Date(nowMs).toISOString().replaceAll(':', '')}`
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
  }
  return aside
}

/** SQLITE_CORRUPT and SQLITE_NOTADB: what is in the file is wrong, not what was asked of it. */
export function isDamage(failure: unknown): boolean {
  const code = (failure as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' && [11, 26].includes(code & 0xff)
}

function openSound(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    database.exec(
      `pragma busy_timeout = 5000; pragma auto_vacuum = incremental; pragma journal_mode = wal;
       pragma synchronous = normal; pragma wal_autocheckpoint = 0; pragma cache_size = -16000;
       pragma temp_store = memory`,
    )
    migrate(database, path)
    const { page_count: pages } = database.prepare('pragma page_count').get()!
    const { page_size: pageSize } = database.prepare('pragma page_size').get()!
    if (Number(pages) * Number(pageSize) <= checkedBytes) {
      const found = database.prepare('pragma quick_check(1)').get()?.['quick_check']
      if (found !== 'ok') throw Object.assign(new Error(String(found)), { errcode: 11 })
    }
    return database
  } catch (failure) {
    database.close()
    throw failure
  }
}
