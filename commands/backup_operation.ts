import { mkdirSync, readdirSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import type { Clock } from '../core/clock.ts'
import type { Operations } from '../core/control.ts'
import { backupContentsName } from '../core/data_folder.ts'
import { messageOf, WeirError } from '../core/errors.ts'
import { systemFiles } from '../core/files.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Contents, SavedFile } from './backup/contents.ts'
import { copyFile } from './backup/copy_file.ts'
import { Snapshot } from './backup/snapshot.ts'
import { version } from './version.ts'

/** What `backup` yields: how far it is, and at last that it is done. */
export interface BackupProgress {
  readonly files: number
  readonly bytes: number
  readonly total_bytes: number
  /** Files that the store has lost: the backup lacks them as the store does. */
  readonly absent: readonly string[]
  readonly done: boolean
}

const reportEveryBytes = 16_000_000

/** `backup`: copies what a data folder holds, as of one moment, to a folder that is new or empty. */
export function backupOperations(
  dataFolder: string,
  journal: () => Journal,
  clock: Clock,
): Operations {
  let isUnderWay = false
  return {
    async *backup(args) {
      const { folder } = args
      if (typeof folder !== 'string' || !isAbsolute(folder)) {
        throw new WeirError('WEIR_REQUEST_INVALID', '"folder" has to be an absolute path')
      }
      if (isUnderWay) throw new WeirError('WEIR_REQUEST_INVALID', 'a backup is under way already')
      makeTarget(dataFolder, folder)
      isUnderWay = true
      const snapshot = new Snapshot(dataFolder, journal())
      try {
        yield* save(snapshot, folder, clock)
      } catch (failure) {
        if (failure instanceof WeirError) throw failure
        const text = `the backup to ${folder} failed: ${messageOf(failure)}`
        throw new WeirError('WEIR_FILE_UNREADABLE', text, { cause: failure })
      } finally {
        snapshot.remove()
        isUnderWay = false
      }
    },
  }
}

async function* save(
  snapshot: Snapshot,
  folder: string,
  clock: Clock,
): AsyncGenerator<BackupProgress> {
  const time = new Date(clock.now()).toISOString()
  const taken = await snapshot.take()
  const { absent } = snapshot
  const total = taken.reduce((sum, { limit }) => sum + limit, 0)
  const saved: SavedFile[] = []
  let [bytes, reported] = [0, 0]
  const progress = (done: boolean): BackupProgress => {
    reported = bytes
    return { files: saved.length, bytes, total_bytes: total, absent, done }
  }
  yield progress(false)
  for (const { path, limit } of taken) {
    const copied = await copyFile(
      join(snapshot.folder, path),
      join(folder, path),
      limit,
      (more) => {
        bytes += more
      },
    )
    saved.push({ path, ...copied })
    if (bytes - reported >= reportEveryBytes) yield progress(false)
  }
  for (const each of foldersOf(saved)) await systemFiles.syncFolder(join(folder, each))
  const contents: Contents = { format: 1, version: version(), time, files: saved }
  await systemFiles.replace(
    join(folder, backupContentsName),
    `${JSON.stringify(contents, null, 1)}\n`,
  )
  yield progress(true)
}

/** Every folder that the files are in, the whole way up. */
function foldersOf(files: readonly SavedFile[]): Set<string> {
  const folders = new Set<string>()
  for (const { path } of files) {
    const parts = path.split('/')
    for (let depth = 1; depth < parts.length; depth++) folders.add(parts.slice(0, depth).join('/'))
  }
  return folders
}

function makeTarget(dataFolder: string, folder: string): void {
  const way = relative(dataFolder, folder)
  if (!way.startsWith('..') && !isAbsolute(way)) {
    const text = `${folder} is in the data folder: a backup belongs elsewhere`
    throw new WeirError('WEIR_REQUEST_INVALID', text)
  }
  let found: string[]
  try {
    mkdirSync(folder, { recursive: true, mode: 0o750 })
    found = readdirSync(folder)
  } catch (failure) {
    const text = `${folder} cannot be made: ${messageOf(failure)}`
    throw new WeirError('WEIR_FILE_UNREADABLE', text, { cause: failure })
  }
  if (found.length === 0) return
  const text = `${folder} is not empty: each backup has a folder of its own`
  throw new WeirError('WEIR_REQUEST_INVALID', text)
}
