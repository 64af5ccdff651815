import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, WeirError } from './errors.ts'

/** Where data goes when nobody says: the XDG data folder of the user, /var/lib/weir for root. */
export function defaultDataFolder(
  environment: Readonly<Record<string, string | undefined>>,
  user: { readonly uid: number | undefined; readonly home: string },
): string {
  // The XDG specification says to ignore relative paths.
  const xdg = environment['XDG_DATA_HOME']
  if (xdg?.startsWith('/')) return join(xdg, 'weir')
  return user.uid === 0 ? '/var/lib/weir' : join(user.home, '.local/share/weir')
}

/** What `weir backup` writes last into its folder. */
export const backupContentsName = 'backup.json'

/** Who holds a data folder, as `lock.json` in it says. */
export interface Holder {
  readonly pid: number
  readonly started_at: string
  readonly command: string
}

/** A data folder that this process alone may change, until `release`. */
export interface DataFolder {
  readonly path: string
  release(): void
}

/**
 * Makes the data folder where there is none, and takes its lock: an exclusive SQLite transaction on
 * the file `lock`, which the kernel drops with the process, however it ends. `lock.json` beside it is
 * for people and says nothing about whether the lock is held.
 *
 * @throws WeirError WEIR_DATA_UNUSABLE, or WEIR_DATA_LOCKED naming the process that holds it.
 */
export function holdDataFolder(path: string, holder: Holder): DataFolder {
  if (existsSync(join(path, backupContentsName))) {
    // Whatever opens it changes files, and then it is no longer what was saved.
    const text = `${path} is a backup: bring it into a new folder first (weir restore ${path} --data-dir NEW), and name that`
    throw new WeirError('WEIR_DATA_UNUSABLE', text)
  }
  try {
    makeFolder(path)
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (failure) {
    throw new WeirError(
      'WEIR_DATA_UNUSABLE',
      `the data folder ${path} cannot be used (${messageOf(failure)}): make it writable for this user, or choose another with --data-dir`,
      { cause: failure },
    )
  }
  refuseRemovedLock(path, holder)
  const lock = takeLock(path)
  const note = join(path, 'lock.json')
  try {
    writeFileSync(note, `${JSON.stringify(holder)}\n`, { mode: 0o640 })
  } catch {
    // The disk may be full: the lock holds all the same, and what is in the journal can be delivered.
  }
  let held = true
  return {
    path,
    release() {
      if (!held) return
      held = false
      rmSync(note, { force: true })
      lock.close()
    },
  }
}

/** mkdir's own `recursive` never ends where the kernel refuses with ENOENT, as below /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o750 })
}

/** Whether a Weir has run on it, or was restored to it. */
export function isDataFolder(path: string): boolean {
  return ['lock', 'journal', 'readers', 'store'].some((name) => existsSync(join(path, name)))
}

/** Who holds the folder now; undefined when nobody does, or when there is no folder. */
export function holderOf(path: string): Partial<Holder> | undefined {
  try {
    accessSync(join(path, 'lock'))
    takeLock(path).close()
    return undefined
  } catch (failure) {
    return failure instanceof WeirError && failure.code === 'WEIR_DATA_LOCKED'
      ? readHolder(path)
      : undefined
  }
}

/**
 * Whoever removes a lock that seems stale takes nothing from the process that holds it, but a second one could
 * take the new file: then what the first acknowledges is overwritten.
 */
function refuseRemovedLock(path: string, { pid: own }: Holder): void {
  const { pid } = readHolder(path)
  if (pid === undefined || pid === own || existsSync(join(path, 'lock')) || !isAlive(pid)) return
  const text = `the lock of the data folder ${path} was removed while ${whoHolds(path)} may use it: stop that, or remove lock.json, too, where it is another program`
  throw new WeirError('WEIR_DATA_LOCKED', text)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** In words: the process that noted itself last in the folder. */
export function whoHolds(path: string): string {
  const { pid, command, started_at } = readHolder(path)
  const who = pid === undefined ? 'another process' : `process ${pid}`
  const since = started_at === undefined ? '' : ` since ${started_at}`
  return `${who}${command ? ` (${command})` : ''}${since}`
}

function takeLock(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(path, 'lock'), { timeout: 0 })
    giveContent(database)
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (failure) {
    database?.close()
    if (!/locked|busy/i.test(messageOf(failure))) {
      const text = `the lock of the data folder ${path} cannot be taken (${messageOf(failure)}): the folder has to be on a local disk and writable`
      throw new WeirError('WEIR_DATA_UNUSABLE', text, { cause: failure })
    }
    throw new WeirError(
      'WEIR_DATA_LOCKED',
      `the data folder ${path} is in use by ${whoHolds(path)}: stop it, or choose another folder with --data-dir`,
      { cause: failure },
    )
  }
}

/**
 * SQLite writes to an empty file when it locks it, and so cannot on a full disk; one that has its first
 * page, from the first start on, it only locks.
 */
function giveContent(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA journal_mode = OFF')
    const version = database.prepare('PRAGMA user_version').get()
    if (version?.['user_version'] === 0) database.exec('PRAGMA user_version = 1')
  } catch {
    // Somebody else has it, or the disk is full: the lock itself will tell.
  }
}

function readHolder(path: string): Partial<Holder> {
  try {
    return (JSON.parse(readFileSync(join(path, 'lock.json'), 'utf8')) ?? {}) as Partial<Holder>
  } catch {
    return {}
  }
}
