import type { Context } from '../../core/context.ts'
import { messageOf } from '../../core/errors.ts'
import type { JournalFeed } from '../../core/journal/feed.ts'
import { partitionFolder } from '../../core/journal/layout.ts'
import type { DurableMark } from '../../core/journal/writer.ts'
import { SteadyTime } from '../../core/steady_time.ts'
import type { Catalogue } from '../catalogue.ts'
import { defaultSearchLimits, type SearchLimits } from '../query/limits.ts'
import { errorEventsPartition, errorReportsPartition } from '../error_events.ts'
import { pointPartitions } from '../points.ts'
import {
  type JsonRecord,
  type Search,
  SearchError,
  type SearchRequest,
  type SearchResponse,
  type TargetOptions,
} from '../search.ts'
import type { StartChild } from './child_handle.ts'
import type { EmbeddedOptions } from './config.ts'
import { EngineChild } from './engine_child.ts'
import type { MetricsQuestion } from './metrics/metrics_protocol.ts'
import type { FromEngine, OpenedFor, Question, StoreRoutes } from './protocol.ts'
import { EnginePresence } from './engine_presence.ts'
import { QuestionQueue } from './question_queue.ts'
import type { Verified } from './questions.ts'
import type { Adopted } from './segments/adoption.ts'
import { manifestPath } from './segments/layout.ts'
import { takenIn } from './segments/manifest_file.ts'
import type { FoundDocument } from './stored_documents.ts'

export interface EmbeddedWorld {
  readonly context: Context
  readonly feed: Pick<JournalFeed, 'partitions' | 'listen' | 'advance' | 'lag'>
  readonly routes: StoreRoutes
  readonly startChild: StartChild
  /** To run, by default. */
  readonly openedFor?: OpenedFor
  /** Of questions; Elasticsearch's by default. */
  readonly limits?: SearchLimits
}

/** The journal partition of documents that come by the Elasticsearch API. */
export const documentsPartition = 'store'

/** A stream as the API shows it. */
export interface StreamStatistics {
  readonly name: string
  readonly documents: number
  /** Replaced or deleted, and not merged away yet. */
  readonly deleted: number
  /** On disk. */
  readonly bytes: number
  readonly createdMs: number
}

/** How long a question that was stopped may take to let go, before the process is killed. */
const graceMs = 5_000
const patienceMs = 600_000
/** All of a store is read twice and written once: what is stopped earlier begins its first reading anew. */
const adoptionMs = 86_400_000

/**
 * The embedded engine: DuckDB over Parquet segments in a process of its own, which is there while somebody asks
 * or enough waits to be taken in. What happens to it costs at most the questions of that moment.
 */
export class EmbeddedEngine implements Search {
  readonly #options: EmbeddedOptions
  readonly #world: EmbeddedWorld
  readonly #child: EngineChild
  readonly #queue: QuestionQueue
  readonly #presence: EnginePresence
  readonly #stopped = new AbortController()
  #routes: StoreRoutes
  #catalogue: Catalogue = { indices: [] }
  /** From the first process on: what the next ones go by. */
  #time: SteadyTime | undefined
  #unlisten: (() => void) | undefined
  readonly #marks = new Map<string, DurableMark>()
  #paused: string | null = null

  constructor(options: EmbeddedOptions, world: EmbeddedWorld) {
    this.#options = options
    this.#world = world
    this.#routes = world.routes
    this.#queue = new QuestionQueue(options.max_concurrent, options.max_queued)
    const { clock, random, log, dataFolder } = world.context
    this.#child = new EngineChild({
      clock,
      random,
      startChild: world.startChild,
      greeting: () => {
        this.#presence.wake()
        return {
          kind: 'start',
          folder: `${dataFolder}/store`,
          options,
          openedFor: world.openedFor ?? 'running',
          limits: world.limits ?? defaultSearchLimits,
          routes: this.#routes,
          partitions: world.feed.partitions().filter(({ name }) => name !== errorReportsPartition),
          catalogue: this.#catalogue,
          timeMs: this.#time?.now(),
        }
      },
      onReady: (timeMs) => {
        const { clock_jump_wait: waitMs } = options.retention
        this.#time ??= new SteadyTime(clock, timeMs, waitMs, () => undefined)
      },
      onMessage: (message) => this.#heard(message),
      onCrash: (why) =>
        log.error({ why }, "the store's process died and is started again when needed"),
    })
    this.#presence = new EnginePresence(options, {
      clock,
      child: this.#child,
      waitingBytes: () => world.feed.lag().bytes,
      isPaused: () => this.#paused !== null,
      onFailure: (failure) => log.error(messageOf(failure)),
    })
  }

  async start(): Promise<void> {
    const { feed } = this.#world
    this.#unlisten = feed.listen({
      onMark: (partition, mark) => {
        const isPassed = this.#passesOver(partition)
        if (isPassed) feed.advance({ [partition]: { segment: mark.segment, ordinal: mark.events } })
        if (partition === errorReportsPartition) return
        const folder = partitionFolder(this.#world.context.dataFolder, partition)
        this.#child.tell({ kind: 'mark', partition, folder, mark })
        const known = this.#marks.get(partition)
        const before = known?.segment === mark.segment ? known.bytes : 0
        this.#marks.set(partition, mark)
        if (isPassed) return
        this.#presence.arrived(mark.bytes - before)
      },
      onDropped: (partition, segment) => this.#child.tell({ kind: 'dropped', partition, segment }),
    })
    this.#passOver()
    this.#presence.start(this.#stopped.signal)
    await Promise.resolve()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopped.abort(new SearchError(503, 'node_closed_exception', 'Weir is stopping'))
    this.#unlisten?.()
    this.#unlisten = undefined
    await this.#presence.stopped()
    await this.#child.stop(deadline)
  }

  async search(
    target: string,
    request: SearchRequest,
    options: TargetOptions,
    deadline: AbortSignal,
  ): Promise<SearchResponse> {
    return (await this.#ask(
      { kind: 'search', target, request, options },
      deadline,
    )) as SearchResponse
  }

  async fieldCaps(
    target: string,
    patterns: readonly string[],
    options: TargetOptions,
    deadline: AbortSignal,
  ): Promise<JsonRecord> {
    return (await this.#ask(
      { kind: 'field_caps', target, patterns, options },
      deadline,
    )) as JsonRecord
  }

  async count(
    target: string,
    request: SearchRequest,
    options: TargetOptions,
    deadline: AbortSignal,
  ): Promise<number> {
    return (await this.#ask({ kind: 'count', target, request, options }, deadline)) as number
  }

  /** @throws SearchError what is wrong with the `query` of the request. */
  async validate(
    target: string,
    request: SearchRequest,
    options: TargetOptions,
    deadline: AbortSignal,
  ): Promise<void> {
    await this.#ask({ kind: 'validate', target, request, options }, deadline)
  }

  async termsEnum(
    target: string,
    request: JsonRecord,
    deadline: AbortSignal,
  ): Promise<readonly string[]> {
    return (await this.#ask({ kind: 'terms_enum', target, request }, deadline)) as string[]
  }

  async mapping(index: string): Promise<JsonRecord> {
    return (await this.#ask({ kind: 'mapping', index }, this.#patience())) as JsonRecord
  }

  async document(index: string, id: string, deadline: AbortSignal) {
    const [found] = await this.documents([{ index, id }], deadline)
    return found
  }

  /** In the order of `wanted`. What is found is what a refresh or half a second ago made findable. */
  async documents(
    wanted: readonly { readonly index: string; readonly id: string }[],
    deadline: AbortSignal,
  ): Promise<({ id: string; seq: number | undefined; source: string } | undefined)[]> {
    const found = await this.#ask({ kind: 'documents', wanted }, deadline)
    return (found as unknown as (FoundDocument | null)[]).map((each) =>
      each ? { ...each, seq: each.seq ?? undefined } : undefined,
    )
  }

  /** Those of `seqs` whose documents are in the index no more, by what a refresh made findable. */
  async goneOf(index: string, seqs: readonly number[], deadline: AbortSignal): Promise<number[]> {
    const gone = await this.#ask({ kind: 'gone', index, seqs }, deadline)
    return (gone as unknown as (number | bigint)[]).map(Number)
  }

  /** Up to which `_seq` retention may have taken documents of an index. @throws what SQLite says. */
  takenThrough(index: string): number {
    return takenIn(manifestPath(`${this.#world.context.dataFolder}/store`), index)
  }

  /** Resolves when everything that was durable at the call is found by what is asked afterwards. */
  async refresh(): Promise<void> {
    await this.#direct({ kind: 'refresh' })
  }

  /** Whatever is durable at the call is gone from the index, and documents up to `throughSeq`. */
  async deleteIndex(name: string, throughSeq: number): Promise<void> {
    await this.#direct({ kind: 'delete_index', name, throughSeq })
  }

  async streams(): Promise<StreamStatistics[]> {
    return (await this.#direct({ kind: 'streams' })) as unknown as StreamStatistics[]
  }

  async statistics(): Promise<JsonRecord> {
    return (await this.#direct({ kind: 'statistics' })) as JsonRecord
  }

  async verify(): Promise<Verified> {
    return (await this.#direct({ kind: 'verify' })) as unknown as Verified
  }

  /** Takes events and documents back that were set aside because the manifest was lost. */
  async adopt(): Promise<Adopted> {
    return (await this.#direct({ kind: 'adopt' }, adoptionMs)) as unknown as Adopted
  }

  async compact(): Promise<void> {
    await this.#direct({ kind: 'compact' })
  }

  async updateCatalogue(catalogue: Catalogue): Promise<void> {
    this.#catalogue = catalogue
    this.#child.tell({ kind: 'catalogue', catalogue })
    await Promise.resolve()
  }

  /** What the store takes, from what is not sealed yet on. */
  updateRoutes(routes: StoreRoutes): void {
    this.#routes = routes
    this.#child.tell({ kind: 'routes', routes })
    this.#passOver()
  }

  /** Whether nothing in a partition can be for the store: no process is needed to find that out. */
  #passesOver(partition: string): boolean {
    if (partition === errorReportsPartition) return true
    const { outputs, points, isPointsOnly } = this.#routes
    const isOwn = partition === documentsPartition || partition === errorEventsPartition
    if (isOwn) return isPointsOnly === true
    if (points && pointPartitions.has(partition)) return false
    return !outputs.some(({ isStore }) => isStore)
  }

  #passOver(): void {
    const { feed } = this.#world
    for (const { name, segments } of feed.partitions()) {
      const last = segments.at(-1)
      if (!last || !this.#passesOver(name)) continue
      feed.advance({ [name]: { segment: last.id, ordinal: last.end.events } })
    }
  }

  /** For the status page: whether the process is there, and why nothing is taken in. */
  get state(): { pid: number | undefined; questions: number; paused: string | null } {
    return { pid: this.#child.pid, questions: this.#child.questions, paused: this.#paused }
  }

  /** Asks about metrics. The answer is as `MetricsProcess` gives it. */
  async metrics(question: MetricsQuestion, deadline: AbortSignal): Promise<unknown> {
    return await this.#ask({ kind: 'metrics', question }, deadline)
  }

  async #ask(question: Question, signal: AbortSignal): Promise<unknown> {
    const { clock } = this.#world.context
    const either = AbortSignal.any([signal, this.#stopped.signal])
    this.#presence.asked()
    const asked = this.#queue.run(async () => {
      const done = new AbortController()
      const timeoutMs = this.#options.query_timeout
      void clock.sleep(timeoutMs + graceMs, done.signal).then(() => {
        if (!done.signal.aborted) this.#child.kill()
      })
      try {
        return await this.#child.ask(question, timeoutMs, either)
      } finally {
        done.abort()
        this.#presence.asked()
      }
    }, either)
    return await this.#measured(asked, signal)
  }

  async #measured<T>(asked: Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, metrics } = this.#world.context
    const beganMs = clock.monotonic()
    let result = 'answered'
    try {
      return await asked
    } catch (failure) {
      const isRefused = failure instanceof SearchError && failure.status < 429
      result = signal.aborted ? 'cancelled' : isRefused ? 'refused' : 'failed'
      throw failure
    } finally {
      metrics.store_questions.inc({ result })
      metrics.store_question_seconds.observe((clock.monotonic() - beganMs) / 1000)
    }
  }

  /** What is no question to DuckDB's tables waits for nobody, and takes as long as it takes. */
  async #direct(question: Question, timeoutMs = patienceMs): Promise<unknown> {
    this.#presence.asked()
    return await this.#child.ask(question, timeoutMs, this.#stopped.signal)
  }

  #patience = () => AbortSignal.timeout(this.#options.query_timeout)

  #heard(message: FromEngine): void {
    const { context, feed } = this.#world
    if (message.kind === 'advance') feed.advance(message.places)
    else if (message.kind === 'notice') context.log[message.level](message.about, message.message)
    else if (message.kind === 'count') context.count(message.reason, message.events)
    else if (message.kind === 'paused') {
      this.#paused = message.why
      context.metrics.store_paused.set(message.why === null ? 0 : 1)
      if (message.why === null) context.log.info('the store takes events in again')
      else context.log.error(message.why)
    }
  }
}
