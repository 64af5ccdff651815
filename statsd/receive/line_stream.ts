import type { LineReader, Traffic } from '../line/traffic.ts'

const newline = 0x0a
const nothing = Buffer.alloc(0)

/** The lines of one connection: whole ones are read at once, what is left waits for its end. */
export class LineStream {
  readonly #reader: LineReader
  readonly #traffic: Traffic
  readonly #maxLineBytes: number
  #rest: Buffer = nothing
  /** Amid a line that is too long; the rest of it is passed over. */
  #isSkipping = false

  constructor(reader: LineReader, traffic: Traffic, maxLineBytes: number) {
    this.#reader = reader
    this.#traffic = traffic
    this.#maxLineBytes = maxLineBytes
  }

  push(arrived: Buffer): void {
    let bytes = arrived
    if (this.#isSkipping) {
      const end = bytes.indexOf(newline)
      if (end < 0) return
      this.#isSkipping = false
      bytes = bytes.subarray(end + 1)
    }
    if (this.#rest.length > 0) bytes = Buffer.concat([this.#rest, bytes])
    const end = bytes.lastIndexOf(newline) + 1
    if (end > 0) this.#reader.packet(bytes, 0, end)
    const left = bytes.length - end
    if (left > this.#maxLineBytes) {
      this.#traffic.refuse('statsd_too_long')
      this.#isSkipping = true
    }
    // A copy, so that a few bytes do not hold what they came in.
    this.#rest = left === 0 || this.#isSkipping ? nothing : Buffer.from(bytes.subarray(end))
  }

  /** The connection ended. Half a line may say another number than the whole: it is dropped. */
  end(): void {
    if (this.#rest.length > 0) this.#traffic.refuse('statsd_unfinished')
    this.#rest = nothing
  }
}
