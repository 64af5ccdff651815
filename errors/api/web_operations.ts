import type { Operations } from '../../core/control.ts'
import { WeirError } from '../../core/errors.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { endpoints, type Endpoint } from './endpoints.ts'
import type { MainAnswer } from './main_world.ts'
import { WebRefusal, type WebRequest } from './web_request.ts'

/** What of a request a client says. */
export type AskedOfMain = Pick<WebRequest, 'path' | 'url' | 'body'>
export type Ask = (endpoint: Endpoint, asked: AskedOfMain) => Promise<MainAnswer>

/** What `errors.web` yields, once. */
export interface WebReply {
  readonly status: number
  readonly link?: string
  readonly incomplete?: string
  readonly body: JsonValue
}

/** The web API for commands of the same machine: `errors.web` with `method`, `path` (below /api/0) and `body`. */
export function webOperations(ask: Ask): Operations {
  return {
    async *'errors.web'(args) {
      const method = String(args['method'] ?? 'GET')
      const url = `/api/0${String(args['path'])}`
      const found = endpointOf(method, url.split('?', 1)[0]!)
      if (!found)
        throw new WeirError('WEIR_REQUEST_INVALID', `there is no ${method} ${url.slice(0, 200)}`)
      const body = (args['body'] ?? null) as JsonValue
      yield await replied(() => ask(found.endpoint, { path: found.path, url, body }))
    },
  }
}

async function replied(ask: () => Promise<MainAnswer>): Promise<WebReply> {
  try {
    const given = await ask()
    if ('path' in given) return { status: 200, body: { path: given.path, name: given.name } }
    const { link, 'x-weir-incomplete': incomplete } = given.headers ?? {}
    const { status, body } = given
    return { status, body, ...(link && { link }), ...(incomplete && { incomplete }) }
  } catch (failure) {
    if (failure instanceof WebRefusal)
      return { status: failure.status, body: failure.body as JsonRecord }
    throw failure
  }
}

interface Found {
  readonly endpoint: Endpoint
  readonly path: Readonly<Record<string, string>>
}

/** As the router of the port finds it: what is written out comes before a parameter. */
function endpointOf(method: string, url: string): Found | undefined {
  const parts = partsOf(url)
  const fitting = endpoints.filter(
    (endpoint) => endpoint.method === method && fits(partsOf(`/api/0${endpoint.path}`), parts),
  )
  const [endpoint] = fitting.toSorted((a, b) => parameters(a) - parameters(b))
  if (!endpoint) return undefined
  const names = partsOf(`/api/0${endpoint.path}`)
  const path = names.flatMap((name, place) =>
    name.startsWith(':') ? [[name.slice(1), decodeURIComponent(parts[place]!)]] : [],
  )
  return { endpoint, path: Object.fromEntries(path) as Record<string, string> }
}

const partsOf = (path: string): string[] => path.replace(/\/$/, '').split('/')
const parameters = ({ path }: Endpoint): number => path.split(':').length

const fits = (names: readonly string[], parts: readonly string[]): boolean =>
  names.length === parts.length &&
  names.every((name, place) => name.startsWith(':') || name === parts[place])
