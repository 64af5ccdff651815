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

interface Taken extends Ending {
  /** What is unfinished and too long already is a line. */
  readonly cuts: boolean
}

export interface FramingTally extends Tally {
  nulRuns: number
  multilineCut: number
}

/** How much is to be read at once: the longest line and the longest event fit; even, for UTF-16. */
export function chunkSizeOf({ max_line_size, multiline, read_size }: TailOptions): number {
  const message = max_line_size + (multiline?.max_bytes ?? 0) + 8
  return 2 * Math.ceil(Math.max(read_size, message) / 2)
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
  readonly #longLines: TailOptions['long_lines']
  readonly #chunkSize: number
  /** Pieces of events, by lines that follow each other. */
  #pieces = new Uint32Array(0)
  /** Which of the pieces go on with the event of the piece before: a line between was cut or dropped. */
  readonly #joined: number[] = []
  #multilineCut = 0
  #nulRuns = 0
  #written = Buffer.alloc(0)

  constructor(options: TailOptions) {
    this.#encoding = encodingOf(options.encoding)
    this.#multiline = options.multiline
    this.#longLines = options.long_lines
    this.#chunkSize = chunkSizeOf(options)
    this.#lines = new Lines({
      max_line_size: options.max_line_size,
      long_lines: options.long_lines,
      // An empty line amid an event is a part of it.
      skipEmpty: options.skip_empty_lines && !options.multiline,
      encoding: this.#encoding,
      listsLong: options.multiline !== undefined,
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
    if (!this.#multiline) {
      const done = this.#lines.split(bytes, from, end, state, { final: ending.final, cuts: true })
      this.spans = this.#lines.spans
      this.count = this.#lines.count
      this.#nulRuns += this.#lines.nuls.length
      return this.#finish(bytes, done)
    }
    const { final, flush } = ending
    const done = this.#group(bytes, from, end, state, { final, cuts: false, flush: flush || final })
    if (done > from || end - start < this.#chunkSize) return this.#finish(bytes, done)
    // There is no room to wait in.
    const full = { final, cuts: true, flush: true }
    return this.#finish(bytes, this.#group(bytes, from, end, state, full))
  }

  /** What was met since the last call. */
  takeTally(): FramingTally {
    const { tally } = this.#lines
    const taken = { ...tally, multilineCut: this.#multilineCut, nulRuns: this.#nulRuns }
    this.#nulRuns = 0
    tally.cut = 0
    tally.dropped = 0
    this.#multilineCut = 0
    return taken
  }

  #text(bytes: Buffer, start: number, end: number): string {
    const { decode } = this.#encoding
    return decode ? decode(bytes.subarray(start, end)) : bytes.toString('utf8', start, end)
  }

  /** Makes events of lines; returns where the next one begins. */
  #group(bytes: Buffer, from: number, end: number, state: LineState, ending: Taken): number {
    const done = this.#lines.split(bytes, from, end, state, ending)
    const open = this.#join(bytes, ending.flush || state.cut)
    this.waiting = open !== -1
    const next = open === -1 ? done : open
    const { long, nuls, spans } = this.#lines
    // What is behind is met again.
    this.#nulRuns += nuls.filter((at) => at < next).length
    if (this.waiting) state.nul = false
    const count = long.filter((line) => spans[line * 2]! < next).length
    this.#lines.tally[this.#longLines === 'drop' ? 'dropped' : 'cut'] += count
    return next
  }

  /** Joins lines into events, in place of `spans`; returns where the unfinished event begins, or -1. */
  #join(bytes: Buffer, flush: boolean): number {
    const { max_lines, max_bytes, end_pattern } = this.#multiline!
    const { long, spans: lines, count: lineCount } = this.#lines
    if (this.#pieces.length < lines.length) this.#pieces = new Uint32Array(lines.length)
    const pieces = this.#pieces
    const joined = this.#joined
    joined.length = 0
    const { width } = this.#encoding
    let count = 0
    /** Of the event that goes on: where it and its pieces begin, and what it has. */
    let event = -1
    let firstPiece = 0
    let eventLines = 0
    let eventBytes = 0
    let end = 0
    let nextLong = 0
    let isBehindLong = false
    for (let i = 0; i < lineCount; i++) {
      const lineStart = lines[i * 2]!
      const lineEnd = lines[i * 2 + 1]!
      const text = this.#text(bytes, lineStart, lineEnd)
      const isLong = long[nextLong] === i
      if (isLong) nextLong += 1
      // A gap that no long line left is a run of NULs.
      const isBehindNuls = !isBehindLong && lineStart - end > 2 * width
      if (isBehindNuls || this.#begins(text)) event = -1
      if (!isLong || this.#longLines === 'cut') {
        const size = lineEnd - lineStart
        const grown = eventBytes + (isBehindLong ? width : lineStart - end) + size
        if (event !== -1 && (eventLines >= max_lines || grown > max_bytes)) {
          this.#multilineCut += 1
          event = -1
        }
        const isFirst = event === -1
        if (isFirst) {
          event = lineStart
          firstPiece = count
        } else if (isBehindLong) joined.push(count)
        if (isFirst || isBehindLong) pieces[2 * count++] = lineStart
        pieces[2 * count - 1] = lineEnd
        eventLines = isFirst ? 1 : eventLines + 1
        eventBytes = isFirst ? size : grown
      }
      end = lineEnd
      isBehindLong = isLong
      if (end_pattern?.test(text)) event = -1
    }
    const isFull = event !== -1 && eventBytes > max_bytes
    if (isFull) this.#multilineCut += 1
    if (flush || isFull) event = -1
    this.spans = pieces
    this.count = event === -1 ? count : firstPiece
    while (joined.length > 0 && joined.at(-1)! >= this.count) joined.pop()
    return event
  }

  #begins(text: string): boolean {
    const { start_pattern, continue_pattern } = this.#multiline!
    if (start_pattern) return start_pattern.test(text)
    return continue_pattern !== undefined && !continue_pattern.test(text)
  }

  /** What was framed is in `bytes` as it is, unless it has to be decoded or joined. */
  #finish(bytes: Buffer, done: number): number {
    this.source = bytes
    if (this.#encoding.decode || this.#joined.length > 0) this.#write(bytes)
    return done
  }

  /** Writes the messages anew, in UTF-8, with a line end where their pieces meet. */
  #write(bytes: Buffer): void {
    const { decode } = this.#encoding
    const spans = new Uint32Array(this.count * 2)
    let messages = 0
    let length = 0
    let nextJoined = 0
    for (let i = 0; i < this.count; i++) {
      const start = this.spans[i * 2]!
      const end = this.spans[i * 2 + 1]!
      // No encoding has characters of more than 3 bytes of UTF-8 for one byte of its own.
      const room = length + 1 + (end - start) * 3
      if (room > this.#written.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(room, this.#written.length * 2, 65_536))
        this.#written.copy(grown, 0, 0, length)
        this.#written = grown
      }
      if (this.#joined[nextJoined] === i) {
        nextJoined += 1
        this.#written[length++] = 10
      } else spans[2 * messages++] = length
      length += decode
        ? this.#written.write(decode(bytes.subarray(start, end)), length)
        : bytes.copy(this.#written, length, start, end)
      spans[2 * messages - 1] = length
    }
    this.source = this.#written
    this.spans = spans
    this.count = messages
  }
}
