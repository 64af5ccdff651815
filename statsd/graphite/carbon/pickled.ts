import { type CarbonSink, takeSample } from './sample.ts'
import { unpickle, type Unpickled } from './unpickle.ts'

const headBytes = 4
const nothing = Buffer.alloc(0)

/** A message that cannot be read, after which nothing on its connection can be. */
export class BadMessage extends Error {}

/**
 * Messages of carbon's pickle protocol on one connection: four bytes of length, big end first, and a pickle of
 * `[(path, (seconds, value)), …]`.
 */
export class CarbonPickles {
  readonly #sink: CarbonSink
  readonly #maxBytes: number
  #rest: Buffer = nothing
  /** Pieces that a message waits for; joined once it is whole. */
  #pieces: Buffer[] = []
  #waiting = 0
  #wanted = headBytes

  constructor(sink: CarbonSink, maxBytes: number) {
    this.#sink = sink
    this.#maxBytes = maxBytes
  }

  /** @throws BadMessage when a message is too long: what comes behind it cannot be found. */
  push(bytes: Buffer, nowMs: number): void {
    this.#pieces.push(bytes)
    this.#waiting += bytes.length
    if (this.#waiting < this.#wanted) return
    let all = Buffer.concat(this.#pieces)
    for (;;) {
      this.#wanted = headBytes
      if (all.length < headBytes) break
      const length = all.readUInt32BE(0)
      if (length > this.#maxBytes) {
        this.#pieces = []
        this.#waiting = 0
        throw new BadMessage(`a message of ${length} bytes; at most ${this.#maxBytes} are read`)
      }
      this.#wanted = headBytes + length
      if (all.length < this.#wanted) break
      this.#message(all.subarray(headBytes, this.#wanted), nowMs)
      all = all.subarray(this.#wanted)
    }
    // A copy, so that a few bytes do not hold what they came in.
    this.#rest = all.length === 0 ? nothing : Buffer.from(all)
    this.#pieces = [this.#rest]
    this.#waiting = this.#rest.length
  }

  end(): void {
    if (this.#waiting > 0) this.#sink.refuse('bad_sample', 'a message without its end')
    this.#pieces = []
    this.#waiting = 0
  }

  #message(bytes: Buffer, nowMs: number): void {
    let read: Unpickled
    try {
      read = unpickle(bytes)
    } catch (failure) {
      if (!(failure instanceof SyntaxError)) throw failure
      return this.#sink.refuse('bad_sample', failure.message)
    }
    if (!Array.isArray(read)) return this.#sink.refuse('bad_sample', 'a pickle that is no list')
    for (const each of read) this.#sample(each, nowMs)
  }

  #sample(read: Unpickled, nowMs: number): void {
    const [path, point] = Array.isArray(read) ? read : []
    const [seconds, value] = Array.isArray(point) ? point : []
    const at = numberOf(seconds)
    const number = numberOf(value)
    if (typeof path !== 'string' || at === undefined || number === undefined) {
      return this.#sink.refuse('bad_sample', 'no (path, (seconds, value))')
    }
    takeSample(this.#sink, { path, value: number, seconds: at }, nowMs)
  }
}

/** Etsy's statsd sends numbers as texts. */
function numberOf(value: Unpickled | undefined): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const number = Number(value)
  return Number.isNaN(number) ? undefined : number
}
