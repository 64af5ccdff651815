import { pid } from 'node:process'
import type { Clock } from '../../core/clock.ts'
import type { Family } from '../../core/exposition/family.ts'
import type { Append } from '../../core/journal/batch.ts'
import type { Logger } from '../../core/log.ts'
import { metricPointsTag, pointStream, PointWriter } from '../../store/points.ts'
import { seriesOf } from '../../store/series.ts'
import type { MakePart, StatsdPart } from '../part.ts'
import type { HostConfig } from './config.ts'
import { type Dotted, DottedValues } from './dotted.ts'
import { familiesOf } from './measured.ts'
import { Readings } from './readings.ts'

export interface HostWorld {
  readonly clock: Clock
  readonly log: Logger
  readonly append: Append
  /** The Weir that measures, and the tag `host` of what it measures. */
  readonly instance: string
  readonly hostname: string
  readonly namespace: string
  readonly pid: number
}

/** Measures the machine: a point of each series every interval, and node_exporter's families when asked. */
export class Host implements StatsdPart {
  readonly name = 'host'
  readonly #config: HostConfig
  readonly #world: HostWorld
  readonly #readings: Readings
  readonly #dotted = new DottedValues()
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #series = 0
  #isFailing = false

  constructor(config: HostConfig, world: HostWorld) {
    this.#config = config
    this.#world = world
    this.#readings = new Readings(config, { now: world.clock.now, pid: world.pid })
  }

  async start(): Promise<void> {
    if (this.#config.enabled) this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  status(): object {
    return { enabled: this.#config.enabled, series: this.#series }
  }

  async exposition(): Promise<Family[]> {
    return this.#config.enabled ? familiesOf(await this.#readings.read()) : []
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#world
    const { signal } = this.#stopping
    const { interval } = this.#config
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      try {
        const values = await this.#measure()
        // Rates need two readings.
        if (!isFirst) await this.#write(values)
        this.#isFailing = false
      } catch (failure) {
        // A measurement that the stop interrupted.
        if (signal.aborted) return
        if (!this.#isFailing) log.warn({ err: failure }, 'cannot measure the machine')
        this.#isFailing = true
      }
      // At multiples of the interval, so that points of all machines are of the same times.
      await clock.sleep(interval - (clock.now() % interval), signal)
    }
  }

  async #measure(): Promise<Dotted[]> {
    const { clock } = this.#world
    return this.#dotted.of(await this.#readings.read(), clock.monotonic())
  }

  async #write(values: readonly Dotted[]): Promise<void> {
    const { clock, append, instance, hostname: host, namespace } = this.#world
    const { interval } = this.#config
    const atMs = Math.round(clock.now() / 1000) * 1000
    const writer = new PointWriter()
    for (const { name, tags, value } of values) {
      const series = seriesOf(name, [...tags, ['host', host] as const].map(tidyTag))
      writer.add({ atMs, series, type: 'value', instance, intervalMs: interval, last: value })
    }
    const { bytes, count } = writer.take()
    this.#series = count
    if (count === 0) return
    const stream = pointStream('host', namespace)
    await append([{ stream, tag: metricPointsTag, bytes, count }], this.#stopping.signal)
  }
}

/** What a tag's value may not have in Graphite's tagged form is replaced. */
const tidyTag = ([key, value]: readonly [string, string]) =>
  [key, value.replaceAll(';', '_').replace(/^~/, '_') || '_'] as const

export const makeHost: MakePart = (config, { contextOf, append, instance, hostname }) => {
  const { clock, log } = contextOf('statsd.host')
  const { host, namespace } = config
  return new Host(host, { clock, log, append, instance: instance.id, hostname, namespace, pid })
}
