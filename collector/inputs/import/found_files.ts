import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, WeirError } from '../../../core/errors.ts'

/** Each has a position in the journal for a month. */
const filesMax = 10_000

/** What is compressed otherwise than by gzip, or no log. */
const notRead = /\.(xz|bz2|zst|lz4|zip|7z|tar|tgz|swp|sqlite|journal)$/i

/**
 * The files that are to be imported, each once, those of a folder by name: itself and all below it but hidden
 * ones and archives.
 *
 * @throws WeirError when a path cannot be looked at, or there are too many files.
 */
export function filesAt(paths: readonly string[]): string[] {
  const found = new Set<string>()
  const add = (path: string) => {
    found.add(realpathSync(path))
    if (found.size <= filesMax) return
    const text = `there are more than ${filesMax} files: import them in parts`
    throw new WeirError('WEIR_REQUEST_INVALID', text)
  }
  const walk = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).toSorted(byName)) {
      const path = join(folder, entry.name)
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory()) walk(path)
      else if (!notRead.test(entry.name) && isFile(path)) add(path)
    }
  }
  for (const path of paths) {
    try {
      if (statSync(path).isDirectory()) walk(path)
      else add(path)
    } catch (failure) {
      if (failure instanceof WeirError) throw failure
      const text = `${path} cannot be read: ${messageOf(failure)}`
      throw new WeirError('WEIR_FILE_UNREADABLE', text, { cause: failure })
    }
  }
  return [...found]
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    // A symlink to nothing.
    return false
  }
}
