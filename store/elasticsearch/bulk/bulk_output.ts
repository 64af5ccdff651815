import type { Context } from '../../../core/context.ts'
import { RetryableError } from '../../../core/errors.ts'
import { subsetOf, type Chunk } from '../../../core/journal/chunk.ts'
import { gzipBytes } from './gzip.ts'
import type { JsonObject } from '../../../core/json.ts'
import {
  type Checked,
  type Delivery,
  type Output,
  type Rejected,
} from '../../../core/delivery/output.ts'
import { bulkBody } from './bulk_body.ts'
import { BulkBuffers } from './bulk_buffers.ts'
import { bulkFilter, judge, type BulkRequest } from './bulk_verdict.ts'
import { checkCluster } from './check.ts'
import { checkHosts } from './check_hosts.ts'
import { Cluster } from '../cluster.ts'
import type { ElasticsearchConfig } from './config.ts'
import { indicesOf, namesOf, type Indices } from './indices.ts'
import { absentEvents } from './settle.ts'
import type { DocumentKind } from './document_kind.ts'
import { Templates } from './templates.ts'

/** Documents to Elasticsearch and OpenSearch, by `_bulk` with `create` and the event's id. */
export class BulkOutput implements Output {
  readonly #config: ElasticsearchConfig
  readonly #kind: DocumentKind
  readonly #context: Context
  readonly #cluster: Cluster
  readonly #indices: Indices
  readonly #templates: Templates
  readonly #buffers: BulkBuffers
  #unsettled = 0

  constructor(
    config: ElasticsearchConfig & { concurrency: number },
    kind: DocumentKind,
    context: Context,
  ) {
    this.#config = config
    this.#kind = kind
    this.#context = context
    this.#cluster = new Cluster(config, context.clock.now, (host, failure) => {
      // Of a single one the delivery says it.
      if (config.hosts.length === 1) return
      if (failure === undefined) context.log.info({ host }, 'a host answers again')
      else context.log.warn({ host, reason: failure }, 'a host fails; the others are asked')
    })
    this.#indices = indicesOf(config.indices)
    this.#templates = new Templates(config, kind, this.#cluster, context.log)
    this.#buffers = new BulkBuffers(config.concurrency)
  }

  /** Connects to nothing: a server that is down must not keep Weir from starting. */
  async start(): Promise<void> {}

  async stop(): Promise<void> {
    await this.#cluster.close()
  }

  async write(delivery: Delivery, deadline: AbortSignal): Promise<readonly Rejected[]> {
    const { chunk, mayBeKnown } = delivery
    if (this.#config.manage_templates) {
      await this.#templates.prepare(chunk, deadline).catch(rethrowAsUnsent)
    }
    // In an index that is not replaced behind a name, `create` itself tells what is there already.
    if (!mayBeKnown || !this.#indices.dataStreams) {
      return await this.#send(chunk, undefined, mayBeKnown, deadline)
    }
    const absent = await absentEvents(this.#cluster, chunk, deadline)
    if (absent === 'forbidden') {
      this.#noteUnsettled(chunk.count)
      return await this.#send(chunk, undefined, mayBeKnown, deadline)
    }
    if (absent.length === 0) return []
    if (absent.length === chunk.count) return await this.#send(chunk, undefined, true, deadline)
    return await this.#send(chunk, absent, true, deadline)
  }

  async check(deadline: AbortSignal): Promise<readonly Checked[]> {
    const cluster = new Cluster(this.#config, this.#context.clock.now)
    try {
      return [
        ...(await checkCluster(this.#config, this.#kind, cluster, deadline)),
        ...(await checkHosts(this.#config, this.#context.clock.now, deadline)),
      ]
    } finally {
      await cluster.close()
    }
  }

  status(): JsonObject {
    return {
      hosts: this.#config.hosts.map((host) => new URL(host).host),
      ...(this.#cluster.failing.size > 0 && {
        failing_hosts: Object.fromEntries(this.#cluster.failing),
      }),
      indices: this.#config.indices,
      unsettled_events: this.#unsettled,
      ...this.#templates.status(),
    }
  }

  /** @param indexes the only events of the chunk to send, ascending; undefined for all. */
  async #send(
    chunk: Chunk,
    indexes: readonly number[] | undefined,
    mayBeKnown: boolean,
    deadline: AbortSignal,
  ): Promise<readonly Rejected[]> {
    const sent = indexes ? subsetOf(chunk, indexes) : chunk
    const body = bulkBody(sent, this.#indices, (size) => this.#buffers.take(size))
    const path = body.index === undefined ? '/_bulk' : `/${encodeURIComponent(body.index)}/_bulk`
    const compressed = this.#config.gzip ? await gzipBytes(body.bytes) : undefined
    const answer = await this.#cluster.request(
      {
        method: 'POST',
        path: `${path}?filter_path=${bulkFilter}`,
        contentType: 'application/x-ndjson',
        body: compressed ?? body.bytes,
        ...(compressed && { headers: { 'content-encoding': 'gzip' } }),
      },
      deadline,
    )
    // An early refusal may come while the rest of the body is still being sent.
    if (answer.status < 300) this.#buffers.give(body.whole)
    let names: readonly string[] | undefined
    const request: BulkRequest = {
      indexes,
      count: sent.count,
      mayBeKnown,
      targetOf: (index) => body.index ?? (names ??= namesOf(this.#indices, chunk))[index]!,
    }
    return judge(answer, request)
  }

  #noteUnsettled(events: number) {
    if (this.#unsettled === 0) {
      this.#context.log.warn(
        'the credentials may not refresh and search what they write: after a request of unknown fate, events can be stored twice. Give them the privileges `maintenance` and `read`',
      )
    }
    this.#unsettled += events
    this.#context.count('unsettled', events)
  }
}

/** Whatever became of a request for templates, no event was in it. */
function rethrowAsUnsent(failure: unknown): never {
  if (!(failure instanceof RetryableError) || !failure.fateUnknown) throw failure
  const { code, message, retryAfterMs } = failure
  throw new RetryableError(code, message, { retryAfterMs, cause: failure })
}
