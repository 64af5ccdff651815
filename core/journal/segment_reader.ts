import { crc32 } from 'node:zlib'
import type { FileHandle, Files } from '../files.ts'
import { type BatchRecord, decodeRecords, type SegmentEnd } from './index_record.ts'
import { eventsPath, indexPath } from './layout.ts'

const readAheadBytes = 256 * 1024

/** Reads the batches of one segment in order, up to an end that may move on while it is being written. */
export class SegmentReader {
  readonly id: string
  readonly #events: FileHandle
  readonly #index: FileHandle
  /** Index bytes decoded so far. */
  #decoded = 0
  readonly #records: BatchRecord[] = []
  #next = 0

  private constructor(id: string, events: FileHandle, index: FileHandle) {
    this.id = id
    this.#events = events
    this.#index = index
  }

  static async open(files: Files, folder: string, id: string): Promise<SegmentReader> {
    const index = await files.open(indexPath(folder, id), 'r')
    try {
      return new SegmentReader(id, await files.open(eventsPath(folder, id), 'r'), index)
    } catch (failure) {
      await index.close()
      throw failure
    }
  }

  /** The next batch without passing it; undefined at `end`. */
  async peek(end: SegmentEnd): Promise<BatchRecord | undefined> {
    if (this.#next === this.#records.length) {
      this.#records.length = 0
      this.#next = 0
      await this.#decodeMore(end)
    }
    return this.#records[this.#next]
  }

  pass(): void {
    this.#next += 1
  }

  /** Fills `into` with the segment's bytes from `offset`. */
  async read(into: Uint8Array, offset: number): Promise<number> {
    return await this.#events.read(into, offset)
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#events.close(), this.#index.close()])
  }

  async #decodeMore(end: SegmentEnd): Promise<void> {
    for (let wanted = readAheadBytes; this.#records.length === 0; wanted *= 4) {
      const length = Math.min(wanted, end.index_bytes - this.#decoded)
      if (length <= 0) return
      const bytes = Buffer.allocUnsafe(length)
      const got = await this.#index.read(bytes, this.#decoded)
      let decoded = 0
      for (const { record, end: lineEnd } of decodeRecords(bytes.subarray(0, got))) {
        decoded = lineEnd
        if (record.kind === 'batch') this.#records.push(record)
      }
      this.#decoded += decoded
      if (got < length || (decoded === 0 && length === end.index_bytes - this.#decoded)) {
        // A line up to the end that does not decode: the disk lost what it said it had.
        this.#decoded = end.index_bytes
        throw new CorruptIndex(this.id)
      }
    }
  }
}

/** The rest of a segment cannot be read, because its index does not hold. */
export class CorruptIndex extends Error {
  constructor(segment: string) {
    super(`the index of segment ${segment} does not hold its checksums`)
  }
}

export const isSound = (bytes: Uint8Array, record: BatchRecord) => crc32(bytes) === record.crc
