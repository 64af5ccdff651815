import type { FastifyInstance } from 'fastify'
import type { StatsdConfig } from '../config.ts'
import type { MakePart, StatsdPart, StatsdWorld } from '../part.ts'
import { EtsyNames } from '../names/etsy.ts'
import { CarbonIntake } from './carbon/intake.ts'
import { CarbonListeners } from './carbon/listeners.ts'
import { GraphiteEvents } from './events.ts'
import type { Services } from './http/services.ts'
import { mountsOf } from './names/mounts.ts'

/** Graphite in (carbon's protocols) and out (its HTTP API). */
class Graphite implements StatsdPart {
  readonly name = 'graphite'
  readonly #world: StatsdWorld
  #config: StatsdConfig
  #intake: CarbonIntake
  #listeners: CarbonListeners

  constructor(config: StatsdConfig, world: StatsdWorld) {
    this.#config = config
    this.#world = world
    this.#intake = this.#makeIntake()
    this.#listeners = this.#makeListeners()
  }

  async start(): Promise<void> {
    await this.#listeners.open()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.#listeners.close()
    await this.#intake.stop(deadline)
  }

  /** Listens anew only where that changed: carbon's senders know no acknowledgement. */
  async reload(config: StatsdConfig): Promise<void> {
    const before = this.#config
    this.#config = config
    const [was, is] = [before, config].map(({ graphite, namespace }) => {
      const { listen, pickle_listen, max_connections, max_line_size } = graphite
      const { max_pickle_size, max_pending_bytes } = graphite
      const own = [listen, pickle_listen, max_connections, max_line_size, max_pickle_size]
      return JSON.stringify([...own, max_pending_bytes, namespace])
    })
    if (was === is) return
    await this.stop(AbortSignal.timeout(5_000))
    try {
      this.#intake = this.#makeIntake()
      this.#listeners = this.#makeListeners()
      await this.#listeners.open()
    } catch (failure) {
      this.#config = before
      this.#listeners = this.#makeListeners()
      await this.#listeners.open()
      throw failure
    }
  }

  async addGraphite(app: FastifyInstance, prefix: string): Promise<void> {
    const { addGraphiteRoutes } = await import('./http/routes.ts')
    addGraphiteRoutes(app, prefix, this.#services(), this.#world.store.timeoutMs)
  }

  status(): object {
    return this.#listeners.status()
  }

  /** The names that stored series have are those of the config of now, also after a HUP. */
  #services(): Services {
    const { contextOf, store } = this.#world
    const { clock, random } = contextOf('statsd.graphite')
    const config = () => this.#config
    const naming = () => {
      const { graphite, prefix_stats, key_name_sanitize } = config()
      return { ...graphite, prefix_stats, key_name_sanitize }
    }
    return {
      get config() {
        return config().graphite
      },
      get mounts() {
        const { dialect, listen } = config()
        const isDatadog = [dialect, ...listen.map((each) => each.dialect)].includes('datadog')
        return mountsOf(naming(), { ...config(), isDatadog })
      },
      get names() {
        return new EtsyNames(naming())
      },
      clock,
      random,
      store: store.points,
      events: () => {
        const documents = store.documents()
        return documents && new GraphiteEvents(documents)
      },
    }
  }

  #makeIntake(): CarbonIntake {
    const { contextOf, append, instance } = this.#world
    const { namespace, graphite } = this.#config
    return new CarbonIntake({
      context: contextOf('statsd.graphite'),
      append,
      instance: instance.id,
      namespace,
      maxPendingBytes: graphite.max_pending_bytes,
    })
  }

  #makeListeners(): CarbonListeners {
    const context = this.#world.contextOf('statsd.graphite')
    return new CarbonListeners(this.#config.graphite, this.#intake, context)
  }
}

export const makeGraphite: MakePart = (config, world) => new Graphite(config, world)
