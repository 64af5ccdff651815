import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { fullJitter } from '../../core/backoff.ts'
import type { Context } from '../../core/context.ts'
import { fired } from '../../core/deadline.ts'
import type { Journal } from '../../core/journal/journal.ts'
import { WeirError } from '../../core/errors.ts'
import { type JournalPiece, mergedPosition } from '../forward/forwarded.ts'
import { flushPosition, type Instance } from '../instance.ts'
import type { FlusherMessage } from '../receive/protocol.ts'
import { type SwappedTables, transferList } from '../tables/swapped.ts'
import { type FlusherLink, startFlusherThread } from './flusher_link.ts'
import type { FlusherNotice, FlusherSeed, FlusherStatus } from './protocol.ts'

/** The partition of the journal that flushes are in. */
const partition = 'statsd'
const restartMaxMs = 10_000

export interface FlushingWorld {
  readonly context: Context
  readonly journal: Journal
  readonly instance: Instance
  readonly logLevel: string
  /** Asks the receiving thread to begin anew with another flusher; it calls `receiveFrom`. */
  readonly renew: () => Promise<void>
}

type FlushingSettings = Pick<
  FlusherSeed,
  'settings' | 'keyFlush' | 'namespace' | 'limits' | 'forwards'
>

/**
 * The flushing thread as main has it: started with the first line that comes (or at once, where metrics are
 * configured), replaced when it dies, which costs the flushes that it had not made durable.
 */
export class Flushing {
  readonly #settings: FlushingSettings
  readonly #world: FlushingWorld
  #isNeeded: boolean
  #port: MessagePort | undefined
  /** Came before there was a thread to take them. */
  #early: SwappedTables[] = []
  #link: FlusherLink | undefined
  #begun: Promise<void> | undefined
  #nextFlush: number
  #restarts = 0
  /** Since a thread was last up. */
  #failures = 0
  #stopping = false

  constructor(settings: FlushingSettings, isNeeded: boolean, world: FlushingWorld) {
    this.#settings = settings
    this.#world = world
    this.#isNeeded = isNeeded
    this.#nextFlush = world.instance.nextFlush
  }

  /** Takes over the port that a receiving thread posts its tables to. */
  receiveFrom(port: MessagePort): void {
    this.#port?.close()
    if (this.#link) {
      // A thread that is gone is replaced, and asks for a port itself.
      this.#link.ask({ ask: 'receiver', port }, [port]).catch(() => undefined)
      return
    }
    this.#port = port
    port.on('message', this.#onEarly)
    // Weir's sockets keep the process up, not this.
    port.unref()
    if (this.#isNeeded) this.#begin()
  }

  /**
   * Merges what other Weirs flushed into the next flush; resolves once that is durable.
   *
   * @throws WeirError WEIR_NOT_RUNNING or WEIR_WORKER_DIED; then bring it again.
   */
  async merge(pieces: readonly JournalPiece[]): Promise<void> {
    this.#isNeeded = true
    if (!this.#link && this.#port) this.#begin()
    await this.#begun
    if (!this.#link) throw new WeirError('WEIR_NOT_RUNNING', 'nothing flushes metrics yet')
    await this.#link.ask({ ask: 'merge', pieces })
  }

  /** The receiving thread has stopped, and everything it swapped is on the port. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true
    for (let left = this.#takeLeft(); left; left = this.#takeLeft()) this.#onEarly(left)
    // A thread that is not there by then is ended as it is.
    await Promise.race([this.#begun?.catch(() => undefined), fired(deadline)])
    const link = this.#link
    this.#link = undefined
    this.#port?.close()
    this.#port = undefined
    if (!link) return
    await link.end((withinMs) => link.ask({ ask: 'stop', withinMs }), deadline)
  }

  async status(): Promise<(FlusherStatus & { restarts: number }) | undefined> {
    const status = await this.#link?.ask({ ask: 'status' }).catch(() => undefined)
    return status && { ...status, restarts: this.#restarts }
  }

  async metrics(): Promise<object[][]> {
    const answer = await this.#link?.ask({ ask: 'metrics' }).catch(() => undefined)
    return answer ? [answer] : []
  }

  /** Where nothing ever came there is nothing to flush, and no thread for it. */
  readonly #onEarly = ({ swapped }: FlusherMessage): void => {
    if (!this.#isNeeded && isQuiet(swapped)) {
      this.#port?.postMessage({ flushed: swapped.turn })
      return
    }
    this.#isNeeded = true
    this.#early.push(swapped)
    this.#begin()
  }

  #takeLeft(): FlusherMessage | undefined {
    const left = this.#port && receiveMessageOnPort(this.#port)
    return left?.message as FlusherMessage | undefined
  }

  #begin(): void {
    this.#begun ??= this.#startThread()
      .catch((failure: unknown) => {
        this.#replace(failure, 'the thread that flushes metrics cannot be started; trying again')
      })
      .finally(() => (this.#begun = undefined))
  }

  async #startThread(): Promise<void> {
    const { journal, context, instance, logLevel } = this.#world
    const known = journal.positions()
    const positions = new Map(
      [flushPosition, mergedPosition].flatMap((key) => {
        const position = known.get(key)
        return position ? [[key, position] as const] : []
      }),
    )
    const [, merged] = known.get(mergedPosition) ?? []
    const writer = await journal.seed(partition, positions)
    const { shared, limit } = journal.space
    if (!this.#port) return
    // A receiving thread that has ended took its port with it, and nothing more comes.
    const receiver = this.#stopping ? new MessageChannel().port2 : this.#port
    // From here on the thread hears what is posted; what came before goes along.
    this.#port.off('message', this.#onEarly)
    this.#port = undefined
    const early = this.#early.splice(0)
    const seed: FlusherSeed = {
      writer,
      space: { shared, limit },
      instance: { id: instance.id, nextFlush: this.#nextFlush },
      ...this.#settings,
      merged,
      logLevel,
      dataFolder: context.dataFolder,
      receiver,
      early,
    }
    const link: FlusherLink = startFlusherThread(
      seed,
      [receiver, ...early.flatMap(transferList)],
      (notice) => this.#hear(notice),
      (failure) => this.#onExit(link, failure),
    )
    this.#link = link
    try {
      await link.ready
      this.#failures = 0
    } catch (failure) {
      // Its death, where it was that, is dealt with already.
      if (this.#link !== link) return
      this.#link = undefined
      await link.terminate()
      throw failure
    }
  }

  #hear(notice: FlusherNotice): void {
    const { journal } = this.#world
    if (notice.notice === 'durable') journal.mark(partition, notice.mark)
    if (notice.notice === 'trouble') journal.trouble(partition, notice.trouble)
  }

  #onExit(link: FlusherLink, failure: Error | undefined): void {
    if (this.#link !== link) return
    this.#link = undefined
    this.#replace(failure, 'the thread that flushes metrics died; starting another')
  }

  #replace(failure: unknown, what: string): void {
    if (this.#stopping) return
    this.#restarts += 1
    const { log, metrics } = this.#world.context
    log.error({ err: failure }, what)
    metrics.worker_restarts.inc({ worker: 'statsd-flusher' })
    void this.#restart()
  }

  /** What was durable stays; the numbers go on behind it. */
  async #restart(): Promise<void> {
    const { journal, instance, context, renew } = this.#world
    while (!this.#stopping) {
      const wait = { baseMs: 500, maxMs: restartMaxMs }
      if (this.#failures > 0) {
        await context.clock.sleep(fullJitter(this.#failures, wait, context.random))
      }
      this.#failures += 1
      try {
        const [, last] = (await journal.recover(partition)).get(flushPosition) ?? []
        if (last?.['instance'] === instance.id) this.#nextFlush = Number(last['flush']) + 1
        // Another one begins with the port.
        return await renew()
      } catch (failure) {
        context.log.error({ err: failure }, 'cannot flush metrics; trying again')
      }
    }
  }
}

/** Nothing came in, ever: no series is known, and nothing was refused. */
function isQuiet({ traffic, counter, gauge, timer, set }: SwappedTables): boolean {
  const { packets, kernelDrops, lastMessageMs } = traffic
  const rows = counter.rows + gauge.rows + timer.rows + set.rows
  return packets + kernelDrops + lastMessageMs + rows === 0
}
