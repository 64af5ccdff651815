import { inspect } from 'node:util'
import { documentsTag } from '../documents_tag.ts'
import { errorEventsTag } from '../error_events.ts'
import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { clockJumpText, SteadyTime } from '../../core/steady_time.ts'
import type { Files } from '../../core/files.ts'
import { router } from '../../core/routing.ts'
import { isTag } from '../../core/tag.ts'
import { type JsonRecord, SearchError } from '../search.ts'
import type { Answerer } from './answerer.ts'
import { JournalFollower } from '../../core/journal/follower.ts'
import { Memory } from './memory.ts'
import type { Failure, FromEngine, OpenedFor, Question, ToEngine } from './protocol.ts'
import { MetricsProcess } from './metrics/metrics_process.ts'
import { answer, type Parts } from './questions.ts'
import { Sealer } from './sealer.ts'
import { slowerCursor } from './slower_cursor.ts'
import { Maintenance } from './segments/maintenance.ts'
import { ReturnedFiles } from './segments/returned_files.ts'
import { SegmentStore } from './segments/segment_store.ts'

type Start = Extract<ToEngine, { kind: 'start' }>

export interface EngineProcessWorld {
  readonly files: Files
  readonly clock: Clock
  readonly answerer: Answerer
  readonly send: (message: FromEngine) => void
  readonly step?: (name: string) => void
}

/** Rows of a segment that comes straight from the journal. */
const chunkBytes = 64_000_000
const readBytes = 8_000_000
/** Characters of a question in the log. */
const questionMax = 4_000
/** Points of one merged file. */
const pointRowsMax = 20_000_000

/** Which tags of events the store takes. */
function takenBy({ outputs }: Start['routes']): (tag: string) => boolean {
  const route = router(outputs)
  return (tag) => isTag(tag) && route(tag).some(({ isStore }) => isStore)
}

/** The engine as its process runs it: what comes over the line goes in, what it sends comes out of `send`. */
export class EngineProcess {
  readonly #world: EngineProcessWorld
  readonly #asked = new Map<number, AbortController>()
  #parts: Parts | undefined
  #starting: Promise<void> | undefined
  /** Settles once what was durable when the process was started is found, or that takes too long. */
  #caughtUp: Promise<void> = Promise.resolve()
  #isTaken: (tag: string) => boolean = () => false
  #takesPoints = false
  #takesDocuments = true

  constructor(world: EngineProcessWorld) {
    this.#world = world
  }

  async receive(message: ToEngine): Promise<void> {
    if (message.kind === 'start') return await (this.#starting = this.#start(message))
    await this.#starting
    const parts = this.#parts
    switch (message.kind) {
      case 'mark':
        parts?.sealer.follower.mark(message.partition, message.folder, message.mark)
        return parts?.metrics.sealer.follower.mark(message.partition, message.folder, message.mark)
      case 'dropped':
        parts?.sealer.follower.dropped(message.partition, message.segment)
        return parts?.metrics.sealer.follower.dropped(message.partition, message.segment)
      case 'routes':
        return this.#route(message.routes)
      case 'catalogue':
        if (parts) parts.catalogue = message.catalogue
        return
      case 'ask':
        return await this.#ask(message)
      case 'cancel':
        return this.#asked.get(message.id)?.abort(cancelled())
      case 'stop':
        return await this.stop()
    }
  }

  #route(routes: Start['routes']): void {
    this.#isTaken = takenBy(routes)
    this.#takesPoints = routes.points
    this.#takesDocuments = routes.isPointsOnly !== true
  }

  /** Seals what is there, and ends. */
  async stop(): Promise<void> {
    await this.#starting?.catch(() => undefined)
    const parts = this.#parts
    this.#parts = undefined
    for (const asked of this.#asked.values()) asked.abort(cancelled())
    await parts?.sealer.stop()
    await parts?.maintenance.stop()
    await parts?.metrics.stop()
    await parts?.store.close()
  }

  async #start(start: Start): Promise<void> {
    const { folder, options, openedFor, limits, routes, partitions, catalogue } = start
    const { files, clock, answerer, send, step } = this.#world
    this.#route(routes)
    const notice = (level: 'info' | 'warn' | 'error', text: string, about: object = {}) =>
      send({ kind: 'notice', level, message: text, about: about as JsonRecord })
    try {
      const store = await SegmentStore.open(
        {
          files,
          clock,
          folder,
          notice,
          count: (reason, events) => send({ kind: 'count', reason, events }),
          step: step ?? (() => undefined),
        },
        { memory: options.memory_limit, threads: options.threads },
        options.documents_memory,
        openedFor === 'look',
      )
      const lastMs = start.timeMs ?? store.manifest.lastKnownMs() ?? clock.now()
      const { clock_jump_wait: waitMs } = options.retention
      const time = new SteadyTime(clock, lastMs, waitMs, (aheadMs) =>
        notice('warn', clockJumpText, { ahead_ms: aheadMs, wait_ms: waitMs }),
      )
      // What is sealed from now on has the clock's time, whether that is right or not.
      store.manifest.believe(time.now())
      const beside = {
        bytes: () => metrics.bytes,
        release: (bytes: number) => metrics.maintenance.release(bytes),
      }
      const maintenance = new Maintenance(store, options, beside, time)
      const following = (wants: (tag: string) => boolean) => (cursor: JournalCursor) =>
        new JournalFollower(cursor, partitions, {
          files,
          clock,
          wants,
          lost: (events, why) => {
            send({ kind: 'count', reason: 'corrupt', events })
            notice('error', `the journal is damaged: ${why}; skipped`, { events })
          },
        })
      const sealing = {
        chunkBytes: Math.min(chunkBytes, options.memory_limit / 8),
        readBytes,
        refreshMs: options.refresh_interval,
        fieldsMax: options.max_fields,
        wordsMax: options.max_words,
      }
      // Two readers of one journal: it may let go of what both have passed.
      const cursors = { events: store.manifest.cursor(), points: {} as JournalCursor }
      const paused = { events: null as string | null, points: null as string | null }
      const advanced = () =>
        send({ kind: 'advance', places: slowerCursor([cursors.events, cursors.points]) })
      const pausedBy = () => send({ kind: 'paused', why: paused.events ?? paused.points })
      const isDocument = (tag: string) => tag === documentsTag || tag === errorEventsTag
      const isEvent = (tag: string) => (isDocument(tag) ? this.#takesDocuments : this.#isTaken(tag))
      const sealer = new Sealer(store, following(isEvent), sealing, {
        onSealed: (places, isCaughtUp) => {
          cursors.events = places
          advanced()
          maintenance.sealed(isCaughtUp)
        },
        onPaused: (why) => {
          paused.events = why
          pausedBy()
        },
      })
      const isPoint = (tag: string) => this.#takesPoints && MetricsProcess.wants(tag)
      const metrics = await openMetrics(store, options, time, following(isPoint), {
        onSealed: (places) => {
          cursors.points = places
          advanced()
        },
        onPaused: (why) => {
          paused.points = why
          pausedBy()
        },
      })
      cursors.points = metrics.store.manifest.cursor()
      const memory = new Memory(options.memory_limit)
      const returned = new ReturnedFiles(store)
      const answering = { answerer, memory, clock, limits, catalogue, returned }
      this.#parts = { store, sealer, maintenance, metrics, ...answering }
      begin(this.#parts, openedFor)
      this.#caughtUp = caughtUp(this.#parts, options.catch_up_wait)
      advanced()
      send({ kind: 'ready', timeMs: time.now() })
    } catch (failure) {
      send({ kind: 'unusable', message: messageOf(failure) })
    }
  }

  async #ask({ id, question, timeoutMs }: Extract<ToEngine, { kind: 'ask' }>): Promise<void> {
    const { clock, send } = this.#world
    const asked = new AbortController()
    this.#asked.set(id, asked)
    const done = new AbortController()
    void clock.sleep(timeoutMs, done.signal).then(() => {
      if (!done.signal.aborted) asked.abort(timedOut(timeoutMs))
    })
    try {
      if (!this.#parts)
        throw new SearchError(503, 'es_rejected_execution_exception', 'the store is stopping')
      await unlessAborted(this.#caughtUp, asked.signal)
      if (question.kind === 'metrics') {
        const { metrics, memory } = this.#parts
        const read = () => metrics.answer(question.question, asked.signal)
        const value = await memory.share(read)
        return send({ kind: 'value', id, value })
      }
      const value = await answer(question, this.#parts, asked.signal)
      send({ kind: 'answer', id, json: value === undefined ? undefined : JSON.stringify(value) })
    } catch (thrown) {
      const failure = asked.signal.aborted
        ? (asked.signal.reason as unknown)
        : (this.#parts?.memory.explained(thrown) ?? thrown)
      if (!(failure instanceof SearchError)) send(unexpected(question, failure))
      send({ kind: 'failure', id, failure: failureOf(failure) })
    } finally {
      done.abort()
      this.#asked.delete(id)
    }
  }
}

/** Starts what goes on of itself. */
function begin({ sealer, maintenance, metrics }: Parts, openedFor: OpenedFor): void {
  const isRunning = openedFor === 'running'
  sealer.start()
  if (isRunning) maintenance.start()
  if (openedFor !== 'look') metrics.start(isRunning)
}

/** @throws the signal's reason once it fires */
async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>()
  const abort = () => aborted.resolve()
  signal.addEventListener('abort', abort, { once: true })
  await Promise.race([promise, aborted.promise])
  signal.removeEventListener('abort', abort)
  signal.throwIfAborted()
}

/** Resolves once what is durable now is found, or cannot be for want of room, and at the latest after `waitMs`. */
async function caughtUp({ sealer, metrics, clock }: Parts, waitMs: number): Promise<void> {
  const done = new AbortController()
  const refreshed = Promise.all([sealer.refresh(), metrics.refresh()])
  await Promise.race([refreshed.catch(() => undefined), clock.sleep(waitMs, done.signal)])
  done.abort()
}

/** The metrics of a store, with its DuckDB. */
function openMetrics(
  store: SegmentStore,
  options: Start['options'],
  time: SteadyTime,
  ...rest: [
    follow: Parameters<typeof MetricsProcess.open>[2],
    events: Parameters<typeof MetricsProcess.open>[3],
  ]
): Promise<MetricsProcess> {
  const world = {
    ...store.world,
    connected: store.connected.bind(store),
    sealing: store.sealing.bind(store),
    merging: store.merging.bind(store),
  }
  // DuckDB sorts them, beside what is being merged.
  const pointBytes = Math.min(chunkBytes, options.memory_limit / 16)
  const groupRows = options.memory_limit >= 500_000_000 ? 491_520 : 122_880
  const sealing = { chunkBytes: pointBytes, readBytes, refreshMs: options.refresh_interval }
  return MetricsProcess.open(
    world,
    { ...sealing, metrics: options.metrics, rowsMax: pointRowsMax, groupRows, time },
    ...rest,
    store.isLook,
  )
}

type JournalCursor = ConstructorParameters<typeof JournalFollower>[0]

const cancelled = () =>
  new SearchError(499, 'task_cancelled_exception', 'the question was cancelled')

export const timedOut = (timeoutMs: number) =>
  new SearchError(
    503,
    'timeout_exception',
    `the question took longer than ${timeoutMs} ms (store.query_timeout)`,
  )

/** For the log: what nobody thought of is a mistake, and can only be mended where it is known. */
function unexpected(question: Question, failure: unknown): FromEngine {
  const asked = inspect(question, { depth: 20, breakLength: Infinity, maxStringLength: 1_000 })
  const why = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)
  const about = { question: asked.slice(0, questionMax), why }
  return { kind: 'notice', level: 'error', message: 'a question failed unexpectedly', about }
}

function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof SearchError)) return { message: messageOf(thrown) }
  const { status, type, message, details } = thrown
  return { status, type, message, details }
}
