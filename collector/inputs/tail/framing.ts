import { encodingOf } from './encoding.ts'
import { Lines, type LineState, type Tally } from './lines.ts'
import type { TailOptions } from './options.ts'

/** How much of a file's end may be taken. */
export interface Ending {
  /** The file will not grow: what follows the last line end is a line. */
  readonly final: boolean
  /** Nothing came for a while: an event of several lines is whole. */
  readonly flush: boolean
}

export interface FramingTally extends Tally {
  multilineCut: number
}

/** Cuts a chunk of a file into messages: lines, grouped where configured, in UTF-8. */
export class Framing {
  /** Of the last `frame`: where the messages are, as in an Arrival. */
  source: Buffer = Buffer.alloc(0)
  spans = new Uint32Array(0)
  count = 0
  /** Complete lines wait for the rest of their event. */
  waiting = false
  readonly #lines: Lines
  readonly #multiline: TailOptions['multiline']
  readonly #encoding: ReturnType<typeof encodingOf>
  #groups = new Uint32Array(0)
  #multilineCut = 0
  #decoded = Buffer.alloc(0)

  constructor(options: TailOptions) {
    this.#encoding = encodingOf(options.encoding)
    this.#multiline = options.multiline
    this.#lines = new Lines({
      max_line_size: options.max_line_size,
      long_lines: options.long_lines,
      // An empty line amid an event is a part of it.
      skipEmpty: options.skip_empty_lines && !options.multiline,
      encoding: this.#encoding,
    })
  }

  /**
   * @param bytes the file's bytes in [start, end), `start` being where its last message ended.
   * @param first whether `start` is the beginning of the file, where a byte order mark may be.
   * @returns where the next message begins: all before it is done with.
   */
  frame(
    bytes: Buffer,
    start: number,
    end: number,
    state: LineState,
    ending: Ending & { first: boolean },
  ): number {
    let from = start
    // A byte order mark; that of UTF-16 goes when the line is decoded.
    if (ending.first && end - start >= 3 && bytes.readUIntBE(start, 3) === 0xefbbbf) from += 3
    let done = this.#lines.split(bytes, from, end, state, ending.final)
    this.source = bytes
    this.spans = this.#lines.spans
    this.count = this.#lines.count
    this.waiting = false
    if (this.#multiline) {
      const open = this.#group(bytes, done, ending.flush || ending.final || state.cut)
      if (open !== -1) {
        done = open
        this.waiting = true
      }
    }
    if (this.#encoding.decode) this.#decode(bytes, this.#encoding.decode)
    return done
  }

  /** What was met since the last call. */
  takeTally(): FramingTally {
    const { tally } = this.#lines
    const taken = { ...tally, multilineCut: this.#multilineCut }
    tally.nulRuns = 0
    tally.cut = 0
    tally.dropped = 0
    this.#multilineCut = 0
    return taken
  }

  #text(bytes: Buffer, start: number, end: number): string {
    const { decode } = this.#encoding
    return decode ? decode(bytes.subarray(start, end)) : bytes.toString('utf8', start, end)
  }

  /** Joins lines into events, in place of `spans`; returns where the unfinished event begins, or -1. */
  #group(bytes: Buffer, done: number, flush: boolean): number {
    const options = this.#multiline!
    const lines = this.#lines.spans
    if (this.#groups.length < lines.length) this.#groups = new Uint32Array(lines.length)
    const groups = this.#groups
    const lineEndSize = 2 * this.#encoding.width
    let count = 0
    let start = -1
    let end = -1
    let size = 0
    const close = () => {
      if (start === -1) return
      groups[count * 2] = start
      groups[count * 2 + 1] = end
      count += 1
      start = -1
    }
    for (let i = 0; i < this.#lines.count; i++) {
      const lineStart = lines[i * 2]!
      const lineEnd = lines[i * 2 + 1]!
      const text = this.#text(bytes, lineStart, lineEnd)
      // A gap is what a cut or dropped line or a run of NULs left out.
      const gap = start !== -1 && lineStart - end > lineEndSize
      if (gap || this.#begins(text)) close()
      if (start !== -1 && (size >= options.max_lines || lineEnd - start > options.max_bytes)) {
        this.#multilineCut += 1
        close()
      }
      if (start === -1) {
        start = lineStart
        size = 0
      }
      end = lineEnd
      size += 1
      if (options.end_pattern?.test(text)) close()
    }
    const open = start
    const full = open !== -1 && done - open > options.max_bytes
    if (full) this.#multilineCut += 1
    if (flush || full) close()
    this.spans = groups
    this.count = count
    return start
  }

  #begins(text: string): boolean {
    const { start_pattern, continue_pattern } = this.#multiline!
    if (start_pattern) return start_pattern.test(text)
    return continue_pattern !== undefined && !continue_pattern.test(text)
  }

  #decode(bytes: Buffer, decode: (bytes: Buffer) => string): void {
    const spans = new Uint32Array(this.count * 2)
    let length = 0
    for (let i = 0; i < this.count; i++) {
      const start = this.spans[i * 2]!
      const end = this.spans[i * 2 + 1]!
      // No encoding has characters of more than 3 bytes of UTF-8 for one byte of its own.
      const room = length + (end - start) * 3
      if (room > this.#decoded.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(room, this.#decoded.length * 2, 65_536))
        this.#decoded.copy(grown, 0, 0, length)
        this.#decoded = grown
      }
      spans[i * 2] = length
      length += this.#decoded.write(decode(bytes.subarray(start, end)), length)
      spans[i * 2 + 1] = length
    }
    this.source = this.#decoded
    this.spans = spans
  }
}
