import { isDeepStrictEqual } from 'node:util'
import type { Context } from '../core/context.ts'
import { WeirError } from '../core/errors.ts'
import type { PartitionWriter } from '../core/journal/writer.ts'
import { type Lifecycle } from '../core/lifecycle.ts'
import { Rate } from '../core/rate.ts'
import type { JsonObject } from '../core/json.ts'
import type { Filter } from './filter.ts'
import { filters } from './filters/all.ts'
import type { Deliver, HttpBody, HttpReply, Input } from './input.ts'
import { inputs } from './inputs/all.ts'
import { fileImport } from './inputs/import/import.ts'
import { parserFrom } from './parsers/all.ts'
import { Pipeline, type PipelineOptions } from './pipeline.ts'
import { registry } from '../core/plugin.ts'
import { compileTagPatterns } from '../core/routing.ts'
import type { ComponentConfig } from '../core/plugin.ts'
import type { WorkerConfig, WorkerSeed } from './worker_protocol.ts'

interface Running {
  config: ComponentConfig
  readonly input: Input
  readonly totals: Totals
  /** What it delivers to, by the parser of its config. */
  readonly way: { deliver: Deliver }
  readonly count: Context['count']
}

/** What an input took in since it was started. */
interface Totals {
  events: number
  bytes: number
  /** Whatever happened to events other than arriving whole. */
  impaired: number
  readonly eventRate: Rate
  readonly byteRate: Rate
}

/** What a worker can be told to run: what a config can name, and what commands add. */
const kinds = registry([...inputs.plugins, fileImport])

/** Bytes at which the pipeline closes a batch: what readers read at a time is of this order. */
const batchBytes = 4_000_000

/** The inputs of one worker and the pipeline they deliver to; a new config changes only what changed. */
export class WorkerInputs implements Lifecycle {
  readonly #seed: WorkerSeed
  readonly #writer: PartitionWriter
  readonly #contextOf: (id: string) => Context
  readonly #pipeline: Pipeline
  #config: WorkerConfig
  #running: Running[] = []

  constructor(seed: WorkerSeed, writer: PartitionWriter, contextOf: (id: string) => Context) {
    this.#seed = seed
    this.#writer = writer
    this.#contextOf = contextOf
    this.#config = seed.config
    const jsonParser = parserFrom('json', 'json')
    const options = this.#pipelineOptions(seed.config)
    this.#pipeline = new Pipeline(options, writer.append, jsonParser, contextOf('pipeline'))
  }

  async start(): Promise<void> {
    for (const config of this.#config.inputs) this.#running.push(await this.#create(config))
    for (const { input } of this.#running) await input.start()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const stopping = this.#running
    this.#running = []
    await Promise.all(stopping.map(({ input }) => input.stop(deadline)))
  }

  /**
   * Inputs whose sockets, files and connections can go on do so, with the options they have now. The others
   * are stopped once all else is known to work, apart from what needs an address of theirs: when it rejects
   * before, nothing has changed.
   */
  async configure(config: WorkerConfig): Promise<void> {
    const options = this.#pipelineOptions(config)
    const kept = new Map<Running, () => void>()
    const wanted: ComponentConfig[] = []
    for (const one of config.inputs) {
      const running = this.#running.find((each) => isSameInput(each.config, one))
      const change = running && this.#changeOf(running, one)
      if (change) kept.set(running, change)
      else wanted.push(one)
    }
    const gone = this.#running.filter((running) => !kept.has(running))
    const taken = gone.flatMap((running) => addressesOf(running.config) ?? [])
    const isFree = (one: ComponentConfig) =>
      addressesOf(one)?.every((address) => !taken.includes(address)) ?? false
    // All of them, for their mistakes: a certificate that cannot be read, say.
    const created = await Promise.all(wanted.map((one) => this.#create(one)))
    const fresh = created.filter((running) => isFree(running.config))
    this.#pipeline.configure(options)
    try {
      for (const { input } of fresh) await input.start()
    } catch (failure) {
      await stopAll(fresh)
      this.#pipeline.configure(this.#pipelineOptions(this.#config))
      throw failure
    }
    for (const change of kept.values()) change()
    this.#running = [...kept.keys(), ...fresh]
    this.#config = config
    await stopAll(gone)
    // Anew, since a position may have moved until now.
    for (const one of wanted.filter((each) => !isFree(each))) {
      const running = await this.#create(one)
      this.#running.push(running)
      await running.input.start()
    }
  }

  /** What makes a running input one of another config; undefined when a new one has to be made. */
  #changeOf(running: Running, config: ComponentConfig): (() => void) | undefined {
    const { input, way, count } = running
    const old = running.config
    const isOptions = !isDeepStrictEqual(
      { ...old, parser: undefined },
      { ...config, parser: undefined },
    )
    // The same words may name other certificates by now.
    const isChanged = isOptions || config['tls'] !== undefined
    const adopted = isChanged ? input.adopt?.(config) : () => undefined
    if (!adopted) return undefined
    const parser = parserOf(config)
    return () => {
      adopted()
      running.config = config
      if (!isDeepStrictEqual(old['parser'], config['parser'])) {
        way.deliver = this.#pipeline.for(parser, count)
      }
    }
  }

  async receive(body: HttpBody): Promise<HttpReply> {
    const http = this.#running.find(({ input }) => input.receive)
    if (!http) {
      throw new WeirError('WEIR_REQUEST_INVALID', 'no input of type http is configured')
    }
    return await http.input.receive!(body)
  }

  status(): JsonObject[] {
    return this.#running.map(({ config, input, totals }) => ({
      id: idOf(config),
      type: config.type,
      events: totals.events,
      impaired: totals.impaired,
      events_per_second: totals.eventRate.perSecond,
      bytes_per_second: totals.byteRate.perSecond,
      ...input.status(),
    }))
  }

  async #create(config: ComponentConfig): Promise<Running> {
    const id = idOf(config)
    const context = this.#contextOf(`input.${id}`)
    const prefix = `${context.id}/`
    const own = [...this.#writer.positions()].filter(([key]) => key.startsWith(prefix))
    const { monotonic } = context.clock
    const totals = {
      events: 0,
      bytes: 0,
      impaired: 0,
      eventRate: new Rate(monotonic),
      byteRate: new Rate(monotonic),
    }
    const count: Context['count'] = (reason, amount = 1) => {
      totals.impaired += amount
      context.count(reason, amount)
    }
    const way = { deliver: this.#pipeline.for(parserOf(config), count) }
    const input = await kinds.create(config, {
      ...context,
      count,
      deliver: counted((arrival, withdrawn) => way.deliver(arrival, withdrawn), totals),
      positions: new Map(own),
      worker: { index: this.#seed.index, count: this.#seed.count },
    })
    return { config, input, totals, way, count }
  }

  #pipelineOptions({ namespace, onError, filters: configs }: WorkerConfig): PipelineOptions {
    const { hostname } = this.#seed
    return {
      namespace,
      onError,
      hostname,
      batchBytes,
      filters: configs.map((config) => ({
        matches: compileTagPatterns(String(config['match'])),
        filter: filters.create(config, {
          ...this.#contextOf(`filter.${config.type}`),
          hostname,
        }) as Filter,
      })),
    }
  }
}

async function stopAll(running: readonly Running[]): Promise<void> {
  const deadline = AbortSignal.timeout(5_000)
  await Promise.all(running.map(({ input }) => input.stop(deadline)))
}

/** What an input listens on and no other can listen on meanwhile; undefined for one that does not listen. */
function addressesOf({ type, listen, path }: ComponentConfig): string[] | undefined {
  if (typeof path === 'string') return [path]
  if (!Array.isArray(listen)) return undefined
  const ports = (listen as readonly { port: number }[]).map(({ port }) => port)
  // By port alone: 0.0.0.0 is in the way of every other address. The system chooses for 0.
  return ports.filter((port) => port > 0).map((port) => `${type} ${port}`)
}

/** Adds what is delivered to `totals`; what turns out to be refused is not of its events. */
function counted(deliver: Deliver, totals: Totals): Deliver {
  return (arrival, withdrawn) => {
    const { count, spans } = arrival
    const bytes = count > 0 ? spans[2 * count - 1]! - spans[0]! : 0
    totals.events += count
    totals.eventRate.add(count)
    totals.byteRate.add(bytes)
    totals.bytes += bytes
    const outcome = deliver(arrival, withdrawn)
    void outcome.then(
      ({ refused }) => void (totals.events -= refused.length),
      () => void (totals.events -= count),
    )
    return outcome
  }
}

const parserOf = (config: ComponentConfig) =>
  parserFrom(config['parser'] as ComponentConfig | undefined, 'none')

const isSameInput = (one: ComponentConfig, other: ComponentConfig) =>
  one.type === other.type && idOf(one) === idOf(other)

const idOf = (config: ComponentConfig) => String(config['id'] ?? config.type)
