import type { FastifyInstance } from 'fastify'
import { systemClock } from '../core/clock.ts'
import { serveControl } from '../core/control.ts'
import { messageOf } from '../core/errors.ts'
import type { ListenAddress } from '../core/http/address.ts'
import { below, type LateRoutes } from '../core/http/late_routes.ts'
import { createHttpServer, type HttpServer } from '../core/http/server.ts'
import { inOrder, type Lifecycle } from '../core/lifecycle.ts'
import { createLog, type Logger } from '../core/log.ts'
import { createMetrics, Registry } from '../core/metrics.ts'
import { prefixOf, sentryUrl } from '../errors/paths.ts'
import { type Reason, reasons } from '../core/reasons.ts'
import { assemble } from './assembly.ts'
import { httpAddresses, openToNobody, urlFor } from './http_addresses.ts'
import type { Config } from '../config.ts'
import type { Loaded, Running } from './running.ts'
import { errorsRun } from './running_errors.ts'
import { statsdRuns } from './running_statsd.ts'
import { storeRuns } from './running_store.ts'
import type { World } from './world.ts'

/** All of a running Weir. */
export interface Service extends Lifecycle {
  readonly log: Logger
  facts(): { readonly urls: readonly string[] }
  /** Reads the config again and applies what changed; a bad one is logged, and the old one runs on. */
  reload(read: () => Loaded): Promise<void>
}

export async function createService(
  world: World,
  first: Loaded,
  dataFolder: string,
): Promise<Service> {
  let loaded = first
  const log = createLog(loaded.config.log.level)
  const registry = new Registry()
  const metrics = createMetrics(registry)
  const running = await assemble({
    loaded,
    dataFolder,
    log,
    clock: systemClock,
    random: Math.random,
    metrics,
    registry,
    stdin: world.stdin,
    baseUrl: () => urlFor(loaded.config.http, http.urls()),
    env: world.env,
  })
  const countHttp = (reason: Reason) =>
    metrics.events_impaired.inc({ component: 'http', fate: reasons[reason].fate, reason })
  const http: HttpServer = createHttpServer({
    config: loaded.config.http,
    listen: httpAddresses(world, loaded),
    log: log.child({ component: 'http' }),
    count: countHttp,
    handlers: running,
    extend: running.extend,
    late: lateRoutes(() => loaded.config, running),
  })
  const apiPorts = createApiPorts(loaded.config, log, countHttp, running)
  const control = serveControl(dataFolder, running.operations)
  const parts = inOrder([http, ...apiPorts, control, running])

  const warn = () => {
    const warning = openToNobody(httpAddresses(world, loaded), loaded.config.http)
    if (warning !== undefined) log.warn({ component: 'http' }, warning)
  }
  const apply = async (read: () => Loaded) => {
    try {
      const next = read()
      for (const key of ['data_dir', 'roles', 'store'] as const) {
        if (JSON.stringify(next.config[key]) === JSON.stringify(loaded.config[key])) continue
        log.warn({ key }, 'this key changes only with a restart')
      }
      await http.reload(next.config.http, httpAddresses(world, next))
      try {
        await running.reload(next)
      } catch (failure) {
        await http.reload(loaded.config.http, httpAddresses(world, loaded))
        throw failure
      }
      log.level = next.config.log.level
      loaded = next
      log.info({ urls: http.urls() }, 'the config was read again and applied')
      warn()
    } catch (failure) {
      const problems = messageOf(failure).split('\n')
      log.error({ problems }, 'the new config was refused; the old one runs on')
    }
  }
  let applying = Promise.resolve()
  return {
    log,
    facts: () => ({ urls: [...http.urls(), ...apiPorts.flatMap((port) => port.urls())] }),
    async start() {
      await parts.start()
      warn()
    },
    stop: (deadline) => parts.stop(deadline),
    // One after the other: two HUPs in a row must not mix.
    reload: (read) => (applying = applying.then(() => apply(read))),
  }
}

/** What is loaded when somebody asks it. */
function lateRoutes(current: () => Config, running: Running): LateRoutes[] {
  const config = current()
  const sentryPrefix = () => prefixOf(current().http.base_url)
  return [
    ...(storeRuns(config)
      ? [
          { urlOf: below('/es'), extend: (app: FastifyInstance) => running.addApi(app, '/es') },
          {
            urlOf: below('/api/metrics'),
            extend: (app: FastifyInstance) => running.addMetricsApi(app),
          },
        ]
      : []),
    ...(statsdRuns(config)
      ? [
          {
            urlOf: below('/graphite'),
            extend: (app: FastifyInstance) => running.addGraphite(app, '/graphite'),
          },
        ]
      : []),
    ...(errorsRun(config)
      ? [
          {
            urlOf: (url: string) => sentryUrl(url, sentryPrefix()),
            extend: (app: FastifyInstance) => running.addErrors(app),
          },
        ]
      : []),
  ]
}

/** The Elasticsearch API alone, Graphite's and Spotlight's, for clients that allow no path in a URL. */
function createApiPorts(
  config: Config,
  log: Logger,
  count: (reason: Reason) => void,
  running: Running,
): HttpServer[] {
  const { http, store, statsd, errors } = config
  const port = (
    component: string,
    listen: readonly ListenAddress[],
    extend: (app: FastifyInstance) => Promise<void>,
  ) =>
    listen.length === 0
      ? []
      : [createHttpServer({ config: http, listen, log: log.child({ component }), count, extend })]
  return [
    ...port('api', storeRuns(config) ? store.api_listen : [], (app) => running.addApi(app, '')),
    ...port('graphite', statsdRuns(config) ? statsd.graphite.http_listen : [], (app) =>
      running.addGraphite(app, ''),
    ),
    ...port('spotlight', errorsRun(config) ? errors.spotlight.listen : [], (app) =>
      running.addSpotlight(app),
    ),
  ]
}
