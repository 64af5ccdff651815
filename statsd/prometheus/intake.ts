import type { FastifyInstance } from 'fastify'
import type { StatsdConfig } from '../config.ts'
import type { MakePart, StatsdPart, StatsdWorld } from '../part.ts'
import { RemoteWriteReceiver } from './remote_write/receiver.ts'
import { Scraper } from './scrape/scraper.ts'

/** What comes from Prometheus' world: what is scraped, and what is sent by remote write. */
class PrometheusIntake implements StatsdPart {
  readonly name = 'prometheus_intake'
  #config: StatsdConfig
  readonly #world: StatsdWorld
  #scraper: Scraper

  constructor(config: StatsdConfig, world: StatsdWorld) {
    this.#config = config
    this.#world = world
    this.#scraper = this.#makeScraper(config)
  }

  async start(): Promise<void> {
    await this.#scraper.start()
  }

  async stop(): Promise<void> {
    await this.#scraper.stop()
  }

  async reload(config: StatsdConfig): Promise<void> {
    this.#config = config
    await this.#scraper.stop()
    this.#scraper = this.#makeScraper(config)
    await this.#scraper.start()
  }

  addRoutes(app: FastifyInstance): void {
    const { contextOf, append, instance, journal } = this.#world
    const { prometheus, namespace } = this.#config
    if (!prometheus.receiver) return
    new RemoteWriteReceiver(prometheus, {
      context: contextOf('statsd.remote_write'),
      append,
      instance: instance.id,
      namespace,
      paused: () => journal.troubles[0]?.message,
    }).addRoutes(app)
  }

  status(): object {
    return { targets: this.#scraper.status() }
  }

  #makeScraper({ prometheus, namespace }: StatsdConfig): Scraper {
    const { contextOf, append, instance } = this.#world
    const context = contextOf('statsd.scrape')
    const world = { context, append, instance: instance.id, namespace }
    return new Scraper(prometheus.scrape, prometheus.max_labels, world)
  }
}

export const makePrometheusIntake: MakePart = (config, world) => new PrometheusIntake(config, world)
