import { parseExact } from '../../core/exact_json.ts'
import { fullJitter } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import { type JsonValue, SearchError } from '../search.ts'
import type { ChildLine, StartChild } from './child_handle.ts'
import type { Failure, FromEngine, Question, ToEngine } from './protocol.ts'

export interface EngineChildWorld {
  readonly clock: Clock
  readonly random: () => number
  readonly startChild: StartChild
  /** What a new process is told first. */
  readonly greeting: () => Extract<ToEngine, { kind: 'start' }>
  /** @param timeMs as `ready` has it. */
  readonly onReady: (timeMs: number) => void
  readonly onMessage: (message: FromEngine) => void
  readonly onCrash: (why: string) => void
}

interface Asked {
  readonly resolve: (value: unknown) => void
  readonly reject: (why: unknown) => void
}

interface Running {
  readonly line: ChildLine
  readonly ready: Promise<void>
  readonly asked: Map<number, Asked>
  stopping: boolean
  readonly gone: Promise<void>
}

const backoff = { baseMs: 250, maxMs: 30_000 }
/** A process that lived so long starts anew at once. */
const soundMs = 60_000

/** The engine's process as main sees it: there when it is needed, started anew when it died. */
export class EngineChild {
  readonly #world: EngineChildWorld
  #running: Running | undefined
  #crashes = 0
  #notBefore = -Infinity
  /** Questions for which the process is being started. */
  #waiting = 0
  #nextId = 1
  #lastCrash = ''

  constructor(world: EngineChildWorld) {
    this.#world = world
  }

  get pid(): number | undefined {
    return this.#running?.line.pid
  }

  get isRunning(): boolean {
    return this.#running !== undefined && !this.#running.stopping
  }

  get questions(): number {
    return this.#waiting + (this.#running?.asked.size ?? 0)
  }

  /** To the process, if there is one. */
  tell(message: ToEngine): void {
    this.#running?.line.send(message)
  }

  /** Starts the process if there is none. @throws SearchError 503 when it cannot be used. */
  async ensure(signal: AbortSignal): Promise<Running> {
    for (;;) {
      signal.throwIfAborted()
      if (this.#running?.stopping) {
        await this.#running.gone
        continue
      }
      if (this.#running) {
        const running = this.#running
        await abortable(running.ready, signal)
        if (!running.stopping) return running
        continue
      }
      const waitMs = this.#notBefore - this.#world.clock.monotonic()
      if (waitMs <= 0) this.#start()
      else await this.#world.clock.sleep(waitMs, signal)
    }
  }

  /** @throws SearchError, also 503 when the process dies meanwhile; the signal's reason when it fires. */
  async ask(question: Question, timeoutMs: number, signal: AbortSignal): Promise<unknown> {
    this.#waiting += 1
    const running = await this.ensure(signal).finally(() => (this.#waiting -= 1))
    signal.throwIfAborted()
    const id = this.#nextId++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    running.asked.set(id, { resolve, reject })
    const cancel = () => {
      running.line.send({ kind: 'cancel', id })
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', cancel, { once: true })
    running.line.send({ kind: 'ask', id, question, timeoutMs })
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', cancel)
      // A cancelled one goes on counting until the process has let go of it.
      if (!signal.aborted) running.asked.delete(id)
    }
  }

  /** Has everything sealed, and ends the process; kills it when `deadline` fires. */
  async stop(deadline: AbortSignal): Promise<void> {
    const running = this.#running
    if (!running) return
    running.stopping = true
    running.line.send({ kind: 'stop' })
    const kill = () => running.line.kill()
    if (deadline.aborted) kill()
    deadline.addEventListener('abort', kill)
    await running.gone
    deadline.removeEventListener('abort', kill)
  }

  /** Ends a process that does not let go of a question. */
  kill(): void {
    this.#running?.line.kill()
  }

  #start(): void {
    const { startChild, greeting, onReady, clock } = this.#world
    const ready = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<void>()
    ready.promise.catch(() => undefined)
    const asked = new Map<number, Asked>()
    const startedMs = clock.monotonic()
    const line = startChild({
      onMessage: (message) => {
        if (message.kind === 'ready') {
          onReady(message.timeMs)
          ready.resolve()
        } else if (message.kind === 'unusable') {
          this.#lastCrash = message.message
          ready.reject(unavailable(message.message))
          line.kill()
        } else if (message.kind === 'answer') {
          const { json } = message
          asked
            .get(message.id)
            ?.resolve(json === undefined ? undefined : (parseExact(json) as JsonValue))
          asked.delete(message.id)
        } else if (message.kind === 'value') {
          asked.get(message.id)?.resolve(message.value)
          asked.delete(message.id)
        } else if (message.kind === 'failure') {
          asked.get(message.id)?.reject(errorOf(message.failure))
          asked.delete(message.id)
          if (isFatal(message.failure)) line.kill()
        } else this.#world.onMessage(message)
      },
      onGone: (why) => {
        const expected = this.#running?.stopping === true
        this.#running = undefined
        const reason = this.#lastCrash || why
        this.#lastCrash = ''
        ready.reject(unavailable(reason))
        for (const { reject } of asked.values()) reject(unavailable(reason))
        if (!expected) this.#crashed(reason, clock.monotonic() - startedMs)
        gone.resolve()
      },
    })
    this.#running = { line, ready: ready.promise, asked, stopping: false, gone: gone.promise }
    line.send(greeting())
  }

  #crashed(why: string, livedMs: number): void {
    this.#crashes = livedMs > soundMs ? 1 : this.#crashes + 1
    const { clock, random, onCrash } = this.#world
    // The first time at once: whatever it was, it may have been that one question.
    const waitMs = this.#crashes === 1 ? 0 : fullJitter(this.#crashes, backoff, random)
    this.#notBefore = clock.monotonic() + waitMs
    onCrash(why)
  }
}

const unavailable = (why: string) =>
  new SearchError(503, 'no_shard_available_action_exception', `the store's process ended: ${why}`)

function errorOf({ status, type, message, details }: Failure): Error {
  if (status !== undefined && type !== undefined)
    return new SearchError(status, type, message, details)
  return new SearchError(500, 'exception', message)
}

/** DuckDB answers nothing more after such an error. */
const isFatal = ({ message }: Failure): boolean => message.startsWith('FATAL Error')

async function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
