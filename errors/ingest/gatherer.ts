import type { Append, Batch, Position } from '../../core/journal/batch.ts'
import type { JsonSink } from '../event/unread_frames.ts'
import { reportsStream, reportsTag } from '../reports.ts'
import { TextBlock } from '../text_block.ts'
import type { JsonPieces } from './event_pieces.ts'

/** A report as `encodeReport` writes it, in one or in pieces. */
export type ReportLine = string | JsonPieces

/** What one request appends. */
export interface Lines {
  readonly reports: readonly ReportLine[]
  /** Log events, by stream. */
  readonly logs: readonly LogLines[]
  /** Reports that say that the logs were taken: they are appended once these are durable. */
  readonly behindLogs: readonly ReportLine[]
}

export interface LogLines {
  readonly stream: string
  readonly tag: string
  readonly lines: readonly string[]
}

/** Where what is gathered goes. */
interface Appends {
  readonly reports: Append
  readonly logs: Append
}

/** Characters of one append: what waits beyond it goes into the next. */
const appendMax = 4_000_000

/**
 * Appends the reports of many requests as one batch: while one append is under way the next gathers. One index record
 * for each request would cost as much as the request.
 */
export class Gatherer {
  readonly #appends: Appends
  readonly #positions: () => Record<string, Position> | undefined
  /** What waits, oldest first; the last one takes more. */
  readonly #waiting: Gathering[] = []
  /** Of appends that are done, to write into again. */
  #spare: TextBlock | undefined
  #running: Promise<void> | undefined
  /** The logs of what was gathered, one after the other. */
  #logs: Promise<void> = Promise.resolve()

  /** @param positions what becomes durable with the next append of reports. */
  constructor(appends: Appends, positions: () => Record<string, Position> | undefined) {
    this.#appends = appends
    this.#positions = positions
  }

  /**
   * Resolves once the lines are durable. They are copied: nobody has to keep them until then. Of logs that are durable
   * it is no failure that what counts them is not.
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
    const { promise } = lines.logs.length === 0 ? last.reportsSettled : last.allSettled
    return promise
  }

  /** Resolves once nothing is under way. */
  async settled(): Promise<void> {
    await this.#running
    await this.#logs
    // What is behind the logs.
    await this.#running
  }

  async #appendLogs(gathering: Gathering): Promise<void> {
    const { behindLogs, allSettled } = gathering
    try {
      await appended(this.#appends.logs, gathering.logs())
      // The logs of others do not wait for it; and whoever were refused would send again what is durable.
      const behind = this.add({ reports: behindLogs, logs: [], behindLogs: [] })
      behind.then(allSettled.resolve, () => allSettled.resolve())
    } catch (failure) {
      allSettled.reject(failure)
    }
  }

  async #run(): Promise<void> {
    // Requests that are being read in this turn of the loop come along.
    await new Promise((resolve) => setImmediate(resolve))
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        // Reports first: one that is sent again after a failure is known by its id, a log is not.
        await appended(this.#appends.reports, next.reports(this.#positions()))
        next.reportsSettled.resolve()
        // Reports that come meanwhile do not wait for them.
        this.#logs = this.#logs.then(() => this.#appendLogs(next))
      } catch (failure) {
        next.reportsSettled.reject(failure)
        next.allSettled.reject(failure)
      }
      this.#spare = next.block.emptied()
    }
    this.#running = undefined
  }
}

/** Nobody may wait for it. */
function settling(): PromiseWithResolvers<void> {
  const settled = Promise.withResolvers<void>()
  settled.promise.catch(() => undefined)
  return settled
}

async function appended(append: Append, batches: readonly Batch[]): Promise<void> {
  if (batches.length === 0) return
  const outcome = await append(batches)
  if (outcome === 'dropped') throw new Error('the journal is full and drops what arrives')
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
  /** For requests that brought reports alone. */
  readonly reportsSettled = settling()
  readonly allSettled = settling()
  /** Characters. */
  size = 0
  readonly behindLogs: ReportLine[] = []
  #reports = 0
  readonly #logs = new Map<string, { stream: string; tag: string; lines: string[] }>()

  constructor(block: TextBlock) {
    this.block = block
  }

  add(lines: Lines): void {
    for (const line of lines.reports) writeLine(this.block, line)
    this.#reports += lines.reports.length
    this.size += sizeOf(lines)
    this.behindLogs.push(...lines.behindLogs)
    for (const { stream, tag, lines: texts } of lines.logs) {
      const known = this.#logs.get(`${stream} ${tag}`)
      if (known) known.lines.push(...texts)
      else this.#logs.set(`${stream} ${tag}`, { stream, tag, lines: [...texts] })
    }
  }

  /** One batch, or none. */
  reports(positions: Record<string, Position> | undefined): Batch[] {
    if (this.#reports === 0 && !positions) return []
    const bytes = this.block.written
    const batch = { stream: reportsStream, tag: reportsTag, bytes, count: this.#reports }
    return [{ ...batch, ...(positions && { positions }) }]
  }

  logs(): Batch[] {
    return Array.from(this.#logs.values(), ({ stream, tag, lines }) => {
      return { stream, tag, bytes: Buffer.from(lines.join('')), count: lines.length }
    })
  }
}
