import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../../../core/http/refusal.ts'
import type { Scope } from '../../../core/http/config.ts'
import { SearchError } from '../../../store/search.ts'
import { RenderError } from '../render/render_error.ts'
import { type Parameters, parametersOf } from './parameters.ts'

/** One request to Graphite's API. */
export interface Call {
  readonly parameters: Parameters
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** Fires when the client is gone, or the time for an answer is over. */
  readonly deadline: AbortSignal
}

export interface Route {
  readonly methods: readonly ('GET' | 'POST' | 'PUT' | 'DELETE')[]
  /** As Fastify writes them; the port takes them with `/` at their end too. */
  readonly path: string
  readonly scope: Scope
  readonly handle: (call: Call) => Promise<FastifyReply>
}

/** Adds routes to an HTTP port; errors are answered as graphite-web does, with a text. */
export function addSurface(
  app: FastifyInstance,
  prefix: string,
  routes: readonly Route[],
  timeoutMs: number,
): void {
  app.register(
    async (scope) => {
      scope.setErrorHandler((failure, _request, reply) => answerError(failure, reply))
      for (const route of routes) addRoute(scope, route, timeoutMs)
    },
    { prefix },
  )
}

function addRoute(scope: FastifyInstance, route: Route, timeoutMs: number): void {
  scope.route({
    method: [...route.methods],
    url: route.path,
    config: { scope: route.scope },
    handler: async (request, reply) => {
      const gone = new AbortController()
      const onGone = () => gone.abort(new Error('the client closed the connection'))
      reply.raw.once('close', onGone)
      const deadline = AbortSignal.any([gone.signal, AbortSignal.timeout(timeoutMs)])
      try {
        const parameters = parametersOf(request)
        return await route.handle({ parameters, request, reply, deadline })
      } finally {
        reply.raw.off('close', onGone)
      }
    },
  })
}

function answerError(failure: unknown, reply: FastifyReply): FastifyReply {
  const text = (status: number, message: string) =>
    reply.code(status).type('text/plain; charset=utf-8').send(message)
  if (failure instanceof RenderError) return text(400, failure.message)
  if (failure instanceof SearchError) return text(failure.status, failure.message)
  if (failure instanceof Refusal) {
    reply.headers(failure.headers)
    return text(failure.status, failure.message)
  }
  if (failure instanceof DOMException && failure.name === 'TimeoutError') {
    return text(503, 'the answer took too long (store.query_timeout): ask for less')
  }
  throw failure
}

/** JSON as graphite-web sends it: `jsonp` makes a call of it, `pretty` lines. */
export function sendJson(call: Pick<Call, 'reply' | 'parameters'>, value: unknown): FastifyReply {
  const pretty = call.parameters.flag('pretty') ? 2 : undefined
  return sendJsonText(call, JSON.stringify(value, null, pretty))
}

export function sendJsonText(
  { reply, parameters }: Pick<Call, 'reply' | 'parameters'>,
  text: string,
): FastifyReply {
  const callback = parameters.text('jsonp')
  if (callback === undefined) return reply.type('application/json').send(text)
  if (!/^[\w$.]{1,200}$/.test(callback)) {
    throw new Refusal(400, 'bad_request', 'jsonp has to be the name of a function')
  }
  return reply.type('text/javascript').send(`${callback}(${text})`)
}
