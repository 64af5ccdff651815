import { cpus, hostname } from 'node:os'
import type { Clock } from '../core/clock.ts'
import { Secret } from '../core/config/secret.ts'
import type { Context } from '../core/context.ts'
import { WeirError } from '../core/errors.ts'
import type { Files } from '../core/files.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Lifecycle } from '../core/lifecycle.ts'
import { isTag } from '../core/tag.ts'
import type { CollectorConfig } from './config.ts'
import type { JsonObject } from '../core/json.ts'
import type { HttpBody, HttpReply } from './input.ts'
import { importId } from './inputs/import/import.ts'
import { type ImportProgress, progressOf } from './inputs/import/progress.ts'
import { RunningOutput } from '../core/delivery/running_output.ts'
import { router } from '../core/routing.ts'
import { outputs } from './outputs/all.ts'
import { Workers } from './workers.ts'
import type { ComponentConfig } from '../core/plugin.ts'
import type { WorkerConfig } from './worker_protocol.ts'

export interface CollectorWorld {
  readonly files: Files
  readonly clock: Clock
  readonly randomBytes: (count: number) => Uint8Array
  readonly dataFolder: string
  readonly logLevel: string
  /** The context of a component by its id. */
  readonly contextOf: (id: string) => Context
}

const importLookMs = 500

/**
 * The collector on the main thread: starts the workers, which take in, and the outputs, which read the
 * journal; changes both to a new config without disturbing what stays the same.
 */
export class Collector implements Lifecycle {
  readonly #journal: Journal
  readonly #world: CollectorWorld
  readonly #workers: Workers
  #config: CollectorConfig
  #outputs: RunningOutput[] = []
  /** What `importFiles` adds to the inputs. */
  #import: ComponentConfig | undefined
  #stopped = false
  #route: (tag: string) => readonly { readonly id: string }[] = () => []

  constructor(config: CollectorConfig, journal: Journal, world: CollectorWorld) {
    this.#config = config
    this.#journal = journal
    this.#world = world
    this.#workers = new Workers(this.#workerConfig(config), config.workers, journal, {
      log: world.contextOf('collector').log,
      metrics: world.contextOf('collector').metrics,
      clock: world.clock,
      files: world.files,
      randomBytes: world.randomBytes,
      logLevel: world.logLevel,
      hostname: hostname(),
      dataFolder: world.dataFolder,
    })
  }

  /** Outputs first, so that nothing arrives before there is somewhere to take it. */
  async start(): Promise<void> {
    await this.#configureOutputs(this.#config)
    try {
      await this.#workers.start()
    } catch (failure) {
      await this.#stopOutputs(AbortSignal.timeout(5_000))
      throw failure
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopped = true
    await this.#workers.stop(deadline)
    await this.#stopOutputs(deadline)
  }

  /** @throws WeirError when the new config needs a restart, or cannot be applied. */
  async reload(config: CollectorConfig): Promise<void> {
    if (config.workers !== this.#config.workers) {
      throw new WeirError(
        'WEIR_CONFIG_INVALID',
        'collector.workers changed: positions move between workers at a start only, so restart Weir',
      )
    }
    try {
      await this.#apply(config)
      this.#config = config
    } catch (failure) {
      // A taken port, say: what was changed already is changed back.
      await this.#apply(this.#config)
      throw failure
    }
  }

  /** A body posted to `/in/<tag>`; its bytes are handed over and must not be used afterwards. */
  receive(body: HttpBody): Promise<HttpReply> {
    return this.#workers.receive(body)
  }

  /**
   * Takes files in, once, beside the inputs of the config; ends when all of them are durable. Who stops early
   * and begins again with the same config goes on where it was.
   *
   * @param config of an input of type `import`, without an id.
   */
  async *importFiles(config: ComponentConfig): AsyncGenerator<ImportProgress> {
    if (this.#import) {
      const text = 'an import is under way: wait for its end, or interrupt it'
      throw new WeirError('WEIR_REQUEST_INVALID', text)
    }
    this.#import = { ...config, id: importId }
    try {
      await this.#workers.configure(this.#workerConfig(this.#config))
      while (!this.#stopped) {
        const progress = progressOf(await this.#workers.status(), this.#config.workers)
        if (progress) yield progress
        if (progress?.done) return
        await this.#world.clock.sleep(importLookMs)
      }
      const text = 'Weir is stopping: import again, and it goes on where it was'
      throw new WeirError('WEIR_NOT_RUNNING', text)
    } finally {
      this.#import = undefined
      await this.#workers.configure(this.#workerConfig(this.#config))
    }
  }

  /** What prom-client's registries of the workers hold. */
  metrics(): Promise<object[][]> {
    return this.#workers.metrics()
  }

  async status(): Promise<JsonObject> {
    return {
      workers: { count: this.#config.workers, cores: cpus().length },
      inputs: await this.#workers.status(),
      outputs: this.#outputs.map((output) => output.status()),
    }
  }

  /** The output with this id, for its dead letters. */
  output(id: string): RunningOutput | undefined {
    return this.#outputs.find((output) => output.id === id)
  }

  async #apply(config: CollectorConfig): Promise<void> {
    await this.#configureOutputs(config)
    await this.#workers.configure(this.#workerConfig(config))
  }

  async #configureOutputs(config: CollectorConfig): Promise<void> {
    const wanted = config.outputs.map((output) => ({
      config: output as ComponentConfig,
      id: idOf(output),
      match: String(output['match']),
      final: output['final'] === true,
      isStore: output.type === 'store',
    }))
    const kept: RunningOutput[] = []
    for (const running of this.#outputs) {
      const same = wanted.some((output) => isSame(output.config, running.config))
      if (same) kept.push(running)
      else await running.stop(AbortSignal.timeout(10_000))
    }
    this.#outputs = kept
    this.#route = router(wanted)
    for (const { config: output, id, isStore } of wanted) {
      if (isStore) continue
      if (kept.some((running) => running.id === id)) continue
      // Batches that are no logs have tags that no event can have.
      const wants = (tag: string) => isTag(tag) && this.#route(tag).some((route) => route.id === id)
      const running = new RunningOutput(id, output, {
        wants,
        create: (config, context) => outputs.create(config, context),
        journal: this.#journal,
        context: this.#world.contextOf(`output.${id}`),
        files: this.#world.files,
      })
      await running.start()
      this.#outputs.push(running)
    }
  }

  #workerConfig({ namespace, on_error, inputs, filters }: CollectorConfig): WorkerConfig {
    const all = this.#import ? [...inputs, this.#import] : inputs
    return { namespace, onError: on_error?.tag, inputs: all, filters }
  }

  async #stopOutputs(deadline: AbortSignal): Promise<void> {
    const stopping = this.#outputs
    this.#outputs = []
    await Promise.all(stopping.map((output) => output.stop(deadline)))
  }
}

const idOf = (config: { type: string; [key: string]: unknown }) =>
  String(config['id'] ?? config.type)

/** Compares secrets by what they hide. */
function isSame(a: ComponentConfig, b: ComponentConfig): boolean {
  const text = (config: ComponentConfig) =>
    JSON.stringify(config, function (this: Record<string, unknown>, key, value: unknown) {
      const original = this[key]
      return original instanceof Secret ? `secret ${original.reveal()}` : value
    })
  return text(a) === text(b)
}
