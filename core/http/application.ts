import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import proxyaddr from 'proxy-addr'
import { corsAllows, createAccess, type Access, type Refused } from './access.ts'
import type { BodyReader } from './body.ts'
import type { HttpConfig, Scope } from './config.ts'
import { readOn } from './read_on.ts'
import { errorBody, Refusal, refusalOf } from './refusal.ts'

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
    /**
     * For a route without a scope that decides for itself: why the caller may not do what `scope` is for.
     *
     * @param fromOwnPage the page that sent it is none that has to be kept out.
     */
    refusedFor(scope: Scope, fromOwnPage: boolean): Refused | undefined
    /** Gives back what the body took of `max_body_memory`. */
    releaseBody: (() => void) | undefined
  }
}

/** What the applications of one port share. */
export interface ApplicationWorld {
  readonly config: () => HttpConfig
  readonly rules: () => Rules
  readonly bodies: BodyReader
  readonly log: Logger
  /** Fires when the port begins to close. */
  readonly ending: AbortSignal
}

/** An application without routes: who may ask what, how bodies are read, what mistakes are answered with. */
export function createApplication(world: ApplicationWorld): FastifyInstance {
  const { config, rules, bodies, log, ending } = world
  const app = fastify({
    schemaController: withoutSchemas,
    routerOptions: { maxParamLength: 8_000, ignoreTrailingSlash: true },
    // Paths that do not decode never get as far as the error handler.
    frameworkErrors: (failure, request, reply) => answerFailure(log, failure, request, reply),
  })
  app.decorate('ending', ending)
  app.decorateRequest('clientAddress', '')
  app.decorateRequest('releaseBody', undefined)
  app.decorateRequest('refusedFor', function refusedFor(scope, fromOwnPage) {
    const caller = callerOf(this, rules().trusts)
    const { origin: _, 'sec-fetch-site': __, ...headers } = caller.headers
    return rules().access(fromOwnPage ? { ...caller, headers } : caller, scope)
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async (request: FastifyRequest) => {
    const { body, release } = await bodies.read(request.raw)
    request.releaseBody = release
    return body
  })
  app.addHook('onRequest', async (request, reply) => {
    request.clientAddress = rules().clientOf(request)
    allowOrigin(config(), request, reply)
    const refused = rules().access(
      callerOf(request, rules().trusts),
      request.routeOptions.config.scope,
    )
    if (refused)
      throw new Refusal(refused.status, refused.code, refused.message, challenge(refused))
    const declared = request.headers['content-length']
    bodies.check(declared === undefined ? undefined : Number(declared))
    if (/^100-continue$/i.test(request.headers.expect ?? '')) reply.raw.writeContinue()
  })
  app.addHook('onSend', async (request, reply) => {
    if (ending.aborted) return void reply.header('connection', 'close')
    // Fastify would close on a client that is still sending, which then never sees why.
    reply.removeHeader('connection')
    readOn(request.raw, reply.raw, config().max_unread_size)
  })
  app.addHook('onResponse', async (request) => request.releaseBody?.())
  app.addHook('onRequestAbort', async (request) => request.releaseBody?.())
  app.setErrorHandler((failure, request, reply) => answerFailure(log, failure, request, reply))
  return app
}

/** Routes have no schemas: without these Fastify loads what would compile them, 100 files of Ajv. */
const withoutSchemas = {
  compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema },
}

function refuseSchema(): never {
  throw new Error('BUG: a route has a schema')
}

/** What of a config each request is held to. */
export interface Rules {
  readonly access: Access
  readonly trusts: (peer: string) => boolean
  readonly clientOf: (request: FastifyRequest) => string
}

export function rulesOf(config: HttpConfig): Rules {
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
