import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, WeirError } from '../../core/errors.ts'
import { systemFiles } from '../../core/files.ts'
import { type Contents, savedFolders } from './contents.ts'
import { copyFile } from './copy_file.ts'

/** Where a restore gathers what it copies; while it is there, the data folder is not whole. */
const partialName = 'restore.partial'
/** What a folder may hold that nothing is kept in yet. */
const ofTheLock = /^lock/

/** @throws WeirError when a restore of this data folder has not come to its end. */
export function refuseHalfRestored(dataFolder: string): void {
  if (!existsSync(join(dataFolder, partialName))) return
  const text = `a restore into ${dataFolder} did not come to its end: run it again, or delete the folder`
  throw new WeirError('WEIR_DATA_UNUSABLE', text)
}

/**
 * Fills an empty data folder, whose lock is held, from a backup: every file is checked on its way, and nothing
 * is in its place before all of them are.
 *
 * @throws WeirError when the folder holds something, or a file of the backup is not what it was.
 */
export async function restoreInto(
  dataFolder: string,
  backup: string,
  { files }: Contents,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const partial = join(dataFolder, partialName)
  const isAgain = existsSync(partial)
  const found = readdirSync(dataFolder).filter(
    (name) => !ofTheLock.test(name) && name !== partialName,
  )
  if (found.length > 0 && !isAgain) {
    const text = `${dataFolder} is not empty (${found.slice(0, 3).join(', ')}): restore into a new folder`
    throw new WeirError('WEIR_DATA_UNUSABLE', text)
  }
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial)
  // What the attempt before had put in place.
  for (const name of savedFolders) rmSync(join(dataFolder, name), { recursive: true, force: true })
  try {
    for (const file of files) {
      const { path, bytes, crc32 } = file
      const copied = await copyFile(join(backup, path), join(partial, path), Infinity, onBytes)
      if (copied.bytes === bytes && copied.crc32 === crc32) continue
      const text = `${join(backup, path)} is not what was saved: ${copied.bytes} bytes with the checksum ${copied.crc32}, not ${bytes} with ${crc32}`
      throw new WeirError('WEIR_BACKUP_DAMAGED', text)
    }
  } catch (failure) {
    rmSync(partial, { recursive: true, force: true })
    if (failure instanceof WeirError) throw failure
    const text = `the backup cannot be restored: ${messageOf(failure)}`
    throw new WeirError('WEIR_BACKUP_DAMAGED', text, { cause: failure })
  }
  for (const name of savedFolders) {
    if (!existsSync(join(partial, name))) continue
    for (const folder of foldersBelow(join(partial, name))) await systemFiles.syncFolder(folder)
    renameSync(join(partial, name), join(dataFolder, name))
  }
  await systemFiles.syncFolder(dataFolder)
  rmSync(partial, { recursive: true })
  await systemFiles.syncFolder(dataFolder)
}

function foldersBelow(folder: string): string[] {
  const inner = readdirSync(folder, { withFileTypes: true, recursive: true })
  const folders = inner.filter((entry) => entry.isDirectory())
  return [folder, ...folders.map(({ parentPath, name }) => join(parentPath, name))]
}
