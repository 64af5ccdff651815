import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { createHash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { formatSize } from '../../core/size_text.ts'
import type { SourceMapsConfig } from '../symbolicate/config.ts'
import { invalid, tooLarge } from './upload_refusal.ts'

/** Chunks that nobody has put together by then are of an upload that was given up. */
const abandonedMs = 24 * 3_600_000

export const isSha1 = (text: unknown): boolean =>
  typeof text === 'string' && /^[0-9a-f]{40}$/.test(text)

/** Pieces of uploads on their way, `<data>/errors/uploads/<SHA-1>`: never in memory as a whole. */
export class ChunkFolder {
  readonly #folder: string
  readonly #limits: () => SourceMapsConfig
  readonly #clock: Clock
  readonly #randomBytes: (count: number) => Uint8Array
  /** Bytes in the folder, once they were counted; what was put together since is still in them. */
  #bytes: number | undefined

  constructor(
    folder: string,
    limits: () => SourceMapsConfig,
    clock: Clock,
    randomBytes: (count: number) => Uint8Array,
  ) {
    this.#folder = folder
    this.#limits = limits
    this.#clock = clock
    this.#randomBytes = randomBytes
  }

  path(sha1: string): string {
    if (!isSha1(sha1)) throw new TypeError('a chunk is named by 40 hex characters')
    return join(this.#folder, sha1)
  }

  /** Which of these are not here yet, each once. */
  async missing(chunks: readonly string[]): Promise<string[]> {
    const absent: string[] = []
    for (const chunk of new Set(chunks)) {
      if ((await sizeOf(this.path(chunk))) === undefined) absent.push(chunk)
    }
    return absent
  }

  /**
   * Takes in one chunk.
   *
   * @param mostBytes of it, inflated.
   * @throws UploadRefusal 400 when its bytes are not what its name says, 413 beyond a limit.
   */
  async put(name: string, content: Readable, isGzip: boolean, mostBytes: number): Promise<void> {
    if (!isSha1(name)) {
      throw invalid(`"${name.slice(0, 100)}" names no chunk: expected its SHA-1 in hex`)
    }
    await this.#makeRoom()
    const temporary = await this.temporary()
    try {
      const { sha1, bytes } = await this.#write(temporary, content, isGzip, mostBytes)
      if (sha1 !== name) throw invalid(`the chunk ${name} has the SHA-1 ${sha1}: send it again`)
      await rename(temporary, this.path(name))
      this.#bytes = (this.#bytes ?? 0) + bytes
    } finally {
      await rm(temporary, { force: true })
    }
  }

  /** A path in the folder for a file under way. */
  async temporary(): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o750 })
    return join(this.#folder, `${Buffer.from(this.#randomBytes(12)).toString('hex')}.new`)
  }

  /**
   * Puts chunks together.
   *
   * @returns the SHA-1 of the whole. @throws UploadRefusal 413 beyond `max_bundle_size`.
   */
  async join(chunks: readonly string[], into: string): Promise<string> {
    const hash = createHash('sha1')
    const { max_bundle_size } = this.#limits()
    let bytes = 0
    const paths = chunks.map((chunk) => this.path(chunk))
    await pipeline(
      async function* () {
        for (const path of paths) {
          for await (const part of createReadStream(path) as AsyncIterable<Buffer>) {
            bytes += part.length
            if (bytes > max_bundle_size) {
              const limit = `errors.source_maps.max_bundle_size (${formatSize(max_bundle_size)})`
              throw tooLarge(`the upload is larger than ${limit}`)
            }
            hash.update(part)
            yield part
          }
        }
      },
      createWriteStream(into, { mode: 0o640 }),
    )
    return hash.digest('hex')
  }

  async remove(chunks: readonly string[]): Promise<void> {
    for (const chunk of new Set(chunks)) await rm(this.path(chunk), { force: true })
    this.#bytes = undefined
  }

  async #write(path: string, content: Readable, isGzip: boolean, mostBytes: number) {
    const hash = createHash('sha1')
    let bytes = 0
    const measure = async function* (parts: AsyncIterable<Buffer>) {
      for await (const part of parts) {
        bytes += part.length
        if (bytes > mostBytes) throw tooLarge(`a chunk is larger than ${formatSize(mostBytes)}`)
        hash.update(part)
        yield part
      }
    }
    const file = createWriteStream(path, { mode: 0o640 })
    try {
      if (isGzip) await pipeline(content, createGunzip(), measure, file)
      else await pipeline(content, measure, file)
    } catch (failure) {
      // Z_DATA_ERROR and its like are the sender's.
      const { code } = failure as { code?: unknown }
      if (typeof code === 'string' && code.startsWith('Z_')) throw invalid('a chunk is no gzip')
      throw failure
    }
    return { sha1: hash.digest('hex'), bytes }
  }

  /** @throws UploadRefusal 413 when uploads that are not complete fill what they may. */
  async #makeRoom(): Promise<void> {
    const { max_pending } = this.#limits()
    if (this.#bytes !== undefined && this.#bytes < max_pending) return
    this.#bytes = await this.#measure()
    if (this.#bytes < max_pending) return
    const limit = `errors.source_maps.max_pending (${formatSize(max_pending)})`
    throw tooLarge(`uploads that are not complete fill ${limit}: they go after a day`)
  }

  /** Counts what is there, and removes what was given up. */
  async #measure(): Promise<number> {
    let total = 0
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const path = join(this.#folder, name)
      const found = await stat(path).catch(() => undefined)
      if (!found) continue
      if (this.#clock.now() - found.mtimeMs > abandonedMs) await rm(path, { force: true })
      else total += found.size
    }
    return total
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size
}
