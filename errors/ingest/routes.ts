import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refusalOf } from '../../core/http/refusal.ts'
import type { Context } from '../../core/context.ts'
import { dialogScript } from './dialog.ts'
import type { Endpoint, Incoming } from './incoming.ts'
import { type Answer, refused } from './refusal.ts'

export interface IngestRoutesWorld {
  readonly context: Context
  readonly accept: (incoming: Incoming) => Promise<Answer>
  readonly baseUrl: () => string
}

/** As Sentry's Relay has them, and what Bugsink adds. */
const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-sentry-error, x-sentry-rate-limits, retry-after',
}
const preflightHeaders = {
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers':
    'x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, authentication, authorization, content-encoding, transfer-encoding, sentry-trace, baggage, x-csrftoken',
  'access-control-max-age': '3600',
}

type Params = Partial<Record<'project' | 'key' | 'event' | 'slug', string>>

/** Where each endpoint is. The paths have no doubled slashes here, and none at their end (errors/paths.ts). */
const places: readonly (readonly [Endpoint, readonly string[]])[] = [
  ['envelope', ['/api/:project(^\\d+$)/envelope']],
  ['store', ['/api/:project(^\\d+$)/store', '/api/store']],
  ['security', ['/api/:project(^\\d+$)/security', '/api/:project(^\\d+$)/csp-report']],
  ['nel', ['/api/:project(^\\d+$)/nel']],
  ['minidump', ['/api/:project(^\\d+$)/minidump']],
  ['unreal', ['/api/:project(^\\d+$)/unreal/:key']],
  ['attachments', ['/api/:project(^\\d+$)/events/:event/attachments']],
  ['check_in', ['/api/:project(^\\d+$)/cron/:slug', '/api/:project(^\\d+$)/cron/:slug/:key']],
  ['feedback', ['/api/embed/error-page']],
  // With and without `integration`: SDKs and the documentation of Sentry differ.
  ...(['logs', 'traces'] as const).map((what): readonly [Endpoint, readonly string[]] => [
    `otlp_${what}`,
    ['', '/integration'].map((below) => `/api/:project(^\\d+$)${below}/otlp/v1/${what}`),
  ]),
  ['tunnel', ['/tunnel']],
]

const readable: readonly Endpoint[] = ['store', 'check_in']

/**
 * Sentry's ingest endpoints. They are open to pages of any origin (CORS) and ask for no token: the key of the DSN is
 * what says who may report.
 */
export function addIngestRoutes(root: FastifyInstance, world: IngestRoutesWorld): void {
  // In a scope of their own: its hooks are not those of the web API.
  void root.register(async (app) => {
    app.addHook('onRequest', async ({ raw }) => {
      // Bodies are what they are, whatever they are called; Fastify would refuse a type that is none.
      const { 'content-type': type } = raw.headers
      if (type !== undefined && !/^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+/.test(type)) {
        raw.headers['content-type'] = 'application/octet-stream'
      }
    })
    app.addHook('onSend', async (_request, reply) => void reply.headers(corsHeaders))
    app.setErrorHandler((failure, request, reply) => {
      send(reply, answerToFailure(failure, request, world))
    })
    for (const [endpoint, paths] of places) {
      for (const url of paths) {
        const methods = readable.includes(endpoint)
          ? ['GET' as const, 'POST' as const]
          : ['POST' as const]
        for (const method of methods) {
          app.route({
            method,
            url,
            handler: async (request, reply) => {
              return send(
                reply,
                await world.accept(incomingOf(endpoint, request, world.context.clock.now())),
              )
            },
          })
        }
        app.options(url, (_request, reply) => void reply.code(200).headers(preflightHeaders).send())
      }
    }
    app.get('/api/embed/error-page', async ({ url, query }, reply) => {
      const script = dialogScript(`${world.baseUrl()}${url}`, query as Record<string, unknown>)
      return reply.type('text/javascript; charset=utf-8').send(script)
    })
    app.all('/api/:project/*', async (request, reply) => {
      const { project } = request.params as Params
      const isId = /^\d+$/.test(project ?? '')
      const message = isId
        ? `there is nothing at ${request.method} ${pathOf(request.url)}`
        : 'the id of a project is a number: compare the DSN with `weir project ls`'
      return send(reply, refused({ status: 404, message }))
    })
  })
}

/** A request as the accepting thread takes it. */
export function incomingOf(
  endpoint: Endpoint,
  request: FastifyRequest,
  receivedMs: number,
  project?: number,
): Incoming {
  const { project: id, key, event, slug } = request.params as Params
  const header = (name: string) => {
    const value = request.headers[name]
    return typeof value === 'string' ? value : (value?.[0] ?? '')
  }
  return {
    endpoint,
    isGet: request.method === 'GET',
    project: project ?? (id === undefined ? undefined : Number(id)),
    path: {
      ...(key !== undefined && { key }),
      ...(event !== undefined && { event }),
      ...(slug !== undefined && { monitor: slug }),
    },
    query: request.url.split('?').slice(1).join('?'),
    headers: {
      sentryAuth: header('x-sentry-auth'),
      authorization: header('authorization'),
      contentType: header('content-type'),
      contentEncoding: header('content-encoding'),
      origin: header('origin'),
      referer: header('referer'),
      userAgent: header('user-agent'),
    },
    clientIp: request.clientAddress,
    receivedMs,
    body: (request.body as Buffer | undefined) ?? new Uint8Array(0),
  }
}

/** A transparent GIF of one pixel, for those who report by an image. */
const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

export function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  const isImage = headers['content-type'] === 'image/gif'
  return reply
    .code(status)
    .headers(headers)
    .send(isImage ? pixel : body)
}

export function answerToFailure(
  failure: unknown,
  request: FastifyRequest,
  { context }: Pick<IngestRoutesWorld, 'context'>,
): Answer {
  const refusal = refusalOf(failure)
  if (refusal) return refused(refusal)
  // Nobody hears the answer, and nothing is wrong here.
  if (!request.raw.complete && request.raw.destroyed) {
    const message = 'the sender went away before its report was whole'
    context.log.debug({ path: pathOf(request.url) }, message)
    return refused({ status: 400, message })
  }
  context.log.error({ err: failure, path: pathOf(request.url) }, 'a report could not be taken')
  return refused({
    status: 503,
    message: 'the report could not be taken: see the log of Weir',
    headers: { 'retry-after': '5' },
  })
}

const pathOf = (url: string) => url.split('?', 1)[0]!.slice(0, 200)
