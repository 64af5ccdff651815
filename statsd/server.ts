import type { StatsdConfig } from './config.ts'
import { Flushing } from './flush/flushing.ts'
import type { StatsdPart, StatsdWorld } from './part.ts'
import { Receiver } from './receive/receiver.ts'
import { receiverSettings } from './receiver_settings.ts'

export type ServerWorld = Omit<StatsdWorld, 'append' | 'receiver'>

/** The StatsD server: the receiving and the flushing thread, and the port between them. */
export class StatsdServer implements StatsdPart {
  readonly name = 'server'
  readonly receiver: Receiver
  readonly #flushing: Flushing

  constructor(config: StatsdConfig, world: ServerWorld) {
    const { contextOf, journal, instance, logLevel, configured } = world
    const context = contextOf('statsd')
    this.receiver = new Receiver(receiverSettings(config, configured), {
      context,
      logLevel,
      onTables: (port) => this.#flushing.receiveFrom(port),
    })
    const { key_flush: keyFlush, namespace } = config
    this.#flushing = new Flushing(
      { settings: flushSettings(config), keyFlush, namespace },
      // Who configures metrics sees a flush from the first interval on.
      configured.has('listen') || configured.has('backends'),
      { context, journal, instance, logLevel, renew: () => this.receiver.renewFlusher() },
    )
  }

  async start(): Promise<void> {
    await this.receiver.start()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.receiver.stop(deadline)
    await this.#flushing.stop(deadline)
  }

  async status(): Promise<object> {
    const [received, flushed] = await Promise.all([this.receiver.status(), this.#flushing.status()])
    return { ...(received && { received }), ...(flushed && { flushed }) }
  }

  async metrics(): Promise<object[][]> {
    return [...(await this.receiver.metrics()), ...(await this.#flushing.metrics())]
  }
}

const flushSettings = (config: StatsdConfig) => ({
  flush_interval: config.flush_interval,
  percent_threshold: config.percent_threshold,
  histogram: config.histogram,
  calculated_timer_metrics: config.calculated_timer_metrics,
  prefix_stats: config.prefix_stats,
  gauges_max_ttl: config.gauges_max_ttl,
  delete_idle_stats: config.delete_idle_stats,
  delete_counters: config.delete_counters,
  delete_timers: config.delete_timers,
  delete_sets: config.delete_sets,
  delete_gauges: config.delete_gauges,
})
