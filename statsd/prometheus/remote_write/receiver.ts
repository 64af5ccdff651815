import type { FastifyInstance, FastifyRequest } from 'fastify'
import { uncompress } from 'snappyjs'
import type { Context } from '../../../core/context.ts'
import { messageOf } from '../../../core/errors.ts'
import { Refusal } from '../../../core/http/refusal.ts'
import type { Append } from '../../../core/journal/batch.ts'
import { formatSize } from '../../../core/size_text.ts'
import type { PrometheusConfig } from '../config.ts'
import { SamplePoints } from '../sample_points.ts'
import { type Received, receive } from './received.ts'

export interface ReceiverWorld {
  readonly context: Context
  readonly append: Append
  readonly instance: string
  readonly namespace: string
  /** Why nothing can be taken in now; undefined when it can. */
  readonly paused: () => string | undefined
}

const path = '/api/v1/write'
/** So long a request waits for the journal. */
const patienceMs = 20_000
/** Requests that are inflated at the same time; others wait as they came. */
const atOnce = 2
const dayMs = 86_400_000

/** Takes what Prometheus and its like send by remote write 1.0: 204 once it is durable. */
export class RemoteWriteReceiver {
  readonly #config: PrometheusConfig
  readonly #world: ReceiverWorld
  #underWay = 0
  readonly #waiting: (() => void)[] = []

  constructor(config: PrometheusConfig, world: ReceiverWorld) {
    this.#config = config
    this.#world = world
  }

  addRoutes(app: FastifyInstance): void {
    app.post(path, { config: { scope: 'ingest' } }, async (request, reply) => {
      await this.#alone(() => this.#take(request))
      return reply.code(204).send()
    })
  }

  async #take(request: FastifyRequest): Promise<void> {
    const paused = this.#world.paused()
    if (paused !== undefined) throw unavailable(`nothing can be taken in now: ${paused}`)
    const { context, append, instance, namespace } = this.#world
    const message = this.#inflate(request)
    const points = new SamplePoints({ append, instance, namespace })
    const limits = { maxLabels: this.#config.max_labels, latestMs: context.clock.now() + dayMs }
    const write = async () => {
      const withdrawn = AbortSignal.timeout(patienceMs)
      const result = await points.write(withdrawn).catch((failure: unknown) => {
        throw unavailable(messageOf(failure))
      })
      if (result === 'dropped') throw unavailable('the journal is full')
    }
    let received: Received
    try {
      received = await receive(message, points, limits, write)
    } catch (failure) {
      if (!(failure instanceof SyntaxError)) throw failure
      context.count('bad_content')
      throw bad(`the body is no prometheus.WriteRequest: ${failure.message}`)
    }
    this.#count(received)
    if (received.why === undefined) return
    throw bad(`${received.refused} samples were refused, all others taken: ${received.why}`)
  }

  #inflate(request: FastifyRequest): Buffer {
    const { headers } = request
    const type = (headers['content-type'] ?? 'application/x-protobuf').toLowerCase()
    const encoding = (headers['content-encoding'] ?? 'snappy').toLowerCase()
    const isOther = /;\s*proto=(?!prometheus\.writerequest)/.test(type)
    if (!type.startsWith('application/x-protobuf') || isOther || encoding !== 'snappy') {
      this.#world.context.count('bad_content')
      const text =
        'this takes remote write 1.0: application/x-protobuf (prometheus.WriteRequest), snappy'
      throw new Refusal(415, 'bad_content', text)
    }
    const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0)
    const most = this.#config.max_request_size
    if (inflatedLength(body) > most) {
      this.#world.context.count('body_too_large')
      const text = `the request is larger than statsd.prometheus.max_request_size (${formatSize(most)}): lower max_samples_per_send, or raise that option`
      throw new Refusal(413, 'body_too_large', text)
    }
    try {
      return uncompress(body, most)
    } catch (failure) {
      this.#world.context.count('bad_encoding')
      throw bad(`the body is not snappy's block format: ${messageOf(failure)}`)
    }
  }

  #count({ taken, stale, notFinite, nativeHistograms, refused }: Received): void {
    const { metrics, id, count } = this.#world.context
    metrics.events_received.inc({ component: id }, taken)
    metrics.prometheus_stale.inc({ component: id }, stale)
    if (notFinite > 0) count('not_finite', notFinite)
    if (nativeHistograms > 0) count('native_histogram', nativeHistograms)
    if (refused > 0) count('bad_sample', refused)
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    if (this.#underWay >= atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#underWay += 1
    try {
      await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#underWay -= 1
    }
  }
}

/** What the body says that it inflates to: a number in front. 0 for one that cannot be read, which snappy refuses. */
function inflatedLength(body: Buffer): number {
  let length = 0
  for (let at = 0; at < 5 && at < body.length; at++) {
    length += (body[at]! & 0x7f) * 0x80 ** at
    if (body[at]! < 0x80) return length
  }
  return 0
}

const bad = (message: string) => new Refusal(400, 'bad_content', message)
const unavailable = (message: string) => new Refusal(503, 'paused', message, { 'retry-after': '5' })
