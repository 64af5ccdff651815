import { eventsOf } from '../../core/journal/chunk.ts'
import type { Journal } from '../../core/journal/journal.ts'
import type { Reader } from '../../core/journal/reader.ts'
import type { Logger } from '../../core/log.ts'
import { decodePoint, metricPointsTag, type MetricPoint } from '../../store/points.ts'

const statsdStream = /^metrics-statsd-/
/** So much is read and taken in without a pause for others. */
const pieceBytes = 256 * 1024
const againMs = 1000

/**
 * Hands over the points of every flush as they become durable. Its place is kept in the journal, so a flush
 * counts once whatever ends in between; a new one begins with what comes next.
 */
export class FlushFollower {
  readonly #id: string
  readonly #world: { readonly journal: Journal; readonly log: Logger }
  readonly #take: (point: MetricPoint) => void
  readonly #stopping = new AbortController()
  #reader: Reader | undefined
  #running: Promise<void> | undefined

  constructor(
    id: string,
    world: { readonly journal: Journal; readonly log: Logger },
    take: (point: MetricPoint) => void,
  ) {
    this.#id = id
    this.#world = world
    this.#take = take
  }

  async start(): Promise<void> {
    const { journal } = this.#world
    const isNew = !journal.readers().some(({ id }) => id === this.#id)
    this.#reader = await journal.reader({
      id: this.#id,
      wants: (tag, stream) => tag === metricPointsTag && statsdStream.test(stream),
      maxLag: undefined,
    })
    if (isNew) await this.#reader.seek(journal.ends())
    this.#running = this.#run(this.#reader)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    if (this.#reader) await this.#world.journal.release(this.#reader)
    this.#reader = undefined
  }

  async #run(reader: Reader): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        const read = await reader.read({ bytes: pieceBytes, ageMs: 0 }, signal)
        if (!read) continue
        for (const { start, end } of eventsOf(read.chunk)) {
          this.#takeLine(read.chunk.bytes.toString('utf8', start, end))
        }
        read.done()
        // Requests and other readers have their turn between two pieces of a large flush.
        await new Promise((resolve) => setImmediate(resolve))
      } catch (failure) {
        this.#world.log.warn({ err: failure }, 'cannot read the journal; keeps trying')
        await new Promise((resolve) => setTimeout(resolve, againMs).unref())
      }
    }
  }

  #takeLine(line: string): void {
    let point: MetricPoint
    try {
      point = decodePoint(line)
    } catch {
      // The store counts lines that are no points.
      return
    }
    this.#take(point)
  }
}
