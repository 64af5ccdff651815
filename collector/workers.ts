import type { Clock } from '../core/clock.ts'
import { fullJitter } from '../core/backoff.ts'
import { fired } from '../core/deadline.ts'
import { WeirError } from '../core/errors.ts'
import type { Files } from '../core/files.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Lifecycle } from '../core/lifecycle.ts'
import type { Logger } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import type { JsonObject } from '../core/json.ts'
import type { HttpBody, HttpReply } from './input.ts'
import { handOver } from './handover.ts'
import { workerPartition } from './ownership.ts'
import { beginWorkerThread, startWorkerThread, type WorkerLink } from './worker_link.ts'
import type { ComponentConfig } from '../core/plugin.ts'
import type { KnownPositions, WorkerConfig, WorkerNotice } from './worker_protocol.ts'

export interface WorkersWorld {
  readonly log: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly files: Files
  readonly randomBytes: (count: number) => Uint8Array
  readonly logLevel: string
  readonly hostname: string
  readonly dataFolder: string
  readonly startThread?: typeof startWorkerThread
}

const restartMaxMs = 10_000

/** Has the workers that these inputs need load their files, ahead of their start. */
export function beginWorkers(inputs: readonly ComponentConfig[], count: number): void {
  if (!inputs.some(listens)) return
  for (let index = 0; index < count; index++) beginWorkerThread(index)
}

/**
 * The collector's worker threads: starts them when there is something to take in, restarts one that
 * dies, spreads HTTP bodies over them.
 */
export class Workers implements Lifecycle {
  readonly #count: number
  readonly #journal: Journal
  readonly #world: WorkersWorld
  #config: WorkerConfig
  #links: (WorkerLink | undefined)[] = []
  /** Settles once the threads are up; undefined while none is needed. */
  #begun: Promise<void> | undefined
  #configured: Promise<void> = Promise.resolve()
  readonly #stopping = new AbortController()
  /** Of workers that died; each settles once another is there, or none is wanted any more. */
  readonly #restarts = new Set<Promise<void>>()
  #turn = 0

  constructor(config: WorkerConfig, count: number, journal: Journal, world: WorkersWorld) {
    this.#config = config
    this.#count = count
    this.#journal = journal
    this.#world = world
  }

  async start(): Promise<void> {
    if (this.#config.inputs.some(listens)) await this.#begin()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort()
    // Those that are not ready by then are ended as they are.
    await Promise.race([Promise.allSettled([this.#begun, ...this.#restarts]), fired(deadline)])
    await this.#stopAll(deadline)
  }

  /** One after the other: what a worker does about one config must not mix with the next. */
  configure(config: WorkerConfig): Promise<void> {
    const configured = this.#configured.then(() => this.#configure(config))
    this.#configured = configured.catch(() => undefined)
    return configured
  }

  async #configure(config: WorkerConfig): Promise<void> {
    this.#config = config
    if (!this.#begun) return await this.start()
    await this.#begun
    await Promise.all(this.#live().map((link) => link.ask({ ask: 'configure', config })))
  }

  async receive(body: HttpBody): Promise<HttpReply> {
    if (this.#config.inputs.every(listens)) {
      throw new WeirError('WEIR_REQUEST_INVALID', 'no input of type http is configured')
    }
    await this.#begin()
    const live = this.#live()
    const link = live[this.#turn++ % Math.max(1, live.length)]
    if (!link) throw new WeirError('WEIR_WORKER_DIED', 'no worker is running; try again')
    // A pooled buffer belongs to others too and is copied; one of its own is handed over.
    const { buffer, byteLength } = body.body
    const own = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
    return await link.ask({ ask: 'receive', body }, own ? [buffer] : [])
  }

  async metrics(): Promise<object[][]> {
    const answers = this.#live().map((link) => link.ask({ ask: 'metrics' }))
    return (await Promise.allSettled(answers)).flatMap((answer) =>
      answer.status === 'fulfilled' ? [answer.value] : [],
    )
  }

  async status(): Promise<JsonObject[]> {
    if (!this.#begun) return this.#config.inputs.map(waiting)
    const inputs: JsonObject[] = []
    for (const [worker, link] of this.#links.entries()) {
      const answer = await link?.ask({ ask: 'status' }).catch(() => undefined)
      for (const input of answer?.inputs ?? []) inputs.push({ worker, ...input })
    }
    return inputs
  }

  #live(): WorkerLink[] {
    return this.#links.filter((link) => link !== undefined)
  }

  /** Starts the threads unless they are up; may be called again after a failure. */
  #begin(): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.resolve()
    return (this.#begun ??= this.#startAll())
  }

  async #startAll(): Promise<void> {
    try {
      const positions = await handOver(this.#journal, this.#count, this.#world)
      for (const [index, own] of positions.entries()) await this.#startWorker(index, own)
    } catch (failure) {
      const begun = this.#links.length
      await this.#stopAll(AbortSignal.timeout(5_000))
      // What they took in by then is durable: the next start goes on after it.
      for (let index = 0; index < begun; index++) {
        await this.#journal.recover(workerPartition(index))
      }
      throw failure
    }
  }

  async #stopAll(deadline: AbortSignal): Promise<void> {
    this.#begun = undefined
    const links = this.#links.filter((link) => link !== undefined)
    this.#links = []
    await Promise.all(links.map((link) => this.#stopWorker(link, deadline)))
  }

  async #startWorker(index: number, positions: KnownPositions): Promise<void> {
    const { logLevel, hostname, dataFolder, startThread = startWorkerThread } = this.#world
    let isReady = false
    const partition = workerPartition(index)
    const { shared, limit } = this.#journal.space
    const seed = {
      index,
      count: this.#count,
      writer: await this.#journal.seed(partition, positions),
      space: { shared, limit },
      config: this.#config,
      logLevel,
      hostname,
      dataFolder,
    }
    if (this.#stopping.signal.aborted) throw new WeirError('WEIR_NOT_RUNNING', 'Weir is stopping')
    const link: WorkerLink = startThread(
      seed,
      (notice) => this.#hear(partition, notice),
      // One that ends while it starts did not start: who started it has the failure.
      (failure) => isReady && this.#onExit(index, link, failure),
    )
    this.#links[index] = link
    try {
      await link.ready
      isReady = true
    } catch (failure) {
      this.#links[index] = undefined
      await link.terminate()
      throw failure
    }
  }

  #hear(partition: string, notice: WorkerNotice): void {
    if (notice.notice === 'durable') this.#journal.mark(partition, notice.mark)
    if (notice.notice === 'trouble') this.#journal.trouble(partition, notice.trouble)
  }

  #onExit(index: number, link: WorkerLink, failure: Error | undefined): void {
    if (this.#stopping.signal.aborted || this.#links[index] !== link) return
    this.#links[index] = undefined
    const { log, metrics } = this.#world
    log.error({ err: failure, worker: index }, 'a collector worker died; starting another')
    metrics.worker_restarts.inc({ worker: String(index) })
    const restart = this.#restart(index).finally(() => this.#restarts.delete(restart))
    this.#restarts.add(restart)
  }

  /** What the dead worker had acknowledged is in the journal; the rest is taken in again. */
  async #restart(index: number): Promise<void> {
    const { clock, log } = this.#world
    const { signal } = this.#stopping
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        return await this.#startWorker(index, await this.#journal.recover(workerPartition(index)))
      } catch (failure) {
        if (signal.aborted) return
        log.error({ err: failure, worker: index }, 'cannot start a collector worker; trying again')
        const waitMs = fullJitter(attempt, { baseMs: 500, maxMs: restartMaxMs }, Math.random)
        await clock.sleep(waitMs, signal)
      }
    }
  }

  async #stopWorker(link: WorkerLink, deadline: AbortSignal): Promise<void> {
    await link.end((withinMs) => link.ask({ ask: 'stop', withinMs }), deadline)
  }
}

/**
 * Whether an input has something of its own to watch. What an http input takes comes by the HTTP port,
 * so that its thread, and the memory for it, can wait for the first body.
 */
const listens = ({ type }: ComponentConfig) => type !== 'http'

/** The status of an input whose thread is not needed yet. */
function waiting({ id, type }: ComponentConfig): JsonObject {
  const nothing = { events: 0, impaired: 0, events_per_second: 0, bytes_per_second: 0 }
  return { id: String(id ?? type), type, ...nothing }
}
