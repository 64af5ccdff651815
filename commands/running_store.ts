import { hostname } from 'node:os'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { CollectorConfig } from '../collector/config.ts'
import type { Config } from '../config.ts'
import { outputs as outputPlugins } from '../collector/outputs/all.ts'
import type { Context } from '../core/context.ts'
import type { Files } from '../core/files.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Lifecycle } from '../core/lifecycle.ts'
import type { OnMistake } from '../store/api/surface.ts'
import type { StoreConfig } from '../store/config.ts'
import type { Documents } from '../store/documents.ts'
import { processStarter, type StartChild } from '../store/embedded/child_handle.ts'
import type { MetricStore } from '../store/metrics.ts'
import type { OpenedFor, StoreRoutes } from '../store/embedded/protocol.ts'
import { keepLastRun } from '../store/last_run.ts'
import type { AskedStore } from './store_operations.ts'

type Outputs = CollectorConfig['outputs']

/** The store that the config asks for, on either engine. */
export interface RunningStore extends Lifecycle, AskedStore {
  readonly documents: Documents
  /** Metric points, which are on this machine whatever the engine is. */
  readonly metrics: MetricStore
  updateRoutes(routes: StoreRoutes): void
  /** Adds the Elasticsearch API to a port. */
  addApi(app: FastifyInstance, prefix: string, onMistake: OnMistake): Promise<void>
  status(): object
}

export interface StoreSurroundings {
  readonly files: Files
  readonly journal: Journal
  readonly context: Context
  readonly routes: StoreRoutes
  readonly env: Readonly<Record<string, string | undefined>>
  /** To run, by default. */
  readonly openedFor?: OpenedFor
}

export const storeRuns = ({ store, roles }: Config) => store.enabled && roles.includes('store')

/** Loads the engine that is asked for, and not the other. */
export async function createStore(
  config: StoreConfig,
  given: StoreSurroundings,
): Promise<RunningStore> {
  const { engine } = config
  const make = engine === 'embedded' ? embeddedStore : clusterStore
  const store = await make(config, given)
  const keep = (routes: StoreRoutes) => {
    if (given.openedFor === undefined) keepLastRun(given.context.dataFolder, { engine, routes })
  }
  const { start, updateRoutes } = store
  store.start = async () => {
    await start()
    keep(given.routes)
  }
  store.updateRoutes = (routes) => {
    updateRoutes(routes)
    keep(routes)
  }
  return store
}

const startsChild = (env: StoreSurroundings['env']): StartChild =>
  processStarter(join(import.meta.dirname, '..', 'store', 'embedded', 'child_main.ts'), { ...env })

async function embeddedStore(config: StoreConfig, given: StoreSurroundings): Promise<RunningStore> {
  const { EmbeddedStore } = await import('../store/embedded_store.ts')
  const { env, ...world } = given
  const embedded = new EmbeddedStore(config, {
    ...world,
    openedFor: given.openedFor ?? 'running',
    startChild: startsChild(env),
    randomBytes: (count) => randomBytes(count),
    hostname: hostname(),
  })
  return {
    start: () => embedded.start(),
    stop: (deadline) => embedded.stop(deadline),
    get search() {
      return embedded.search
    },
    embedded,
    documents: embedded.documents,
    get metrics() {
      return embedded.metrics
    },
    updateRoutes: (routes) => embedded.engine.updateRoutes(routes),
    addApi: async (app, prefix, onMistake) => {
      const { addElasticsearchRoutes } = await import('../store/api/routes.ts')
      addElasticsearchRoutes(app, prefix, () => embedded.api, onMistake)
    },
    status: () => embedded.status(),
  }
}

async function clusterStore(
  config: StoreConfig,
  { context, journal, routes, env }: StoreSurroundings,
): Promise<RunningStore> {
  const { LocalPoints } = await import('../store/local_points.ts')
  const { Cluster } = await import('../store/elasticsearch/cluster.ts')
  const { ElasticsearchDocuments } = await import('../store/elasticsearch/documents.ts')
  const { ElasticsearchSearch } = await import('../store/elasticsearch/search.ts')
  const { query_timeout: timeoutMs } = config
  const cluster = () => new Cluster({ ...config, timeout: timeoutMs }, context.clock.now)
  const search = new ElasticsearchSearch(cluster())
  const documents = new ElasticsearchDocuments(cluster())
  const passed = cluster()
  const points = new LocalPoints(config, { journal, context, routes, startChild: startsChild(env) })
  return {
    start: () => points.start(),
    stop: async (deadline) => {
      await points.stop(deadline)
      await Promise.all([search.stop(), documents.stop(), passed.close()])
    },
    search,
    embedded: undefined,
    documents,
    get metrics() {
      return points.metrics
    },
    updateRoutes: (changed) => points.updateRoutes(changed),
    addApi: async (app, prefix, onMistake) => {
      const { addPassThrough } = await import('../store/elasticsearch/pass_through.ts')
      addPassThrough(app, prefix, { cluster: passed, timeoutMs }, onMistake)
    },
    status: () => ({ engine: 'elasticsearch', hosts: config.hosts, points: points.status() }),
  }
}

/** What of the journal is for the store. */
export const routesOf = ({
  collector,
  statsd,
}: Pick<Config, 'collector' | 'statsd'>): StoreRoutes => ({
  outputs: collector.outputs.map((output) => ({
    match: String(output['match']),
    final: output['final'] === true,
    isStore: output.type === 'store',
  })),
  points: statsd.backends.some(({ type }) => type === 'store'),
})

/** The outputs that run: on a cluster the store is an elasticsearch output with the store's connection. */
export function withStore(outputs: Outputs, store: StoreConfig): Outputs {
  if (store.engine === 'embedded') return outputs
  return outputs.map((output) => {
    if (output.type !== 'store') return output
    const { hosts, api_key, username, password, tls, headers, retention } = store
    const shared = {
      type: 'elasticsearch',
      id: 'store',
      match: output['match'],
      final: output['final'],
    }
    return {
      ...outputPlugins.schema.parse(shared),
      hosts,
      api_key,
      username,
      password,
      tls,
      headers,
      retention: retention.age,
    }
  })
}
