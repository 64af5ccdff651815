import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { Collector } from '../collector/collector.ts'
import type { CollectorConfig } from '../collector/config.ts'
import type { Config } from '../config.ts'
import type { Context } from '../core/context.ts'
import { WeirError } from '../core/errors.ts'
import { systemFiles } from '../core/files.ts'
import { Journal } from '../core/journal/journal.ts'
import { type Reason, reasons } from '../core/reasons.ts'
import { searchLimits } from '../store/api/limits.ts'
import { keysWithoutMeaning } from '../store/config.ts'
import { LiveTail } from '../store/live_tail.ts'
import { addTailRoute } from '../store/tail_route.ts'
import { projectOperations } from '../errors/projects/operations.ts'
import type { Statsd } from '../statsd/statsd.ts'
import { removeLeftSnapshot } from './backup/snapshot.ts'
import { backupOperations } from './backup_operation.ts'
import { alertOperations } from './alert_operations.ts'
import { errorOperations } from './error_operations.ts'
import { importOperations } from './import_operation.ts'
import { deadOperations, journalOperations } from './operations.ts'
import { OwnMetrics } from './own_metrics.ts'
import type { Parts } from './parts.ts'
import type { Running, Surroundings } from './running.ts'
import { createStore, routesOf, type RunningStore, storeRuns, withStore } from './running_store.ts'
import { leaveErrors } from './errors_off.ts'
import { errorsRun, RunningErrors } from './running_errors.ts'
import { startStatsd } from './running_statsd.ts'
import { statsdOperations } from './statsd_operations.ts'
import { statusOf } from './status.ts'
import { storeOperations } from './store_operations.ts'
import { tailOperations } from './tail_operation.ts'

/** Puts the parts together that the config asks for. */
export async function assemble(given: Surroundings): Promise<Running> {
  const parts = new Assembly(given)
  const startedMs = given.clock.now()
  const metrics = new OwnMetrics(parts, given)
  return {
    operations: {
      ...journalOperations(() => parts.journal),
      ...deadOperations(
        given.dataFolder,
        (id) => parts.collector?.output(id) ?? parts.statsd?.output(id),
      ),
      ...storeOperations(() => parts.store),
      ...tailOperations(
        () => parts.tail,
        given.clock,
        searchLimits(given.loaded.config.store.limits),
      ),
      ...importOperations(() => parts.collector),
      ...statsdOperations(() => parts.statsd),
      ...projectOperations(() => parts.projects()),
      ...errorOperations(() => parts.errors),
      ...alertOperations(() => parts.errors),
      ...backupOperations(given.dataFolder, () => parts.journal, given.clock),
    },
    extend: (app) => {
      parts.addTail(app)
      parts.statsd?.addRoutes(app)
    },
    addApi: (app, prefix) => parts.addApi(app, prefix),
    addMetricsApi: (app) => parts.addMetricsApi(app),
    addGraphite: async (app, prefix) => parts.statsd?.addGraphite(app, prefix),
    addErrors: async (app) => parts.errors?.addRoutes(app),
    addSpotlight: async (app) => parts.errors?.addSpotlight(app),
    start: () => parts.start(),
    stop: (deadline) => parts.stop(deadline),
    reload: ({ config }) => parts.reload(config),
    receive: (body) => parts.receive(body),
    paused: () => parts.troubles[0],
    notReady: () => (parts.collector ? parts.troubles : ['Weir is starting']),
    status: () => statusOf(parts, given, startedMs, metrics),
    metrics: (accept) => metrics.expose(accept),
  }
}

/** The parts, from start to stop. */
class Assembly implements Parts {
  readonly #given: Surroundings
  #journal: Journal | undefined
  #tail: LiveTail | undefined
  collector: Collector | undefined
  store: RunningStore | undefined
  statsd: Statsd | undefined
  errors: RunningErrors | undefined

  constructor(given: Surroundings) {
    this.#given = given
  }

  get journal(): Journal {
    if (!this.#journal) throw new WeirError('WEIR_NOT_RUNNING', 'Weir is starting')
    return this.#journal
  }

  get tail(): LiveTail {
    const { journal } = this
    return (this.#tail ??= new LiveTail({
      files: systemFiles,
      dataFolder: this.#given.dataFolder,
      partitions: () => journal.partitions,
      listen: (listener) => journal.listen(listener),
    }))
  }

  get troubles(): string[] {
    return this.#journal?.troubles.map(({ message }) => message) ?? []
  }

  async start(): Promise<void> {
    const { loaded, dataFolder, clock, log, metrics } = this.#given
    const { journal } = loaded.config
    removeLeftSnapshot(dataFolder)
    this.#journal = await Journal.open(
      {
        dataFolder,
        maxDisk: journal.max_disk,
        whenFull: journal.when_full,
        segmentBytes: journal.segment_size,
        groupBytes: journal.max_batch,
      },
      {
        files: systemFiles,
        clock,
        log: log.child({ component: 'journal' }),
        metrics,
        count: this.#count,
      },
    )
    const { engine } = loaded.config.store
    for (const text of keysWithoutMeaning(loaded.input, engine, loaded.placeOf)) log.warn(text)
    this.store = await this.#makeStore(loaded.config)
    await this.store?.start()
    // Before whatever writes the journal: nothing of it may go that the digest has not passed.
    this.errors = this.#makeErrors(loaded.config)
    if (this.errors) await this.errors.start()
    else await leaveErrors(this.#journal, log)
    const collector = new Collector(this.#collectorConfig(loaded.config), this.#journal, {
      files: systemFiles,
      clock,
      randomBytes: (count) => randomBytes(count),
      dataFolder,
      logLevel: loaded.config.log.level,
      contextOf: (id) => this.#contextOf(id),
    })
    await collector.start()
    this.collector = collector
    const { journal: kept } = this
    const contextOf = (id: string) => this.#contextOf(id)
    this.statsd = await startStatsd({
      loaded,
      journal: kept,
      dataFolder,
      contextOf,
      store: () => this.store,
    })
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.errors?.stop(deadline)
    this.errors = undefined
    await this.statsd?.stop(deadline)
    this.statsd = undefined
    await this.collector?.stop(deadline)
    this.collector = undefined
    await this.store?.stop(deadline)
    this.store = undefined
  }

  /** The Elasticsearch API, where there is a store. */
  async addApi(app: FastifyInstance, prefix: string): Promise<void> {
    await this.store?.addApi(app, prefix, (failure, path) => {
      this.#given.log.error({ err: failure, path }, 'a request failed')
    })
  }

  /** The JSON API of metrics, where the store has them. */
  async addMetricsApi(app: FastifyInstance): Promise<void> {
    const store = this.store?.metrics
    if (!store) return
    const { clock, loaded } = this.#given
    const { addMetricsRoutes } = await import('../store/metrics_api/routes.ts')
    const timeoutMs = loaded.config.store.query_timeout
    addMetricsRoutes(app, { store, nowMs: () => clock.now(), timeoutMs })
  }

  /** Events as they arrive. */
  addTail(app: FastifyInstance): void {
    const { clock, loaded } = this.#given
    const { max_followers: maxFollowers, limits: bounds } = loaded.config.store
    const limits = searchLimits(bounds)
    addTailRoute(app, { tail: this.tail, clock, maxFollowers, limits, ending: app.ending })
  }

  async reload(config: Config): Promise<void> {
    const { journal } = this.#given.loaded.config
    if (JSON.stringify(config.journal) !== JSON.stringify(journal)) {
      this.#given.log.warn({ key: 'journal' }, 'this key changes only with a restart')
    }
    await this.collector?.reload(this.#collectorConfig(config))
    this.store?.updateRoutes(routesOf(config))
    await this.statsd?.reload(config.statsd)
    await this.errors?.reload(config.errors)
  }

  async receive(body: Parameters<Running['receive']>[0]) {
    if (!this.collector) throw new WeirError('WEIR_NOT_RUNNING', 'Weir is starting or stopping')
    return await this.collector.receive(body)
  }

  /** `roles` are those of the start: they change only with a restart. */
  #collectorConfig({ collector, store }: Config): CollectorConfig {
    const { roles } = this.#given.loaded.config
    const runs = collector.enabled && roles.includes('collector')
    if (!runs) return { ...collector, inputs: [], outputs: [] }
    return { ...collector, outputs: withStore(collector.outputs, store) }
  }

  async projects() {
    if (this.errors) return await this.errors.projects()
    const off = 'error reports are switched off: see errors.enabled and roles'
    throw new WeirError('WEIR_NOT_RUNNING', this.#journal ? off : 'Weir is starting')
  }

  #makeErrors(config: Config): RunningErrors | undefined {
    if (!errorsRun(config)) return undefined
    const { dataFolder, baseUrl } = this.#given
    return new RunningErrors({
      config,
      journal: () => this.journal,
      dataFolder,
      contextOf: (id) => this.#contextOf(id),
      store: () => this.store,
      baseUrl,
    })
  }

  async #makeStore(config: Config): Promise<RunningStore | undefined> {
    if (!storeRuns(config)) return undefined
    return await createStore(config.store, {
      files: systemFiles,
      journal: this.journal,
      context: this.#contextOf('store'),
      routes: routesOf(config),
      env: this.#given.env,
    })
  }

  #contextOf(id: string): Context {
    const { log, clock, metrics, random, dataFolder } = this.#given
    return {
      id,
      log: log.child({ component: id }),
      clock,
      metrics,
      count: (reason, amount = 1) => this.#count(id, reason, amount),
      random,
      dataFolder,
    }
  }

  readonly #count = (component: string, reason: Reason, amount: number) => {
    const { fate } = reasons[reason]
    this.#given.metrics.events_impaired.inc({ component, fate, reason }, amount)
  }
}
