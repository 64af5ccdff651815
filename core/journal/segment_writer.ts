import type { FileHandle, Files } from '../files.ts'
import type { Batch } from './batch.ts'
import {
  type BatchRecord,
  type CheckpointRecord,
  encodeRecord,
  type OpenRecord,
  type SegmentEnd,
} from './index_record.ts'
import { eventsPath, indexPath } from './layout.ts'

/** A batch whose checksum is known. */
export type SummedBatch = Batch & { readonly crc: number }

/** `{"@timestamp":"` */
const timeStart = 15

/** The newest segment of a partition, to which batches are added. */
export class SegmentWriter {
  readonly id: string
  readonly #events: FileHandle
  readonly #index: FileHandle
  /** Bytes of `open` and `checkpoint` in the index. */
  readonly #headBytes: number
  #end: SegmentEnd

  private constructor(id: string, [events, index]: [FileHandle, FileHandle], headBytes: number) {
    this.id = id
    this.#events = events
    this.#index = index
    this.#headBytes = headBytes
    this.#end = { bytes: 0, index_bytes: headBytes, events: 0 }
  }

  /** @throws SegmentNotMade */
  static async create(
    files: Files,
    folder: string,
    open: OpenRecord,
    checkpoint: CheckpointRecord,
  ): Promise<SegmentWriter> {
    const id = open.segment
    const head = Buffer.concat([encodeRecord(open), encodeRecord(checkpoint)])
    const paths = [eventsPath(folder, id), indexPath(folder, id)]
    const opened: FileHandle[] = []
    try {
      for (const path of paths) opened.push(await files.open(path, 'wx+'))
      const [events, index] = opened as [FileHandle, FileHandle]
      await index.write([head], 0)
      await index.datasync()
      await files.syncFolder(folder)
      return new SegmentWriter(id, [events, index], head.length)
    } catch (failure) {
      await Promise.allSettled(opened.map((file) => file.close()))
      const removed = await Promise.allSettled(paths.map((path) => files.remove(path)))
      const stays = opened.length > 0 && removed.some(({ status }) => status === 'rejected')
      throw new SegmentNotMade(failure, stays)
    }
  }

  /** The durable end. */
  get end(): SegmentEnd {
    return this.#end
  }

  /** Whether it takes `more` bytes of events, when `limit` is enough for one. */
  isFull(limit: number, more = 0): boolean {
    const { bytes, index_bytes } = this.#end
    // The index counts too: positions without events must not grow one for ever.
    return (bytes > 0 && bytes + more > limit) || index_bytes - this.#headBytes > limit
  }

  /**
   * Writes the batches of several appends and makes them durable together. Once it has rejected, what is
   * behind the durable end is unknown.
   *
   * @param arrived ms since the epoch.
   */
  async write(appends: readonly (readonly SummedBatch[])[], arrived: number): Promise<void> {
    const parts: Uint8Array[] = []
    const records: Buffer[] = []
    let { bytes, events } = this.#end
    for (const batches of appends) {
      for (const [place, batch] of batches.entries()) {
        records.push(
          encodeRecord({
            ...recordOf(batch, { bytes, events }, arrived),
            ...(place < batches.length - 1 && { more: true as const }),
            ...(records.length === 0 && { synced: true as const }),
          }),
        )
        if (batch.count === 0) continue
        parts.push(batch.bytes)
        bytes += batch.bytes.length
        events += batch.count
      }
    }
    const index = Buffer.concat(records)
    const { index_bytes } = this.#end
    // Beside each other: a busy thread looks only now and then whether a step is done. Which of them a crash
    // leaves does not matter, since a batch counts only with its record and by its checksum.
    const both = await Promise.allSettled([
      parts.length > 0 ? put(this.#events, parts, this.#end.bytes) : undefined,
      put(this.#index, [index], index_bytes),
    ])
    for (const done of both) if (done.status === 'rejected') throw done.reason
    this.#end = { bytes, index_bytes: index_bytes + index.length, events }
  }

  /** Cuts what is behind the durable end, where the disk lets it. */
  async cut(): Promise<void> {
    await Promise.allSettled([
      this.#events.truncate(this.#end.bytes),
      this.#index.truncate(this.#end.index_bytes),
    ])
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#events.close(), this.#index.close()])
  }
}

/** A disk did not take a new segment. */
export class SegmentNotMade extends Error {
  /** Whether a file of it may be left. */
  readonly stays: boolean

  constructor(cause: unknown, stays: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.stays = stays
  }
}

async function put(file: FileHandle, parts: readonly Uint8Array[], position: number) {
  await file.write(parts, position)
  await file.datasync()
}

function recordOf(
  batch: SummedBatch,
  at: { bytes: number; events: number },
  arrived: number,
): BatchRecord {
  const { stream, tag, bytes, count, crc, positions, chunks } = batch
  const events = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return {
    kind: 'batch',
    offset: at.bytes,
    bytes: bytes.length,
    ordinal: at.events,
    count,
    crc,
    arrived,
    ...(count > 0 && { first: timeAt(events, 0), last: timeAt(events, lastLine(events)) }),
    stream,
    tag,
    ...(positions && { positions }),
    ...(chunks && { chunks }),
  }
}

const lastLine = (events: Buffer) => events.lastIndexOf(10, events.length - 2) + 1
const timeAt = (events: Buffer, line: number) =>
  events.toString('latin1', line + timeStart, events.indexOf(34, line + timeStart))
