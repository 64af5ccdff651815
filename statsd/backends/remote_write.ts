import type { ConnectionOptions } from 'node:tls'
import { z } from 'zod'
import { clientTls, readClientTls } from '../../core/client_tls.ts'
import { secret } from '../../core/config/secret.ts'
import type { Context } from '../../core/context.ts'
import type { Checked, Delivery, Rejected } from '../../core/delivery/output.ts'
import { messageOf, PermanentError, RetryableError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { size } from '../../core/units.ts'
import { type Backend, defineBackend } from './backend.ts'
import { pointsOf } from './chunk_points.ts'
import { ask, type HttpAnswer } from '../prometheus/http_client.ts'
import { loadMappings } from '../prometheus/mapping/load.ts'
import { Mapper } from '../prometheus/mapping/mapper.ts'
import { SeriesTable } from '../prometheus/table.ts'
import { Targets } from '../prometheus/target.ts'
import { RequestMaker, type WriteRequest } from '../prometheus/remote_write/requests.ts'

const fields = {
  url: z
    .url({
      protocol: /^https?$/,
      error: 'expected a URL such as http://prometheus:9090/api/v1/write',
    })
    .describe('Where samples are written: the whole URL'),
  mapping_file: z
    .string()
    .optional()
    .describe("A file of mapping rules in statsd_exporter's format"),
  total_suffix: z
    .boolean()
    .default(true)
    .describe('Whether names of counters end in _total, as in OpenMetrics'),
  external_labels: z
    .record(
      z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label has letters, digits and _'),
      z.string(),
    )
    .default({})
    .describe('Labels that every series gets, such as which Weir it is from'),
  headers: z.record(z.string(), z.string()).default({}).describe('More headers of the requests'),
  bearer_token: secret().optional().describe('Sent as Authorization: Bearer …'),
  username: z.string().optional().describe('Of basic authorization'),
  password: secret().optional().describe('Its password'),
  tls: clientTls('an https URL'),
  max_samples: z.number().int().min(1).default(2000).describe('Most samples of a request, about'),
  max_series: z
    .number()
    .int()
    .min(1)
    .default(100_000)
    .describe('Most series of StatsD that are added up; new ones beyond are left out, counted'),
  batch_bytes: size().default(1_000_000).describe('Most bytes of points that are sent together'),
}

type RemoteWriteConfig = z.output<z.ZodObject<typeof fields>>

/** https://prometheus.io/docs/specs/prw/remote_write_spec, version 1.0. */
export const remoteWriteBackend = defineBackend(
  'remote_write',
  'Prometheus, or what takes remote write 1.0 as it does: Mimir, Thanos, VictoriaMetrics, another Weir',
  fields,
  (config, context): Backend => new RemoteWrite(config, context),
  ({ concurrency }, context) => {
    if (concurrency === 1) return
    const message = 'samples have to come in order: concurrency is 1 here'
    context.addIssue({ code: 'custom', message, path: ['concurrency'] })
  },
)

const answerBytes = 64 * 1024

class RemoteWrite implements Backend {
  readonly #config: RemoteWriteConfig
  readonly #context: Context
  readonly #maker: RequestMaker
  readonly #table: SeriesTable
  readonly #tls: ConnectionOptions | undefined
  /**
   * The requests of the chunk at hand that are not answered yet. Making them adds the points up, which has to
   * happen once however often they are sent.
   */
  #prepared:
    | { readonly key: string; readonly requests: WriteRequest[]; rejected: Rejected[] }
    | undefined

  constructor(config: RemoteWriteConfig, context: Context) {
    this.#config = config
    this.#context = context
    this.#table = new SeriesTable(
      new Targets(new Mapper(loadMappings(config.mapping_file))),
      config.max_series,
    )
    this.#maker = new RequestMaker(this.#table, {
      externalLabels: config.external_labels,
      totalSuffix: config.total_suffix,
      maxSamples: config.max_samples,
    })
    this.#tls = config.tls && readClientTls(config.tls)
  }

  /** Connects to nothing: a target that is down must not keep Weir from starting. */
  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  async write({ chunk }: Delivery, deadline: AbortSignal): Promise<readonly Rejected[]> {
    const first = chunk.parts[0]!
    const key = `${chunk.segment} ${first.ordinal} ${chunk.count}`
    if (this.#prepared?.key !== key) {
      const rejected: Rejected[] = []
      const requests = [...this.#maker.requests(pointsOf(chunk, rejected))]
      this.#prepared = { key, requests, rejected }
      this.#table.expire(this.#context.clock.now())
    }
    const prepared = this.#prepared
    for (let request = prepared.requests[0]; request; request = prepared.requests[0]) {
      if (request.body.length > 0) prepared.rejected.push(...(await this.#send(request, deadline)))
      prepared.requests.shift()
    }
    this.#prepared = undefined
    return prepared.rejected
  }

  async check(deadline: AbortSignal): Promise<readonly Checked[]> {
    try {
      const empty = Buffer.from([0])
      const answer = await this.#post(empty, deadline)
      // Nothing written is fine, or is refused as a request without samples.
      if (answer.status < 300 || answer.status === 400) return []
      return [{ problem: this.#told(answer) }]
    } catch (failure) {
      return [{ problem: `${this.#host}: ${messageOf(failure)}` }]
    }
  }

  status(): JsonObject {
    return { target: this.#host, series: this.#table.size }
  }

  get #host(): string {
    return new URL(this.#config.url).host
  }

  /** Refused for good is what a sender must not repeat: 4xx, but for those that say that the config is wrong. */
  async #send({ body, indexes }: WriteRequest, deadline: AbortSignal): Promise<Rejected[]> {
    let answer: HttpAnswer
    try {
      answer = await this.#post(body, deadline)
    } catch (failure) {
      const what = `${this.#host}: ${messageOf(failure)}`
      throw new RetryableError('WEIR_OUTPUT_UNAVAILABLE', what, {
        fateUnknown: true,
        cause: failure,
      })
    }
    const { status, headers } = answer
    if (status >= 200 && status < 300) return []
    const detail = this.#told(answer)
    if (status === 429 || status === 408 || status >= 500) {
      const seconds = Number(headers['retry-after'])
      const retryAfterMs = seconds >= 0 ? Math.min(seconds, 3600) * 1000 : undefined
      throw new RetryableError('WEIR_OUTPUT_UNAVAILABLE', detail, {
        fateUnknown: true,
        retryAfterMs,
      })
    }
    if (status !== 400 && status !== 413 && status !== 422) {
      throw new PermanentError('WEIR_OUTPUT_REFUSED', detail)
    }
    const target = this.#host
    return indexes.map((index) => ({ index, reason: 'target_refused', detail, target }))
  }

  async #post(body: Buffer, deadline: AbortSignal): Promise<HttpAnswer> {
    const { url, headers, bearer_token: token, username, password } = this.#config
    const basic = `${username ?? ''}:${password?.reveal() ?? ''}`
    return await ask({
      url,
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'user-agent': 'Weir',
        'x-prometheus-remote-write-version': '0.1.0',
        ...(username !== undefined && {
          authorization: `Basic ${Buffer.from(basic).toString('base64')}`,
        }),
        ...(token && { authorization: `Bearer ${token.reveal()}` }),
        ...headers,
      },
      body,
      tls: this.#tls,
      maxBytes: answerBytes,
      deadline,
    })
  }

  #told({ status, body }: HttpAnswer): string {
    const text = body.toString('utf8').replaceAll(/\s+/g, ' ').slice(0, 300)
    return `${this.#host} answered ${status}: ${text}`
  }
}
