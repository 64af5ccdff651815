import type { Transferable, Worker } from 'node:worker_threads'
import { type ErrorCode, WeirError } from '../errors.ts'
import { takeThread } from './begun_threads.ts'
import type { StartNotice, ThreadAnswer, ThreadRequest } from './conversation.ts'
import { giveRoom } from './heap_flags.ts'

export interface ThreadOptions<Notice> {
  readonly file: URL
  readonly name: string
  /** What it is, for the error of those who wait for it when it dies: `the collector worker`. */
  readonly what: string
  /** Copied to the thread, which waits for it (`threadSeed`). */
  readonly seed: unknown
  /** What of the seed goes over to the thread for good. */
  readonly handedOver?: readonly Transferable[]
  /**
   * MB of young objects that its heap holds, for a thread whose every piece of work makes many that live as long as
   * it does: with the 1 MB of the others half of its time is garbage collection. Threads that are started later get
   * as much.
   */
  readonly semiSpaceMb?: number
  readonly onNotice: (notice: Notice) => void
  /** Called once when the thread is gone, with its error if it had one. */
  readonly onExit: (failure: Error | undefined) => void
}

/** A thread that has no deadline has an hour. */
const longestMs = 3_600_000

/** A thread as main sees it: asks it, hears its notices, learns of its death. */
export class ThreadLink<
  Request extends ThreadRequest,
  Answers extends Record<Request['ask'], unknown>,
  Notice extends { readonly notice: string },
> {
  readonly #worker: Worker
  readonly #waiting = new Map<
    number,
    { resolve: (answer: never) => void; reject: (failure: Error) => void }
  >()
  readonly #ready = Promise.withResolvers<void>()
  #nextId = 0
  #died: WeirError | undefined

  constructor(options: ThreadOptions<Exclude<Notice, StartNotice>>) {
    const { file, name, what, seed, handedOver = [], semiSpaceMb, onNotice, onExit } = options
    if (semiSpaceMb !== undefined) giveRoom(semiSpaceMb)
    const { worker, tell } = takeThread(file, name)
    this.#worker = worker
    tell(seed, handedOver)
    let failure: Error | undefined
    // Nobody may be waiting for readiness any more when the thread dies later.
    this.#ready.promise.catch(() => undefined)
    this.#worker.on('message', (message: Notice | StartNotice | readonly ThreadAnswer[]) => {
      if (isAnswers(message)) for (const answer of message) this.#settle(answer)
      else if (isStart(message)) this.#started(message)
      else onNotice(message as Exclude<Notice, StartNotice>)
    })
    this.#worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error))
    })
    this.#worker.on('exit', () => {
      const died = new WeirError('WEIR_WORKER_DIED', `${what} ended`, { cause: failure })
      this.#died = died
      this.#ready.reject(died)
      for (const { reject } of this.#waiting.values()) reject(died)
      this.#waiting.clear()
      onExit(failure)
    })
  }

  /** Resolves once the thread has started; rejects with what kept it from that. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** What those who ask it are told, once the thread is gone. */
  get died(): WeirError | undefined {
    return this.#died
  }

  /** `transfer` is what the request hands over for good. */
  ask<Ask extends Request['ask']>(
    request: Extract<Request, { ask: Ask }>,
    transfer: readonly Transferable[] = [],
  ): Promise<Answers[Ask]> {
    if (this.#died) return Promise.reject(this.#died)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, request }, [...transfer])
    })
  }

  /**
   * Has the thread finish what is under way, and ends it: when it has finished, or when `deadline` fires.
   *
   * @param finish asks it to within so many milliseconds. It counts for itself, because signals do not cross threads.
   */
  async end(finish: (withinMs: number) => Promise<unknown>, deadline: AbortSignal): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const onLate = () => resolve()
    if (deadline.aborted) onLate()
    deadline.addEventListener('abort', onLate, { once: true })
    const finished = finish(deadline.aborted ? 1 : longestMs)
    await Promise.race([finished.catch(() => undefined), late])
    deadline.removeEventListener('abort', onLate)
    await this.terminate()
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #started(notice: StartNotice): void {
    if (notice.notice === 'ready') this.#ready.resolve()
    else this.#ready.reject(errorOf(notice))
  }

  #settle(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (!waiting) return
    if ('failure' in answer) waiting.reject(errorOf(answer.failure))
    else waiting.resolve(answer.answer as never)
  }
}

const isAnswers = (message: object): message is readonly ThreadAnswer[] => Array.isArray(message)

const isStart = (message: { readonly notice: string }): message is StartNotice =>
  message.notice === 'ready' || message.notice === 'failed'

/** The code comes from a thread of our own. */
const errorOf = ({ code, message }: { readonly code: string; readonly message: string }) =>
  new WeirError(code as ErrorCode, message)
