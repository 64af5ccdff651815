import { type MessagePort, type Transferable, Worker } from 'node:worker_threads'
import { type ErrorCode, WeirError } from '../../core/errors.ts'
import { threadStart } from '../../core/thread_start.ts'
import type {
  FlusherAnswer,
  FlusherAnswers,
  FlusherNotice,
  FlusherRequest,
  FlusherSeed,
} from './protocol.ts'

/** The flushing thread as main sees it: asks it, hears its notices, learns of its death. */
export class FlusherLink {
  readonly #worker: Worker
  readonly #waiting = new Map<
    number,
    { resolve: (answer: never) => void; reject: (failure: Error) => void }
  >()
  readonly #ready = Promise.withResolvers<void>()
  #nextId = 0

  /**
   * @param handedOver what of the seed goes over to the thread for good.
   * @param onExit is called once when the thread is gone, with its error if it had one.
   */
  constructor(
    seed: FlusherSeed,
    handedOver: Transferable[],
    onNotice: (notice: FlusherNotice) => void,
    onExit: (failure: Error | undefined) => void,
  ) {
    this.#worker = new Worker(new URL('flusher_thread.ts', import.meta.url), {
      workerData: seed,
      transferList: handedOver,
      name: 'statsd-flusher',
      execArgv: [...threadStart],
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    })
    let failure: Error | undefined
    // Nobody may be waiting for readiness any more when the thread dies later.
    this.#ready.promise.catch(() => undefined)
    this.#worker.on('message', (message: FlusherNotice | FlusherAnswer) => {
      if ('id' in message) this.#settle(message)
      else if (message.notice === 'ready') this.#ready.resolve()
      else if (message.notice === 'failed') {
        // The code comes from our own thread.
        this.#ready.reject(new WeirError(message.code as ErrorCode, message.message))
      } else onNotice(message)
    })
    this.#worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error))
    })
    this.#worker.on('exit', () => {
      const died = new WeirError('WEIR_WORKER_DIED', 'the thread that flushes metrics ended', {
        cause: failure,
      })
      this.#ready.reject(died)
      for (const { reject } of this.#waiting.values()) reject(died)
      this.#waiting.clear()
      onExit(failure)
    })
  }

  /** Resolves once it flushes; rejects with what kept it from that. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Another receiving thread's port instead of the one before. */
  receiveFrom(port: MessagePort): void {
    // A thread that is gone is replaced, and asks for a port itself.
    this.#ask({ ask: 'receiver', port }, [port]).catch(() => undefined)
  }

  ask<Ask extends Exclude<FlusherRequest['ask'], 'receiver'>>(
    request: Extract<FlusherRequest, { ask: Ask }>,
  ): Promise<FlusherAnswers[Ask]> {
    return this.#ask(request, []) as Promise<FlusherAnswers[Ask]>
  }

  #ask(request: FlusherRequest, handedOver: Transferable[]): Promise<unknown> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, request }, handedOver)
    })
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(answer: FlusherAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (!waiting) return
    if ('failure' in answer) {
      const { code, message } = answer.failure
      waiting.reject(new WeirError(code as ErrorCode, message))
    } else waiting.resolve(answer.answer as never)
  }
}
