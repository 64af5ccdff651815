import { promises as fs, readSync, type Stats } from 'node:fs'

/** An open file, as far as Weir's mechanisms need one. Every call may reject with a system error. */
export interface FileHandle {
  /** Fills `into` from `position`; resolves to the bytes read, less only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Writes all of `parts` at `position`. On rejection an unknown part has been written. */
  write(parts: readonly Uint8Array[], position: number): Promise<void>
  /** What was written is on disk once this resolves (fdatasync). */
  datasync(): Promise<void>
  truncate(length: number): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

/**
 * The file system, passed to what keeps data, so that tests can make it fail at any call or forget
 * what was not synced. Paths are absolute.
 */
export interface Files {
  open(path: string, flags: 'r' | 'r+' | 'wx+'): Promise<FileHandle>
  /** Names in a folder, sorted; empty when the folder does not exist. */
  list(folder: string): Promise<string[]>
  /** Undefined when there is nothing at `path`. */
  size(path: string): Promise<number | undefined>
  readText(path: string): Promise<string | undefined>
  /** Writes a temporary file, syncs it, renames it over `path` and syncs the folder. */
  replace(path: string, text: string): Promise<void>
  /** Appends and syncs; makes the file where there is none. */
  append(path: string, text: string): Promise<void>
  /** No error when there is nothing to remove. */
  remove(path: string): Promise<void>
  makeFolder(path: string): Promise<void>
  /** Makes the creation, renaming and removal of names in `folder` durable. */
  syncFolder(folder: string): Promise<void>
}

const missing = (failure: NodeJS.ErrnoException) => {
  if (failure.code === 'ENOENT') return undefined
  throw failure
}

/** The real file system. */
export const systemFiles: Files = {
  async open(path, flags) {
    return wrap(await fs.open(path, flags, 0o640))
  },
  async list(folder) {
    return ((await fs.readdir(folder).catch(missing)) ?? []).toSorted()
  },
  async size(path) {
    return ((await fs.stat(path).catch(missing)) as Stats | undefined)?.size
  },
  async readText(path) {
    return await fs.readFile(path, 'utf8').catch(missing)
  },
  async replace(path, text) {
    const temporary = `${path}.new`
    const file = await fs.open(temporary, 'w', 0o640)
    try {
      await file.writeFile(text)
      await file.datasync()
    } finally {
      await file.close()
    }
    await fs.rename(temporary, path)
    await syncFolder(folderOf(path))
  },
  async append(path, text) {
    const file = await fs.open(path, 'a', 0o640)
    try {
      const isNew = (await file.stat()).size === 0
      await file.writeFile(text)
      await file.datasync()
      if (isNew) await syncFolder(folderOf(path))
    } finally {
      await file.close()
    }
  },
  async remove(path) {
    await fs.unlink(path).catch(missing)
  },
  async makeFolder(path) {
    await fs.mkdir(path, { recursive: true, mode: 0o750 })
  },
  syncFolder,
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/'

async function syncFolder(folder: string) {
  const handle = await fs.open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** IOV_MAX of Linux and macOS. */
const partsAtOnce = 1024

/** Read at once: a trip through the thread pool takes as long as the copying of so many bytes. */
const smallRead = 65_536

/** What is left of `parts` once `bytes` of it are written. */
function behind(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes
  const rest: Uint8Array[] = []
  for (const part of parts) {
    if (skip < part.length) rest.push(part.subarray(skip))
    skip = Math.max(0, skip - part.length)
  }
  return rest
}

function wrap(handle: fs.FileHandle): FileHandle {
  return {
    async read(into, position) {
      const { length } = into
      let done = 0
      while (done < length) {
        const bytesRead =
          length <= smallRead
            ? readSync(handle.fd, into, done, length - done, position + done)
            : (await handle.read(into, done, length - done, position + done)).bytesRead
        if (bytesRead === 0) break
        done += bytesRead
      }
      return done
    },
    async write(parts, position) {
      let at = position
      for (let i = 0; i < parts.length; i += partsAtOnce) {
        let rest = parts.slice(i, i + partsAtOnce)
        while (rest.length > 0) {
          const { bytesWritten } = await handle.writev(rest, at)
          at += bytesWritten
          rest = behind(rest, bytesWritten)
        }
      }
    },
    datasync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    size: async () => (await handle.stat()).size,
    close: () => handle.close(),
  }
}
