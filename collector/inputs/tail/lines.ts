import type { Encoding } from './encoding.ts'

/** What was met on the way, to be counted. */
export interface Tally {
  cut: number
  dropped: number
}

/** Where a file's reading stands within a line; kept between two chunks. */
export interface LineState {
  /** The offset is amid a line too long, whose rest up to the line end is skipped. */
  cut: boolean
  /** The bytes before the offset were NULs. */
  nul: boolean
}

interface LineOptions {
  readonly max_line_size: number
  readonly long_lines: 'cut' | 'drop'
  readonly skipEmpty: boolean
  readonly encoding: Encoding
  /** They are listed in `long`, cut, and neither dropped nor counted: whoever groups lines does that. */
  readonly listsLong: boolean
}

/**
 * Cuts bytes into lines, as [start, end) pairs without line ends (LF or CRLF). A plain imperative class
 * because every byte of every file passes here: `indexOf` finds line ends at memory speed.
 */
export class Lines {
  spans = new Uint32Array(8192)
  count = 0
  /** Which of the lines were cut, where they are listed. */
  readonly long: number[] = []
  /** Where runs of NULs begin. */
  readonly nuls: number[] = []
  readonly tally: Tally = { cut: 0, dropped: 0 }
  readonly #options: LineOptions
  readonly #wide: Buffer | undefined
  readonly #max: number

  constructor(options: LineOptions) {
    this.#options = options
    const { width, bigEndian } = options.encoding
    if (width === 2) this.#wide = Buffer.from(bigEndian ? [0, 10] : [10, 0])
    this.#max = Math.max(width, options.max_line_size - (options.max_line_size % width))
  }

  /**
   * Fills `spans` with the lines of `bytes` in [start, end).
   * @param ending.final takes what follows the last line end as a line too.
   * @param ending.cuts takes what is unfinished and too long already, and skips its rest.
   * @returns where the unfinished line begins: all before it is done with.
   */
  split(
    bytes: Buffer,
    start: number,
    end: number,
    state: LineState,
    { final, cuts }: { readonly final: boolean; readonly cuts: boolean },
  ): number {
    this.count = 0
    this.long.length = 0
    this.nuls.length = 0
    const view = bytes.subarray(0, end)
    const { width } = this.#options.encoding
    let at = start
    if (state.cut) {
      const lineEnd = this.#find(view, at, start)
      if (lineEnd === -1) return end - ((end - start) % width)
      state.cut = false
      at = lineEnd + width
    }
    for (;;) {
      if (view[at] === 0) at = this.#skipNuls(view, at, state)
      const lineEnd = this.#find(view, at, start)
      if (lineEnd === -1) break
      if (lineEnd > at) state.nul = false
      this.#line(view, at, lineEnd)
      at = lineEnd + width
    }
    if (at >= end) return at
    const unfinished = end - at
    if (unfinished > this.#max && (final || cuts)) {
      this.#line(view, at, end)
      state.cut = !final
      return end - ((end - start) % width)
    }
    if (!final) return at
    this.#line(view, at, end)
    return end
  }

  #find(view: Buffer, from: number, start: number): number {
    if (this.#wide === undefined) return view.indexOf(10, from)
    for (let at = from; ; at += 1) {
      at = view.indexOf(this.#wide, at)
      if (at === -1 || (at - start) % 2 === 0) return at
    }
  }

  #skipNuls(view: Buffer, from: number, state: LineState): number {
    const { width } = this.#options.encoding
    let at = from
    if (width === 1) while (view[at] === 0) at += 1
    else while (view[at] === 0 && view[at + 1] === 0) at += 2
    if (at > from && !state.nul) this.nuls.push(from)
    if (at > from) state.nul = true
    return at
  }

  #line(view: Buffer, start: number, lineEnd: number): void {
    const { width, bigEndian } = this.#options.encoding
    let end = lineEnd
    if (width === 1) {
      if (end > start && view[end - 1] === 13) end -= 1
    } else if (end - start >= 2 && view.readUInt16LE(end - 2) === (bigEndian ? 0x0d00 : 13))
      end -= 2
    if (end === start && this.#options.skipEmpty) return
    if (end - start > this.#max) {
      if (this.#options.listsLong) this.long.push(this.count)
      else if (this.#options.long_lines === 'drop') {
        this.tally.dropped += 1
        return
      } else this.tally.cut += 1
      end = start + this.#max
      // Not amid a character of UTF-8.
      if (width === 1 && this.#options.encoding.decode === undefined) {
        while (end > start + this.#max - 3 && end > start + 1 && (view[end]! & 0xc0) === 0x80)
          end -= 1
      }
    }
    if (this.count * 2 + 2 > this.spans.length) {
      const grown = new Uint32Array(this.spans.length * 2)
      grown.set(this.spans)
      this.spans = grown
    }
    this.spans[this.count * 2] = start
    this.spans[this.count * 2 + 1] = end
    this.count += 1
  }
}
