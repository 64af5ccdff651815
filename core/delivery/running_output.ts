import type { Context } from '../context.ts'
import { WeirError } from '../errors.ts'
import type { Files } from '../files.ts'
import type { Journal } from '../journal/journal.ts'
import type { Reader } from '../journal/reader.ts'
import { DeadLetters } from './dead_letters.ts'
import { DeliveryLoop } from './loop.ts'
import type { JsonObject } from '../json.ts'
import type { Output } from './output.ts'
import { replayLetters } from './replay.ts'
import type { ComponentConfig } from '../plugin.ts'

/** What every output's config has; see output.ts. */
interface SharedConfig {
  readonly max_lag?: number
  readonly batch_bytes: number
  readonly batch_age: number
  readonly concurrency: number
  readonly timeout: number
  readonly retry_max_wait: number
  readonly dead_max_disk: number
}

export interface OutputWorld {
  /** Which events it takes, by their tag and stream. */
  readonly wants: (tag: string, stream: string) => boolean
  readonly create: (config: ComponentConfig, context: Context) => Output
  readonly journal: Journal
  readonly context: Context
  readonly files: Files
}

/** One output at work: its reader of the journal, its delivery loop, its dead letters. */
export class RunningOutput {
  readonly id: string
  readonly config: ComponentConfig
  readonly dead: DeadLetters
  readonly #wants: OutputWorld['wants']
  readonly #journal: Journal
  readonly #context: Context
  readonly #shared: SharedConfig
  readonly #output: Output
  readonly #files: Files
  readonly #deadFolder: string
  #reader: Reader | undefined
  #loop: DeliveryLoop | undefined

  /** @param id names its cursor and its dead letters. */
  constructor(id: string, config: ComponentConfig, world: OutputWorld) {
    const { wants, create, journal, context, files } = world
    this.id = id
    this.config = config
    this.#wants = wants
    this.#journal = journal
    this.#context = context
    // Every output's schema has these fields.
    this.#shared = config as unknown as SharedConfig
    this.#output = create(config, context)
    this.#files = files
    this.#deadFolder = `${context.dataFolder}/dead`
    const { clock } = context
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
