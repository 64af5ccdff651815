import type { DuckDBConnection } from '@duckdb/node-api'
import type { Figure, ReadRequest, SeriesKey, SeriesValues } from '../../metrics.ts'
import type { MetricsOptions } from '../../metrics_config.ts'
import { SearchError } from '../../search.ts'
import { nameOfSeries } from '../../series.ts'
import type { CatalogueSearch } from './catalogue_search.ts'
import { type Aggregation, type FigureContext, valueOf } from './figures.ts'
import type { PointStore } from './point_store.ts'
import { archiveFrom, type RetentionRules } from './retention_rules.ts'
import { readSteps } from './step_reader.ts'
import type { WantedSteps } from './step_sql.ts'

const fallback: Aggregation = { method: 'average', x_files_factor: 0.3 }

export interface ReaderWorld {
  readonly store: PointStore
  readonly catalogue: CatalogueSearch
  readonly rules: RetentionRules
  readonly options: MetricsOptions
}

/** A series of a request, and the steps it is answered in. */
interface Planned {
  readonly key: SeriesKey
  readonly startMs: number
  readonly stepMs: number
  readonly finestMs: number
  readonly isFinest: boolean
  readonly steps: number
}

/** Answers what the points of series were. */
export class PointReader {
  readonly #world: ReaderWorld
  readonly #aggregations: readonly { readonly pattern: RegExp; readonly rule: Aggregation }[]

  constructor(world: ReaderWorld) {
    this.#world = world
    this.#aggregations = world.options.aggregation.map((rule) => {
      return { pattern: new RegExp(rule.match, 'u'), rule }
    })
  }

  /** @throws SearchError 400 when the request asks for nothing, or too much. */
  async read(
    request: ReadRequest,
    connection: DuckDBConnection,
    deadline: AbortSignal,
  ): Promise<SeriesValues[]> {
    const { figures } = request
    const planned = this.#plan(request)
    const values = planned.reduce((sum, { steps }) => sum + steps, 0) * figures.length
    if (values > this.#world.options.max_values) {
      throw refused(
        `${values} values are more than store.metrics.max_values: ask for fewer series, a shorter time or a longer step`,
      )
    }
    const answers = planned.map(({ key, startMs, stepMs, steps }) =>
      figures.map((figure): SeriesValues => {
        return { ...key, figure, startMs, stepMs, values: new Float64Array(steps).fill(NaN) }
      }),
    )
    const groups = Map.groupBy(planned.keys(), (place) => {
      const { startMs, stepMs, isFinest } = planned[place]!
      return `${startMs} ${stepMs} ${isFinest}`
    })
    for (const places of groups.values()) {
      const { startMs, stepMs, isFinest, steps } = planned[places[0]!]!
      const wanted: WantedSteps = {
        keys: places.map((place) => planned[place]!.key),
        figures,
        startMs,
        stepMs,
        steps,
        isFinest,
      }
      const contexts = places.map((place) => this.#contextOf(planned[place]!))
      await readSteps(this.#world.store, connection, wanted, deadline, (n, slot, step) => {
        const own = answers[places[n]!]!
        for (let place = 0; place < figures.length; place++) {
          own[place]!.values[slot] = valueOf(figures[place]!, step, contexts[n]!)
        }
      })
    }
    return answers.flat()
  }

  #plan(request: ReadRequest): Planned[] {
    const { series: keys, fromMs, untilMs, maxPoints } = request
    if (!(untilMs > fromMs)) throw refused('until has to be after from')
    for (const figure of request.figures) checkFigure(figure)
    const { catalogue, rules, store } = this.#world
    const nowMs = store.world.clock.now()
    const known = catalogue.known(keys)
    return keys.map((key, place) => {
      const archives = rules.archives[rules.ruleOf(key.series)]!
      const intervalMs = known[place]?.interval_ms ?? 0
      const archive = archiveFrom(archives, fromMs, nowMs)
      const finestMs = Math.max(archives[0]!.stepMs, intervalMs)
      const baseMs = Math.max(archive.stepMs, intervalMs)
      let stepMs = Math.ceil((request.stepMs ?? 0) / baseMs) * baseMs || baseMs
      const stepsOf = () => Math.ceil((untilMs - floorTo(fromMs, stepMs)) / stepMs)
      if (maxPoints !== undefined && stepsOf() > maxPoints) {
        stepMs = Math.ceil((untilMs - fromMs) / maxPoints / baseMs) * baseMs
        if (stepsOf() > maxPoints) stepMs += baseMs
      }
      const startMs = floorTo(fromMs, stepMs)
      return { key, startMs, stepMs, finestMs, isFinest: stepMs <= finestMs, steps: stepsOf() }
    })
  }

  #contextOf({ key, stepMs, finestMs, isFinest }: Planned): FigureContext {
    const name = nameOfSeries(key.series)
    const found = this.#aggregations.find(({ pattern }) => pattern.test(name))
    return { type: key.type, stepMs, finestMs, isFinest, aggregation: found?.rule ?? fallback }
  }
}

const floorTo = (atMs: number, stepMs: number) => Math.floor(atMs / stepMs) * stepMs

function checkFigure(figure: Figure): void {
  if (typeof figure === 'string' || 'exact' in figure) return
  if (!(figure.quantile >= 0 && figure.quantile <= 1))
    throw refused('a quantile is a number from 0 to 1')
}

const refused = (reason: string) => new SearchError(400, 'illegal_argument_exception', reason)
