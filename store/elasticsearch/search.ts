import { RetryableError } from '../../core/errors.ts'
import { parseExact } from '../../core/exact_json.ts'
import {
  type JsonRecord,
  type JsonValue,
  type Search,
  SearchError,
  type SearchRequest,
  type SearchResponse,
  type TargetOptions,
} from '../search.ts'
import type { Cluster, Request } from './cluster.ts'

/** Asks an Elasticsearch or OpenSearch cluster: requests pass through as they are. */
export class ElasticsearchSearch implements Search {
  readonly #cluster: Pick<Cluster, 'request' | 'close'>

  constructor(cluster: Pick<Cluster, 'request' | 'close'>) {
    this.#cluster = cluster
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    await this.#cluster.close()
  }

  async search(
    target: string,
    request: SearchRequest,
    options: TargetOptions,
    deadline: AbortSignal,
  ): Promise<SearchResponse> {
    const path = `/${pathOf(target)}/_search?${query(options)}`
    return await this.#ask({ method: 'POST', path, body: JSON.stringify(request) }, deadline)
  }

  async fieldCaps(
    target: string,
    patterns: readonly string[],
    options: TargetOptions,
    deadline: AbortSignal,
  ): Promise<JsonRecord> {
    const fields = encodeURIComponent(patterns.join(','))
    const path = `/${pathOf(target)}/_field_caps?fields=${fields}&${query(options)}`
    return await this.#ask({ method: 'GET', path }, deadline)
  }

  async #ask(request: Request, deadline: AbortSignal): Promise<JsonRecord> {
    const answer = await this.#cluster.request(request, deadline).catch((failure: unknown) => {
      deadline.throwIfAborted()
      if (!(failure instanceof RetryableError)) throw failure
      throw new SearchError(503, 'no_node_available_exception', failure.message)
    })
    const body = recordOf(answer.text)
    if (answer.status < 300 && body) return body
    throw errorOf(answer.status, body, `${answer.host} answered ${answer.status}`)
  }
}

/** The server's own error, as far as it tells one. */
function errorOf(status: number, body: JsonRecord | undefined, otherwise: string): SearchError {
  const { error } = body ?? {}
  if (typeof error !== 'object' || error === null || Array.isArray(error)) {
    const code = status === 401 || status === 403 ? status : 502
    return new SearchError(code, 'illegal_answer_exception', String(error ?? otherwise))
  }
  const { type, reason, ...details } = error
  delete details['root_cause']
  return new SearchError(status, textOf(type, 'exception'), textOf(reason, otherwise), details)
}

const textOf = (value: JsonValue | undefined, otherwise: string) =>
  typeof value === 'string' ? value : otherwise

const pathOf = (target: string) => target.split(',').map(encodeURIComponent).join(',')

function query({ ignoreUnavailable = false, allowNoIndices = true }: TargetOptions): string {
  return `ignore_unavailable=${ignoreUnavailable}&allow_no_indices=${allowNoIndices}`
}

function recordOf(text: string): JsonRecord | undefined {
  try {
    const value = parseExact(text) as JsonValue
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
