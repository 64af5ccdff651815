import type { FastifyInstance } from 'fastify'
import type { JsonRecord } from '../../store/search.ts'
import type { Digest } from '../part.ts'
import { invalid, notFound, WebRefusal } from '../api/web_request.ts'
import type { Project, Projects } from '../projects/project.ts'
import { reprocessingOf } from './reprocessing_body.ts'

const project = '/api/0/projects/weir/:project'

/**
 * `POST …/grouping/preview/` with a project's settings of grouping: what they would change. `POST …/reprocessing/`
 * (`{"issue": 7}` for one issue alone, `{"after": 1000}` to go on): kept events are mapped and grouped anew.
 */
export function addRegroupRoutes(
  app: FastifyInstance,
  { digest, projects }: { readonly digest: Digest; readonly projects: Projects },
): void {
  const answered = async (slug: string, body: JsonRecord, { call, params }: Route) => {
    const found = await projects.find(slug)
    if (!found) throw notFound(`there is no project "${slug}"`)
    const done = (await digest.call(call, params(found, body))) as JsonRecord
    const { refused } = done
    if (refused !== undefined) throw invalid(String(refused))
    return done
  }
  for (const route of routes) {
    app.post<{ Params: { project: string } }>(
      `${project}/${route.path}`,
      { config: { scope: 'admin' } },
      async (request, reply) => {
        try {
          return await answered(request.params.project, recordOf(request.body), route)
        } catch (failure) {
          if (!(failure instanceof WebRefusal)) throw failure
          return await reply.code(failure.status).send(failure.body)
        }
      },
    )
  }
}

interface Route {
  readonly path: string
  readonly call: string
  readonly params: (project: Project, body: JsonRecord) => JsonRecord
}

const routes: readonly Route[] = [
  {
    path: 'grouping/preview',
    call: 'grouping.preview',
    params: ({ id }, body) => ({ project: id, grouping: body }),
  },
  {
    path: 'reprocessing',
    call: 'grouping.regroup',
    params: (asked, body) => ({ ...reprocessingOf(body, asked) }),
  },
]

/** Nothing is as good as an empty object. @throws WebRefusal 400 */
function recordOf(body: unknown): JsonRecord {
  const value = body instanceof Uint8Array ? parsed(Buffer.from(body).toString()) : (body ?? {})
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as JsonRecord
  throw invalid('the body has to be a JSON object, or empty')
}

function parsed(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
