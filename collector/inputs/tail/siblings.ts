import { basename, dirname, join } from 'node:path'
import type { Seen, TailFiles } from './files.ts'
import { matches, type Folders, type Glob } from './globs.ts'
import { familyOf, isRotatedName } from './names.ts'
import type { Source } from './source.ts'

/** A file that may hold what a source held. */
export interface Candidate {
  readonly path: string
  readonly seen: Seen
}

/** How often files are listed whose names keep changing meanwhile. */
const looks = 32

/** Where rotated copies of a log may be: beside it, beside what it links to, in `rotated_paths`. */
export class Siblings {
  readonly #files: TailFiles
  readonly #folders: Folders
  readonly #elsewhere: readonly Glob[]
  /** By listing: the names of each family, by its own. Most have one. */
  readonly #families = new WeakMap<object, Map<string, string | string[]>>()

  constructor(files: TailFiles, folders: Folders, elsewhere: readonly Glob[]) {
    this.#files = files
    this.#folders = folders
    this.#elsewhere = elsewhere
  }

  /** Everything near whose name begins like the log's, oldest first: what a rename or a copy may be called. */
  near(source: Pick<Source, 'path' | 'real' | 'at'>): Candidate[] {
    return this.#look(() => this.#near(source))
  }

  /** Whether a name begins like the log's: in `rotated_paths` other logs have their copies too. */
  isNamedAfter(source: Pick<Source, 'path' | 'real' | 'at'>, path: string): boolean {
    const name = basename(path)
    const family = basename(familyOf(path))
    return [source.path, source.real, source.at ?? source.path].some(
      (own) => name.startsWith(basename(own)) || family === basename(familyOf(own)),
    )
  }

  /** Files whose names say that they are rotated copies of the log, oldest first. */
  rotated(source: Pick<Source, 'path' | 'real'>): Candidate[] {
    return this.#look(() => this.#rotated(source))
  }

  /** Whether the name of `path` says that it is a rotated copy of what the source follows. */
  isRotated(source: Pick<Source, 'path' | 'real'>, path: string): boolean {
    return [source.path, source.real].some(
      (own) => dirname(own) === dirname(path) && isRotatedName(basename(own), basename(path)),
    )
  }

  /** Whether what is at `path` is among what `near` finds of a log. */
  isNear(source: Pick<Source, 'path' | 'real'>, path: string): boolean {
    const beside = [source.path, source.real].some((own) => {
      if (dirname(own) !== dirname(path)) return false
      return basename(path).startsWith(basename(own)) || familyOf(own) === familyOf(path)
    })
    return beside || this.#elsewhere.some((pattern) => matches(pattern, path))
  }

  /** Every file that fits one of these patterns, whatever it is called. */
  fitting(patterns: readonly Glob[], wanted: (path: string) => boolean): Candidate[] {
    const paths = new Set<string>()
    for (const pattern of patterns) {
      this.#folders.walk(pattern, (path) => {
        if (wanted(path)) paths.add(path)
      })
    }
    return this.#lookOnce(paths)
  }

  #near(source: Pick<Source, 'path' | 'real' | 'at'>): Set<string> {
    const paths = new Set<string>([source.path, source.real])
    for (const path of new Set([source.path, source.real, source.at ?? source.path])) {
      const base = basename(path)
      const family = familyOf(path)
      for (const { name } of this.#folders.list(dirname(path))) {
        const sibling = join(dirname(path), name)
        if (name.startsWith(base)) paths.add(sibling)
      }
      for (const name of this.#family(dirname(path), family)) paths.add(join(dirname(path), name))
    }
    this.#addElsewhere(paths)
    return paths
  }

  #rotated(source: Pick<Source, 'path' | 'real'>): Set<string> {
    const paths = new Set<string>()
    for (const path of new Set([source.path, source.real])) {
      for (const name of this.#family(dirname(path), familyOf(path))) {
        if (isRotatedName(basename(path), name)) paths.add(join(dirname(path), name))
      }
    }
    const bases = [basename(source.path), basename(source.real)]
    const named = (path: string) => bases.some((base) => isRotatedName(base, basename(path)))
    this.#addElsewhere(paths, named)
    paths.delete(source.path)
    return paths
  }

  #addElsewhere(paths: Set<string>, wanted: (path: string) => boolean = () => true) {
    for (const glob of this.#elsewhere) {
      this.#folders.walk(glob, (path) => {
        if (wanted(path)) paths.add(path)
      })
    }
  }

  /**
   * A file that gets another name after the one name was looked at and before the other is overlooked. So
   * all are looked at until each name leads twice to the same file.
   */
  #look(list: () => ReadonlySet<string>): Candidate[] {
    let paths = list()
    let found = this.#lookOnce(paths)
    for (let look = 1; look < looks && paths.size > 0; look++) {
      paths = list()
      const again = this.#lookOnce(paths)
      const same =
        again.length === found.length && again.every((one, at) => isSame(one, found[at]!))
      found = again
      if (same) break
    }
    return found.toSorted((a, b) => Number(a.seen.mtimeNs - b.seen.mtimeNs))
  }

  #lookOnce(paths: ReadonlySet<string>): Candidate[] {
    const found: Candidate[] = []
    for (const path of paths) {
      try {
        const seen = this.#files.stat(path)
        if (seen?.kind === 'file') found.push({ path, seen })
      } catch {
        // What cannot be looked at cannot be read either; the source's own look reports it.
      }
    }
    return found
  }

  #family(folder: string, family: string): readonly string[] {
    const entries = this.#folders.list(folder)
    let families = this.#families.get(entries)
    if (!families) {
      families = new Map()
      for (const { name } of entries) {
        const of = familyOf(name)
        const names = families.get(of)
        if (names === undefined) families.set(of, name)
        else if (typeof names === 'string') families.set(of, [names, name])
        else names.push(name)
      }
      this.#families.set(entries, families)
    }
    const names = families.get(basename(family)) ?? []
    return typeof names === 'string' ? [names] : names
  }
}

const isSame = (a: Candidate, b: Candidate) => a.path === b.path && a.seen.isSameFile(b.seen)
