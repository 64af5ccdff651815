import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isTag, tagRule } from '../tag.ts'
import { Refusal } from './refusal.ts'

/** A body posted to `/in/<tag>`, as it came. */
export interface IntakeBody {
  readonly tag: string
  readonly body: Uint8Array
  /** Lower case, with its parameters; empty when the sender named none. */
  readonly contentType: string
  readonly contentEncoding: string
  readonly remoteAddress: string
}

export interface IntakeReply {
  readonly status: number
  readonly body: object
  /** When to try again, for a 429 or 503. */
  readonly retryAfterSeconds?: number
}

/** What the port is a door to. */
export interface HttpHandlers {
  /** Takes a body; resolves once it is durable, to the answer. */
  receive(body: IntakeBody): Promise<IntakeReply>
  /** Why nothing can be taken in now, such as a full journal; undefined when it can. */
  paused(): string | undefined
  /** What keeps Weir from being ready, a sentence each; empty when it is. */
  notReady(): readonly string[]
  status(): Promise<object>
  /** Everything measured, in the format that the request's Accept asks for. */
  metrics(accept: string | undefined): Promise<MetricsReply>
}

export interface MetricsReply {
  readonly contentType: string
  readonly text: string
}

const index = `Weir

POST /in/<tag>     take in logs: JSON, NDJSON, text lines, forms, msgpack
GET  /api/tail     events as they arrive, as server-sent events: ?query=log.level:error
/es/               ask the store, as one asks Elasticsearch: /es/logs-*/_search?q=log.level:error
GET  /api/metrics/ names, tags and values of metrics as JSON: series?series=web.requests&figure=rate
/graphite/         the same as Graphite answers: render?target=stats.*&format=json
GET  /api/status   inputs, readers and outputs: rates, lag, losses
GET  /metrics      the same, StatsD's series and the host, for Prometheus
POST /api/v1/write what a Prometheus sends by remote write
POST /api/<project>/envelope/  what Sentry's SDKs report: weir project add NAME prints the DSN
GET  /healthz      200 while the process lives
GET  /readyz       200 while events are taken in

curl -d '{"message":"hello"}' -H 'content-type: application/json' http://<host>/in/test
`

/** Every route there is so far. */
export function addRoutes(app: FastifyInstance, handlers: HttpHandlers): void {
  app.get('/', { config: { scope: 'read' } }, async (_request, reply) => {
    return reply.type('text/plain; charset=utf-8').send(index)
  })
  // Orchestrators ask these from wherever they are; they tell nothing worth hiding.
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const reasons = handlers.notReady()
    if (reasons.length === 0) return { status: 'ready' }
    return reply.code(503).send({ status: 'not ready', reasons })
  })
  app.get('/metrics', { config: { scope: 'read' } }, async (request, reply) => {
    const { contentType, text } = await handlers.metrics(request.headers.accept)
    return reply.header('vary', 'accept').type(contentType).send(text)
  })
  app.get('/api/status', { config: { scope: 'read' } }, async () => handlers.status())
  addIntake(app, handlers)
  app.setNotFoundHandler({}, async (request) => {
    const path = request.url.split('?', 1)[0]!.slice(0, 200)
    throw new Refusal(404, 'not_found', `there is nothing at ${path}: logs go to POST /in/<tag>`)
  })
}

function addIntake(app: FastifyInstance, handlers: HttpHandlers): void {
  app.post<{ Params: { tag: string } }>(
    '/in/:tag',
    { config: { scope: 'ingest' }, preParsing: async () => refuseWhilePaused(handlers) },
    async (request, reply) => {
      const tag = tagOf(request)
      const answer = await handlers.receive({
        tag,
        body: (request.body as Buffer | undefined) ?? Buffer.alloc(0),
        contentType: (request.headers['content-type'] ?? '').toLowerCase(),
        contentEncoding: (request.headers['content-encoding'] ?? '').toLowerCase(),
        remoteAddress: request.clientAddress,
      })
      const { status, body, retryAfterSeconds } = answer
      if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
      return reply.code(status).send(body)
    },
  )
  app.options('/in/:tag', async (request, reply) => {
    const headers: Record<string, string> = {
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization, content-type, content-encoding',
      'access-control-max-age': '600',
      allow: 'POST, OPTIONS',
    }
    // Chrome asks before a public page may reach a private address; cors.origins has said yes.
    if (request.headers['access-control-request-private-network'] === 'true') {
      headers['access-control-allow-private-network'] = 'true'
    }
    const allowed = reply.getHeader('access-control-allow-origin') !== undefined
    return reply
      .code(204)
      .headers(allowed ? headers : { allow: 'POST, OPTIONS' })
      .send()
  })
  app.route({
    method: ['GET', 'PUT', 'PATCH', 'DELETE'],
    url: '/in/:tag',
    config: { scope: 'ingest' },
    handler: async (request) => {
      const text = `${request.method} does nothing here: send logs with POST`
      throw new Refusal(405, 'method_not_allowed', text, { allow: 'POST, OPTIONS' })
    },
  })
}

async function refuseWhilePaused(handlers: HttpHandlers): Promise<undefined> {
  const reason = handlers.paused()
  if (reason === undefined) return
  throw new Refusal(503, 'paused', `nothing can be taken in now: ${reason}`, { 'retry-after': '5' })
}

function tagOf(request: FastifyRequest<{ Params: { tag: string } }>): string {
  const { tag } = request.params
  if (isTag(tag)) return tag
  throw new Refusal(
    400,
    'bad_tag',
    `the tag (the part of the path after /in/) has to have ${tagRule}`,
  )
}
