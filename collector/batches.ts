import { crc32 } from 'node:zlib'
import type { Batch } from '../core/journal/batch.ts'
import type { EventBuffer } from './event_buffer.ts'

/** Bytes after which the checksum goes on: still in the CPU's cache, where it takes a third of the time. */
const stepBytes = 65_536

interface OpenBatch {
  readonly tag: string
  readonly stream: string
  readonly out: EventBuffer
  count: number
  /** CRC-32 of the first `summed` bytes. */
  crc: number
  summed: number
}

/** The batches of one arrival under construction: one open at a time for each tag. */
export class Batches {
  readonly buffers: EventBuffer[] = []
  readonly #take: () => EventBuffer
  readonly #limit: number
  readonly #open = new Map<string, OpenBatch>()
  readonly #closed: Batch[] = []
  #current: OpenBatch | undefined

  /**
   * @param take gives an empty buffer.
   * @param limit bytes at which a batch is closed.
   */
  constructor(take: () => EventBuffer, limit: number) {
    this.#take = take
    this.#limit = limit
  }

  /** The buffer for the next event of a tag; `added` says that it was written. */
  bufferFor(tag: string, stream: string): EventBuffer {
    let current = this.#current
    if (current?.tag !== tag) current = this.#open.get(tag)
    if (current && current.out.length >= this.#limit) {
      this.#close(current)
      current = undefined
    }
    if (!current) {
      const out = this.#take()
      this.buffers.push(out)
      current = { tag, stream, out, count: 0, crc: 0, summed: 0 }
      this.#open.set(tag, current)
    }
    this.#current = current
    return current.out
  }

  added(): void {
    const current = this.#current!
    current.count += 1
    if (current.out.length - current.summed >= stepBytes) sum(current)
  }

  close(): Batch[] {
    for (const open of this.#open.values()) this.#close(open)
    return this.#closed
  }

  #close(batch: OpenBatch): void {
    const { tag, stream, out, count } = batch
    this.#open.delete(tag)
    if (this.#current?.tag === tag) this.#current = undefined
    if (count === 0) return
    sum(batch)
    const bytes = out.bytes.subarray(0, out.length)
    this.#closed.push({ tag, stream, bytes, count, crc: batch.crc })
  }
}

function sum(batch: OpenBatch): void {
  const { out, summed, crc } = batch
  batch.crc = crc32(out.bytes.subarray(summed, out.length), crc)
  batch.summed = out.length
}
