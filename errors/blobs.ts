import { createHash } from 'node:crypto'
import { createWriteStream, rmSync, statSync } from 'node:fs'
import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const mode = 0o640

/**
 * Attachments, source maps and what else is large and never changes: files named by the SHA-256 of what they hold,
 * `<data>/errors/blobs/ab/<sha256 in hex>`. Any number of threads may write them at once.
 */
export class Blobs {
  readonly #folder: string
  readonly #randomBytes: (count: number) => Uint8Array
  /** Folders that are durable already. */
  readonly #made = new Set<string>()

  /** @param folder `<data>/errors/blobs`; it is made with the first blob. */
  constructor(folder: string, randomBytes: (count: number) => Uint8Array) {
    this.#folder = folder
    this.#randomBytes = randomBytes
  }

  /**
   * Durable once it resolves, so that a line that names it may be appended then.
   *
   * @returns its name: SHA-256 in hex.
   */
  async put(content: Uint8Array | Readable): Promise<string> {
    if (content instanceof Uint8Array) return await this.#putBytes(content)
    const temporary = await this.#temporary()
    const hash = createHash('sha256')
    try {
      await pipeline(
        content,
        async function* (parts: AsyncIterable<Uint8Array>) {
          for await (const part of parts) {
            hash.update(part)
            yield part
          }
        },
        createWriteStream(temporary, { mode, flush: true }),
      )
      const name = hash.digest('hex')
      await this.#moveIn(temporary, name)
      return name
    } finally {
      await rm(temporary, { force: true })
    }
  }

  /** Where a blob's bytes are, whether it is there or not. @throws TypeError for a name that is none. */
  path(name: string): string {
    if (!isName(name)) throw new TypeError('a blob is named by 64 hex characters')
    return join(this.#folder, name.slice(0, 2), name)
  }

  async has(name: string): Promise<boolean> {
    return (await this.size(name)) !== undefined
  }

  /** In bytes; undefined when it is not there. */
  async size(name: string): Promise<number | undefined> {
    return (await stat(this.path(name)).catch(missing))?.size
  }

  /** No error when it is not there. */
  async delete(name: string): Promise<void> {
    await rm(this.path(name), { force: true })
  }

  /**
   * Some of all names: those that begin with a byte.
   *
   * @param byte from 0 to 255.
   */
  async namesFrom(byte: number): Promise<string[]> {
    const first = byte.toString(16).padStart(2, '0')
    const names = (await readdir(join(this.#folder, first)).catch(missing)) ?? []
    return names.filter((name) => name.startsWith(first) && isName(name))
  }

  /**
   * Deletes a blob that was put for the last time before a moment; whoever puts what is there already means to name
   * it. Nothing happens between the look and the deletion in this process.
   *
   * @param beforeMs ms since the epoch.
   * @returns whether it was deleted.
   */
  deleteOlder(name: string, beforeMs: number): boolean {
    const path = this.path(name)
    const found = statSync(path, { throwIfNoEntry: false })
    if (!found || found.ctimeMs >= beforeMs) return false
    rmSync(path, { force: true })
    return true
  }

  /** Removes what a crash left half written. To be called before anybody writes. */
  async removeUnfinished(): Promise<void> {
    await rm(join(this.#folder, 'new'), { recursive: true, force: true })
  }

  async #putBytes(bytes: Uint8Array): Promise<string> {
    const name = createHash('sha256').update(bytes).digest('hex')
    if (await this.#renewed(name)) return name
    const temporary = await this.#temporary()
    try {
      const file = await open(temporary, 'wx', mode)
      try {
        await file.writeFile(bytes)
        await file.datasync()
      } finally {
        await file.close()
      }
      await this.#moveIn(temporary, name)
      return name
    } finally {
      await rm(temporary, { force: true })
    }
  }

  /** Whether it is there; then it is as young as if it was put now: any change of its inode sets the time of that. */
  async #renewed(name: string): Promise<boolean> {
    return (await chmod(this.path(name), mode).then(() => true, missing)) === true
  }

  async #temporary(): Promise<string> {
    const folder = join(this.#folder, 'new')
    await this.#makeFolder(folder)
    return join(folder, Buffer.from(this.#randomBytes(12)).toString('hex'))
  }

  async #moveIn(temporary: string, name: string): Promise<void> {
    const path = this.path(name)
    await this.#makeFolder(dirname(path))
    await rename(temporary, path)
    await syncFolder(dirname(path))
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#made.has(folder)) return
    await mkdir(folder, { recursive: true, mode: 0o750 })
    await syncFolder(dirname(folder))
    this.#made.add(folder)
  }
}

const isName = (name: string): boolean => /^[0-9a-f]{64}$/.test(name)

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function missing(failure: NodeJS.ErrnoException): undefined {
  if (failure.code !== 'ENOENT') throw failure
}
