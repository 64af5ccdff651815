import { crc32 } from 'node:zlib'
import type { FileHandle, Files } from '../files.ts'
import { type BatchRecord, decodeBatches, decodeLines, type SegmentEnd } from './index_record.ts'
import { eventsPath, indexPath } from './layout.ts'

const readAheadBytes = 256 * 1024

/** Reads the batches of one segment in order, up to an end that may move on while it is being written. */
export class SegmentReader {
  readonly id: string
  readonly #events: FileHandle
  readonly #index: FileHandle
  /** Index bytes decoded so far, and the ordinal behind them. */
  #decoded = 0
  #ordinal = 0
  readonly #records: BatchRecord[] = []
  #next = 0

  private constructor(id: string, events: FileHandle, index: FileHandle) {
    this.id = id
    this.#events = events
    this.#index = index
  }

  /** @throws DamagedSegment when a file of it is missing. */
  static async open(files: Files, folder: string, id: string): Promise<SegmentReader> {
    const opened: FileHandle[] = []
    try {
      for (const path of [eventsPath(folder, id), indexPath(folder, id)]) {
        opened.push(await files.open(path, 'r'))
      }
      return new SegmentReader(id, opened[0]!, opened[1]!)
    } catch (failure) {
      await Promise.allSettled(opened.map((file) => file.close()))
      if ((failure as NodeJS.ErrnoException).code !== 'ENOENT') throw failure
      throw new DamagedSegment(`a file of segment ${id} is missing in ${folder}`)
    }
  }

  /**
   * The next batch without passing it; undefined at `end`.
   *
   * @throws DamagedSegment, each time until `skipTo`, when the next line of the index does not hold.
   */
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

  /** Gives up what is before a place. */
  skipTo({ index_bytes, events }: IndexPlace): void {
    this.#decoded = index_bytes
    this.#ordinal = events
    this.#next = this.#records.length
  }

  /** Fills `into` with the segment's bytes from `offset`. */
  async read(into: Uint8Array, offset: number): Promise<number> {
    return await this.#events.read(into, offset)
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#events.close(), this.#index.close()])
  }

  async #decodeMore(end: SegmentEnd): Promise<void> {
    // A line may be longer than what is read at once.
    for (let wanted = readAheadBytes; this.#records.length === 0; wanted *= 4) {
      const left = end.index_bytes - this.#decoded
      if (left <= 0) return
      const bytes = Buffer.allocUnsafe(Math.min(wanted, left))
      const got = await this.#index.read(bytes, this.#decoded)
      let decoded = 0
      for (const { batch, end: lineEnd } of decodeBatches(bytes.subarray(0, got))) {
        decoded = lineEnd
        if (!batch) continue
        this.#records.push(batch)
        this.#ordinal = batch.ordinal + batch.count
      }
      this.#decoded += decoded
      const isAll = got < bytes.length || bytes.length === left || bytes.includes(10)
      if (decoded === 0 && isAll) throw await this.#damage(end)
    }
  }

  async #damage(end: SegmentEnd): Promise<DamagedSegment> {
    const text = `the index of segment ${this.id} does not hold its checksums`
    const at = { index_bytes: this.#decoded, events: this.#ordinal }
    return new DamagedSegment(text, { from: at, behind: await this.#nextSound(end) })
  }

  /** The next batch that holds. Each says where its events are, so nothing of those before it is needed. */
  async #nextSound(end: SegmentEnd): Promise<IndexPlace> {
    const bytes = Buffer.allocUnsafe(end.index_bytes - this.#decoded)
    const got = await this.#index.read(bytes, this.#decoded)
    for (const { record, start } of decodeLines(bytes.subarray(0, got))) {
      if (record?.kind !== 'batch' || record.ordinal < this.#ordinal) continue
      return { index_bytes: this.#decoded + start, events: record.ordinal }
    }
    return end
  }
}

type IndexPlace = Pick<SegmentEnd, 'index_bytes' | 'events'>

/** A part of a segment cannot be read. */
export class DamagedSegment extends Error {
  /** From where to where; undefined: all of it. */
  readonly part: { readonly from: IndexPlace; readonly behind: IndexPlace } | undefined

  constructor(message: string, part?: DamagedSegment['part']) {
    super(message)
    this.part = part
  }
}

/** All batches up to `end`, and in the place of those whose index lines do not hold what says so. */
export async function* batchesOf(
  reader: SegmentReader,
  end: SegmentEnd,
): AsyncGenerator<BatchRecord | DamagedSegment> {
  for (;;) {
    const next = await reader.peek(end).catch((failure: unknown) => {
      if (failure instanceof DamagedSegment) return failure
      throw failure
    })
    if (!next) return
    yield next
    if (next instanceof DamagedSegment) reader.skipTo(next.part?.behind ?? end)
    else reader.pass()
  }
}

export const isSound = (bytes: Uint8Array, record: BatchRecord) => crc32(bytes) === record.crc
