import { Worker, type Transferable } from 'node:worker_threads'
import { type ErrorCode, WeirError } from '../../core/errors.ts'
import { threadStart } from '../../core/thread_start.ts'
import type {
  ReceiverAnswer,
  ReceiverAnswers,
  ReceiverNotice,
  ReceiverRequest,
  ReceiverSeed,
} from './protocol.ts'

/** The receiving thread: asks it, hears its notices, learns of its death. */
export class ReceiverLink {
  readonly #worker: Worker
  readonly #waiting = new Map<
    number,
    { resolve: (answer: never) => void; reject: (failure: Error) => void }
  >()
  readonly #ready = Promise.withResolvers<void>()
  #nextId = 0

  /** @param onExit is called once when the thread is gone, with its error if it had one. */
  constructor(
    seed: ReceiverSeed,
    onNotice: (notice: ReceiverNotice) => void,
    onExit: (failure: Error | undefined) => void,
  ) {
    this.#worker = new Worker(new URL('receiver_thread.ts', import.meta.url), {
      workerData: seed,
      transferList: [seed.flusher],
      name: 'statsd-receiver',
      execArgv: [...threadStart],
      // Datagrams die young; a small young generation keeps the process small and its pauses short.
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    })
    let failure: Error | undefined
    // Nobody may be waiting for readiness any more when the thread dies later.
    this.#ready.promise.catch(() => undefined)
    this.#worker.on('message', (message: ReceiverNotice | ReceiverAnswer) => {
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
      const died = new WeirError('WEIR_WORKER_DIED', 'the thread that receives metrics ended', {
        cause: failure,
      })
      this.#ready.reject(died)
      for (const { reject } of this.#waiting.values()) reject(died)
      this.#waiting.clear()
      onExit(failure)
    })
  }

  /** Resolves once it listens; rejects with what kept it from that. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  ask<Ask extends ReceiverRequest['ask']>(
    request: Extract<ReceiverRequest, { ask: Ask }>,
    transfer: Transferable[] = [],
  ): Promise<ReceiverAnswers[Ask]> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, request }, transfer)
    })
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(answer: ReceiverAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (!waiting) return
    if ('failure' in answer) {
      const { code, message } = answer.failure
      waiting.reject(new WeirError(code as ErrorCode, message))
    } else waiting.resolve(answer.answer as never)
  }
}
