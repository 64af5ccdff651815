import { readdirSync, renameSync } from 'node:fs'
import type { Clock } from '../../../core/clock.ts'
import type { Files } from '../../../core/files.ts'
import { asideFolder } from './layout.ts'
import { isManifestMade } from './manifest_file.ts'

interface Surroundings {
  readonly files: Files
  readonly clock: Pick<Clock, 'now'>
  /** `<data_dir>/store` */
  readonly folder: string
  readonly notice: (level: 'error', message: string, about: object) => void
}

interface NamedFiles {
  /** Path of what should name them. */
  readonly manifest: string
  /** Their folder. */
  readonly top: string
  /** How whoever reads the log has them back. */
  readonly back: string
}

/**
 * Where the manifest of a folder of files is lost, nothing says any more which of them count: an interrupted merge
 * leaves rows twice. They are set aside as they are, and what the journal still has is taken in again.
 *
 * @param isLook it is only said.
 */
export async function setUnknownAside(
  { files, clock, folder, notice }: Surroundings,
  { manifest, top, back }: NamedFiles,
  isLook = false,
): Promise<void> {
  if (isManifestMade(manifest)) return
  const found = readdirSync(top, { recursive: true, withFileTypes: true })
  const number = found.filter((each) => each.isFile()).length
  if (number === 0) return
  if (isLook) {
    const what = `${manifest} is lost, and with it which files of the store count: the next start sets them aside`
    notice('error', what, { files: number })
    return
  }
  await files.makeFolder(asideFolder(folder))
  const target = `${asideFolder(folder)}/${top.slice(top.lastIndexOf('/') + 1)}-${clock.now()}`
  renameSync(top, target)
  await files.syncFolder(asideFolder(folder))
  await files.makeFolder(top)
  await files.syncFolder(folder)
  notice(
    'error',
    `${manifest} is lost, and with it which files of the store count: they are set aside in ${target}, and what the journal still has is taken in again. ${back}`,
    { files: number },
  )
}

/** The highest number that a file below `top` is named by; 0 when there is none. */
export function highestIdIn(top: string): number {
  return readdirSync(top, { recursive: true, withFileTypes: true }).reduce((highest, { name }) => {
    const id = /^(\d+)\.(?:parquet|words)$/.exec(name)?.[1]
    return Math.max(highest, Number(id ?? 0))
  }, 0)
}
