import type { Append, Batch, Position } from '../../core/journal/batch.ts'
import { reportsStream, reportsTag } from '../reports.ts'

/** What one request appends. */
export interface Lines {
  /** Reports as `encodeReport` writes them. */
  readonly reports: readonly string[]
  /** Log events, by stream. */
  readonly logs: readonly LogLines[]
}

export interface LogLines {
  readonly stream: string
  readonly tag: string
  readonly lines: readonly string[]
}

interface Waiting {
  readonly lines: Lines
  readonly resolve: () => void
  readonly reject: (failure: unknown) => void
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
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined

  /** @param positions what becomes durable with the next append. */
  constructor(append: Append, positions: () => Record<string, Position> | undefined) {
    this.#append = append
    this.#positions = positions
  }

  /** Resolves once the lines are durable. @throws when the journal does not take them, or drops them. */
  add(lines: Lines): Promise<void> {
    if (lines.reports.length === 0 && lines.logs.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lines, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves once nothing is under way. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // Requests that are being read in this turn of the loop come along.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup()
      try {
        const outcome = await this.#append(batchesOf(group, this.#positions()))
        if (outcome === 'dropped') throw new Error('the journal is full and drops what arrives')
        for (const { resolve } of group) resolve()
      } catch (failure) {
        for (const { reject } of group) reject(failure)
      }
    }
    this.#running = undefined
  }

  #takeGroup(): Waiting[] {
    let size = 0
    let count = 0
    for (const { lines } of this.#waiting) {
      for (const { length } of lines.reports) size += length
      for (const { lines: texts } of lines.logs) for (const { length } of texts) size += length
      if (count > 0 && size > appendMax) break
      count += 1
    }
    return this.#waiting.splice(0, count)
  }
}

function batchesOf(
  group: readonly Waiting[],
  positions: Record<string, Position> | undefined,
): Batch[] {
  const reports = group.flatMap(({ lines }) => lines.reports)
  const logs = new Map<string, { stream: string; tag: string; lines: string[] }>()
  for (const { stream, tag, lines } of group.flatMap((each) => each.lines.logs)) {
    const known = logs.get(`${stream} ${tag}`)
    if (known) known.lines.push(...lines)
    else logs.set(`${stream} ${tag}`, { stream, tag, lines: [...lines] })
  }
  const first: Batch = {
    stream: reportsStream,
    tag: reportsTag,
    bytes: joined(reports),
    count: reports.length,
    ...(positions && { positions }),
  }
  const others = Array.from(logs.values(), ({ stream, tag, lines }) => {
    return { stream, tag, bytes: joined(lines), count: lines.length }
  })
  return reports.length > 0 || positions ? [first, ...others] : others
}

/** The texts as UTF-8, one behind the other: joining them as texts first would copy each once more. */
function joined(texts: readonly string[]): Uint8Array {
  const length = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (const text of texts) at += bytes.write(text, at)
  return bytes
}
