import { z } from 'zod'
import { clientTls } from '../../core/client_tls.ts'
import { type Secret, secret } from '../../core/config/secret.ts'
import type { Context } from '../../core/context.ts'
import {
  type Checked,
  type Delivery,
  PartialDelivery,
  type Rejected,
} from '../../core/delivery/output.ts'
import { messageOf, PermanentError, RetryableError } from '../../core/errors.ts'
import { type Chunk, eventsOf } from '../../core/journal/chunk.ts'
import type { JsonObject } from '../../core/json.ts'
import { type Answer, Cluster } from '../../store/elasticsearch/cluster.ts'
import { isHeaderAt, toForwardTag } from '../forward/flush_format.ts'
import { type Backend, defineBackend } from './backend.ts'

/** Where another Weir takes flushes. */
export const flushesPath = '/api/statsd/flushes'

export const forwardFields = {
  url: z
    .url({ protocol: /^https?$/, error: 'expected a URL such as https://weir.example.com:4400' })
    .describe('The HTTP port of the other Weir; a path in it goes before every request'),
  token: secret().optional().describe('One of its http.tokens with the scope ingest'),
  tls: clientTls('an https URL'),
}

/** Another Weir, which merges the flushes of many. */
export const forwardBackend = defineBackend(
  'forward',
  'Another Weir, which merges the flushes of any number of Weirs as if all packets had come there',
  {
    ...forwardFields,
    concurrency: z
      .literal(1)
      .default(1)
      .describe(
        'Flushes arrive in order, since one that comes behind a later one is taken for known',
      ),
  },
  (config, context): Backend => new ForwardBackend(config, context),
)

interface ForwardConfig {
  readonly url: string
  readonly token?: Secret | undefined
  readonly tls?: z.output<typeof forwardFields.tls>
  readonly timeout: number
}

/** A piece of a flush within a chunk. */
interface Piece {
  readonly bytes: Buffer
  /** Place of its header in the chunk; its lines follow. */
  readonly first: number
  readonly count: number
}

class ForwardBackend implements Backend {
  readonly tag = toForwardTag
  readonly #config: ForwardConfig
  readonly #now: () => number
  readonly #cluster: Cluster

  constructor(config: ForwardConfig, { clock }: Context) {
    this.#config = config
    this.#now = clock.now
    this.#cluster = this.#connect()
  }

  /** Connects to nothing: a Weir that is down must not keep this one from starting. */
  async start(): Promise<void> {}

  async stop(): Promise<void> {
    await this.#cluster.close()
  }

  /** One request a piece, in order: the other side takes a piece once, and none that is behind the last. */
  async write({ chunk }: Delivery, deadline: AbortSignal): Promise<readonly Rejected[]> {
    const rejected: Rejected[] = []
    for (const piece of piecesOf(chunk)) {
      try {
        rejected.push(...(await this.#post(piece, deadline)))
      } catch (failure) {
        throw piece.first === 0 ? failure : partial(failure, piece, chunk, rejected)
      }
    }
    return rejected
  }

  async check(deadline: AbortSignal): Promise<readonly Checked[]> {
    const cluster = this.#connect()
    try {
      const answer = await cluster.request(
        { method: 'POST', path: flushesPath, body: '' },
        deadline,
      )
      // Nothing is no flush, which only somebody who may bring one is told.
      return answer.status === 400 ? [] : [{ problem: refusalOf(answer).message }]
    } catch (failure) {
      return [{ problem: messageOf(failure) }]
    } finally {
      await cluster.close()
    }
  }

  status(): JsonObject {
    return { target: new URL(this.#config.url).host }
  }

  async #post({ bytes, first }: Piece, deadline: AbortSignal): Promise<Rejected[]> {
    const answer = await this.#cluster.request(
      { method: 'POST', path: flushesPath, body: bytes, contentType: 'application/x-ndjson' },
      deadline,
    )
    if (answer.status !== 200) throw refusalOf(answer)
    const target = new URL(this.#config.url).host
    return refusedIn(answer).map(({ line, why }) => {
      return { index: first + line - 1, reason: 'target_refused', detail: why, target }
    })
  }

  #connect(): Cluster {
    const { url, token, tls, timeout } = this.#config
    const headers = token ? { authorization: `Bearer ${token.reveal()}` } : {}
    return new Cluster({ hosts: [url], headers, tls, timeout }, this.#now)
  }
}

/** What is left of a chunk when some of its pieces have arrived. */
function partial(
  failure: unknown,
  { first }: Piece,
  { count }: Chunk,
  rejected: readonly Rejected[],
): PartialDelivery {
  const { fateUnknown = false, retryAfterMs } = failure instanceof RetryableError ? failure : {}
  const remaining = Array.from({ length: count - first }, (_, index) => first + index)
  return new PartialDelivery(messageOf(failure), { remaining, rejected, fateUnknown, retryAfterMs })
}

/** A piece begins with its header, whatever runs of events the chunk is made of. */
function* piecesOf(chunk: Chunk): Generator<Piece> {
  const { bytes } = chunk
  let lines: Buffer[] = []
  let first = 0
  for (const { index, start, end } of eventsOf(chunk)) {
    if (lines.length > 0 && isHeaderAt(bytes, start)) {
      yield { bytes: Buffer.concat(lines), first, count: lines.length }
      lines = []
      first = index
    }
    lines.push(bytes.subarray(start, end + 1))
  }
  if (lines.length > 0) yield { bytes: Buffer.concat(lines), first, count: lines.length }
}

/** Lines that the other side did not take, by their number in the request, from 1. */
function refusedIn({ text }: Answer): { line: number; why: string }[] {
  try {
    const { refused } = JSON.parse(text) as { refused?: { line: number; why: string }[] }
    return refused ?? []
  } catch (failure) {
    const what = `its answer cannot be read: ${messageOf(failure)}`
    throw new RetryableError('WEIR_OUTPUT_UNAVAILABLE', what, { fateUnknown: true })
  }
}

function refusalOf({ status, text, host, headers }: Answer): Error {
  const what = `${host} answered ${status}: ${text.replaceAll(/\s+/g, ' ').slice(0, 300)}`
  if (status === 429 || status >= 500) {
    const seconds = Number(headers['retry-after'])
    const retryAfterMs = Number.isFinite(seconds) ? Math.min(seconds, 3600) * 1000 : undefined
    return new RetryableError('WEIR_OUTPUT_UNAVAILABLE', what, { fateUnknown: true, retryAfterMs })
  }
  return new PermanentError('WEIR_OUTPUT_REFUSED', what)
}
