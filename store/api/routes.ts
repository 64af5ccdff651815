import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { constants, gzip } from 'node:zlib'
import { promisify } from 'node:util'
import type { JsonValue } from '../search.ts'
import type { Api } from './api.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import { filterPath } from './filter_path.ts'
import { answerType, checkContentType } from './media_type.ts'
import { commonParameters, Parameters } from './parameters.ts'
import { inflated } from './request_body.ts'
import type { Answer, Call, Method } from './route.ts'
import { addSurface, type OnMistake, splitOnce, withinTime } from './surface.ts'

/**
 * Adds the Elasticsearch API of the embedded store to an HTTP port.
 *
 * @param current the API as it is when a request comes; throws SearchError while there is none.
 * @param onMistake told of what is Weir's own fault, of which the client learns nothing but 500.
 */
export function addElasticsearchRoutes(
  app: FastifyInstance,
  prefix: string,
  current: () => Api,
  onMistake: OnMistake,
): void {
  addSurface(app, prefix, onMistake, (route) => {
    const known = route.parameters && [...commonParameters, ...route.parameters]
    return async (request, reply) => {
      const api = current()
      return await withinTime(reply, api.services.questionTimeoutMs, async (deadline) => {
        const call = await callOf(api, prefix, request, deadline)
        if (known) call.query.refuseUnknown(call.path, known)
        checkFormat(call)
        return await send(await route.handle(call), call, request, reply)
      })
    }
  })
}

/** @throws SearchError for answers in what Weir does not write; lists of `_cat` look themselves. */
function checkFormat({ path, query }: Call): void {
  const format = query.text('format')
  if (format === undefined || format.toLowerCase() === 'json' || path.startsWith('/_cat')) return
  throw illegalArgument(`[format=${format.slice(0, 100)}] is not supported: answers are JSON`)
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
  const { max_inflated_size: maxInflatedBytes } = api.services.limits
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
