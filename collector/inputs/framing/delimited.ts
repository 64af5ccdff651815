import { Held } from './held.ts'
import { addTooLong, type Framer, type FramerOptions } from './framer.ts'

const carriageReturn = 13

/** Messages that end with a newline (or CR LF), a NUL, or any other run of bytes. */
export class DelimitedFramer implements Framer {
  readonly broken = undefined
  readonly #options: FramerOptions
  readonly #delimiter: Buffer
  readonly #needle: Buffer | number
  readonly #endsLines: boolean
  readonly #held = new Held()
  /** Held bytes that were searched already. */
  #searched = 0
  /** Within a message that was too long: nothing counts before its end. */
  #skipping = false

  constructor(delimiter: Buffer, options: FramerOptions) {
    this.#options = options
    this.#delimiter = delimiter
    this.#needle = delimiter.length === 1 ? delimiter[0]! : delimiter
    this.#endsLines = delimiter.length === 1 && delimiter[0] === 10
  }

  push(bytes: Buffer): void {
    const { maxMessageBytes, spans, emit } = this.#options
    const size = this.#delimiter.length
    const source = this.#held.append(bytes)
    let start = 0
    let at = source.indexOf(this.#needle, this.#searched)
    for (; at !== -1; at = source.indexOf(this.#needle, start)) {
      if (this.#skipping) this.#skipping = false
      else this.#add(source, start, at)
      start = at + size
    }
    // Beyond this, neither a CR nor the beginning of a delimiter can make it short enough again.
    if (!this.#skipping && source.length - start > maxMessageBytes + size) {
      addTooLong(source, start, this.#options)
      this.#skipping = true
    }
    if (this.#skipping) start = Math.max(start, source.length - (size - 1))
    if (spans.count > 0) {
      emit(source, spans)
      spans.clear()
    }
    this.#held.keep(source, start)
    this.#searched = Math.max(0, this.#held.length - (size - 1))
  }

  end(): void {
    const { spans, note, emit } = this.#options
    const source = this.#held.append(Buffer.alloc(0))
    if (!this.#skipping && this.#held.length > 0 && this.#add(source, 0, source.length)) {
      note('unfinished_message')
    }
    if (spans.count > 0) emit(source, spans)
    spans.clear()
    this.#held.keep(source, source.length)
    this.#searched = 0
    this.#skipping = false
  }

  #add(source: Buffer, start: number, endOfFrame: number): boolean {
    let end = endOfFrame
    if (this.#endsLines && end > start && source[end - 1] === carriageReturn) end -= 1
    if (end === start) return false
    if (end - start > this.#options.maxMessageBytes) addTooLong(source, start, this.#options)
    else this.#options.spans.add(start, end)
    return true
  }
}
