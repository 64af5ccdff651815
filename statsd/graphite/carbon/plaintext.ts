import { type CarbonSink, takeSample } from './sample.ts'

const newline = 0x0a
const nothing = Buffer.alloc(0)

/** Reads `path value seconds`, a sample. Lines that are none are refused, and the rest goes on. */
export function readLine(sink: CarbonSink, line: string, nowMs: number): void {
  const text = line.trim()
  if (text === '') return
  const [path, value, seconds, ...more] = text.split(/\s+/)
  const isWhole = seconds !== undefined && more.length === 0 && value !== '' && seconds !== ''
  const number = isWhole ? numberOf(value!) : undefined
  const time = isWhole ? numberOf(seconds) : undefined
  if (number === undefined || time === undefined || Number.isNaN(time)) {
    return sink.refuse('bad_sample', text)
  }
  takeSample(sink, { path: path!, value: number, seconds: time }, nowMs)
}

/** As Python's float() reads a number. */
function numberOf(text: string): number | undefined {
  if (/^[-+]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[-+]?\d+)?$/i.test(text)) {
    return Number(text.replaceAll('_', ''))
  }
  const [, sign, word] = /^([-+]?)(inf|infinity|nan)$/i.exec(text) ?? []
  if (word === undefined) return undefined
  return word.toLowerCase() === 'nan' ? NaN : sign === '-' ? -Infinity : Infinity
}

/** The lines of one connection, whatever pieces they come in. */
export class CarbonLines {
  readonly #sink: CarbonSink
  readonly #maxLineBytes: number
  #rest: Buffer = nothing
  #isSkipping = false

  constructor(sink: CarbonSink, maxLineBytes: number) {
    this.#sink = sink
    this.#maxLineBytes = maxLineBytes
  }

  push(arrived: Buffer, nowMs: number): void {
    let bytes = arrived
    if (this.#isSkipping) {
      const end = bytes.indexOf(newline)
      if (end < 0) return
      this.#isSkipping = false
      bytes = bytes.subarray(end + 1)
    }
    if (this.#rest.length > 0) bytes = Buffer.concat([this.#rest, bytes])
    const end = bytes.lastIndexOf(newline)
    if (end >= 0) readLines(this.#sink, bytes.subarray(0, end), nowMs)
    const left = bytes.length - end - 1
    this.#isSkipping = left > this.#maxLineBytes
    if (this.#isSkipping) this.#sink.refuse('bad_sample', 'a line longer than max_line_size')
    this.#rest = left === 0 || this.#isSkipping ? nothing : Buffer.from(bytes.subarray(end + 1))
  }

  /** The connection ended. Half a line may say another number than the whole: it is refused. */
  end(): void {
    if (this.#rest.length > 0) this.#sink.refuse('bad_sample', 'a line without its end')
    this.#rest = nothing
  }
}

export function readLines(sink: CarbonSink, bytes: Buffer, nowMs: number): void {
  for (const line of bytes.toString('utf8').split('\n')) readLine(sink, line, nowMs)
}
