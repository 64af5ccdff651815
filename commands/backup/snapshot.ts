import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import type { Journal } from '../../core/journal/journal.ts'
import { eventsPath, indexPath } from '../../core/journal/layout.ts'
import { pointManifestPath, pointsFolder } from '../../store/embedded/metrics/layout.ts'
import { manifestPath, segmentsFolder, wordsFile } from '../../store/embedded/segments/layout.ts'
import { lastRunPath } from '../../store/last_run.ts'

/** A file of the snapshot: its first `limit` bytes are what counts. */
export interface SnapshotFile {
  /** Below the snapshot and the data folder alike. */
  readonly path: string
  readonly limit: number
}

/** Where it is made, below the data folder, and gone when the backup has ended. */
const snapshotName = 'backup.tmp'
const readerId = 'backup'
const attemptsMax = 20

/** Removes what a backup left that was killed: its links keep files on disk that are gone otherwise. */
export function removeLeftSnapshot(dataFolder: string): void {
  rmSync(join(dataFolder, snapshotName), { recursive: true, force: true })
}

/**
 * Everything a data folder holds, as of one moment, while a Weir runs on it. Files that only grow or are
 * replaced whole are linked, which takes no time and no room, and databases copied. The journal comes last and
 * is held meanwhile: what the other parts do not have yet is in it.
 */
export class Snapshot {
  readonly folder: string
  /** Files of segments that the manifest names and that are not there. */
  readonly absent: string[] = []
  readonly #dataFolder: string
  readonly #journal: Journal
  readonly #files: SnapshotFile[] = []

  constructor(dataFolder: string, journal: Journal) {
    this.#dataFolder = dataFolder
    this.#journal = journal
    this.folder = join(dataFolder, snapshotName)
  }

  async take(): Promise<readonly SnapshotFile[]> {
    this.remove()
    // Without a place of its own it holds all that there is.
    const hold = this.#journal.feed(readerId, {})
    try {
      // Places first: none may be ahead of what was made of the events before it, in store or dead letters.
      this.#takeFolder('readers')
      await this.#takeStore()
      this.#takeFolder('dead')
      const errors = join(this.#dataFolder, 'errors', 'errors.sqlite')
      if (existsSync(errors)) await this.#takeDatabase(errors)
      this.#takeJournal()
      this.#takeBlobs()
    } finally {
      await this.#journal.endFeed(hold)
    }
    return this.#files
  }

  remove(): void {
    removeLeftSnapshot(this.#dataFolder)
  }

  async #takeStore(): Promise<void> {
    const store = join(this.#dataFolder, 'store')
    // The segments first, since the journal has what they lack, and then what points at either.
    for (const kind of [
      { manifest: manifestPath(store), folder: segmentsFolder(store), namedBy: segmentsNamedBy },
      { manifest: pointManifestPath(store), folder: pointsFolder(store), namedBy: pointsNamedBy },
    ]) {
      if (existsSync(kind.manifest)) await this.#takeSegments(kind)
    }
    for (const name of ['api.sqlite', 'documents.sqlite']) {
      if (existsSync(join(store, name))) await this.#takeDatabase(join(store, name))
    }
    this.#linkIfThere(lastRunPath(this.#dataFolder))
  }

  /** A merge may take files away that the manifest named a moment ago: then both are taken again. */
  async #takeSegments({ manifest, folder, namedBy }: SegmentKind): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const copy = await this.#takeDatabase(manifest)
      const taken = this.#files.length
      const absent = namedBy(copy).filter((file) => !this.#linkIfThere(join(folder, file)))
      if (absent.length === 0) return
      if (attempt === attemptsMax) {
        // No merge takes that long: they are lost, and the store says so when it is asked.
        for (const file of absent) this.absent.push(file)
        return
      }
      this.#files.length = taken - 1
      rmSync(copy)
      rmSync(this.#placeOf(folder).to, { recursive: true, force: true })
    }
  }

  #linkIfThere(path: string): boolean {
    try {
      this.#link(path)
      return true
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code !== 'ENOENT') throw failure
      return false
    }
  }

  #takeFolder(name: string): void {
    const folder = join(this.#dataFolder, name)
    if (!existsSync(folder)) return
    for (const file of readdirSync(folder)) {
      const path = join(folder, file)
      const isWhole = !/\.(new|tmp)$/.test(file) && statSync(path).isFile()
      if (isWhole && file !== `${readerId}.json`) this.#link(path)
    }
  }

  #takeJournal(): void {
    for (const { folder, segments } of this.#journal.partitions) {
      for (const { id, end } of segments) {
        this.#link(eventsPath(folder, id), end.bytes)
        this.#link(indexPath(folder, id), end.index_bytes)
      }
    }
  }

  /** What reports in the database and in the journal name is there before them, and never changes. */
  #takeBlobs(): void {
    const folder = join(this.#dataFolder, 'errors', 'blobs')
    if (!existsSync(folder)) return
    for (const part of readdirSync(folder)) {
      if (!/^[0-9a-f]{2}$/.test(part)) continue
      for (const file of readdirSync(join(folder, part)))
        this.#linkIfThere(join(folder, part, file))
    }
  }

  #link(path: string, limit?: number): void {
    const { to, name } = this.#placeOf(path)
    try {
      linkSync(path, to)
    } catch (failure) {
      // Some file systems have no links.
      const { code } = failure as NodeJS.ErrnoException
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK') throw failure
      copyFileSync(path, to)
    }
    this.#files.push({ path: name, limit: limit ?? statSync(to).size })
  }

  /** With what is in its write-ahead log. */
  async #takeDatabase(path: string): Promise<string> {
    const { to, name } = this.#placeOf(path)
    const source = new DatabaseSync(path, { timeout: 10_000 })
    try {
      // In one go: whoever writes meanwhile would have a copy in parts begin anew, again and again.
      await backup(source, to, { rate: 2 ** 31 - 1 })
    } finally {
      source.close()
    }
    const copy = new DatabaseSync(to)
    try {
      // One file, whatever mode the original has.
      copy.exec('pragma journal_mode = delete')
    } finally {
      copy.close()
    }
    this.#files.push({ path: name, limit: statSync(to).size })
    return to
  }

  #placeOf(path: string): { to: string; name: string } {
    const name = relative(this.#dataFolder, path)
    const to = join(this.folder, name)
    mkdirSync(dirname(to), { recursive: true, mode: 0o750 })
    return { to, name }
  }
}

/** Files that a database names. */
interface SegmentKind {
  readonly manifest: string
  readonly folder: string
  readonly namedBy: (manifest: string) => string[]
}

/** The files of points that a manifest names, below the store's `points`. */
function pointsNamedBy(path: string): string[] {
  const manifest = new DatabaseSync(path, { readOnly: true })
  try {
    return manifest
      .prepare('select file from segments')
      .all()
      .map(({ file }) => String(file))
  } finally {
    manifest.close()
  }
}

/** The files that a manifest names, below the store's `segments`. */
function segmentsNamedBy(path: string): string[] {
  const manifest = new DatabaseSync(path, { readOnly: true })
  try {
    const rows = manifest.prepare('select file, words from segments').all()
    return rows.flatMap(({ file, words }) => {
      const name = String(file)
      return words === 1 ? [name, wordsFile(name)] : [name]
    })
  } finally {
    manifest.close()
  }
}
