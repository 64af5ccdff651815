import type { FastifyInstance } from 'fastify'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { Digest } from '../part.ts'
import type { Projects } from '../projects/project.ts'

const project = '/api/0/projects/weir/:project'

/**
 * `POST …/grouping/preview/` with a project's settings of grouping: what they would change. `POST …/reprocessing/`
 * (`{"issue": 7}` for one issue alone, `{"after": 1000}` to go on): kept events are mapped and grouped anew.
 */
export function addRegroupRoutes(
  app: FastifyInstance,
  { digest, projects }: { readonly digest: Digest; readonly projects: Projects },
): void {
  const answered = async (slug: string, call: string, params: (id: number) => JsonRecord) => {
    const found = await projects.find(slug)
    if (!found) return { status: 404, body: { detail: `there is no project "${slug}"` } }
    const body = (await digest.call(call, params(found.id))) as JsonRecord
    const refused = body['refused']
    return refused === undefined
      ? { status: 200, body }
      : { status: 400, body: { detail: refused } }
  }
  const routes = [
    {
      path: 'grouping/preview',
      call: 'grouping.preview',
      params: (id: number, body: JsonRecord) => ({ project: id, grouping: body }),
    },
    {
      path: 'reprocessing',
      call: 'grouping.regroup',
      params: (id: number, { issue, after }: JsonRecord) => ({
        project: id,
        ...(isId(issue) && { issue: Number(issue) }),
        ...(isId(after) && { after: Number(after) }),
      }),
    },
  ]
  for (const { path, call, params } of routes) {
    app.post<{ Params: { project: string } }>(
      `${project}/${path}`,
      { config: { scope: 'admin' } },
      async (request, reply) => {
        const body = recordOf(request.body)
        const found = await answered(request.params.project, call, (id) => params(id, body))
        return await reply.code(found.status).send(found.body)
      },
    )
  }
}

const isId = (value: JsonValue | undefined) => /^\d{1,15}$/.test(String(value))

/** What is no JSON object is as good as an empty one. */
function recordOf(body: unknown): JsonRecord {
  try {
    const value: unknown = body instanceof Uint8Array ? JSON.parse(body.toString()) : body
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonRecord)
      : {}
  } catch {
    return {}
  }
}
