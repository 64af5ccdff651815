import type { Append, Batch, Position } from '../../core/journal/batch.ts'
import type { JsonSink } from '../event/unread_frames.ts'
import { reportsStream, reportsTag } from '../reports.ts'
import { TextBlock } from './text_block.ts'
import type { JsonPieces } from './unread_events.ts'

/** A report as `encodeReport` writes it, in one or in pieces. */
export type ReportLine = string | JsonPieces

/** What one request appends. */
export interface Lines {
  readonly reports: readonly ReportLine[]
  /** Log events, by stream. */
  readonly logs: readonly LogLines[]
}

export interface LogLines {
  readonly stream: string
  readonly tag: string
  readonly lines: readonly string[]
}

/** Characters of one append: what waits beyond it goes into the next. */
const appendMax = 4_000_000

/**
 * Appends the reports of many requests as one batch: while one append is under way the next gathers. One index record
 * for each request would cost as much as the request.
 */
export class Gatherer {
  readonly #append: Append
  readonly #positions: () => Record<string, Position> | undefined
  /** What waits, oldest first; the last one takes more. */
  readonly #waiting: Gathering[] = []
  /** Of appends that are done, to write into again. */
  #spare: TextBlock | undefined
  #running: Promise<void> | undefined

  /** @param positions what becomes durable with the next append. */
  constructor(append: Append, positions: () => Record<string, Position> | undefined) {
    this.#append = append
    this.#positions = positions
  }

  /**
   * Resolves once the lines are durable. They are copied: nobody has to keep them until then.
   *
   * @throws when the journal does not take them, or drops them.
   */
  add(lines: Lines): Promise<void> {
    if (lines.reports.length === 0 && lines.logs.length === 0) return Promise.resolve()
    let last = this.#waiting.at(-1)
    if (last === undefined || last.size + sizeOf(lines) > appendMax) {
      last = new Gathering(this.#spare ?? new TextBlock())
      this.#spare = undefined
      this.#waiting.push(last)
    }
    last.add(lines)
    this.#running ??= this.#run()
    return last.settled
  }

  /** Resolves once nothing is under way. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // Requests that are being read in this turn of the loop come along.
    await new Promise((resolve) => setImmediate(resolve))
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        const outcome = await this.#append(next.batches(this.#positions()))
        if (outcome === 'dropped') throw new Error('the journal is full and drops what arrives')
        next.resolve()
      } catch (failure) {
        next.reject(failure)
      }
      if (next.block.isReusable) this.#spare = next.block.emptied()
    }
    this.#running = undefined
  }
}

const sizeOf = ({ reports, logs }: Lines): number => {
  let size = 0
  for (const line of reports) size += lengthOf(line)
  for (const { lines } of logs) for (const { length } of lines) size += length
  return size
}

export function writeLine(sink: JsonSink, line: ReportLine): void {
  if (typeof line === 'string') return sink.text(line)
  for (const piece of line) {
    if (typeof piece === 'string') sink.text(piece)
    else piece.writeTo(sink)
  }
}

/** Characters, about. */
function lengthOf(line: ReportLine): number {
  if (typeof line === 'string') return line.length
  let length = 0
  for (const piece of line) length += typeof piece === 'string' ? piece.length : piece.size
  return length
}

/** The lines of one append. */
class Gathering {
  readonly block: TextBlock
  readonly settled: Promise<void>
  readonly resolve: () => void
  readonly reject: (failure: unknown) => void
  /** Characters. */
  size = 0
  #reports = 0
  readonly #logs = new Map<string, { stream: string; tag: string; lines: string[] }>()

  constructor(block: TextBlock) {
    this.block = block
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.settled = promise
    this.resolve = resolve
    this.reject = reject
  }

  add(lines: Lines): void {
    for (const line of lines.reports) writeLine(this.block, line)
    this.#reports += lines.reports.length
    this.size += sizeOf(lines)
    for (const { stream, tag, lines: texts } of lines.logs) {
      const known = this.#logs.get(`${stream} ${tag}`)
      if (known) known.lines.push(...texts)
      else this.#logs.set(`${stream} ${tag}`, { stream, tag, lines: [...texts] })
    }
  }

  batches(positions: Record<string, Position> | undefined): Batch[] {
    const first: Batch = {
      stream: reportsStream,
      tag: reportsTag,
      bytes: this.block.written,
      count: this.#reports,
      ...(positions && { positions }),
    }
    const others = Array.from(this.#logs.values(), ({ stream, tag, lines }) => {
      return { stream, tag, bytes: Buffer.from(lines.join('')), count: lines.length }
    })
    return this.#reports > 0 || positions ? [first, ...others] : others
  }
}
