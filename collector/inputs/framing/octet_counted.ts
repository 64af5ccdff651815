import { addTooLong, type Framer, type FramerOptions } from './framer.ts'
import { Held } from './held.ts'

const newline = 10
const carriageReturn = 13
const space = 32
/** 999,999,999 bytes is the longest message that can be announced. */
const maxDigits = 9

/**
 * Messages that say their length before them, `MSG-LEN SP MSG` (RFC 6587 §3.4.1). Line ends between
 * two frames and at the end of a message, which some senders add, are left out.
 */
export class OctetCountedFramer implements Framer {
  broken: string | undefined
  readonly #options: FramerOptions
  readonly #held = new Held()
  /** Bytes still to come of a message that was too long. */
  #skip = 0

  constructor(options: FramerOptions) {
    this.#options = options
  }

  push(bytes: Buffer): void {
    if (this.broken !== undefined) return
    const { spans, emit } = this.#options
    const source = this.#held.append(bytes)
    let at = 0
    for (;;) {
      const next = this.#frame(source, at)
      if (next === at) break
      at = next
    }
    if (spans.count > 0) {
      emit(source, spans)
      spans.clear()
    }
    this.#held.keep(source, this.broken === undefined ? at : source.length)
  }

  end(): void {
    const { spans, emit, note, maxMessageBytes } = this.#options
    const source = this.#held.append(Buffer.alloc(0))
    if (source.length > 0) {
      const start = source.indexOf(space) + 1
      if (start > 0 && start < source.length) {
        spans.add(start, Math.min(source.length, start + maxMessageBytes))
        note('unfinished_message')
        emit(source, spans)
        spans.clear()
      } else note('bad_frame')
    }
    this.#held.keep(source, source.length)
    this.#skip = 0
  }

  /** Takes one frame, or a part that needs no holding, at `at`; returns `at` when more must come. */
  #frame(source: Buffer, at: number): number {
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, source.length - at)
      this.#skip -= skipped
      return at + skipped
    }
    let start = at
    while (source[start] === newline || source[start] === carriageReturn) start += 1
    if (start === source.length) return start
    let length = 0
    let after = start
    for (; after < source.length && after - start <= maxDigits; after++) {
      const digit = source[after]! - 48
      if (digit < 0 || digit > 9 || (digit === 0 && after === start)) break
      length = length * 10 + digit
    }
    if (after === source.length && after - start <= maxDigits) return start
    if (after === start || after - start > maxDigits || source[after] !== space) {
      const found = JSON.stringify(source.toString('latin1', start, start + 20))
      this.broken = `a frame begins with its length and a space ("57 <13>…"), found ${found}`
      return start
    }
    return this.#message(source, start, after + 1, length)
  }

  #message(source: Buffer, at: number, start: number, length: number): number {
    const { maxMessageBytes, longMessages, spans } = this.#options
    if (length > maxMessageBytes) {
      if (longMessages === 'cut' && source.length - start <= maxMessageBytes) return at
      const end = addTooLong(source, start, this.#options)
      this.#skip = length - (end - start)
      return end
    }
    if (source.length < start + length) return at
    let end = start + length
    if (source[end - 1] === newline) end -= 1
    if (end > start && end < start + length && source[end - 1] === carriageReturn) end -= 1
    if (end > start) spans.add(start, end)
    return start + length
  }
}
