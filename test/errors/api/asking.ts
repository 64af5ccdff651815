import type { DatabaseSync } from 'node:sqlite'
import { apiConfig } from '../../../errors/api/config.ts'
import type { WebAnswer, WebProject, WebRequest } from '../../../errors/api/web_request.ts'
import { webCalls } from '../../../errors/api/web_calls.ts'
import { endpoints } from '../../../errors/api/endpoints.ts'
import { groupingRules } from '../../../errors/grouping/rules.ts'
import type { JsonValue } from '../../../store/search.ts'

export const nowMs = Date.parse('2026-02-01T12:30:00Z')

export const projects: readonly WebProject[] = [
  { id: 1, slug: 'shop', name: 'Shop', platform: 'python' },
  { id: 2, slug: 'blog', name: 'Blog' },
]

const rules = groupingRules()

/**
 * Asks an endpoint of the digest by method and URL, as the port would.
 *
 * @param logged takes what is logged.
 */
export function asking(database: DatabaseSync, logged: object[] = []) {
  return async (
    method: string,
    url: string,
    body: JsonValue = null,
    more: Partial<WebRequest> = {},
  ): Promise<WebAnswer> => {
    const [path] = url.split('?', 1)
    const found = endpoints
      .map((endpoint) => ({ endpoint, match: patternOf(endpoint.path).exec(path!) }))
      .filter(({ endpoint, match }) => endpoint.method === method && match)
      .toSorted((a, b) => a.endpoint.path.split(':').length - b.endpoint.path.split(':').length)[0]
    if (!found) throw new Error(`no endpoint is ${method} ${url}`)
    const call = webCalls[found.endpoint.name]
    if (!call) throw new Error(`nothing answers ${found.endpoint.name}`)
    const request: WebRequest = {
      path: decoded(found.match!.groups ?? {}),
      url: `/api/0${url}`,
      body,
      projects,
      baseUrl: 'https://weir.test',
      actor: 'ana',
      limits: apiConfig.parse(undefined),
      ...more,
    }
    const log = { info: (details: object, message: string) => logged.push({ message, ...details }) }
    const context = { clock: { now: () => nowMs }, dataFolder: '/nowhere', log }
    const world = { database, context, change: inTransaction(database), rulesOf: () => rules }
    return (await call(request as never, world as never)) as unknown as WebAnswer
  }
}

const patternOf = (path: string) => new RegExp(`^${path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}/?$`)

const decoded = (groups: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]),
  )

const inTransaction =
  (database: DatabaseSync) =>
  <T>(work: () => T): T => {
    database.exec('begin immediate')
    try {
      const made = work()
      database.exec('commit')
      return made
    } catch (failure) {
      database.exec('rollback')
      throw failure
    }
  }
