import type { FileHandle, Files } from '../core/files.ts'

/** A change of a file's content that is not synced yet. */
interface Change {
  /** Undefined for a truncation to `position`. */
  readonly bytes: Uint8Array | undefined
  readonly position: number
}

class Inode {
  content = Buffer.alloc(0)
  /** What a power cut leaves for certain. */
  durable = Buffer.alloc(0)
  changes: Change[] = []
}

/** A call that changes or syncs something, in the order of calls from 1. */
export interface DiskCall {
  readonly number: number
  readonly kind:
    | 'open'
    | 'write'
    | 'datasync'
    | 'truncate'
    | 'rename'
    | 'remove'
    | 'syncFolder'
    | 'makeFolder'
  readonly path: string
}

/** So many of the reads take so long that others write, sync and open files meanwhile. */
const slowReads = 0.25
const slowTurns = 100

type Code = 'ENOSPC' | 'EIO' | 'EROFS'

/**
 * A disk in memory that forgets what was not synced and fails when told to. `mount` gives what one process
 * sees of it; `kill` and `crash` end all processes: their calls never return.
 *
 * @example
 * const disk = new SimulatedDisk(seed)
 * disk.fail = ({ number }) => (number === 7 ? 'ENOSPC' : undefined)
 */
export class SimulatedDisk {
  #names = new Map<string, Inode>()
  /** Names that a power cut leaves for certain. */
  #durableNames = new Map<string, Inode>()
  readonly #folders = new Set<string>(['/'])
  readonly #durableFolders = new Set<string>(['/'])
  readonly #random: () => number
  #process = 0
  /** Changing calls so far, of all processes. */
  calls = 0
  /** Says whether a call fails, and how. A failed write has written an unknown part. */
  fail: (call: DiskCall) => Code | undefined = () => undefined

  constructor(seed: number) {
    this.#random = randomFrom(seed)
    for (const folder of ['/data']) {
      this.#folders.add(folder)
      this.#durableFolders.add(folder)
    }
  }

  /** Ends the process; the page cache, and so every write that returned, survives. */
  kill(): void {
    this.#process += 1
  }

  /** A power cut: of what was not synced, any part survives, in any order. */
  crash(): void {
    this.kill()
    for (const inode of new Set([...this.#names.values(), ...this.#durableNames.values()])) {
      for (const change of inode.changes) {
        if (this.#random() < 0.5) inode.durable = apply(inode.durable, this.#torn(change))
      }
      inode.changes = []
      inode.content = Buffer.from(inode.durable)
    }
    for (const path of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      const newer = this.#names.get(path)
      if (this.#random() < 0.5) setOrDelete(this.#durableNames, path, newer)
    }
    for (const folder of this.#folders) {
      if (this.#random() < 0.5) this.#durableFolders.add(folder)
    }
    this.#folders.clear()
    for (const folder of this.#durableFolders) {
      if (this.#hasAncestors(folder)) this.#folders.add(folder)
      else this.#durableFolders.delete(folder)
    }
    for (const path of this.#durableNames.keys()) {
      if (!this.#folders.has(folderOf(path))) this.#durableNames.delete(path)
    }
    this.#names = new Map(this.#durableNames)
  }

  /** All there is, by path; for assertions and to damage files. */
  get files(): ReadonlyMap<string, Buffer> {
    return new Map([...this.#names].map(([path, inode]) => [path, inode.content]))
  }

  /** Turns a bit, on the platter and in the cache. */
  rot(path: string, at: number): void {
    const inode = this.#names.get(path)!
    inode.content[at]! ^= 1
    inode.durable[at]! ^= 1
  }

  mount(): Files {
    const process = this.#process
    /** Waits as a disk does, and for ever once the process is gone. */
    const turn = async () => {
      for (let i = Math.floor(this.#random() * 4); i >= 0; i--) await Promise.resolve()
      if (process !== this.#process) await new Promise(() => undefined)
    }
    const change = async (kind: DiskCall['kind'], path: string, act: () => void) => {
      await turn()
      this.calls += 1
      const code = this.fail({ number: this.calls, kind, path })
      // `fail` may have ended the process.
      if (process !== this.#process) await new Promise(() => undefined)
      if (code !== undefined) throw systemError(code, kind, path)
      act()
      await turn()
    }
    return {
      open: (path, flags) => this.#open(path, flags, { turn, change }),
      list: async (folder) => {
        await turn()
        if (this.#names.has(folder)) throw systemError('ENOTDIR', 'list', folder)
        return [...this.#names.keys(), ...this.#folders]
          .filter((path) => path !== '/' && folderOf(path) === folder)
          .map((path) => path.slice(folder.length + 1))
          .toSorted()
      },
      size: async (path) => {
        await turn()
        return this.#names.get(path)?.content.length
      },
      readText: async (path) => {
        await turn()
        return this.#names.get(path)?.content.toString()
      },
      replace: async (path, text) => {
        const temporary = `${path}.new`
        const inode = new Inode()
        await change('open', temporary, () => this.#names.set(temporary, inode))
        await change('write', temporary, () => write(inode, Buffer.from(text), 0))
        await change('datasync', temporary, () => sync(inode))
        await change('rename', path, () => {
          this.#names.set(path, inode)
          this.#names.delete(temporary)
        })
        await change('syncFolder', folderOf(path), () => this.#syncFolder(folderOf(path)))
      },
      append: async (path, text) => {
        const isNew = !this.#names.has(path)
        if (isNew) await change('open', path, () => this.#names.set(path, new Inode()))
        const inode = this.#names.get(path)!
        await change('write', path, () => write(inode, Buffer.from(text), inode.content.length))
        await change('datasync', path, () => sync(inode))
        if (isNew) await change('syncFolder', path, () => this.#syncFolder(folderOf(path)))
      },
      remove: (path) => change('remove', path, () => this.#names.delete(path)),
      makeFolder: (path) =>
        change('makeFolder', path, () => {
          for (let at = path; at !== '/'; at = folderOf(at)) this.#folders.add(at)
        }),
      syncFolder: (folder) => change('syncFolder', folder, () => this.#syncFolder(folder)),
    }
  }

  async #open(
    path: string,
    flags: 'r' | 'r+' | 'wx+',
    { turn, change }: Pick<Calls, 'turn' | 'change'>,
  ): Promise<FileHandle> {
    const exists = () => this.#names.get(path)
    if (flags === 'wx+') {
      await change('open', path, () => {
        if (exists()) throw systemError('EEXIST', 'open', path)
        if (!this.#folders.has(folderOf(path))) throw systemError('ENOENT', 'open', path)
        this.#names.set(path, new Inode())
      })
    } else await turn()
    const inode = exists()
    if (!inode) throw systemError('ENOENT', 'open', path)
    let isOpen = true
    const ensureOpen = () => {
      if (!isOpen) throw systemError('EBADF', 'use', path)
    }
    return {
      read: async (into, position) => {
        await turn()
        if (this.#random() < slowReads) for (let i = 0; i < slowTurns; i++) await turn()
        ensureOpen()
        const piece = inode.content.subarray(position, position + into.length)
        into.set(piece)
        return piece.length
      },
      write: async (parts, position) => {
        ensureOpen()
        const bytes = Buffer.concat(parts)
        try {
          await change('write', path, () => write(inode, bytes, position))
        } catch (failure) {
          const part = bytes.subarray(0, Math.floor(this.#random() * (bytes.length + 1)))
          if (part.length > 0) write(inode, part, position)
          throw failure
        }
      },
      datasync: async () => {
        ensureOpen()
        try {
          await change('datasync', path, () => sync(inode))
        } catch (failure) {
          // As Linux does: what could not be written is taken for clean, and forgotten later.
          for (const each of inode.changes.splice(0)) {
            if (this.#random() < 0.5) inode.durable = apply(inode.durable, this.#torn(each))
          }
          throw failure
        }
      },
      truncate: async (length) => {
        ensureOpen()
        await change('truncate', path, () => {
          const cut = { bytes: undefined, position: length }
          inode.content = apply(inode.content, cut)
          inode.changes.push(cut)
        })
      },
      size: async () => {
        await turn()
        return inode.content.length
      },
      close: async () => {
        await turn()
        isOpen = false
      },
    }
  }

  #syncFolder(folder: string): void {
    for (const path of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      if (folderOf(path) !== folder) continue
      setOrDelete(this.#durableNames, path, this.#names.get(path))
    }
    for (const path of this.#folders) {
      if (folderOf(path) === folder) this.#durableFolders.add(path)
    }
  }

  #hasAncestors(folder: string): boolean {
    for (let at = folder; at !== '/'; at = folderOf(at)) {
      if (!this.#durableFolders.has(at)) return false
    }
    return true
  }

  /** A write of which only a part reached the disk, now and then. */
  #torn({ bytes, position }: Change): Change {
    if (!bytes || this.#random() < 0.5) return { bytes, position }
    return { bytes: bytes.subarray(0, Math.floor(this.#random() * bytes.length)), position }
  }
}

interface Calls {
  readonly turn: () => Promise<void>
  readonly change: (kind: DiskCall['kind'], path: string, act: () => void) => Promise<void>
}

function write(inode: Inode, bytes: Uint8Array, position: number): void {
  const change = { bytes: Uint8Array.from(bytes), position }
  inode.content = apply(inode.content, change)
  inode.changes.push(change)
}

function sync(inode: Inode): void {
  for (const change of inode.changes.splice(0)) inode.durable = apply(inode.durable, change)
}

function apply(content: Buffer, { bytes, position }: Change): Buffer<ArrayBuffer> {
  const length = bytes ? Math.max(content.length, position + bytes.length) : position
  const changed = Buffer.alloc(length)
  content.copy(changed)
  if (bytes) changed.set(bytes, position)
  return changed
}

function setOrDelete(names: Map<string, Inode>, path: string, inode: Inode | undefined): void {
  if (inode) names.set(path, inode)
  else names.delete(path)
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/'

function systemError(code: string, call: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated, ${call} '${path}'`), { code })
}

/** mulberry32: numbers in [0, 1) that depend on nothing but the seed. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
