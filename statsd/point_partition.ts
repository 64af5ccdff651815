import type { Append, Position } from '../core/journal/batch.ts'
import type { Context } from '../core/context.ts'
import type { Files } from '../core/files.ts'
import type { Journal } from '../core/journal/journal.ts'
import { PartitionWriter } from '../core/journal/writer.ts'

/** Where points that the main thread takes in are kept: carbon's, Prometheus', the host's. */
const pointPartition = 'points'

/** Appends points on the main thread; the partition is opened with the first. */
export class PointPartition {
  readonly #world: PointPartitionWorld
  #writer: Promise<PartitionWriter> | undefined

  constructor(world: PointPartitionWorld) {
    this.#world = world
  }

  readonly append: Append = async (batches, withdrawn) => {
    this.#writer ??= this.#open()
    const writer = await this.#writer.catch((failure: unknown) => {
      this.#writer = undefined
      throw failure
    })
    return await writer.append(batches, withdrawn)
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const writer = await this.#writer?.catch(() => undefined)
    await writer?.close(deadline)
    this.#writer = undefined
  }

  async #open(): Promise<PartitionWriter> {
    const { journal, files, context, randomBytes } = this.#world
    const { partition = pointPartition, positions = new Map() } = this.#world
    const { metrics } = context
    const seed = await journal.seed(partition, positions)
    const writer = new PartitionWriter(seed, {
      files,
      clock: context.clock,
      randomBytes,
      space: journal.space,
      onDurable: (mark) => journal.mark(partition, mark),
      onTrouble: (trouble) => journal.trouble(partition, trouble),
      onDropped: (events) => context.count('journal_full', events),
      onAppended: (seconds) => metrics.journal_append_seconds.observe({ partition }, seconds),
    })
    await writer.open()
    return writer
  }
}

export interface PointPartitionWorld {
  readonly journal: Journal
  readonly files: Files
  readonly context: Context
  readonly randomBytes: (count: number) => Uint8Array
  /** Another partition, and the positions that are its own. */
  readonly partition?: string
  readonly positions?: ReadonlyMap<string, readonly [generation: number, position: Position]>
}
