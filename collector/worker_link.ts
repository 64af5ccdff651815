import { Worker } from 'node:worker_threads'
import { type ErrorCode, WeirError } from '../core/errors.ts'
import { threadStart } from '../core/thread_start.ts'
import type {
  WorkerAnswer,
  WorkerAnswers,
  WorkerNotice,
  WorkerRequest,
  WorkerSeed,
} from './worker_protocol.ts'

/** One collector worker as main sees it: asks it, hears its notices, learns of its death. */
export class WorkerLink {
  readonly #worker: Worker
  readonly #waiting = new Map<
    number,
    { resolve: (answer: never) => void; reject: (failure: Error) => void }
  >()
  readonly #ready = Promise.withResolvers<void>()
  #nextId = 0

  /** @param onExit is called once when the thread is gone, with its error if it had one. */
  constructor(
    seed: WorkerSeed,
    onNotice: (notice: WorkerNotice) => void,
    onExit: (failure: Error | undefined) => void,
  ) {
    this.#worker = new Worker(new URL('worker.ts', import.meta.url), {
      workerData: seed,
      name: `collector-${seed.index}`,
      execArgv: [...threadStart],
      // Half of a worker's heap is young objects; a small young generation keeps the process small.
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    })
    let failure: Error | undefined
    // Nobody may be waiting for readiness any more when the thread dies later.
    this.#ready.promise.catch(() => undefined)
    this.#worker.on('message', (message: WorkerNotice | WorkerAnswer) => {
      if ('id' in message) this.#settle(message)
      else this.#hear(message, onNotice)
    })
    this.#worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error))
    })
    this.#worker.on('exit', () => {
      const died = new WeirError('WEIR_WORKER_DIED', 'the collector worker ended', {
        cause: failure,
      })
      this.#ready.reject(died)
      for (const { reject } of this.#waiting.values()) reject(died)
      this.#waiting.clear()
      onExit(failure)
    })
  }

  /** Resolves once the worker's inputs are started; rejects with what kept them from it. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** `transfer` are buffers that the request hands over for good. */
  ask<Ask extends WorkerRequest['ask']>(
    request: Extract<WorkerRequest, { ask: Ask }>,
    transfer: ArrayBuffer[] = [],
  ): Promise<WorkerAnswers[Ask]> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, request }, transfer)
    })
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #hear(notice: WorkerNotice, onNotice: (notice: WorkerNotice) => void): void {
    if (notice.notice === 'ready') this.#ready.resolve()
    else if (notice.notice === 'failed') {
      // The code comes from our own worker.
      this.#ready.reject(new WeirError(notice.code as ErrorCode, notice.message))
    } else onNotice(notice)
  }

  #settle(answer: WorkerAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (!waiting) return
    if ('failure' in answer) {
      const { code, message } = answer.failure
      waiting.reject(new WeirError(code as ErrorCode, message))
    } else waiting.resolve(answer.answer as never)
  }
}
