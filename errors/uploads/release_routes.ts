import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Scope } from '../../core/http/config.ts'
import type { WebAnswer, WebRequest } from '../api/web_request.ts'
import type { JsonValue } from '../../store/search.ts'
import {
  checkOrganisation,
  jsonOf,
  originOf,
  projectsNamed,
  type UploadRoutes,
} from './upload_request.ts'

interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the organisation or the project. */
  readonly path: string
  readonly call: string
  readonly scope: Scope | readonly Scope[]
}

/** What uploaders tell and ask of releases; reading them is the web API's (errors/api/endpoints.ts). */
const ofReleases: readonly Route[] = [
  { method: 'POST', path: '/releases', call: 'create_release', scope: 'ingest' },
  { method: 'PUT', path: '/releases/:version', call: 'update_release', scope: 'ingest' },
  { method: 'DELETE', path: '/releases/:version', call: 'delete_release', scope: 'admin' },
  { method: 'POST', path: '/releases/:version/deploys', call: 'create_deploy', scope: 'ingest' },
  {
    method: 'GET',
    path: '/releases/:version/previous-with-commits',
    call: 'previous_with_commits',
    scope: ['ingest', 'read'],
  },
]
const repositories: Route = {
  method: 'GET',
  path: '/repos',
  call: 'repositories',
  scope: ['ingest', 'read'],
}

/** Of an organisation, or of one project. */
const roots = ['/api/0/organizations/:organization', '/api/0/projects/:organization/:project']

export function addReleaseRoutes(app: FastifyInstance, routes: UploadRoutes): void {
  const add = (root: string, { method, path, call, scope }: Route) =>
    app.route({
      method,
      url: root + path,
      config: { scope },
      handler: async (request, reply) => {
        const asked = await webRequest(request, routes, method === 'POST' || method === 'PUT')
        const params = asked as unknown as JsonValue
        const answer = await routes.world.digest.call(`uploads.${call}`, params)
        const { status, body } = answer as unknown as WebAnswer
        if (status === 204) return await reply.code(status).send()
        return await reply.code(status).type('application/json').send(JSON.stringify(body))
      },
    })
  for (const root of roots) for (const route of ofReleases) add(root, route)
  add(roots[0]!, repositories)
}

/** @throws UploadRefusal for an organisation, or a project, that there is none of. */
async function webRequest(
  request: FastifyRequest,
  { world, config }: UploadRoutes,
  hasBody: boolean,
): Promise<WebRequest> {
  const path = request.params as Record<string, string>
  checkOrganisation(path['organization'] ?? '')
  if (path['project'] !== undefined) await projectsNamed(world, [path['project']])
  const body = hasBody ? jsonOf(request) : null
  if (body) await projectsNamed(world, body['projects'])
  const projects = (await world.projects.all()).map(({ id, slug, name, platform }) => ({
    id,
    slug,
    name,
    ...(platform !== undefined && { platform }),
  }))
  const limits = config().api
  const baseUrl = originOf(request, world)
  return { path, url: request.url, body, projects, baseUrl, actor: 'weir', limits }
}
