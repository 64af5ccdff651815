import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { systemTailFiles } from '../collector/inputs/tail/files.ts'
import { Folders, glob } from '../collector/inputs/tail/globs.ts'
import { nativePath } from '../collector/inputs/tail/native_path.ts'
import { systemClock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Finding } from './finding.ts'

/** Files that a tail input follows, found as it finds them: those there are must be readable. */
export function checkPaths(patterns: readonly unknown[], subject: string): Finding[] {
  const folders = new Folders(systemTailFiles, () => systemClock.now())
  return patterns.flatMap((pattern): Finding[] => {
    const text = String(pattern)
    const messages = new Map<string, string | undefined>()
    folders.walk(glob(text), (path) => {
      const failure = accessFailure(path)
      if (failure?.code !== 'ENOENT') messages.set(path, failure && unreadable(path, failure))
    })
    if (messages.size === 0) {
      const message = `no file fits ${text} yet`
      return [{ level: 'note', subject, message: hiddenFolder(text) ?? message }]
    }
    return [...messages.values()]
      .filter((message) => message !== undefined)
      .map((message) => ({ level: 'problem', subject, message }))
  })
}

/** Why a pattern may fit nothing: a folder on its way that this user may not look into. */
function hiddenFolder(pattern: string): string | undefined {
  let folder = pattern.split(/[*?[{]/, 1)[0]!.replace(/[^/]*$/, '') || '/'
  while (!existsSync(folder) && folder !== '/') folder = dirname(folder)
  try {
    accessSync(folder, constants.R_OK | constants.X_OK)
    return undefined
  } catch (failure) {
    return `nothing can be found by ${pattern}: ${messageOf(failure)}`
  }
}

/**
 * Why a file cannot be read by this user; undefined when it can.
 *
 * @param path as the tail has it: also of names that are no UTF-8.
 */
export function accessFailure(path: string): NodeJS.ErrnoException | undefined {
  try {
    accessSync(nativePath(path), constants.R_OK)
    return undefined
  } catch (failure) {
    return failure as NodeJS.ErrnoException
  }
}

export function unreadable(path: string, failure: Error): string {
  return `${path.toWellFormed()} cannot be read by this user: ${messageOf(failure).toWellFormed()}`
}
