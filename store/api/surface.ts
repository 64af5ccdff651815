import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../../core/http/refusal.ts'
import { SearchError } from '../search.ts'
import { allRoutes } from './all_routes.ts'
import { errorAnswer, isMistake } from './elasticsearch_error.ts'
import { answerType } from './media_type.ts'
import { Parameters } from './parameters.ts'
import type { Route } from './route.ts'

/** Told of what is Weir's own fault. */
export type OnMistake = (failure: unknown, path: string) => void

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/**
 * Adds the paths of the Elasticsearch API to an HTTP port, under `prefix` (`/es`, or the empty text on a port
 * of its own). Whatever is answered below it, errors of the port included, has Elasticsearch's shape.
 */
export function addSurface(
  app: FastifyInstance,
  prefix: string,
  onMistake: OnMistake,
  handlerOf: (route: Route) => Handler,
): void {
  // Clients send searches as GET with a body.
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true })
  app.register(
    async (scope) => {
      scope.addHook('onSend', async (_request, reply) => {
        reply.header('x-elastic-product', 'Elasticsearch')
      })
      scope.setErrorHandler((failure, request, reply) => {
        if (isMistake(failure)) onMistake(failure, request.url)
        return answerError(failure, request, reply)
      })
      for (const route of allRoutes) addRoute(scope, route, handlerOf(route))
      scope.setNotFoundHandler((request, reply) => answerUnknown(request, reply, prefix))
    },
    { prefix },
  )
}

function addRoute(scope: FastifyInstance, route: Route, handler: Handler): void {
  for (const url of route.paths) {
    scope.route({
      method: route.methods.filter((method) => method !== 'HEAD'),
      url,
      exposeHeadRoute: route.methods.includes('HEAD'),
      config: { scope: route.scope },
      handler,
    })
  }
}

/** Does `work` with a deadline that fires when the client is gone, or after `timeoutMs`. */
export async function withinTime<T>(
  reply: FastifyReply,
  timeoutMs: number,
  work: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const onGone = () => controller.abort(new ClientGone())
  reply.raw.once('close', onGone)
  const reason = new SearchError(
    503,
    'timeout_exception',
    `the answer took longer than ${timeoutMs / 1_000} s: ask for less`,
  )
  const timer = setTimeout(() => controller.abort(reason), timeoutMs)
  timer.unref()
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    reply.raw.off('close', onGone)
  }
}

/** Nobody reads this answer. */
class ClientGone extends Refusal {
  constructor() {
    super(499, 'client_gone', 'the client closed the connection')
  }
}

/** The text before the first `at` and, where there is one, the text behind it. */
export function splitOnce(text: string, at: string): string[] {
  const place = text.indexOf(at)
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + 1)]
}

function answerError(failure: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, headers, body } = errorAnswer(failure)
  const query = new Parameters(splitOnce(request.url, '?')[1] ?? '')
  const text =
    query.text('pretty') === undefined ? JSON.stringify(body) : JSON.stringify(body, null, 2)
  const type = answerType(request.headers.accept)
  return reply.code(status).headers(headers).type(type).send(Buffer.from(text))
}

/** In Elasticsearch's words: a path that is there for other methods is a 405, any other a 400. */
function answerUnknown(request: FastifyRequest, reply: FastifyReply, prefix: string): FastifyReply {
  const [url = ''] = splitOnce(request.url, '?')
  const path = url.slice(prefix.length) || '/'
  const allowed = methodsAt(path)
  const uri = `uri [${path.slice(0, 500)}] and method [${request.method}]`
  reply.type(answerType(request.headers.accept))
  if (allowed.length === 0) {
    const error = `no handler found for ${uri}`
    return reply.code(400).send(Buffer.from(JSON.stringify({ error })))
  }
  const error = `Incorrect HTTP method for ${uri}, allowed: [${allowed.join(', ')}]`
  reply.code(405).header('allow', allowed.join(','))
  return reply.send(Buffer.from(JSON.stringify({ error, status: 405 })))
}

const patterns = allRoutes.flatMap(({ paths, methods }) =>
  paths.map((path) => ({
    methods,
    fits: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+').replaceAll('*', '.*')}/?$`),
  })),
)

/** Paths that begin with `_` are not taken for names of indices. */
function methodsAt(path: string): string[] {
  const fitting = patterns.filter(({ fits }) => fits.test(path))
  const named = fitting.filter(({ fits }) => !fits.source.startsWith('^\\/[^'))
  const isName = !path.startsWith('/_')
  const methods = (isName ? fitting : named).flatMap((each) => each.methods)
  return [...new Set(methods)].toSorted()
}
