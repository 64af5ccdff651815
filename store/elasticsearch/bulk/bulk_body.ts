import type { Chunk } from '../../../core/journal/chunk.ts'
import { timeDiffers } from '../../../core/name_pattern.ts'
import type { Indices } from './indices.ts'

/** A `_bulk` request: the bytes, and the index for the URL when all events go to one. */
export interface BulkBody {
  readonly bytes: Buffer
  /** What `allocate` gave, of which `bytes` is the filled part. */
  readonly whole: Buffer
  /** Undefined: each action names its own. */
  readonly index: string | undefined
}

const longestOrdinal = String(Number.MAX_SAFE_INTEGER).length
const actionEnd = Buffer.from('"}}\n')

/**
 * Puts an action line, `create` with the event's id, before each line of the chunk. Nothing is parsed:
 * the journal's lines are valid JSON in one line, so no field can forge an action.
 *
 * Written by hand because every byte of every event passes here (`bench tail`).
 *
 * @param allocate gives a buffer of at least so many bytes, which the body then owns.
 */
export function bulkBody(
  chunk: Chunk,
  indices: Indices,
  allocate: (size: number) => Buffer,
): BulkBody {
  const index = singleIndex(chunk, indices)
  const out = allocate(largestSize(chunk, indices, index === undefined))
  const view = new DataView(out.buffer, out.byteOffset, out.length)
  const { bytes } = chunk
  let to = 0
  for (const part of chunk.parts) {
    const name = (at: number) => (index === undefined ? indices.nameOf(part, bytes, at) : undefined)
    let action = new Action(chunk.segment, name(part.start), part.ordinal)
    let start = part.start
    let named = start
    for (let i = 0; i < part.count; i++) {
      if (indices.dated && timeDiffers(bytes, named, start)) {
        action = new Action(chunk.segment, name(start), part.ordinal + i)
        named = start
      }
      action.copyTo(view, to)
      to += action.length
      action.next()
      const end = bytes.indexOf(10, start) + 1
      to += bytes.copy(out, to, start, end)
      start = end
    }
  }
  return { bytes: out.subarray(0, to), whole: out, index }
}

/** The index that every event of the chunk goes to, when there is only one. */
function singleIndex(chunk: Chunk, indices: Indices): string | undefined {
  if (indices.dated) return undefined
  const [first, ...rest] = chunk.parts.map((part) => indices.nameOf(part, chunk.bytes, part.start))
  return rest.every((name) => name === first) ? first : undefined
}

function largestSize(chunk: Chunk, indices: Indices, named: boolean): number {
  let size = 0
  for (const part of chunk.parts) {
    // Dates have a fixed width, so all names of a part are as long as the first.
    const name = named ? indices.nameOf(part, chunk.bytes, part.start) : undefined
    const prefix = Buffer.byteLength(prefixOf(chunk.segment, name))
    size += part.end - part.start + part.count * (prefix + longestOrdinal + actionEnd.length)
  }
  return size
}

function prefixOf(segment: string, index: string | undefined): string {
  const target = index === undefined ? '' : `"_index":${JSON.stringify(index)},`
  return `{"create":{${target}"_id":"${segment}-`
}

/** An action line whose ordinal counts up in place, digit by digit, as ASCII. */
class Action {
  readonly line: Buffer
  length: number
  readonly #view: DataView
  readonly #digits: number

  constructor(segment: string, index: string | undefined, ordinal: number) {
    const prefix = Buffer.from(prefixOf(segment, index))
    this.#digits = prefix.length
    const room = prefix.length + longestOrdinal + 1 + actionEnd.length
    this.line = Buffer.alloc(4 * Math.ceil(room / 4))
    this.#view = new DataView(this.line.buffer, this.line.byteOffset, this.line.length)
    prefix.copy(this.line)
    this.length = this.#end(this.#digits + this.line.write(String(ordinal), this.#digits))
  }

  /**
   * Four bytes at a time: for so few, a native copy takes longer to enter. Up to three bytes too many are
   * written, where the event comes next, which is longer.
   */
  copyTo(view: DataView, to: number): void {
    for (let at = 0; at < this.length; at += 4) {
      view.setInt32(to + at, this.#view.getInt32(at, true), true)
    }
  }

  next(): void {
    const { line } = this
    let at = this.length - actionEnd.length - 1
    while (line[at] === 57) {
      line[at] = 48
      at -= 1
    }
    if (at >= this.#digits) {
      line[at] = line[at]! + 1
      return
    }
    // 999 is now 000: it becomes 1000.
    line[this.#digits] = 49
    const end = this.length - actionEnd.length
    line[end] = 48
    this.length = this.#end(end + 1)
  }

  #end(at: number): number {
    return at + actionEnd.copy(this.line, at)
  }
}
