import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { isDiskFailure } from '../../../core/disk_failure.ts'
import { WeirError } from '../../../core/errors.ts'

/** Whether there is a manifest at all. One that is damaged is one. */
export function isManifestMade(path: string): boolean {
  if (!existsSync(path)) return false
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true })
    return Number(database.prepare('pragma user_version').get()!['user_version']) > 0
  } catch (failure) {
    if (isDiskFailure(failure)) throw failure
    return true
  } finally {
    database?.close()
  }
}

/**
 * Opens a file of SQLite that cannot be made from anything else.
 *
 * @param prepare sets it up; what it throws closes the file again.
 * @throws WeirError WEIR_STORE_DAMAGED with the path and what to do; what SQLite says when the disk fails.
 */
export function openIrreplaceable(
  path: string,
  prepare: (database: DatabaseSync) => void,
): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path)
    prepare(database)
    return database
  } catch (failure) {
    database?.close()
    throw isDamage(failure) ? damaged(path, failure) : failure
  }
}

/** @throws WeirError WEIR_STORE_DAMAGED when SQLite finds that the file is none of its own, or broken. */
export function checkFile(path: string): void {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true })
    const said = Object.values(database.prepare('pragma quick_check(1)').get() ?? {})[0]
    if (said !== 'ok') throw damaged(path, said)
  } catch (failure) {
    throw isDamage(failure) ? damaged(path, failure) : failure
  } finally {
    database?.close()
  }
}

/** Files that a manifest of events or points, which may be in use, says were set aside; none where it cannot be read. */
export function setAsideIn(path: string): { readonly file: string; readonly reason: string }[] {
  if (!existsSync(path)) return []
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true })
    const rows = database.prepare('select file, reason from damaged order by file').all()
    return rows as { file: string; reason: string }[]
  } catch {
    return []
  } finally {
    database?.close()
  }
}

/** What a manifest of events, which may be in use, has: without what was set aside; undefined where it cannot be read. */
export function storedIn(
  path: string,
): { readonly segments: number; readonly bytes: number; readonly rows: number } | undefined {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true })
    const sums = 'count(*) as segments, total(bytes) as bytes, total(rows) as rows'
    const sound = 'file not in (select file from damaged)'
    const found = database.prepare(`select ${sums} from segments where ${sound}`).get()!
    const [segments, bytes, rows] = [found['segments'], found['bytes'], found['rows']].map(Number)
    return { segments: segments!, bytes: bytes!, rows: rows! }
  } catch {
    return undefined
  } finally {
    database?.close()
  }
}

/**
 * Up to which `_seq` retention may have taken documents of a stream; none: 0. Of a manifest that an older Weir wrote,
 * and that no engine has opened since, nothing is known: all may be gone.
 *
 * @throws what SQLite says.
 */
export function takenIn(path: string, stream: string): number {
  if (!existsSync(path)) return 0
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const isKept = database.prepare("select 1 from sqlite_master where name = 'taken'").get()
    if (!isKept) return Number.MAX_SAFE_INTEGER
    const row = database.prepare('select seq from taken where stream = ?').get(stream)
    return Number(row?.['seq'] ?? 0)
  } finally {
    database.close()
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const isDamage = (failure: unknown) =>
  [11, 26].includes((failure as { errcode: number }).errcode & 0xff)

const damaged = (path: string, why: unknown) =>
  new WeirError(
    'WEIR_STORE_DAMAGED',
    `${path} is damaged (${String(why)}): restore it from a backup, or move it away to begin anew`,
    { cause: why },
  )
