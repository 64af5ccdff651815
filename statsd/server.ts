import type { Context } from '../core/context.ts'
import { forwards } from './backends/config.ts'
import type { StatsdConfig } from './config.ts'
import type { JournalPiece } from './forward/forwarded.ts'
import { consoleFields } from './console/config.ts'
import { flushFields } from './flush/config.ts'
import { Flushing } from './flush/flushing.ts'
import type { ConsoleFacts } from './console/commands.ts'
import { ConsoleSeries, type Shown } from './console/series.ts'
import type { StatsdPart, StatsdWorld } from './part.ts'
import { receiveFields } from './receive/config.ts'
import { Receiver } from './receive/receiver.ts'
import { metricsAwaited, receiverSettings } from './receiver_settings.ts'

const fixedKeys = [
  'namespace',
  ...Object.keys({ ...receiveFields, ...flushFields, ...consoleFields }),
] as (keyof StatsdConfig)[]

export type ServerWorld = Omit<StatsdWorld, 'append' | 'receiver' | 'merge'>

/** The StatsD server: the receiving and the flushing thread, and the port between them. */
export class StatsdServer implements StatsdPart {
  readonly name = 'server'
  readonly receiver: Receiver
  readonly series: ConsoleSeries
  readonly #flushing: Flushing
  readonly #prefixStats: string
  readonly #config: StatsdConfig
  readonly #context: Context
  readonly #startedSeconds: number

  constructor(config: StatsdConfig, world: ServerWorld) {
    const { contextOf, journal, instance, logLevel, configured } = world
    const context = contextOf('statsd')
    this.#prefixStats = config.prefix_stats
    this.#config = config
    this.#context = context
    this.#startedSeconds = secondsOf(context.clock.now())
    const receiving = receiverSettings(config, configured)
    this.receiver = new Receiver(receiving, {
      context,
      onTables: (port) => this.#flushing.receiveFrom(port),
    })
    this.series = new ConsoleSeries(this.receiver, (shown) => this.#own(shown))
    const { key_flush: keyFlush, namespace } = config
    this.#flushing = new Flushing(
      {
        settings: flushSettings(config),
        keyFlush,
        namespace,
        limits: receiving.limits,
        forwards: forwards(config),
      },
      // Who configures metrics sees a flush from the first interval on.
      metricsAwaited(configured),
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

  /** Merges what other Weirs flushed into the next flush; resolves once that is durable. */
  async merge(pieces: readonly JournalPiece[]): Promise<void> {
    await this.receiver.ensure()
    await this.#flushing.merge(pieces)
  }

  /** For the console's `stats`. */
  async facts(backends: ConsoleFacts['backends']): Promise<ConsoleFacts> {
    const received = await this.receiver.status()
    const startedSeconds = this.#startedSeconds
    return {
      startedSeconds,
      nowSeconds: secondsOf(this.#context.clock.now()),
      lastMessageSeconds: secondsOf(received?.lastMessageMs ?? 0) || startedSeconds,
      badLines: received?.badLines ?? 0,
      backends,
    }
  }

  /** What the daemon counts of itself since the last flush, by name. */
  async #own(shown: Shown): Promise<Readonly<Record<string, number>>> {
    const prefix = this.#prefixStats
    const [received, flushed] = await Promise.all([this.receiver.status(), this.#flushing.status()])
    if (shown === 'gauges') {
      const lag = flushed?.lagSeconds
      return lag === undefined ? {} : { [`${prefix}.timestamp_lag`]: lag }
    }
    if (shown !== 'counters') return {}
    const since = (key: 'badLines' | 'packets' | 'lines') =>
      Math.max(0, (received?.[key] ?? 0) - (flushed?.traffic[key] ?? 0))
    return {
      [`${prefix}.bad_lines_seen`]: since('badLines'),
      [`${prefix}.packets_received`]: since('packets'),
      [`${prefix}.metrics_received`]: since('lines'),
    }
  }

  /** Threads and sockets are as they were made. */
  async reload(next: StatsdConfig): Promise<void> {
    const changed = fixedKeys.filter((key) => {
      return JSON.stringify(next[key]) !== JSON.stringify(this.#config[key])
    })
    if (changed.length === 0) return
    const keys = changed.map((key) => `statsd.${key}`)
    this.#context.log.warn({ keys }, 'these keys change only with a restart')
  }

  async status(): Promise<object> {
    const [received, flushed] = await Promise.all([this.receiver.status(), this.#flushing.status()])
    return { ...(received && { received }), ...(flushed && { flushed }) }
  }

  async metrics(): Promise<object[][]> {
    return await this.#flushing.metrics()
  }
}

const secondsOf = (ms: number) => Math.round(ms / 1000)

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
