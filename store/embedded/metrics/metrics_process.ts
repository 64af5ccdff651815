import type { DuckDBConnection } from '@duckdb/node-api'
import type { Clock } from '../../../core/clock.ts'
import type { Places } from '../../../core/journal/cursor.ts'
import type { MetricsOptions } from '../../metrics_config.ts'
import { metricPointsTag } from '../../points.ts'
import { type JsonRecord, SearchError } from '../../search.ts'
import { database } from '../database.ts'
import type { JournalFollower } from '../../../core/journal/follower.ts'
import { sql } from '../sql.ts'
import { CatalogueSearch } from './catalogue_search.ts'
import { CatalogueWriter } from './catalogue_writer.ts'
import { pointManifestPath } from './layout.ts'
import type { MetricsQuestion } from './metrics_protocol.ts'
import { type FileSizes, PointMaintenance } from './point_maintenance.ts'
import { PointReader } from './point_reader.ts'
import type { SealingEvents } from '../sealing_passes.ts'
import { PointSealer, type PointSealerOptions } from './point_sealer.ts'
import { PointStore, type PointWorld } from './point_store.ts'
import { RetentionRules } from './retention_rules.ts'
import { TagSearch } from './tag_search.ts'

export interface MetricsProcessOptions extends PointSealerOptions, FileSizes {
  readonly metrics: MetricsOptions
  /** By which points are too old. */
  readonly time: Pick<Clock, 'now'>
}

/** Metrics as the engine's process keeps them: taken in, looked after, asked. */
export class MetricsProcess {
  readonly sealer: PointSealer
  readonly maintenance: PointMaintenance
  readonly store: PointStore
  readonly #reader: PointReader
  readonly #catalogue: CatalogueSearch
  readonly #tags: TagSearch
  #isStarted = false

  private constructor(
    store: PointStore,
    options: MetricsProcessOptions,
    follow: (cursor: Places) => JournalFollower,
    events: SealingEvents,
  ) {
    const { world, manifest } = store
    this.store = store
    const rules = new RetentionRules(options.metrics)
    const writer = new CatalogueWriter(manifest, options.metrics.max_series, (series) => {
      world.notice(
        'warn',
        'there are store.metrics.max_series series: further ones are not found',
        {
          series,
        },
      )
    })
    this.maintenance = new PointMaintenance(store, writer, rules, options, options.time)
    this.sealer = new PointSealer(store, writer, follow, options, {
      onPaused: events.onPaused,
      onSealed: (cursor, isCaughtUp) => {
        events.onSealed(cursor, isCaughtUp)
        this.maintenance.sealed(isCaughtUp)
      },
    })
    this.#catalogue = new CatalogueSearch(pointManifestPath(world.folder))
    this.#tags = new TagSearch(this.#catalogue, this.#matching)
    const catalogue = this.#catalogue
    this.#reader = new PointReader({ store, catalogue, rules, options: options.metrics })
  }

  static async open(
    world: PointWorld,
    options: MetricsProcessOptions,
    follow: (cursor: Places) => JournalFollower,
    events: SealingEvents,
    isLook = false,
  ): Promise<MetricsProcess> {
    const store = await PointStore.open(world, options.metrics.page_cache, isLook)
    return new MetricsProcess(store, options, follow, events)
  }

  /** Which batches of the journal are points. */
  static readonly wants = (tag: string): boolean => tag === metricPointsTag

  /** @param isMaintained whether files are merged and go on their own. What is not started is only looked at. */
  start(isMaintained: boolean): void {
    this.#isStarted = true
    this.sealer.start()
    if (isMaintained) this.maintenance.start()
  }

  /** Takes in what was durable at the call, unless it is only looked at. */
  async refresh(): Promise<void> {
    if (this.#isStarted) await this.sealer.refresh()
  }

  async stop(): Promise<void> {
    await this.sealer.stop()
    await this.maintenance.stop()
    this.#catalogue.close()
    await this.store.close()
  }

  /** @throws SearchError, or the deadline's reason. */
  async answer(question: MetricsQuestion, deadline: AbortSignal): Promise<unknown> {
    return await this.maintenance.beside(() => this.#answer(question, deadline))
  }

  /** On disk. */
  get bytes(): number {
    let sum = 0
    for (const { bytes } of this.store.manifest.segments.values()) sum += bytes
    return sum
  }

  /** For `weir store stats`. */
  statistics(): JsonRecord {
    const segments = [...this.store.manifest.segments.values()]
    const sum = (of: (segment: (typeof segments)[number]) => number) =>
      segments.reduce((total, segment) => total + of(segment), 0)
    const series = this.store.manifest.statement('select count(*) as n from series').get()
    return {
      series: Number(series!['n']),
      points: sum(({ rows }) => rows),
      bytes: this.bytes,
      segments: segments.length,
      steps: [...Map.groupBy(segments, ({ stepMs }) => stepMs)]
        .toSorted(([a], [b]) => a - b)
        .map(([stepMs, own]) => ({
          step_ms: stepMs,
          points: own.reduce((total, { rows }) => total + rows, 0),
          bytes: own.reduce((total, { bytes }) => total + bytes, 0),
          segments: own.length,
        })),
      damaged: this.store.manifest.damaged().map((each) => ({ ...each })),
    }
  }

  async #answer(question: MetricsQuestion, deadline: AbortSignal): Promise<unknown> {
    switch (question.ask) {
      case 'find': {
        const { glob, tags, ...query } = question.query
        if (glob !== undefined && tags === undefined)
          return await this.#catalogue.find({ ...query, glob }, deadline)
        if (tags !== undefined && glob === undefined)
          return await this.#tags.find({ ...query, tags }, deadline)
        throw new SearchError(
          400,
          'illegal_argument_exception',
          'series are found by "glob" or by "tags": give one of them',
        )
      }
      case 'children':
        return await this.#catalogue.children(question.query, deadline)
      case 'tag_names':
        return await this.#tags.names(question.query, deadline)
      case 'tag_values':
        return await this.#tags.values(question.query, deadline)
      case 'read':
        return await this.#connected((connection) =>
          this.#reader.read(question.request, connection, deadline),
        )
    }
  }

  #connected = <T>(action: (connection: DuckDBConnection) => Promise<T>): Promise<T> =>
    this.store.world.connected(action)

  /** By DuckDB's expressions, which take linear time. */
  readonly #matching = async (
    texts: readonly string[],
    expression: string,
    deadline: AbortSignal,
  ): Promise<boolean[]> => {
    try {
      return await this.#connected(async (connection) => {
        const rows = await database(connection).rows(
          sql`select regexp_matches(text, ${expression}) as fits from
            (select unnest(from_json(${JSON.stringify(texts)}, '["VARCHAR"]')) as text)`,
          deadline,
        )
        return rows.map(({ fits }) => fits === true)
      })
    } catch (failure) {
      deadline.throwIfAborted()
      throw new SearchError(
        400,
        'illegal_argument_exception',
        `the expression ${JSON.stringify(expression)} cannot be used: ${String(failure)}`,
      )
    }
  }
}
