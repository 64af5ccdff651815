import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { constants, gzip } from 'node:zlib'
import { promisify } from 'node:util'
import { Refusal } from '../../core/http/refusal.ts'
import { SearchError, type JsonValue } from '../search.ts'
import type { Api } from './api.ts'
import { errorAnswer, isMistake } from './elasticsearch_error.ts'
import { filterPath } from './filter_path.ts'
import { answerType, checkContentType } from './media_type.ts'
import { commonParameters, Parameters } from './parameters.ts'
import { inflated } from './request_body.ts'
import type { Answer, Call, Method, Route } from './route.ts'
import { allRoutes } from './all_routes.ts'

/**
 * Adds the Elasticsearch API to an HTTP port, under `prefix` (`/es`, or the empty text on a port of its
 * own). Whatever is answered below it, errors of the port included, has Elasticsearch's shape.
 *
 * @param onMistake told of what is Weir's own fault, of which the client learns nothing but 500.
 */
export function addElasticsearchRoutes(
  app: FastifyInstance,
  prefix: string,
  api: Api,
  onMistake: (failure: unknown, path: string) => void,
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
      for (const route of allRoutes) addRoute(scope, prefix, api, route)
      scope.setNotFoundHandler((request, reply) => answerUnknown(request, reply, prefix))
    },
    { prefix },
  )
}

function addRoute(scope: FastifyInstance, prefix: string, api: Api, route: Route): void {
  const known = route.parameters && [...commonParameters, ...route.parameters]
  for (const url of route.paths) {
    scope.route({
      method: route.methods.filter((method) => method !== 'HEAD'),
      url,
      exposeHeadRoute: route.methods.includes('HEAD'),
      config: { scope: route.scope },
      handler: async (request, reply) => {
        const deadline = new Deadline(reply, api.services.limits.questionTimeoutMs)
        try {
          const call = await callOf(api, prefix, request, deadline.signal)
          if (known) call.query.refuseUnknown(call.path, known)
          return await send(await route.handle(call), call, request, reply)
        } finally {
          deadline.end()
        }
      },
    })
  }
}

async function callOf(
  api: Api,
  prefix: string,
  request: FastifyRequest,
  deadline: AbortSignal,
): Promise<Call> {
  const { headers, url } = request
  const [path = '', query = ''] = splitOnce(url, '?')
  const parameters = new Parameters(query)
  const sent = (request.body as Buffer | undefined) ?? Buffer.alloc(0)
  if (sent.length > 0) checkContentType(headers['content-type'])
  const source = parameters.text('source')
  const { maxInflatedBytes } = api.services.limits
  const body =
    sent.length === 0 && source !== undefined
      ? Buffer.from(source)
      : await inflated(sent, headers['content-encoding'], maxInflatedBytes)
  return {
    api,
    method: request.method as Method,
    path: path.slice(prefix.length) || '/',
    place: request.params as Record<string, string | undefined>,
    query: parameters,
    body,
    deadline,
    accept: (headers.accept ?? '').toLowerCase(),
  }
}

function splitOnce(text: string, at: string): string[] {
  const place = text.indexOf(at)
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + 1)]
}

/** Over when the client is gone, or when a question has taken too long. */
class Deadline {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #reply: FastifyReply
  readonly #gone = () => this.#controller.abort(new ClientGone())

  constructor(reply: FastifyReply, timeoutMs: number) {
    this.#reply = reply
    reply.raw.once('close', this.#gone)
    const reason = new SearchError(
      503,
      'timeout_exception',
      `the answer took longer than ${timeoutMs / 1_000} s: ask for less`,
    )
    this.#timer = setTimeout(() => this.#controller.abort(reason), timeoutMs)
    this.#timer.unref()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#reply.raw.off('close', this.#gone)
  }
}

/** Nobody reads this answer. */
class ClientGone extends Refusal {
  constructor() {
    super(499, 'client_gone', 'the client closed the connection')
  }
}

const compress = promisify<Buffer, object, Buffer>(gzip)
const worthCompressing = 1_400

async function send(
  answer: Answer,
  call: Call,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const text = bodyText(answer, call.query)
  reply.code(answer.status ?? 200)
  reply.type(answer.type ?? answerType(request.headers.accept))
  const bytes = Buffer.from(text)
  if (bytes.length < worthCompressing || !acceptsGzip(request)) return reply.send(bytes)
  reply.header('content-encoding', 'gzip').header('vary', 'accept-encoding')
  return reply.send(await compress(bytes, { level: constants.Z_BEST_SPEED }))
}

const acceptsGzip = ({ headers }: FastifyRequest) =>
  /(^|[\s,])(x-)?gzip(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(String(headers['accept-encoding'] ?? ''))

function bodyText({ body, type }: Answer, query: Parameters): string {
  if (type !== undefined && typeof body === 'string') return body
  const filters = query.list('filter_path')
  return jsonText(filters ? filterPath(body, filters) : body, query)
}

const jsonText = (body: JsonValue, query: Parameters): string =>
  query.flag('pretty') === true ? `${JSON.stringify(body, null, 2)}\n` : JSON.stringify(body)

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
