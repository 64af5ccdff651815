import type { FastifyInstance } from 'fastify'
import { fullJitter } from '../../core/backoff.ts'
import type { Context } from '../../core/context.ts'
import { fired } from '../../core/deadline.ts'
import { WeirError } from '../../core/errors.ts'
import type { Position } from '../../core/journal/batch.ts'
import type { JournalFeed } from '../../core/journal/feed.ts'
import { partitionFolder } from '../../core/journal/layout.ts'
import { errorEventsPartition } from '../../store/error_events.ts'
import type { JsonValue } from '../../store/search.ts'
import type { ErrorsConfig } from '../config.ts'
import type { Digest, ErrorsPart, ErrorsWorld } from '../part.ts'
import type { Project } from '../projects/project.ts'
import { addRegroupRoutes } from '../regroup/routes.ts'
import { reportsPartition, reportsReader } from '../reports.ts'
import { type DigestLink, startDigestThread } from './digest_link.ts'
import { outboxSource } from './outbox.ts'
import type { DigestNotice, DigestSettings } from './protocol.ts'

const restartMaxMs = 10_000

/**
 * The digest thread as main has it: started with the first report or question, replaced when it dies, which costs
 * nothing: what it had not committed it reads again.
 */
export class DigestPart implements ErrorsPart, Digest {
  readonly name = 'digest'
  readonly #world: ErrorsWorld
  readonly #context: Context
  #config: ErrorsConfig
  #feed: JournalFeed | undefined
  #unlisten: (() => void)[] = []
  #link: DigestLink | undefined
  #begun: Promise<DigestLink> | undefined
  #failures = 0
  #restarts = 0
  /** Another is started in a moment. */
  #isRestarting = false
  /** Of the stop, once that has begun. */
  #deadline: AbortSignal | undefined

  constructor(config: ErrorsConfig, world: ErrorsWorld) {
    this.#config = config
    this.#world = world
    this.#context = world.contextOf('errors.digest')
  }

  /** Follows the journal; where reports wait, or monitors may be overdue, the thread starts at once. */
  async start(): Promise<void> {
    const { journal, folder, files, projects } = this.#world
    const known = journal.readers().find(({ id }) => id === reportsReader)
    this.#feed = journal.feed(reportsReader, known?.cursor ?? {})
    this.#unlisten.push(
      this.#feed.listen({
        onMark: (partition, mark) => {
          if (partition !== reportsPartition) {
            this.#feed?.advance({ [partition]: { segment: mark.segment, ordinal: mark.events } })
            return
          }
          const of = partitionFolder(this.#world.dataFolder, partition)
          this.#tell((link) => link.ask({ ask: 'mark', folder: of, mark }))
          if (mark.events > 0) this.#wake()
        },
        onDropped: (partition, segment) => {
          if (partition === reportsPartition)
            this.#tell((link) => link.ask({ ask: 'dropped', segment }))
        },
      }),
      projects.listen((all) => this.#tell((link) => link.ask({ ask: 'projects', projects: all }))),
    )
    this.#passOthers()
    // Before the first report: whatever runs next, with errors or without, holds what this one had not read.
    await this.#feed.save()
    const isThere = (await files.size(`${folder}/errors.sqlite`)) !== undefined
    if (isThere || this.#lag() > 0) this.#wake()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#deadline = deadline
    for (const unlisten of this.#unlisten) unlisten()
    this.#unlisten = []
    // A thread that is not there by then is ended as it is.
    await Promise.race([this.#begun?.catch(() => undefined), fired(deadline)])
    const link = this.#link
    this.#link = undefined
    // What is not digested by then is in the journal, and is after the next start.
    const stop = (withinMs: number) =>
      link!.ask({ ask: 'stop', withinMs: Math.min(withinMs, drainMs) })
    await link?.end(stop, deadline)
    const feed = this.#feed
    this.#feed = undefined
    if (feed) await this.#world.journal.releaseFeed(feed)
  }

  /** @throws WeirError WEIR_NOT_RUNNING, WEIR_WORKER_DIED or the call's own. */
  async call(name: string, params: JsonValue): Promise<JsonValue> {
    const link = this.#link ?? (await this.#started())
    return await link.ask({ ask: 'api', call: name, params })
  }

  addRoutes(app: FastifyInstance): void {
    addRegroupRoutes(app, { digest: this, projects: this.#world.projects })
  }

  async status(): Promise<object> {
    const told = await this.#link?.ask({ ask: 'status' }).catch(() => undefined)
    const { bytes, events } = this.#feedLag()
    return {
      running: this.#link !== undefined,
      restarts: this.#restarts,
      waiting_reports: events,
      waiting_bytes: bytes,
      ...told,
    }
  }

  async metrics(): Promise<object[][]> {
    const { metrics } = this.#context
    metrics.error_reports_waiting.set(this.#feedLag().events)
    const answer = await this.#link?.ask({ ask: 'metrics' }).catch(() => undefined)
    return answer ? [answer] : []
  }

  async reload(config: ErrorsConfig): Promise<void> {
    this.#config = config
    await this.#link?.ask({ ask: 'configure', settings: settingsOf(config) })
  }

  #tell(ask: (link: DigestLink) => Promise<unknown>): void {
    // A thread that is gone is replaced, and begins with what is there then.
    if (this.#link) ask(this.#link).catch(() => undefined)
  }

  #wake(): void {
    // What arrives does not hurry one that has just died.
    if (this.#link || this.#deadline || this.#isRestarting) return
    this.#started().catch(() => undefined)
  }

  /** Whoever wanted the thread to start: when it does not, it is tried again. */
  #started(): Promise<DigestLink> {
    if (this.#deadline || !this.#feed) {
      return Promise.reject(new WeirError('WEIR_NOT_RUNNING', 'errors are not running'))
    }
    this.#begun ??= this.#begin()
      .catch((failure: unknown) => {
        this.#restart(failure)
        throw failure
      })
      .finally(() => (this.#begun = undefined))
    return this.#begun
  }

  async #begin(): Promise<DigestLink> {
    const { journal, projects, logLevel, dataFolder } = this.#world
    const all: readonly Project[] = await projects.all()
    const known =
      this.#restarts > 0 ? await journal.recover(errorEventsPartition) : journal.positions()
    const position = known.get(outboxSource)
    const writer = await journal.seed(
      errorEventsPartition,
      new Map(position ? [[outboxSource, position]] : []),
    )
    if (this.#deadline?.aborted) throw new WeirError('WEIR_NOT_RUNNING', 'errors are not running')
    const { shared, limit } = journal.space
    const folder = partitionFolder(dataFolder, reportsPartition)
    const reports = this.#feed!.partitions().find(({ name }) => name === reportsPartition)
    const link: DigestLink = startDigestThread(
      {
        writer,
        space: { shared, limit },
        settings: settingsOf(this.#config),
        projects: all,
        reports: reports ?? { name: reportsPartition, folder, segments: [] },
        sent: position?.[1] satisfies Position | undefined,
        logLevel,
        dataFolder,
      },
      (notice) => this.#hear(notice),
      (failure) => this.#onExit(link, failure),
    )
    // What is told meanwhile waits in its port.
    this.#link = link
    try {
      await link.ready
      this.#failures = 0
    } catch (failure) {
      if (this.#link === link) this.#link = undefined
      await link.terminate()
      throw failure
    }
    return link
  }

  #hear(notice: DigestNotice): void {
    const { journal } = this.#world
    if (notice.notice === 'durable') journal.mark(errorEventsPartition, notice.mark)
    if (notice.notice === 'trouble') journal.trouble(errorEventsPartition, notice.trouble)
    if (notice.notice === 'advance') this.#feed?.advance(notice.places)
  }

  #onExit(link: DigestLink, failure: Error | undefined): void {
    if (this.#link !== link) return
    this.#link = undefined
    this.#restart(failure)
  }

  #restart(failure: unknown): void {
    if (this.#deadline || this.#isRestarting) return
    this.#isRestarting = true
    this.#restarts += 1
    this.#failures += 1
    const { log, metrics, clock, random } = this.#context
    log.error({ err: failure }, 'the thread that digests error reports died; starting another')
    metrics.worker_restarts.inc({ worker: 'errors-digest' })
    const waitMs = fullJitter(this.#failures, { baseMs: 500, maxMs: restartMaxMs }, random)
    void clock.sleep(waitMs).then(() => {
      this.#isRestarting = false
      this.#wake()
    })
  }

  /** Of the journal only the partition of reports is held for the digest. */
  #passOthers(): void {
    for (const { name, segments } of this.#feed!.partitions()) {
      const last = segments.at(-1)
      if (name !== reportsPartition && last) {
        this.#feed!.advance({ [name]: { segment: last.id, ordinal: last.end.events } })
      }
    }
  }

  #feedLag(): { bytes: number; events: number } {
    const place = this.#feed?.cursor[reportsPartition]
    const partition = this.#world.journal.partitions.find(({ name }) => name === reportsPartition)
    return partition?.lag(place) ?? { bytes: 0, events: 0 }
  }

  #lag = () => this.#feedLag().events
}

/** How long a stop digests what waits; the rest is digested at the next start. */
const drainMs = 10_000

const settingsOf = ({ digest, grouping, source_maps, alerts }: ErrorsConfig): DigestSettings => ({
  digest,
  grouping,
  source_maps,
  alerts,
})
