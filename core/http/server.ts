import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Lifecycle } from '../lifecycle.ts'
import type { Reason } from '../reasons.ts'
import { formatListen, type ListenAddress } from './address.ts'
import { createApplication, rulesOf } from './application.ts'
import { createBodyReader } from './body.ts'
import type { HttpConfig } from './config.ts'
import { lateApplication, type LateRoutes } from './late_routes.ts'
import { checkCertificates, openListener, type Listener } from './listener.ts'
import { addRoutes, type HttpHandlers } from './routes.ts'

export interface HttpServerOptions {
  readonly config: HttpConfig
  /** Where to listen; the config's `listen`, or what the environment says. */
  readonly listen: readonly ListenAddress[]
  readonly log: Logger
  readonly count: (reason: Reason) => void
  /** Undefined for a port without Weir's own routes. */
  readonly handlers?: HttpHandlers
  /** Adds further routes, when the port opens: what they stand on has started by then. */
  readonly extend?: (app: FastifyInstance) => void | Promise<void>
  readonly late?: readonly LateRoutes[]
}

/** The HTTP port: one application behind any number of listening sockets. */
export interface HttpServer extends Lifecycle {
  /** Where it listens, as clients write it. */
  urls(): readonly string[]
  /**
   * Applies a new config: tokens, limits and certificates at once; sockets that stay, and their
   * connections, are left alone. When a new address cannot be opened nothing has changed.
   */
  reload(config: HttpConfig, listen: readonly ListenAddress[]): Promise<void>
  /** For tests: the application without its sockets. */
  readonly app: FastifyInstance
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { log, count, handlers } = options
  let { config, listen } = options
  let rules = rulesOf(config)
  let listeners: Listener[] = []
  const ending = new AbortController()
  const bodies = createBodyReader(() => config, count)

  const makeApp = () =>
    createApplication({
      config: () => config,
      rules: () => rules,
      bodies,
      log,
      ending: ending.signal,
    })
  const app = makeApp()
  if (handlers) addRoutes(app, handlers)
  const late = (options.late ?? []).map((routes) =>
    lateApplication(routes, makeApp, (failure) => {
      log.error({ err: failure }, 'routes could not be loaded')
    }),
  )

  const handle: Parameters<typeof openListener>[2] = (request, response) => {
    for (const owner of late) {
      const url = owner.urlOf(request.url ?? '')
      if (url === undefined) continue
      request.url = url
      return owner.handle(request, response)
    }
    app.routing(request, response)
  }

  return {
    app,
    urls: () => listeners.map((listener) => listener.url),
    async start() {
      await options.extend?.(app)
      await app.ready()
      listeners = await openAll(listen, (address) => openListener(address, config, handle, count))
    },
    async reload(now, addresses) {
      const same = (one: ListenAddress) => (other: Listener) =>
        formatListen(one) === formatListen(other.address)
      checkCertificates(now)
      // Turning TLS on or off needs another kind of server on the same address.
      const kept = (listener: Listener) =>
        addresses.some((address) => same(address)(listener)) && !config.tls === !now.tls
      const gone = listeners.filter((listener) => !kept(listener))
      const staying = listeners.filter(kept)
      const fresh = addresses.filter((address) => !staying.some(same(address)))
      const isTaken = !config.tls !== !now.tls
      if (isTaken) await closeAll(gone, AbortSignal.timeout(1_000))
      const opened = await openAll(fresh, (address) =>
        openListener(address, now, handle, count),
      ).catch(async (failure: unknown) => {
        const open = (address: ListenAddress) => openListener(address, config, handle, count)
        if (isTaken) listeners = await openAll(listen, open)
        throw failure
      })
      try {
        for (const listener of staying) listener.configure(now)
      } catch (failure) {
        for (const listener of staying) listener.configure(config)
        await closeAll(opened, AbortSignal.abort())
        throw failure
      }
      listeners = [...staying, ...opened]
      ;[config, listen, rules] = [now, addresses, rulesOf(now)]
      // Requests under way on sockets that go are answered; nobody waits for them here.
      closeAll(gone, AbortSignal.timeout(30_000)).catch(() => undefined)
    },
    async stop(deadline) {
      ending.abort()
      await closeAll(listeners, deadline)
      listeners = []
      await Promise.all([app, ...late].map((each) => each.close()))
    },
  }
}

async function openAll(
  addresses: readonly ListenAddress[],
  open: (address: ListenAddress) => Promise<Listener>,
): Promise<Listener[]> {
  const opened: Listener[] = []
  try {
    for (const address of addresses) opened.push(await open(address))
    return opened
  } catch (failure) {
    await closeAll(opened, AbortSignal.abort())
    throw failure
  }
}

async function closeAll(listeners: readonly Listener[], deadline: AbortSignal): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close(deadline)))
}
