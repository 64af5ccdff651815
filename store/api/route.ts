import type { Scope } from '../../core/http/config.ts'
import type { JsonValue } from '../search.ts'
import type { Api } from './api.ts'
import type { Parameters } from './parameters.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'

/** One request, as a route gets it. */
export interface Call {
  readonly api: Api
  readonly method: Method
  /** Without the prefix and the query. */
  readonly path: string
  /** What stands in the path's `:names`, decoded. */
  readonly place: Readonly<Record<string, string | undefined>>
  readonly query: Parameters
  /** Inflated. */
  readonly body: Buffer
  /** Fires when the client is gone, or the time for a question is over. */
  readonly deadline: AbortSignal
  /** `Accept`, lower case. */
  readonly accept: string
}

export interface Answer {
  /** Default 200. */
  readonly status?: number
  /** JSON, or text with a `type`. */
  readonly body: JsonValue
  readonly type?: string
}

/** A route is data: what it is for the server, its documentation and its tests. */
export interface Route {
  readonly methods: readonly Method[]
  /** As Fastify writes them, `:index` and the like. */
  readonly paths: readonly string[]
  /** What a token has to allow; one of them is enough. */
  readonly scope: Scope | readonly Scope[]
  /** Parameters of the URL beside `commonParameters`. Undefined: whatever is sent is accepted. */
  readonly parameters?: readonly string[]
  readonly handle: (call: Call) => Answer | Promise<Answer>
}

/** What shippers ask before they write, which tells nothing worth hiding from them. */
export const anyScope: readonly Scope[] = ['ingest', 'read']

export const acknowledged: Answer = { body: { acknowledged: true } }
