import type { Context } from '../../core/context.ts'
import type { Family } from '../../core/exposition/family.ts'
import type { Journal } from '../../core/journal/journal.ts'
import type { MetricPoint } from '../../store/points.ts'
import type { MakePart, StatsdPart } from '../part.ts'
import type { PrometheusConfig } from './config.ts'
import { FlushFollower } from './follower.ts'
import { loadMappings } from './mapping/load.ts'
import { Mapper } from './mapping/mapper.ts'
import { type Refused, SeriesTable } from './table.ts'
import { Targets } from './target.ts'

const readerId = 'statsd.prometheus'
/** Names of refused series that the status lists, by reason. */
const maxNamesTold = 20

/** Shows the series of StatsD at `/metrics`: what every flush brought, added up since Weir started. */
export class Exposition implements StatsdPart {
  readonly name = 'prometheus'
  #config: PrometheusConfig
  readonly #journal: Journal
  readonly #context: Context
  #table: SeriesTable
  #follower: FlushFollower | undefined
  readonly #refused = new Map<Refused, { points: number; readonly names: Set<string> }>()

  /** @throws ConfigError for a mapping file that cannot be read. */
  constructor(config: PrometheusConfig, world: { journal: Journal; context: Context }) {
    this.#config = config
    this.#journal = world.journal
    this.#context = world.context
    this.#table = tableOf(config)
  }

  async start(): Promise<void> {
    if (!this.#config.enabled) {
      // A cursor left from before would hold the journal for nobody.
      await this.#journal.forget(readerId)
      return
    }
    const { log } = this.#context
    const world = { journal: this.#journal, log }
    this.#follower = new FlushFollower(readerId, world, (point) => this.take(point))
    await this.#follower.start()
  }

  async stop(): Promise<void> {
    await this.#follower?.stop()
    this.#follower = undefined
  }

  /** New rules hold for what comes from now on; everything begins anew, as after a start. */
  async reload({ prometheus }: { readonly prometheus: PrometheusConfig }): Promise<void> {
    const table = tableOf(prometheus)
    await this.stop()
    this.#config = prometheus
    this.#table = table
    await this.start()
  }

  /** Takes a point in. */
  take(point: MetricPoint): void {
    const { metrics } = this.#context
    const result = this.#table.add(point)
    if ('refused' in result) this.#refuse(result.refused, point)
    else metrics.prometheus_series.set(this.#table.size)
  }

  exposition(): Iterable<Family> {
    if (!this.#config.enabled) return []
    const now = this.#context.clock.now()
    this.#table.expire(now)
    this.#context.metrics.prometheus_series.set(this.#table.size)
    return this.#table.families(now)
  }

  status(): object {
    const refused = [...this.#refused].map(([reason, { points, names }]) => {
      return { reason, points, examples: [...names] }
    })
    return { enabled: this.#config.enabled, series: this.#table.size, refused }
  }

  #refuse(reason: Refused, { series }: MetricPoint): void {
    const { metrics, log } = this.#context
    metrics.prometheus_refused.inc({ reason })
    let told = this.#refused.get(reason)
    if (!told) this.#refused.set(reason, (told = { points: 0, names: new Set() }))
    told.points += 1
    if (told.names.has(series) || told.names.size >= maxNamesTold) return
    told.names.add(series)
    if (reason !== 'dropped_by_rule') log.warn({ series, reason }, 'is not shown at /metrics')
  }
}

function tableOf({ mapping_file: file, max_series: most }: PrometheusConfig): SeriesTable {
  return new SeriesTable(new Targets(new Mapper(loadMappings(file))), most)
}

export const makeExposition: MakePart = (config, { journal, contextOf }) =>
  new Exposition(config.prometheus, { journal, context: contextOf('statsd.prometheus') })
