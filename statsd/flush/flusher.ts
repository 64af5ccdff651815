import { messageOf } from '../../core/errors.ts'
import type { Context } from '../../core/context.ts'
import type { Files } from '../../core/files.ts'
import type { Append, Batch } from '../../core/journal/batch.ts'
import { metricPointsTag, pointStream, PointWriter } from '../../store/points.ts'
import { flushPosition, type Instance, reservedFlushes, reserveFlushes } from '../instance.ts'
import type { SwappedTables } from '../tables/swapped.ts'
import { Flush, type FlushSettings } from './flush.ts'
import type { Forwarded, JournalPiece } from '../forward/forwarded.ts'
import { FlushWriter } from '../forward/write_flush.ts'
import type { KeyFlush } from './key_flush.ts'
import type { FlushedTraffic, FlusherStatus } from './protocol.ts'

/** Tag and stream of DogStatsD's events and service checks, which are log events. */
const eventsTag = 'statsd.events'

const nothing: FlushedTraffic = { packets: 0, lines: 0, badLines: 0 }

export interface FlusherWorld {
  readonly files: Files
  readonly context: Context
  readonly append: Append
  readonly namespace: string
  /** What other Weirs handed over. */
  readonly forwarded: Forwarded
  /** Whether flushes are handed on to another Weir. */
  readonly forwards: boolean
  readonly keyFlush: KeyFlush | undefined
  /** The lines of a swap are durable, or given up. */
  readonly onFlushed: (turn: number) => void
}

/**
 * Makes swapped tables durable, one after the other: a flush is one batch in the journal, which has the flush's
 * number as its position, so that it is there once or not at all.
 */
export class Flusher {
  readonly #flush: Flush
  readonly #world: FlusherWorld
  readonly #instance: string
  readonly #writer = new PointWriter()
  readonly #handedOn: FlushWriter | undefined
  #next: number
  #reserved: number
  #queue: SwappedTables[] = []
  #running: Promise<void> | undefined
  #last = { flush: 0, lastFlushMs: 0, points: 0, bytes: 0, computedMs: 0 }
  readonly #lagName: string
  #lagSeconds: number | undefined
  #traffic: FlushedTraffic & { readonly generation: number } = { generation: 0, ...nothing }

  constructor(settings: FlushSettings, instance: Instance, world: FlusherWorld) {
    this.#flush = new Flush(settings)
    this.#lagName = `${settings.prefix_stats}.timestamp_lag`
    this.#world = world
    this.#handedOn = world.forwards
      ? new FlushWriter(pointStream('statsd', world.namespace))
      : undefined
    this.#instance = instance.id
    this.#next = instance.nextFlush
    this.#reserved = instance.nextFlush + reservedFlushes
  }

  /** Resolves once the piece is in a flush that is durable. */
  async bring(piece: JournalPiece): Promise<void> {
    await this.#world.forwarded.bring(piece)
  }

  take(swapped: SwappedTables): void {
    this.#queue.push(swapped)
    this.#running ??= this.#run()
  }

  /** Resolves once everything taken is durable or given up. */
  async settled(): Promise<void> {
    await this.#running
  }

  status(): FlusherStatus {
    const { packets, lines, badLines } = this.#traffic
    const traffic = { packets, lines, badLines }
    return { ...this.#last, waiting: this.#queue.length, traffic, lagSeconds: this.#lagSeconds }
  }

  async #run(): Promise<void> {
    for (let swapped = this.#queue[0]; swapped; swapped = this.#queue[0]) {
      await this.#take(swapped)
      this.#queue.shift()
      this.#world.onFlushed(swapped.turn)
    }
    this.#running = undefined
  }

  async #take(swapped: SwappedTables): Promise<void> {
    const { append, context, namespace, forwarded } = this.#world
    const begun = context.clock.monotonic()
    const elapsedMs = () => context.clock.monotonic() - begun
    const flush = this.#next
    const merged = forwarded.mergeInto(swapped, (kind) => this.#flush.namesOf(kind, swapped))
    const { bytes, count } = this.#pointsOf(merged.tables, flush, elapsedMs)
    const computedMs = elapsedMs()
    this.#count(swapped)
    const points: Batch = {
      stream: pointStream('statsd', namespace),
      tag: metricPointsTag,
      bytes,
      count,
      positions: { [flushPosition]: { instance: this.#instance, flush }, ...merged.positions },
    }
    try {
      await this.#reserve()
      this.#next += 1
      const { events } = swapped
      const batches = [points, ...this.#handOn(merged.tables, flush)]
      if (events.count > 0) batches.push(this.#eventsOf(events))
      await append(batches)
      merged.settle()
      const lastFlushMs = this.#flush.atMs(swapped)
      this.#last = { flush, lastFlushMs, points: count, bytes: bytes.length, computedMs }
    } catch (failure) {
      merged.settle(failure as Error)
      context.log.error({ err: failure, flush }, `a flush is lost: ${messageOf(failure)}`)
      context.count('stopped', count)
    }
  }

  #pointsOf(swapped: SwappedTables, flush: number, elapsedMs: () => number) {
    const { keyFlush } = this.#world
    const emit = (point: Parameters<PointWriter['add']>[0]) => {
      keyFlush?.add(point.series, point.count ?? 0)
      if (point.series === this.#lagName) this.#lagSeconds = point.last
      this.#writer.add(point)
    }
    this.#flush.run(swapped, { instance: this.#instance, flush }, emit, elapsedMs)
    keyFlush?.flushed()
    return this.#writer.take()
  }

  #count({ generation, traffic }: SwappedTables): void {
    const before = generation === this.#traffic.generation ? this.#traffic : nothing
    this.#traffic = {
      generation,
      packets: before.packets + traffic.packets,
      lines: before.lines + traffic.lines,
      badLines: before.badLines + traffic.badLines,
    }
  }

  /** The flush again, as another Weir takes it. */
  #handOn(swapped: SwappedTables, flush: number): Batch[] {
    const id = { instance: this.#instance, flush }
    return this.#handedOn?.write(swapped, id, this.#flush.atMs(swapped)) ?? []
  }

  #eventsOf({ count, bytes }: SwappedTables['events']): Batch {
    return { stream: `logs-statsd.events-${this.#world.namespace}`, tag: eventsTag, bytes, count }
  }

  /** Says in the instance's file which numbers may have been used, where no journal is left to tell. */
  async #reserve(): Promise<void> {
    if (this.#next < this.#reserved) return
    const { files, context } = this.#world
    try {
      await reserveFlushes(context.dataFolder, { id: this.#instance, nextFlush: this.#next }, files)
      this.#reserved = this.#next + reservedFlushes
    } catch (failure) {
      // A flush is worth more; the next one tries again.
      context.log.warn({ err: failure }, `instance.json cannot be written: ${messageOf(failure)}`)
    }
  }
}
