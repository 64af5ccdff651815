import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { backupContentsName } from '../../core/data_folder.ts'
import { messageOf, WeirError } from '../../core/errors.ts'

/** What `backup.json` says, which is written last: a folder without it is no whole backup. */
const contentsSchema = z.object({
  /** Of this format. */
  format: z.literal(1),
  /** Of the Weir that made it. */
  version: z.string(),
  /** When what it holds was as it is, ISO 8601. */
  time: z.iso.datetime(),
  files: z.array(
    z.object({
      /** Below the data folder, such as `journal/collector-0/01K….ndjson`. */
      path: z.string().refine(isInside, 'it leads out of the folder'),
      bytes: z.int().min(0),
      crc32: z.int().min(0),
    }),
  ),
})

export type Contents = z.output<typeof contentsSchema>
export type SavedFile = Contents['files'][number]

/** What a data folder has that a backup takes; its lock and socket are no part of it. */
export const savedFolders = ['journal', 'store', 'errors', 'dead', 'readers'] as const

function isInside(path: string): boolean {
  const [first, ...rest] = path.split('/')
  return (
    savedFolders.some((name) => name === first) &&
    rest.length > 0 &&
    rest.every((part) => part !== '' && part !== '.' && part !== '..')
  )
}

/** @throws WeirError when the folder holds no whole backup, or one of a newer Weir. */
export function readContents(folder: string): Contents {
  const path = join(folder, backupContentsName)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (failure) {
    const why = `${folder} holds no whole backup: ${backupContentsName}, which is written last, cannot be read (${messageOf(failure)})`
    throw new WeirError('WEIR_BACKUP_DAMAGED', why, { cause: failure })
  }
  try {
    return contentsSchema.parse(JSON.parse(text))
  } catch (failure) {
    const why = `${path} is damaged, or was written by a newer Weir: ${messageOf(failure)}`
    throw new WeirError('WEIR_BACKUP_DAMAGED', why, { cause: failure })
  }
}
