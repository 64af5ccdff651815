import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import proxyaddr from 'proxy-addr'
import type { Lifecycle } from '../lifecycle.ts'
import type { Reason } from '../reasons.ts'
import { corsAllows, createAccess, type Access } from './access.ts'
import { formatListen, type ListenAddress } from './address.ts'
import { createBodyReader } from './body.ts'
import type { HttpConfig, Scope } from './config.ts'
import { checkCertificates, openListener, type Listener } from './listener.ts'
import { errorBody, Refusal, refusalOf } from './refusal.ts'
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
  readonly extend?: (app: FastifyInstance) => void
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

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a caller's token has to allow, one of them; without it the route is open to all. */
    scope?: Scope | readonly Scope[]
  }
  interface FastifyInstance {
    /** Fires when the port begins to close: answers without an end have to end. */
    ending: AbortSignal
  }
  interface FastifyRequest {
    /** The client's address, as a trusted proxy says; empty on a Unix socket. */
    clientAddress: string
    /** Gives back what the body took of `max_body_memory`. */
    releaseBody: (() => void) | undefined
  }
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { log, count, handlers } = options
  let { config, listen } = options
  let rules = rulesOf(config)
  let listeners: Listener[] = []
  let stopping = false
  const ending = new AbortController()
  const bodies = createBodyReader(() => config, count)

  const app = fastify({
    schemaController: withoutSchemas,
    routerOptions: { maxParamLength: 8_000, ignoreTrailingSlash: true },
    // Paths that do not decode never get as far as the error handler.
    frameworkErrors: (failure, request, reply) => answerFailure(log, failure, request, reply),
  })
  app.decorate('ending', ending.signal)
  app.decorateRequest('clientAddress', '')
  app.decorateRequest('releaseBody', undefined)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async (request: FastifyRequest) => {
    const { body, release } = await bodies.read(request.raw)
    request.releaseBody = release
    return body
  })
  app.addHook('onRequest', async (request, reply) => {
    request.clientAddress = rules.clientOf(request)
    allowOrigin(config, request, reply)
    const refused = rules.access(callerOf(request, rules.trusts), request.routeOptions.config.scope)
    if (refused)
      throw new Refusal(refused.status, refused.code, refused.message, challenge(refused))
    const declared = request.headers['content-length']
    bodies.check(declared === undefined ? undefined : Number(declared))
    if (/^100-continue$/i.test(request.headers.expect ?? '')) reply.raw.writeContinue()
  })
  app.addHook('onSend', async (_request, reply) => {
    if (stopping) reply.header('connection', 'close')
    // Fastify would close on a client that is still sending, which then never sees why.
    else reply.removeHeader('connection')
  })
  app.addHook('onResponse', async (request) => request.releaseBody?.())
  app.addHook('onRequestAbort', async (request) => request.releaseBody?.())
  app.setErrorHandler((failure, request, reply) => answerFailure(log, failure, request, reply))
  if (handlers) addRoutes(app, handlers)

  const handle: Parameters<typeof openListener>[2] = (request, response) =>
    app.routing(request, response)

  return {
    app,
    urls: () => listeners.map((listener) => listener.url),
    async start() {
      options.extend?.(app)
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
      stopping = true
      ending.abort()
      await closeAll(listeners, deadline)
      listeners = []
      await app.close()
    },
  }
}

/** Routes have no schemas: without these Fastify loads what would compile them, 100 files of Ajv. */
const withoutSchemas = {
  compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema },
}

function refuseSchema(): never {
  throw new Error('BUG: a route has a schema')
}

interface Rules {
  readonly access: Access
  readonly trusts: (peer: string) => boolean
  readonly clientOf: (request: FastifyRequest) => string
}

function rulesOf(config: HttpConfig): Rules {
  const networks = config.trusted_proxies.filter((proxy) => proxy !== 'unix')
  const trustsUnix = config.trusted_proxies.includes('unix')
  const trustsAddress = proxyaddr.compile(networks)
  const trusts = (peer: string) => (peer === '' ? trustsUnix : trustsAddress(peer, 0))
  return {
    access: createAccess(config),
    trusts,
    clientOf({ raw }) {
      const peer = raw.socket.remoteAddress ?? ''
      if (!trusts(peer)) return peer
      // proxy-addr starts from the socket's address, of which a Unix socket has none.
      return proxyaddr(raw, (address, hops) => (hops === 0 ? true : trustsAddress(address, hops)))
    },
  }
}

function callerOf(request: FastifyRequest, trusts: (peer: string) => boolean) {
  const peer = request.raw.socket.remoteAddress ?? ''
  const path = request.url.split('?', 1)[0]!
  const { method, headers } = request
  return { method, path, headers, peer, trusted: trusts(peer) }
}

/** Lets scripts of pages listed in `cors.origins` see the answer, errors included. */
function allowOrigin(config: HttpConfig, request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers
  if (!request.url.startsWith('/in/')) return
  reply.header('vary', 'origin')
  if (origin === undefined || !corsAllows(config, origin)) return
  reply.header('access-control-allow-origin', origin)
  reply.header('access-control-expose-headers', 'retry-after')
}

function challenge(refused: { status: number }): Record<string, string> {
  return refused.status === 401 ? { 'www-authenticate': 'Bearer realm="weir"' } : {}
}

function answerFailure(
  log: Logger,
  failure: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const refusal = refusalOf(failure)
  if (refusal) {
    const { status, headers, code, message } = refusal
    return reply.code(status).headers(headers).send(errorBody(code, message))
  }
  log.error({ err: failure, method: request.method, path: request.url }, 'a request failed')
  return reply.code(500).send(errorBody('internal', 'this is a mistake in Weir: see its log'))
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
