import type { Context } from '../../core/context.ts'
import { fired } from '../../core/deadline.ts'
import { WeirError } from '../../core/errors.ts'
import type { Position } from '../../core/journal/batch.ts'
import type { Journal } from '../../core/journal/journal.ts'
import type { Project, Projects } from '../projects/project.ts'
import { logsPartition, reportsPartition } from '../reports.ts'
import { type AcceptLink, startAcceptThread } from './accept_link.ts'
import type { Incoming } from './incoming.ts'
import type { AcceptConfig, AcceptNotice, AcceptSeed } from './protocol.ts'
import { quotaPosition } from './quotas.ts'
import type { Answer } from './refusal.ts'

export interface AcceptingWorld {
  readonly context: Context
  readonly journal: Pick<Journal, 'seed' | 'recover' | 'positions' | 'space' | 'mark' | 'trouble'>
  readonly projects: Pick<Projects, 'all' | 'listen'>
  readonly logLevel: string
  readonly startThread?: typeof startAcceptThread
}

/** A thread that died is not started again before so long. */
const restartMs = 500

/**
 * The accepting thread as main has it: started with the first report, or ahead of it. When it dies the requests under way are answered
 * with 503, and the next request starts another; what was acknowledged is in the journal.
 */
export class Accepting {
  readonly #world: AcceptingWorld
  #config: AcceptConfig
  #link: AcceptLink | undefined
  /** Not ready yet. */
  #starting: AcceptLink | undefined
  #begun: Promise<AcceptLink> | undefined
  #died = false
  #diedAtMs = -Infinity
  #restarts = 0
  /** Of the stop, once that has begun. */
  #deadline: AbortSignal | undefined
  #unlisten: (() => void) | undefined

  constructor(config: AcceptConfig, world: AcceptingWorld) {
    this.#config = config
    this.#world = world
  }

  /**
   * Hands a request over, its body for good. Resolves once it is durable or refused.
   *
   * @throws WeirError WEIR_WORKER_DIED, WEIR_NOT_RUNNING
   */
  async accept(incoming: Incoming): Promise<Answer> {
    const link = this.#link ?? (await this.#started())
    const { body } = incoming
    const isWhole = body.byteOffset === 0 && body.byteLength === body.buffer.byteLength
    // A part of a pool of buffers belongs to others as well.
    const transfer = isWhole && body.length > 0 ? [body.buffer as ArrayBuffer] : []
    const answer = await link.ask({ ask: 'accept', incoming }, transfer)
    // Another Weir on the same store may have made the project: it is looked for, now and then.
    if (answer.status === 403) this.#world.projects.all().catch(() => undefined)
    return answer
  }

  /** Starts the thread ahead of the first report: an application that ends with it does not wait for long. */
  warm(): void {
    if (!this.#link) this.#started().catch(() => undefined)
  }

  async configure(config: AcceptConfig): Promise<void> {
    this.#config = config
    await this.#link?.ask({ ask: 'configure', config })
  }

  async metrics(): Promise<object[][]> {
    const answer = await this.#link?.ask({ ask: 'metrics' }).catch(() => undefined)
    return answer ? [answer] : []
  }

  get status(): { readonly running: boolean; readonly restarts: number } {
    return { running: this.#link !== undefined, restarts: this.#restarts }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#deadline = deadline
    this.#unlisten?.()
    await Promise.race([this.#begun?.catch(() => undefined), fired(deadline)])
    await this.#starting?.terminate()
    const link = this.#link
    this.#link = undefined
    if (!link) return
    await link.end((withinMs) => link.ask({ ask: 'stop', withinMs }), deadline)
  }

  #started(): Promise<AcceptLink> {
    this.#begun ??= this.#begin().finally(() => (this.#begun = undefined))
    return this.#begun
  }

  async #begin(): Promise<AcceptLink> {
    const { context, journal, projects, logLevel } = this.#world
    if (this.#deadline) throw new WeirError('WEIR_NOT_RUNNING', 'Weir is stopping')
    const wait = this.#diedAtMs + restartMs - context.clock.monotonic()
    if (this.#died && wait > 0) await context.clock.sleep(wait)
    const all = await projects.all()
    const counts = quotaCounts(
      this.#died ? await journal.recover(reportsPartition) : journal.positions(),
    )
    const writer = await journal.seed(reportsPartition, counts)
    if (this.#died) await journal.recover(logsPartition)
    const logsWriter = await journal.seed(logsPartition, new Map())
    const { shared, limit } = journal.space
    return await this.#startThread({
      writer,
      logsWriter,
      space: { shared, limit },
      config: this.#config,
      projects: all,
      counts: Array.from(counts, ([source, [, position]]) => [source, position] as const),
      logLevel,
      dataFolder: context.dataFolder,
    })
  }

  async #startThread(seed: AcceptSeed): Promise<AcceptLink> {
    const { context, projects, startThread = startAcceptThread } = this.#world
    if (this.#deadline?.aborted) throw new WeirError('WEIR_NOT_RUNNING', 'Weir is stopping')
    const link: AcceptLink = startThread(
      seed,
      (notice) => this.#hear(notice),
      (failure) => this.#onExit(link, failure),
    )
    this.#starting = link
    try {
      await link.ready
    } catch (failure) {
      this.#died = true
      this.#diedAtMs = context.clock.monotonic()
      await link.terminate()
      throw failure
    } finally {
      this.#starting = undefined
    }
    this.#link = link
    this.#follow(projects)
    return link
  }

  /** From now on the thread hears of changes; what changed while it started it is told at once. */
  #follow(projects: AcceptingWorld['projects']): void {
    const tell = (all: readonly Project[]) => {
      this.#link?.ask({ ask: 'projects', projects: all }).catch(() => undefined)
    }
    this.#unlisten ??= projects.listen(tell)
    projects.all().then(tell, () => undefined)
    const config = this.#config
    this.#link?.ask({ ask: 'configure', config }).catch(() => undefined)
  }

  #hear(notice: AcceptNotice): void {
    const { journal } = this.#world
    if (notice.notice === 'durable') journal.mark(notice.partition, notice.mark)
    if (notice.notice === 'trouble') journal.trouble(notice.partition, notice.trouble)
  }

  #onExit(link: AcceptLink, failure: Error | undefined): void {
    if (this.#link !== link) return
    this.#link = undefined
    this.#died = true
    if (this.#deadline) return
    const { log, metrics, clock } = this.#world.context
    this.#diedAtMs = clock.monotonic()
    this.#restarts += 1
    log.error(
      { err: failure },
      'the thread that takes in error reports died; the next report starts another',
    )
    metrics.worker_restarts.inc({ worker: 'errors-accept' })
  }
}

function quotaCounts(
  positions: ReadonlyMap<string, readonly [number, Position]>,
): Map<string, readonly [number, Position]> {
  return new Map(Array.from(positions).filter(([source]) => source.startsWith(quotaPosition)))
}
