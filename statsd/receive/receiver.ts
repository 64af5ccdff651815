import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { fullJitter } from '../../core/backoff.ts'
import { fired } from '../../core/deadline.ts'
import { WeirError } from '../../core/errors.ts'
import type { Context } from '../../core/context.ts'
import type { Lifecycle } from '../../core/lifecycle.ts'
import { type SeriesKind, seriesKinds } from '../tables/swapped.ts'
import { Doorman } from './doorman.ts'
import type {
  ReceiverNotice,
  ReceiverSettings,
  ReceiverStatus,
  ShownKind,
  ShownSeries,
} from './protocol.ts'
import { type ReceiverLink, startReceiverThread } from './receiver_link.ts'

export interface ReceiverWorld {
  readonly context: Context
  /** Called at the start and whenever the receiving thread was replaced: the port its tables come by. */
  readonly onTables: (port: MessagePort, generation: number) => void
}

const restartMaxMs = 10_000

/**
 * The receiving thread as main has it: started once, where nothing of metrics is configured by the first that comes;
 * replaced when it dies (which costs what came in since the last flush, as with any StatsD daemon); asked by the
 * console and the status page.
 */
export class Receiver implements Lifecycle {
  readonly #settings: ReceiverSettings
  readonly #world: ReceiverWorld
  readonly #watchers = new Set<(notice: ReceiverNotice) => void>()
  #watching = { lines: 0, packets: 0 }
  #link: ReceiverLink | undefined
  /** Not ready yet. */
  #coming: ReceiverLink | undefined
  #generation = 0
  /** The start of a thread that is under way, or the last; where it listens it is tried until it succeeds. */
  #starting: Promise<void> | undefined
  /** Has the addresses until the thread does. */
  #doorman: Doorman | undefined
  #restarts = 0
  readonly #stopping = new AbortController()

  constructor(settings: ReceiverSettings, world: ReceiverWorld) {
    this.#settings = settings
    this.#world = world
  }

  async start(): Promise<void> {
    const { listeners, startsLate } = this.#settings
    if (listeners.length === 0) return
    if (!startsLate) return await this.#startThread()
    const { context } = this.#world
    this.#doorman = new Doorman(this.#settings, context, () => {
      this.ensure().catch((failure: unknown) =>
        context.log.error({ err: failure }, 'cannot receive metrics; trying again'),
      )
    })
    await this.#doorman.open()
  }

  /** Starts the thread also where it has nothing to listen on: flushes come in its turns. */
  async ensure(): Promise<void> {
    const { listeners, startsLate } = this.#settings
    if ((listeners.length > 0 && !startsLate) || this.#stopping.signal.aborted) return
    await (this.#starting ??= this.#startLate())
  }

  /** The last interval is swapped and posted to the flusher's port before it resolves. */
  async stop(deadline: AbortSignal): Promise<void> {
    // What has come by now is seen by the next turn of the loop, and begins the thread.
    if (this.#doorman) await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    this.#stopping.abort()
    const started = this.#starting?.catch(() => undefined)
    await Promise.race([started, fired(deadline)])
    await this.#coming?.terminate()
    await started
    this.#doorman?.close()
    this.#doorman = undefined
    const link = this.#link
    if (!link) return
    this.#link = undefined
    await link.end((withinMs) => link.ask({ ask: 'stop', withinMs }), deadline)
  }

  /** The port of a new flusher, where the old one died. What it had not flushed is gone. */
  async renewFlusher(): Promise<void> {
    if (!this.#link) return
    const { port1, port2 } = new MessageChannel()
    this.#world.onTables(port2, this.#generation)
    await this.#link.ask({ ask: 'flusher', port: port1 }, [port1])
  }

  async status(): Promise<(ReceiverStatus & { restarts: number }) | undefined> {
    if (this.#doorman) return { ...nothingCame, listen: this.#doorman.status(), restarts: 0 }
    const status = await this.#link?.ask({ ask: 'status' }).catch(() => undefined)
    return status && { ...status, restarts: this.#restarts }
  }

  /** What the series of a kind have by now; idle ones too. */
  async show(kind: ShownKind): Promise<readonly ShownSeries[]> {
    return (await this.#link?.ask({ ask: 'show', kind })) ?? []
  }

  /** Forgets series by name; resolves to those that there were. */
  async delete(kind: SeriesKind, names: readonly string[]): Promise<readonly string[]> {
    return (await this.#link?.ask({ ask: 'delete', kind, names })) ?? []
  }

  /**
   * Hears notices of lines (`live`) or of packets (the repeater) until the returned function is
   * called. Nothing is gathered while nobody watches.
   */
  watch(what: 'lines' | 'packets', onNotice: (notice: ReceiverNotice) => void): () => void {
    const hear = (notice: ReceiverNotice) => {
      if (notice.notice === what) onNotice(notice)
    }
    this.#watchers.add(hear)
    this.#watching[what] += 1
    this.#tellWatching()
    return () => {
      if (!this.#watchers.delete(hear)) return
      this.#watching[what] -= 1
      this.#tellWatching()
    }
  }

  #hear(notice: ReceiverNotice): void {
    const { count, id, log, metrics } = this.#world.context
    if (notice.notice === 'impaired') notice.counts.forEach((amount, why) => count(why, amount))
    else if (notice.notice === 'connections')
      metrics.connections.set({ component: id }, notice.open)
    else if (notice.notice === 'warning') log.warn(notice.detail, notice.text)
    else this.#watchers.forEach((watcher) => watcher(notice))
  }

  #tellWatching(): void {
    const { lines, packets } = this.#watching
    void this.#link
      ?.ask({ ask: 'watch', lines: lines > 0, packets: packets > 0 })
      .catch(() => undefined)
  }

  async #startLate(): Promise<void> {
    try {
      await this.#startThread()
    } catch (failure) {
      // Where it listens it is tried until it does; else whoever needs it tries again.
      const { listeners } = this.#settings
      this.#starting = listeners.length > 0 ? this.#restart() : undefined
      throw failure
    }
  }

  async #startThread(): Promise<void> {
    const doorman = this.#doorman
    const generation = ++this.#generation
    const { port1, port2 } = new MessageChannel()
    const link: ReceiverLink = startReceiverThread(
      {
        generation,
        settings: this.#settings,
        flusher: port1,
        listensLater: doorman !== undefined,
      },
      (notice) => this.#hear(notice),
      (failure) => this.#onExit(link, failure),
    )
    this.#coming = link
    try {
      await link.ready
      if (doorman) await link.ask({ ask: 'takeOver', early: doorman.leave() })
      // It may have died with its last word.
      if (link.died) throw link.died
    } catch (failure) {
      await link.terminate()
      // The next thread opens them anew; what waited for this one is gone with it.
      doorman?.close()
      throw failure
    } finally {
      this.#coming = undefined
      this.#doorman = undefined
    }
    // From here on its end is a death.
    this.#link = link
    this.#world.onTables(port2, generation)
    this.#tellWatching()
  }

  #onExit(link: ReceiverLink, failure: Error | undefined): void {
    if (this.#link !== link) return
    this.#link = undefined
    this.#restarts += 1
    const { log, metrics } = this.#world.context
    log.error({ err: failure }, 'the thread that receives metrics died; starting another')
    metrics.worker_restarts.inc({ worker: 'statsd-receiver' })
    this.#starting = this.#restart()
  }

  async #restart(): Promise<void> {
    const { clock, log, random } = this.#world.context
    const { signal } = this.#stopping
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        return await this.#startThread()
      } catch (failure) {
        const code = failure instanceof WeirError ? failure.code : undefined
        log.error({ err: failure, code }, 'cannot receive metrics; trying again')
        const wait = fullJitter(attempt, { baseMs: 500, maxMs: restartMaxMs }, random)
        await clock.sleep(wait, signal)
      }
    }
  }
}

/** The status while there is no thread. */
const nothingCame: ReceiverStatus = {
  listen: [],
  connections: 0,
  // The keys are all kinds.
  series: Object.fromEntries(seriesKinds.map((kind) => [kind, 0])) as Record<SeriesKind, number>,
  packets: 0,
  lines: 0,
  badLines: 0,
  kernelDrops: 0,
  droppedSeries: 0,
  lastMessageMs: 0,
  waitingSwaps: 0,
  longestGapMs: 0,
}
