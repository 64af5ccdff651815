import { join, resolve } from 'node:path'
import type { TailFiles } from './files.ts'

/** A pattern for paths: `*`, `?`, `[a-z]`, `{a,b}` within a name, `**` for any number of folders. */
export interface Glob {
  readonly text: string
  /** Folders before the first pattern, absolute. */
  readonly root: string
  /** What follows: a name as it is, a pattern, or `**`. */
  readonly parts: readonly (string | RegExp)[]
}

const special = /[*?[{]/

export function glob(text: string): Glob {
  const names = splitPath(resolve(text))
  const first = names.findIndex((name) => special.test(name))
  const plain = first === -1 ? names.length - 1 : first
  return {
    text,
    root: `/${names.slice(0, plain).join('/')}`,
    parts: names
      .slice(plain)
      .map((name) => (name === '**' || !special.test(name) ? name : namePattern(name))),
  }
}

/** Slashes within braces do not divide. */
function splitPath(path: string): string[] {
  const names: string[] = []
  let depth = 0
  let name = ''
  for (const char of path) {
    if (char === '{') depth += 1
    if (char === '}') depth -= 1
    if (char === '/' && depth <= 0) {
      if (name !== '') names.push(name)
      name = ''
    } else name += char
  }
  if (name !== '') names.push(name)
  return names
}

function namePattern(name: string): RegExp {
  let depth = 0
  // Like a shell, a leading pattern does not match a hidden file.
  let source = /^[*?[]/.test(name) ? '(?!\\.)' : ''
  for (let at = 0; at < name.length; at++) {
    const char = name[at]!
    const close = char === '[' ? name.indexOf(']', at + 2) : -1
    if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (close > 0) {
      const inside = name.slice(at + 1, close).replaceAll('\\', '\\\\')
      source += `[${inside.replace(/^!/, '^')}]`
      at = close
    } else if (char === '{') {
      depth += 1
      source += '(?:'
    } else if (char === '}' && depth > 0) {
      depth -= 1
      source += ')'
    } else if (char === ',' && depth > 0) source += '|'
    else source += char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
  }
  return new RegExp(`^${source}${')'.repeat(depth)}$`)
}

export function matches(pattern: Glob, path: string): boolean {
  const root = pattern.root === '/' ? '/' : `${pattern.root}/`
  if (!path.startsWith(root)) return false
  return fit(pattern.parts, path.slice(root.length).split('/'), 0, 0)
}

function fit(parts: readonly (string | RegExp)[], names: string[], part: number, name: number) {
  for (; part < parts.length; part++, name++) {
    const wanted = parts[part]!
    if (wanted === '**') {
      for (let skip = name; skip <= names.length; skip++) {
        if (fit(parts, names, part + 1, skip)) return true
      }
      return false
    }
    const own = names[name]
    if (own === undefined) return false
    if (typeof wanted === 'string' ? wanted !== own : !wanted.test(own)) return false
  }
  return name === names.length
}

interface Listing {
  readonly mtimeNs: bigint
  readonly at: number
  readonly entries: Entries
  /** Those of them that are folders, so that ten thousand files need not be gone through for them. */
  readonly folders: Entries
}

type Entries = ReturnType<TailFiles['list']>

const nothing: Listing = { mtimeNs: 0n, at: 0, entries: [], folders: [] }

/**
 * Folders as they were last listed. A folder is listed again only when its modification time moved, or
 * was so recent that a change in the same instant would not have moved it.
 */
export class Folders {
  readonly #files: TailFiles
  readonly #now: () => number
  readonly #listings = new Map<string, Listing>()
  /** Folders that could not be listed, with why; for the status page. */
  readonly problems = new Map<string, string>()

  constructor(files: TailFiles, now: () => number) {
    this.#files = files
    this.#now = now
  }

  list(folder: string): Entries {
    return this.#listing(folder).entries
  }

  #listing(folder: string): Listing {
    try {
      const found = this.#files.stat(folder)
      this.problems.delete(folder)
      if (found?.kind !== 'folder') {
        this.#listings.delete(folder)
        return nothing
      }
      const known = this.#listings.get(folder)
      if (known?.mtimeNs === found.mtimeNs && known.at - Number(found.mtimeNs / 1_000_000n) > 100) {
        return known
      }
      const entries = this.#files.list(folder)
      const folders = entries.filter((entry) => entry.folder)
      const listing = { mtimeNs: found.mtimeNs, at: this.#now(), entries, folders }
      this.#listings.set(folder, listing)
      return listing
    } catch (failure) {
      this.problems.set(folder, (failure as NodeJS.ErrnoException).code ?? String(failure))
      return nothing
    }
  }

  /** Folders listed so far: those worth watching. */
  known(): string[] {
    return [...this.#listings.keys()]
  }

  /**
   * Calls `found` with every path that fits; folders too deep are not walked.
   * @param walked listings whose files were found before and are passed over; these are added to it.
   */
  walk(pattern: Glob, found: (path: string) => void, walked?: WeakSet<object>): void {
    this.#walk({ pattern, found, walked }, pattern.root, 0, 0)
  }

  #walk(walk: Walk, folder: string, at: number, depth: number) {
    const { pattern, found, walked } = walk
    const part = pattern.parts[at]
    if (part === undefined || depth > 32) return
    const last = at === pattern.parts.length - 1
    if (typeof part === 'string' && part !== '**') {
      const path = join(folder, part)
      if (last) found(path)
      else this.#walk(walk, path, at + 1, depth + 1)
      return
    }
    if (part === '**' && !last) this.#walk(walk, folder, at + 1, depth)
    const { entries, folders } = this.#listing(folder)
    // Nothing but folders is of interest in a listing that has not changed.
    const unchanged = last && walked?.has(entries)
    if (last) walked?.add(entries)
    const inside = folder === '/' ? folder : `${folder}/`
    if (part === '**') {
      // Symlinks are not walked by `**`: they may lead round in circles.
      for (const { name } of folders) this.#walk(walk, inside + name, at, depth + 1)
    }
    if (unchanged || (part === '**' && !last)) return
    for (const entry of entries) {
      if (typeof part !== 'string' && !part.test(entry.name)) continue
      if (last && !entry.folder) found(inside + entry.name)
      else if (!last && (entry.folder || entry.link)) {
        this.#walk(walk, inside + entry.name, at + 1, depth + 1)
      }
    }
  }
}

interface Walk {
  readonly pattern: Glob
  readonly found: (path: string) => void
  readonly walked: WeakSet<object> | undefined
}
