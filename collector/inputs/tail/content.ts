import { Readable } from 'node:stream'
import { constants, createGunzip } from 'node:zlib'
import type { TailFile } from './files.ts'

/** Read at once of a compressed file. */
const blockBytes = 65_536

/** The text of a file at a position in it, whether the file is plain or compressed. */
export interface Content {
  /** Fills `into` from `position`; resolves to the bytes read, less only at the end. */
  read(into: Uint8Array, position: number): Promise<number>
  close(): void
}

export const plainContent = (file: TailFile): Content => ({
  read: (into, position) => file.read(into, position),
  close: () => file.close(),
})

/**
 * The inflated text of a gzip file (one member or several). It is read forwards: a position before
 * that of the last read begins anew. A file that ends amid a member is given up to there, since it may
 * still be being written.
 */
export class GzipContent implements Content {
  readonly #file: TailFile
  #chunks: AsyncIterator<Buffer> | undefined
  #stream: Readable | undefined
  /** Settles when no read of the file is under way: it is closed behind them. */
  #reading: Promise<void> = Promise.resolve()
  #closed = false
  #window = Buffer.alloc(0)
  #windowAt = 0
  #ended = false
  /** Why the last read ended early; undefined when the file is whole so far. */
  damage: string | undefined

  /** @param file is closed with this. */
  constructor(file: TailFile) {
    this.#file = file
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    if (position < this.#windowAt || !this.#chunks) this.#restart()
    const parts: Buffer[] = []
    let partsAt = this.#windowAt
    let end = this.#windowAt + this.#window.length
    if (end > position) parts.push(this.#window)
    else partsAt = end
    while (end < position + into.length && !this.#ended) {
      const chunk = await this.#next()
      if (chunk === undefined) break
      end += chunk.length
      if (end > position) parts.push(chunk)
      else partsAt = end
    }
    const window = Buffer.concat(parts)
    const skip = Math.max(0, Math.min(position - partsAt, window.length))
    this.#window = window.subarray(skip)
    this.#windowAt = partsAt + skip
    if (this.#windowAt !== position) return 0
    return this.#window.copy(into, 0, 0, into.length)
  }

  /** Bytes of the file itself that were read for it. */
  compressedRead = 0

  close(): void {
    this.#leave()
    if (this.#closed) return
    this.#closed = true
    void this.#reading.then(() => this.#file.close())
  }

  #leave(): void {
    this.#stream?.destroy()
    this.#chunks = undefined
    this.#window = Buffer.alloc(0)
  }

  async *#compressed(): AsyncGenerator<Buffer> {
    for (let at = 0; ;) {
      const block = Buffer.allocUnsafe(blockBytes)
      const read = this.#file.read(block, at)
      this.#reading = Promise.allSettled([this.#reading, read]).then(() => undefined)
      const got = await read
      if (got === 0) return
      at += got
      this.compressedRead = at
      yield block.subarray(0, got)
    }
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const next = await this.#chunks!.next()
      if (!next.done) return next.value
    } catch (failure) {
      this.damage = failure instanceof Error ? failure.message : String(failure)
    }
    this.#ended = true
    return undefined
  }

  #restart(): void {
    this.#leave()
    this.#stream = Readable.from(this.#compressed())
    // Half a file is read as far as it goes, instead of failing with all that is in the buffers.
    const inflate = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
    this.#stream.on('error', (failure) => inflate.destroy(failure))
    this.#chunks = this.#stream.pipe(inflate)[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    this.#windowAt = 0
    this.#ended = false
    this.damage = undefined
    this.compressedRead = 0
  }
}
