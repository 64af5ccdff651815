import type { Context } from '../core/context.ts'
import { WeirError } from '../core/errors.ts'
import type { Files } from '../core/files.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Reader } from '../core/journal/reader.ts'
import { DeadLetters } from './dead_letters.ts'
import { DeliveryLoop } from './delivery.ts'
import type { JsonObject } from './event.ts'
import type { Output } from './output.ts'
import { outputs } from './outputs/all.ts'
import { replayLetters } from './replay.ts'
import type { ComponentConfig } from './worker_protocol.ts'

/** What every output's config has; see collector/output.ts. */
interface SharedConfig {
  readonly max_lag?: number
  readonly batch_bytes: number
  readonly batch_age: number
  readonly concurrency: number
  readonly timeout: number
  readonly retry_max_wait: number
  readonly dead_max_disk: number
}

interface World {
  readonly files: Files
  readonly dataFolder: string
  readonly contextOf: (id: string) => Context
}

/** One output at work: its reader of the journal, its delivery loop, its dead letters. */
export class RunningOutput {
  readonly id: string
  readonly config: ComponentConfig
  readonly dead: DeadLetters
  readonly #wants: (tag: string) => boolean
  readonly #journal: Journal
  readonly #context: Context
  readonly #shared: SharedConfig
  readonly #output: Output
  readonly #files: Files
  readonly #deadFolder: string
  #reader: Reader | undefined
  #loop: DeliveryLoop | undefined

  constructor(
    id: string,
    config: ComponentConfig,
    wants: (tag: string) => boolean,
    journal: Journal,
    { files, dataFolder, contextOf }: World,
  ) {
    this.id = id
    this.config = config
    this.#wants = wants
    this.#journal = journal
    this.#context = contextOf(`output.${id}`)
    // Every output's schema has these fields.
    this.#shared = config as unknown as SharedConfig
    this.#output = outputs.create(config, this.#context)
    this.#files = files
    this.#deadFolder = `${dataFolder}/dead`
    const { clock } = this.#context
    this.dead = new DeadLetters(this.#deadFolder, id, { files, clock }, this.#shared.dead_max_disk)
  }

  async start(): Promise<void> {
    await this.#files.makeFolder(this.#deadFolder)
    const shared = this.#shared
    this.#reader = await this.#journal.reader({
      id: this.id,
      wants: this.#wants,
      maxLag: shared.max_lag,
    })
    const settings = {
      batchBytes: shared.batch_bytes,
      batchAgeMs: shared.batch_age,
      concurrency: shared.concurrency,
      timeoutMs: shared.timeout,
      retryMaxWaitMs: shared.retry_max_wait,
    }
    this.#loop = new DeliveryLoop(this.#output, this.#reader, this.dead, settings, this.#context)
    await this.#loop.start()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.#loop?.stop(deadline)
    if (this.#reader) await this.#journal.release(this.#reader)
    this.#loop = undefined
    this.#reader = undefined
  }

  status(): JsonObject {
    return { type: this.config.type, id: this.id, ...this.#loop?.status() }
  }

  /**
   * Gives dead letters to the target again.
   *
   * @returns how many it has now, and how many it refused again.
   */
  async replay(
    ids: ReadonlySet<string> | undefined,
  ): Promise<{ delivered: number; refused: number }> {
    if (!this.#loop) throw new WeirError('WEIR_NOT_RUNNING', `the output ${this.id} is not running`)
    return await replayLetters(this.dead, this.#output, ids, this.#shared.timeout)
  }
}
