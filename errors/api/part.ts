import { createReadStream } from 'node:fs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal, refusalOf } from '../../core/http/refusal.ts'
import type { JsonValue } from '../../store/search.ts'
import type { ErrorsConfig } from '../config.ts'
import { projectRules } from '../grouping/project_rules.ts'
import type { ErrorsPart, ErrorsWorld } from '../part.ts'
import { endpoints, refused } from './endpoints.ts'
import { mainAnswers } from './main_answers.ts'
import type { MainAnswer, MainWorld } from './main_world.ts'
import { checkOrganisation } from './organisation_answers.ts'
import { webOperations, type Ask } from './web_operations.ts'
import {
  invalid,
  WebRefusal,
  type WebAnswer,
  type WebProject,
  type WebRequest,
} from './web_request.ts'

/** Who does what is changed here: Weir knows tokens, not people. */
const actor = 'weir'

/** Sentry's web API below /api/0: main reads requests and knows projects, the digest thread answers the rest. */
export function makeApi(config: ErrorsConfig, world: ErrorsWorld): ErrorsPart {
  let { api: limits, grouping } = config
  let rulesOf = projectRules(grouping)
  const { projects, digest, blobs, randomBytes, baseUrl } = world
  const context = world.contextOf('errors.api')
  const mainWorld: MainWorld = {
    projects,
    digest,
    blobs,
    groupingOf: ({ settings }) => rulesOf(settings.grouping),
    newKey: () => Buffer.from(randomBytes(16)).toString('hex'),
  }
  const ask: Ask = async (endpoint, asked) => {
    checkOrganisation(asked.path['organization'])
    const all = await projects.all()
    const request: WebRequest = {
      ...asked,
      projects: all.map(briefOf),
      baseUrl: baseUrl(),
      actor,
      limits,
    }
    const onMain = mainAnswers[endpoint.name]
    if (onMain) return await onMain(request, mainWorld)
    return (await digest.call(
      endpoint.name,
      request as unknown as JsonValue,
    )) as unknown as WebAnswer
  }
  const count = (endpoint: string, status: number) => {
    context.metrics.error_requests.inc({ endpoint, status: String(status) })
  }
  return {
    name: 'api',
    start: async () => {},
    stop: async () => {},
    async reload(next) {
      ;({ api: limits, grouping } = next)
      rulesOf = projectRules(grouping)
    },
    operations: webOperations(ask),
    addRoutes(app) {
      // Apart, so that errors of these routes have Sentry's shape and others keep theirs.
      void app.register(async (scope) => {
        addEndpoints(scope, ask, count)
        addPermalink(scope, baseUrl)
      })
    },
  }
}

const briefOf = ({ id, slug, name, platform }: WebProject): WebProject => ({
  id,
  slug,
  name,
  ...(platform !== undefined && { platform }),
})

function addEndpoints(
  app: FastifyInstance,
  ask: Ask,
  count: (endpoint: string, status: number) => void,
): void {
  app.setErrorHandler((failure, request, reply) => answerFailure(failure, request, reply))
  app.addHook('onResponse', async (request, reply) => {
    if (!request.routeOptions.url?.endsWith('*')) count('api', reply.statusCode)
  })
  for (const endpoint of endpoints) {
    const { method, path } = endpoint
    app.route({
      method,
      url: `/api/0${path}`,
      config: { scope: method === 'GET' ? 'read' : 'admin' },
      handler: async (request, reply) => {
        const asked = {
          path: request.params as Record<string, string>,
          url: request.url,
          body: bodyOf(request),
        }
        return await send(reply, await ask(endpoint, asked))
      },
    })
  }
  app.all('/api/0/*', { config: { scope: 'read' } }, async (request, reply) => {
    count('api_unknown', 404)
    const path = request.url.split('?', 1)[0]!
    const because = refused.find(([pattern]) => pattern.test(path))?.[1]
    const detail = `Weir does not answer ${request.method} ${path.slice(0, 200)}: ${because ?? 'docs/ERRORS_API.md lists what it answers'}`
    return await reply.code(404).send({ detail })
  })
}

/** Where links of alerts and answers lead: while issues have no page of their own, to what the API says of them. */
function addPermalink(app: FastifyInstance, baseUrl: () => string): void {
  app.get<{ Params: { issue: string } }>(
    '/organizations/weir/issues/:issue',
    { config: { scope: 'read' } },
    async ({ params }, reply) =>
      await reply.redirect(`${baseUrl()}/api/0/organizations/weir/issues/${params.issue}/`),
  )
}

/** @throws WebRefusal 400 */
function bodyOf(request: FastifyRequest): JsonValue {
  const { body } = request
  if (!(body instanceof Uint8Array) || body.length === 0) return null
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as JsonValue
  } catch {
    throw invalid('the body is no JSON')
  }
}

async function send(reply: FastifyReply, given: MainAnswer): Promise<FastifyReply> {
  if ('path' in given) {
    const name = given.name.replaceAll(/[^\w.-]/g, '_')
    return await reply
      .type('application/octet-stream')
      .header('content-disposition', `attachment; filename="${name}"`)
      .header('x-content-type-options', 'nosniff')
      .send(createReadStream(given.path))
  }
  void reply.code(given.status).headers(given.headers ?? {})
  if (given.status === 204) return await reply.send()
  return await reply.type('application/json').send(JSON.stringify(given.body))
}

/** Errors in Sentry's shape; what is our own mistake goes on to the port's handler, which logs it. */
function answerFailure(
  failure: unknown,
  _request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (failure instanceof WebRefusal) return reply.code(failure.status).send(failure.body)
  const known = failure instanceof Refusal ? failure : refusalOf(failure)
  if (!known) throw failure
  return reply.code(known.status).headers(known.headers).send({ detail: known.message })
}
