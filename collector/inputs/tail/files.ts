import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  read as readAsync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
  type BigIntStats,
  type Dirent,
  type Stats,
} from 'node:fs'
import { nativePath, textOf } from './native_path.ts'

/** What a look at a path or an open file shows. */
export interface Seen {
  /**
   * `<device>:<inode>:<time of birth>`, as text: they exceed 2^53. The time, 0 where the file system does
   * not tell it, sets apart the files that have one inode after the other.
   */
  readonly id: string
  readonly size: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  /** When it was made; 0 where the file system does not tell it. */
  readonly bornNs: bigint
  /** Names it has; 0 once it is deleted. */
  readonly links: number
  readonly kind: 'file' | 'folder' | 'other'
  /** Whether `id` is the same, at less cost. */
  isSameFile(other: Seen): boolean
}

/** An open file that only grows, is truncated, or is deleted, under somebody else's hands. */
export interface TailFile {
  /** Fills `into` from `position`; resolves to the bytes read, less only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>
  /** The same at once, for a few bytes that are in the page cache. */
  readNow(into: Uint8Array, position: number): number
  stat(): Seen
  /** `stat().size`, at less cost. */
  size(): number
  close(): void
}

/**
 * The file system as a tail needs it; paths are text, also where names are no UTF-8 (see native_path). Passed in so that tests can make it fail. Looks are synchronous:
 * one takes 1 µs, where a trip through the thread pool takes 20; only reads of bulk are not.
 */
export interface TailFiles {
  /**
   * Follows symlinks; undefined when nothing is there. Throws on EACCES and the like.
   * @param last an earlier look: it is returned itself when nothing differs, at less cost.
   */
  stat(path: string, last?: Seen): Seen | undefined
  /** Names in a folder, in no order; empty when it does not exist. */
  list(folder: string): readonly { name: string; folder: boolean; link: boolean }[]
  open(path: string): TailFile
  /** The path with all symlinks resolved; the path itself when that fails. */
  real(path: string): string
}

const absent = (failure: unknown) => {
  const { code } = failure as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** What is beyond 2^53 as it is, all else as a number. */
type Exact = number | bigint

const exact = (value: bigint): Exact => (value <= Number.MAX_SAFE_INTEGER ? Number(value) : value)

const second = 1_000_000_000n

/**
 * Kept for each of ten thousand files, so only what is needed, and in small whole numbers: a bigint, or a number with a
 * fraction, is an object of its own.
 */
class SystemSeen implements Seen {
  readonly #dev: Exact
  readonly #ino: Exact
  readonly #birth: number
  readonly #birthNs: number
  readonly size: number
  readonly #mtime: number
  readonly #mtimeNs: number
  readonly #ctime: number
  readonly #ctimeNs: number
  readonly links: number
  readonly kind: Seen['kind']

  constructor(stats: BigIntStats) {
    this.#dev = exact(stats.dev)
    this.#ino = exact(stats.ino)
    this.#birth = Number(stats.birthtimeNs / second)
    this.#birthNs = Number(stats.birthtimeNs % second)
    this.size = Number(stats.size)
    this.#mtime = Number(stats.mtimeNs / second)
    this.#mtimeNs = Number(stats.mtimeNs % second)
    this.#ctime = Number(stats.ctimeNs / second)
    this.#ctimeNs = Number(stats.ctimeNs % second)
    this.links = Number(stats.nlink)
    const type = Number(stats.mode) & constants.S_IFMT
    this.kind =
      type === constants.S_IFREG ? 'file' : type === constants.S_IFDIR ? 'folder' : 'other'
  }
  get id(): string {
    return `${this.#dev}:${this.#ino}:${this.bornNs}`
  }
  get bornNs(): bigint {
    return nanoseconds(this.#birth, this.#birthNs)
  }
  get mtimeNs(): bigint {
    return nanoseconds(this.#mtime, this.#mtimeNs)
  }
  get ctimeNs(): bigint {
    return nanoseconds(this.#ctime, this.#ctimeNs)
  }
  /**
   * Whether a look in plain numbers shows the same. They are a third of the garbage; what they round
   * (an inode beyond 2^53, a quarter of a microsecond) does not hide a change, for all would have to agree.
   */
  isAs(stats: Stats): boolean {
    return (
      this.size === stats.size &&
      milliseconds(this.#mtime, this.#mtimeNs) === stats.mtimeMs &&
      milliseconds(this.#ctime, this.#ctimeNs) === stats.ctimeMs &&
      Number(this.#ino) === stats.ino &&
      Number(this.#dev) === stats.dev
    )
  }
  isSameFile(other: Seen): boolean {
    if (!(other instanceof SystemSeen)) return other.id === this.id
    return (
      this.#ino === other.#ino &&
      this.#dev === other.#dev &&
      this.#birth === other.#birth &&
      this.#birthNs === other.#birthNs
    )
  }
}

const nanoseconds = (seconds: number, rest: number) => BigInt(seconds) * second + BigInt(rest)

/** As Node computes it for `Stats`. */
const milliseconds = (seconds: number, rest: number) => seconds * 1000 + rest / 1_000_000

const plainOptions = { throwIfNoEntry: false } as const
const statOptions = { bigint: true, throwIfNoEntry: false } as const
const fstatOptions = { bigint: true } as const

export const systemTailFiles: TailFiles = {
  stat(path, last) {
    if (last instanceof SystemSeen) {
      const plain = statSync(nativePath(path), plainOptions)
      if (!plain) return undefined
      if (last.isAs(plain)) return last
    }
    const stats = statSync(nativePath(path), statOptions)
    return stats && new SystemSeen(stats)
  },
  list(folder) {
    try {
      const found = readdirSync(nativePath(folder), { withFileTypes: true })
      if (!found.some(({ name }) => name.includes(replacement))) {
        return found.map((entry) => listed(entry.name, entry))
      }
      const exactly = readdirSync(nativePath(folder), { withFileTypes: true, encoding: 'buffer' })
      return exactly.map((entry) => listed(textOf(entry.name), entry))
    } catch (failure) {
      if (absent(failure)) return []
      throw failure
    }
  },
  open(path) {
    // Non-blocking, or a path that has become a FIFO would stop the whole thread.
    const fd = openSync(nativePath(path), constants.O_RDONLY | constants.O_NONBLOCK)
    return {
      read: async (into, position) => {
        let done = 0
        while (done < into.length) {
          const got = await readSome(fd, into, done, position + done)
          if (got === 0) break
          done += got
        }
        return done
      },
      readNow(into, position) {
        let done = 0
        while (done < into.length) {
          const got = readSync(fd, into, done, into.length - done, position + done)
          if (got === 0) break
          done += got
        }
        return done
      },
      stat: () => new SystemSeen(fstatSync(fd, fstatOptions)),
      size: () => fstatSync(fd).size,
      close: () => closeSync(fd),
    }
  },
  real(path) {
    try {
      const real = realpathSync(nativePath(path))
      return real.includes(replacement) ? textOf(realpathSync(nativePath(path), 'buffer')) : real
    } catch {
      return path
    }
  },
}

/** What Node puts in the place of bytes that are no UTF-8. */
const replacement = '\ufffd'

const listed = (name: string, entry: Pick<Dirent, 'isDirectory' | 'isSymbolicLink'>) => ({
  name,
  folder: entry.isDirectory(),
  link: entry.isSymbolicLink(),
})

function readSome(fd: number, into: Uint8Array, at: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    readAsync(fd, into, at, into.length - at, position, (failure, got) => {
      if (failure) reject(failure)
      else resolve(got)
    })
  })
}
