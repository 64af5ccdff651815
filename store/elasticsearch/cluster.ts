import type { ClusterConnectionPool, UndiciConnection } from '@elastic/transport'
import { readClientTls } from '../../core/client_tls.ts'
import { within } from '../../core/deadline.ts'
import { messageOf, RetryableError } from '../../core/errors.ts'
import type { ClusterConfig } from './cluster_config.ts'

/** An answer, whatever its status. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** Which host gave it, without credentials. */
  readonly host: string
}

export interface Request {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Begins with `/`; a path in the host's URL goes before it. */
  readonly path: string
  readonly body?: Buffer | string
  /** Default `application/json`. */
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A cluster, for those that only ask it something. */
export type Requests = Pick<Cluster, 'request'>

/** Errors with which no byte of the request left: the next host is as good. */
const notConnected = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/**
 * The hosts of one cluster: round robin over those that answer, with `@elastic/transport`'s pool, TLS
 * and authentication. It is used below its Transport class, which would hide whether a failed request
 * was sent, parse every answer and retry by itself.
 */
export class Cluster {
  readonly #config: ClusterConfig
  readonly #onHost: (host: string, failure: string | undefined) => void
  /** Hosts whose last request failed, and how. */
  readonly #failing = new Map<string, string>()
  #pool: ClusterConnectionPool | undefined
  #loading: Promise<ClusterConnectionPool> | undefined
  #closed = false

  /** What the pool wants to be told, most of it for its own diagnostics, which nobody reads here. */
  readonly #selection: { readonly now: number; requestId: number; name: string; context: null }

  /**
   * @param now milliseconds since the epoch: a host that failed is tried again after a while.
   * @param onHost is told when a host begins to fail, and with undefined that it answers again.
   */
  constructor(
    config: ClusterConfig,
    now: () => number,
    onHost: (host: string, failure: string | undefined) => void = () => undefined,
  ) {
    this.#config = config
    this.#onHost = onHost
    this.#selection = {
      get now() {
        return now()
      },
      requestId: 0,
      name: 'weir',
      context: null,
    }
  }

  /**
   * Sends one request to one host; to the next one only when a host could not be connected to.
   *
   * @throws RetryableError when there was no whole answer; its `fateUnknown` says if it was sent.
   */
  async request(request: Request, deadline: AbortSignal): Promise<Answer> {
    const pool = await this.#open()
    return await within(this.#config.timeout, deadline, (signal) =>
      this.#ask(pool, request, deadline, signal),
    )
  }

  /** @param signal fires with the deadline, and when a host takes too long, which it is dead for then. */
  async #ask(
    pool: ClusterConnectionPool,
    request: Request,
    deadline: AbortSignal,
    signal: AbortSignal,
  ): Promise<Answer> {
    const failures: string[] = []
    for (let attempt = 0; attempt < pool.size && !signal.aborted; attempt++) {
      const connection = pool.getConnection(this.#selection) as UndiciConnection
      const host = connection.id.replace(/\/$/, '')
      try {
        const answer = await this.#send(connection, host, request, signal)
        if (answer.status === 502 || answer.status === 503 || answer.status === 504) {
          pool.markDead(connection)
          this.#failed(host, `answered ${answer.status}`)
        } else {
          pool.markAlive(connection)
          if (this.#failing.delete(host)) this.#onHost(host, undefined)
        }
        return answer
      } catch (failure) {
        const reason = reasonOf(failure)
        if (!deadline.aborted) {
          pool.markDead(connection)
          this.#failed(host, reason)
        }
        failures.push(`${host}: ${reason}`)
        const isSent = !notConnected.has(codeOf(failure))
        if (isSent || signal.aborted) {
          const text = signal.aborted ? `${host} did not answer in time` : failures.join('; ')
          throw new RetryableError('WEIR_OUTPUT_UNAVAILABLE', text, {
            fateUnknown: isSent,
            cause: failure,
          })
        }
      }
    }
    throw new RetryableError('WEIR_OUTPUT_UNAVAILABLE', failures.join('; ') || 'no time was left')
  }

  /** Hosts that failed when they were last tried, without credentials, each with how. */
  get failing(): ReadonlyMap<string, string> {
    return this.#failing
  }

  #failed(host: string, reason: string): void {
    const isNew = !this.#failing.has(host)
    this.#failing.set(host, reason)
    if (isNew) this.#onHost(host, reason)
  }

  /** Ends all connections at once. */
  async close(): Promise<void> {
    this.#closed = true
    const pool = await this.#loading?.catch(() => undefined)
    this.#pool = undefined
    await Promise.all(
      (pool?.connections ?? []).map((connection) =>
        (connection as UndiciConnection).pool.destroy(),
      ),
    )
  }

  async #send(
    connection: UndiciConnection,
    host: string,
    request: Request,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { url } = connection
    const headers: Record<string, string> = {
      accept: 'application/json',
      ...this.#config.headers,
      ...(connection.headers as Record<string, string>),
      ...request.headers,
    }
    if (request.body !== undefined)
      headers['content-type'] = request.contentType ?? 'application/json'
    const response = await connection.pool.request({
      origin: url.origin,
      path: url.pathname.replace(/\/$/, '') + request.path,
      method: request.method,
      headers,
      body: request.body ?? null,
      signal,
    })
    const text = await response.body.text()
    return { status: response.statusCode, headers: response.headers, text, host }
  }

  /** The library is loaded with the first request: an idle Weir does not pay for it. */
  async #open(): Promise<ClusterConnectionPool> {
    if (this.#closed)
      throw new RetryableError('WEIR_OUTPUT_UNAVAILABLE', 'the connection was closed')
    if (this.#pool) return this.#pool
    this.#loading ??= load(this.#config)
    this.#pool = await this.#loading.catch((failure: unknown) => {
      this.#loading = undefined
      const reason = `cannot connect: ${messageOf(failure)}`
      throw new RetryableError('WEIR_OUTPUT_UNAVAILABLE', reason, { cause: failure })
    })
    return this.#pool
  }
}

async function load(config: ClusterConfig): Promise<ClusterConnectionPool> {
  const { ClusterConnectionPool, UndiciConnection } = await import('@elastic/transport')
  const { tls, api_key: apiKey, username, password } = config
  const pool = new ClusterConnectionPool({
    Connection: UndiciConnection,
    // Below the 60 s after which proxies drop idle connections: a request on such a one has an unknown fate.
    agent: { keepAliveTimeout: 25_000 },
    resurrectStrategy: 'optimistic',
    ...(tls && { tls: readClientTls(tls) }),
    ...(apiKey && { auth: { apiKey: apiKey.reveal() } }),
    ...(username && { auth: { username, password: password?.reveal() ?? '' } }),
  })
  // A host that was down gets a request again soon; the library's minute is long for a restart.
  pool.resurrectTimeout = 5_000
  pool.addConnection(config.hosts.map((host) => ({ url: new URL(host) })))
  return pool
}

function codeOf(failure: unknown): string {
  const code = failure instanceof Error && 'code' in failure ? failure.code : undefined
  return typeof code === 'string' ? code : ''
}

/** `localhost` fails with one error for each of its addresses and no text of its own. */
function reasonOf(failure: unknown): string {
  if (failure instanceof AggregateError) return failure.errors.map(messageOf).join(', ')
  return messageOf(failure)
}
