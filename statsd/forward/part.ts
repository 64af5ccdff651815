import type { FastifyInstance } from 'fastify'
import { Refusal } from '../../core/http/refusal.ts'
import { messageOf } from '../../core/errors.ts'
import type { Read } from '../../core/journal/reader.ts'
import { pointStream } from '../../store/points.ts'
import type { StatsdConfig } from '../config.ts'
import type { MakePart, StatsdPart, StatsdWorld } from '../part.ts'
import { PointPartition } from '../point_partition.ts'
import { forwardedTag } from './flush_format.ts'
import { FlushIntake, sendersAmong } from './intake.ts'
import { Room } from './room.ts'

export const makeForwarded: MakePart = (config, world) => new ForwardedPart(config, world)

/** The partition of what was handed over. */
const partition = 'forwarded'
const readerId = 'statsd.forwarded'
const readBytes = 4_000_000
/** Bytes that wait for the next flush in the flushing thread; more wait in the journal. */
const waitingBytes = 64_000_000
const againMs = 1000

/**
 * Takes the flushes of other Weirs, and brings them to the flushing thread, which merges them into its next flush.
 * They are in the journal in between: the sender is told once they are durable there, and the reader's cursor passes
 * them once a flush that has them is.
 */
class ForwardedPart implements StatsdPart {
  readonly name = 'forwarded'
  readonly #config: StatsdConfig
  readonly #world: StatsdWorld
  readonly #stopping = new AbortController()
  readonly #room = new Room(waitingBytes)
  #writer: PointPartition | undefined
  #intake: FlushIntake | undefined
  #following: Promise<void> | undefined
  #merged = 0

  constructor(config: StatsdConfig, world: StatsdWorld) {
    this.#config = config
    this.#world = world
  }

  async start(): Promise<void> {
    const { journal } = this.#world
    if (journal.partitions.some(({ name }) => name === partition)) this.#follow()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort()
    await this.#following
    await this.#writer?.stop(deadline)
    this.#writer = undefined
    this.#intake = undefined
  }

  status(): object {
    return {
      senders: this.#intake?.senders ?? 0,
      merged_pieces: this.#merged,
      waiting_bytes: this.#room.taken,
    }
  }

  addRoutes(app: FastifyInstance): void {
    app.post('/api/statsd/flushes', { config: { scope: 'ingest' } }, async (request) => {
      const [trouble] = this.#world.journal.troubles
      if (trouble) {
        const text = `nothing can be taken in now: ${trouble.message}`
        throw new Refusal(503, 'paused', text, { 'retry-after': '5' })
      }
      const intake = this.#opened()
      const { taken, refused } = await intake.take(
        (request.body as Buffer | undefined) ?? Buffer.alloc(0),
      )
      if (refused.length > 0) {
        this.#world.contextOf(readerId).count('bad_content', refused.length)
      }
      return { taken, ...(refused.length > 0 && { refused }) }
    })
  }

  /** The first flush opens the partition, and begins the reading of it. */
  #opened(): FlushIntake {
    if (this.#intake) return this.#intake
    const { journal, files, contextOf, randomBytes } = this.#world
    const known = sendersAmong(journal.positions())
    this.#writer = new PointPartition({
      journal,
      files,
      context: contextOf(readerId),
      randomBytes,
      partition,
      positions: known,
    })
    const last = new Map(Array.from(known, ([key, [, position]]) => [key, position] as const))
    const stream = pointStream('statsd', this.#config.namespace)
    this.#intake = new FlushIntake(stream, last, this.#writer.append)
    this.#follow()
    return this.#intake
  }

  #follow(): void {
    this.#following ??= this.#run()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const { clock, log } = this.#world.contextOf(readerId)
    while (!signal.aborted) {
      try {
        await this.#bringAll()
      } catch (failure) {
        log.warn({ reason: messageOf(failure) }, 'cannot merge flushes; trying again')
        await clock.sleep(againMs, signal)
      }
    }
  }

  /** Brings what there is and what comes; ends with the first that is not merged, to begin again behind what was. */
  async #bringAll(): Promise<void> {
    const { journal } = this.#world
    const failed = new AbortController()
    const signal = AbortSignal.any([this.#stopping.signal, failed.signal])
    const reader = await journal.reader({
      id: readerId,
      wants: (tag) => tag === forwardedTag,
      maxLag: undefined,
    })
    try {
      while (!signal.aborted) {
        const read = await reader.read({ bytes: readBytes, ageMs: 0 }, signal)
        if (!read) break
        const bytes = read.chunk.bytes.length
        await this.#room.take(bytes, signal)
        this.#bring(read)
          .catch((failure: unknown) => failed.abort(failure))
          .finally(() => this.#room.give(bytes))
      }
    } finally {
      await journal.release(reader)
    }
    if (failed.signal.aborted) throw failed.signal.reason
  }

  async #bring({ chunk, done }: Read): Promise<void> {
    const { segment, parts, bytes } = chunk
    const pieces = parts.map(({ ordinal, count, start, end }) => {
      return { segment, ordinal, count, bytes: bytes.subarray(start, end) }
    })
    await this.#world.merge(pieces)
    this.#merged += pieces.length
    done()
  }
}
