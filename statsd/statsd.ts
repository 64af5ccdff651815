import type { FastifyInstance } from 'fastify'
import type { RunningOutput } from '../core/delivery/running_output.ts'
import type { Family } from '../core/exposition/family.ts'
import { WeirError } from '../core/errors.ts'
import { inOrder, type Lifecycle } from '../core/lifecycle.ts'
import type { StatsdConfig } from './config.ts'
import { makeConsole } from './console/part.ts'
import { flushPosition, openInstance } from './instance.ts'
import type { MakePart, StatsdPart, StatsdWorld } from './part.ts'
import { PointPartition } from './point_partition.ts'
import { StatsdServer } from './server.ts'

/**
 * The parts in the order of the data's way: what takes in first, what sends last. A new part is a file and a
 * line here; it is loaded only where metrics run.
 */
const parts: readonly (() => Promise<MakePart>)[] = [
  async () => (await import('./host/host.ts')).makeHost,
  async () => (await import('./prometheus/intake.ts')).makePrometheusIntake,
  async () => (await import('./graphite/part.ts')).makeGraphite,
  async () => (await import('./prometheus/exposition.ts')).makeExposition,
  async () => (await import('./forward/part.ts')).makeForwarded,
  async () => (await import('./backends/running.ts')).makeBackends,
]

export type StatsdSurroundings = Omit<StatsdWorld, 'append' | 'instance' | 'receiver' | 'merge'>

/** The metrics daemon on the main thread: makes its parts, starts and stops them, and speaks for them. */
export class Statsd implements Lifecycle {
  readonly #config: StatsdConfig
  readonly #given: StatsdSurroundings
  #writer: PointPartition | undefined
  #parts: readonly StatsdPart[] = []
  #running: Lifecycle | undefined
  #server: StatsdServer | undefined

  constructor(config: StatsdConfig, given: StatsdSurroundings) {
    this.#config = config
    this.#given = given
  }

  async start(): Promise<void> {
    const { journal, files, contextOf, dataFolder, randomBytes } = this.#given
    const context = contextOf('statsd')
    const [, last] = journal.positions().get(flushPosition) ?? []
    const { now } = context.clock
    const instance = await openInstance(dataFolder, last, { files, now, randomBytes })
    const writer = new PointPartition({ journal, files, context, randomBytes })
    const server = new StatsdServer(this.#config, { ...this.#given, instance })
    const { receiver } = server
    const world: StatsdWorld = {
      ...this.#given,
      append: writer.append,
      instance,
      receiver,
      merge: (pieces) => server.merge(pieces),
    }
    // Its thread takes a tenth of a second, in which the others load: what it receives waits for its first flush.
    const received = server.start()
    received.catch(() => undefined)
    let made: readonly StatsdPart[]
    let running: Lifecycle
    try {
      const others = await Promise.all(
        parts.map(async (load) => (await load())(this.#config, world)),
      )
      const console = makeConsole(this.#config, {
        contextOf,
        series: server.series,
        facts: () => server.facts(others.flatMap((part) => [...(part.stats?.() ?? [])])),
      })
      made = [server, console, ...others]
      const starting = { start: () => received, stop: server.stop.bind(server) }
      running = inOrder([starting, console, ...others])
      await running.start()
    } catch (failure) {
      await server.stop(AbortSignal.timeout(5_000)).catch(() => undefined)
      await writer.stop(AbortSignal.timeout(5_000))
      throw failure
    }
    this.#server = server
    this.#writer = writer
    this.#parts = made
    this.#running = running
  }

  async stop(deadline: AbortSignal): Promise<void> {
    try {
      await this.#running?.stop(deadline)
    } finally {
      await this.#writer?.stop(deadline)
      this.#running = undefined
      this.#writer = undefined
    }
  }

  /** The StatsD server: its series, and lines as they come. */
  get server(): StatsdServer {
    if (!this.#server) throw new WeirError('WEIR_NOT_RUNNING', 'Weir is starting or stopping')
    return this.#server
  }

  async reload(config: StatsdConfig): Promise<void> {
    for (const part of this.#parts) await part.reload?.(config)
  }

  /** The backend with this id, such as `statsd.graphite`, for its dead letters. */
  output(id: string): RunningOutput | undefined {
    return this.#parts.flatMap((part) => part.output?.(id) ?? []).at(0)
  }

  addRoutes(app: FastifyInstance): void {
    for (const part of this.#parts) part.addRoutes?.(app)
  }

  /** Graphite's API below `prefix`. */
  async addGraphite(app: FastifyInstance, prefix: string): Promise<void> {
    for (const part of this.#parts) await part.addGraphite?.(app, prefix)
  }

  async status(): Promise<object> {
    const told: Record<string, object> = {}
    for (const part of this.#parts) {
      const status = await part.status?.()
      if (status) told[part.name] = status
    }
    return told
  }

  /** What prom-client's registries of the parts' threads hold. */
  async metrics(): Promise<object[][]> {
    return (
      await Promise.all(this.#parts.map(async (part) => (await part.metrics?.()) ?? []))
    ).flat()
  }

  /** What `/metrics` shows behind Weir's own metrics. A part that cannot say it does not spoil the rest. */
  async exposition(): Promise<Family[]> {
    const shown = this.#parts.map(async (part) => {
      try {
        return [...((await part.exposition?.()) ?? [])]
      } catch (failure) {
        this.#given.contextOf(`statsd.${part.name}`).log.error({ err: failure }, 'cannot be shown')
        return []
      }
    })
    return (await Promise.all(shown)).flat()
  }
}
