import { PermanentError } from '../../../core/errors.ts'
import { requestError } from './bulk_verdict.ts'
import type { Answer, Requests } from '../cluster.ts'
import type { ElasticsearchConfig } from './config.ts'

/** What is at the other end. */
export interface Server {
  readonly flavour: 'elasticsearch' | 'opensearch'
  /** Such as `8.19.21`; undefined when the server does not say and the config neither. */
  readonly version: string | undefined
}

/**
 * Asks the server what it is. `GET /` says so, but a cluster may refuse it: API keys without the monitor
 * privilege get a 403, a reduced distribution a 405. Then the `X-Elastic-Product` header that
 * Elasticsearch puts on every answer tells the flavour (7.14 and later), and the node's info the version.
 *
 * @returns undefined when it does not say.
 * @throws RetryableError when it cannot be reached, PermanentError when it refuses the credentials.
 */
export async function identify(
  cluster: Requests,
  config: Pick<ElasticsearchConfig, 'flavour' | 'version'>,
  deadline: AbortSignal,
): Promise<Server | undefined> {
  if (config.flavour !== 'auto' && config.version) {
    return { flavour: config.flavour, version: config.version }
  }
  const root = await cluster.request({ method: 'GET', path: '/' }, deadline)
  if (root.status === 429 || root.status >= 500) throw requestError(root)
  if (root.status === 401) {
    const text = `${root.host} does not accept the credentials (401): check api_key, or username and password`
    throw new PermanentError('WEIR_OUTPUT_REFUSED', text)
  }
  const told = fromRoot(root)
  const flavour = config.flavour === 'auto' ? (told?.flavour ?? fromHeaders(root)) : config.flavour
  if (!flavour) return undefined
  const version = config.version ?? told?.version ?? (await nodeVersion(cluster, deadline))
  return { flavour, version }
}

function fromRoot(root: Answer): Server | undefined {
  if (root.status !== 200) return undefined
  try {
    const { version } = JSON.parse(root.text) as {
      version?: { number?: string; distribution?: string; build_flavor?: string }
    }
    if (!version?.number) return undefined
    if (version.distribution === 'opensearch') {
      return { flavour: 'opensearch', version: version.number }
    }
    // Clusters from before 7.14 lack the header, but have this field.
    const isElastic = fromHeaders(root) === 'elasticsearch' || version.build_flavor !== undefined
    return isElastic ? { flavour: 'elasticsearch', version: version.number } : undefined
  } catch {
    return undefined
  }
}

function fromHeaders({ headers }: Answer): Server['flavour'] | undefined {
  if (headers['x-elastic-product'] === 'Elasticsearch') return 'elasticsearch'
  return headers['x-opensearch-version'] === undefined ? undefined : 'opensearch'
}

async function nodeVersion(cluster: Requests, deadline: AbortSignal): Promise<string | undefined> {
  const path = '/_nodes/_local?filter_path=nodes.*.version'
  const answer = await cluster.request({ method: 'GET', path }, deadline)
  if (answer.status !== 200) return undefined
  return /"version"\s*:\s*"(\d[^"]*)"/.exec(answer.text)?.[1]
}
