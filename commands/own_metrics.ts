import { setImmediate } from 'node:timers/promises'
import { formatOf } from '../core/exposition/formats.ts'
import { familiesOf } from '../core/exposition/prom_client.ts'
import type { MetricsReply } from '../core/http/routes.ts'
import { AggregatorRegistry, definitions } from '../core/metrics.ts'
import { readerLags } from './reader_lags.ts'
import type { Parts } from './parts.ts'
import type { Surroundings } from './running.ts'

const maxClashesTold = 100

/** Weir's own metrics: those of all its threads, as one. */
export class OwnMetrics {
  readonly #parts: Parts
  readonly #given: Surroundings
  /** Names of metrics that two have, told already. */
  readonly #clashes = new Set<string>()

  constructor(parts: Parts, given: Surroundings) {
    this.#parts = parts
    this.#given = given
  }

  /** What `GET /metrics` answers, with what StatsD's clients sent. */
  async expose(accept: string | undefined): Promise<MetricsReply> {
    const { metrics, loaded } = this.#given
    const { journal, statsd, store } = this.#parts
    metrics.journal_disk_bytes.set(journal.space.used)
    for (const { id, lag_bytes, lag_seconds } of readerLags(journal)) {
      metrics.reader_lag_bytes.set({ reader: id }, lag_bytes)
      metrics.reader_lag_seconds.set({ reader: id }, lag_seconds)
    }
    store?.embedded?.measure()
    const own = familiesOf(await (await this.#all()).getMetricsAsJSON())
    const families = [...own, ...((await statsd?.exposition()) ?? [])]
    const { openmetrics } = loaded.config.statsd.prometheus
    const { contentType, write } = formatOf(openmetrics ? accept : undefined)
    let text = ''
    for (const piece of write(families, (name) => this.#warnOfClash(name))) {
      text += piece
      // A hundred thousand series take a fifth of a second, in which others want to be answered.
      if (piece.length > 50_000) await setImmediate()
    }
    return { contentType, text }
  }

  /** Everything that happened to events other than arriving whole, over all threads. */
  async impaired(): Promise<object[]> {
    const metric = (await this.#all()).getSingleMetric(definitions.events_impaired.name)
    const values = (await metric?.get())?.values ?? []
    return values.map(({ labels, value }) => ({ ...labels, events: value }))
  }

  async #all() {
    const { collector, statsd, errors } = this.#parts
    return AggregatorRegistry.aggregate([
      await this.#given.registry.getMetricsAsJSON(),
      ...((await collector?.metrics()) ?? []),
      ...((await statsd?.metrics()) ?? []),
      ...((await errors?.started?.metrics()) ?? []),
    ])
  }

  /** Two metrics of one name: Weir's own stay, and what came second is left out. */
  #warnOfClash(name: string): void {
    const { metrics, log } = this.#given
    metrics.exposition_clashes.inc()
    if (this.#clashes.has(name) || this.#clashes.size >= maxClashesTold) return
    this.#clashes.add(name)
    log.warn({ metric: name }, 'two metrics have this name: /metrics leaves the second out')
  }
}
