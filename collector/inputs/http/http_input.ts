import { messageOf, WeirError } from '../../../core/errors.ts'
import { inflate, NotInflated } from '../../../core/http/inflate.ts'
import { formatSize } from '../../../core/size_text.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { ComponentConfig } from '../../../core/plugin.ts'
import type { Arrival, HttpBody, HttpReply, Input, InputContext, Outcome } from '../../input.ts'
import { readMessages } from './body.ts'
import { listedMax, type Messages } from './messages.ts'
import { RefusedBody } from './refused_body.ts'
import { Intake } from '../intake.ts'
import { Senders } from '../../../core/listen/senders.ts'

export interface HttpConfig {
  readonly max_body_size: number
  readonly max_inflated_size: number
  readonly max_message_size: number
  readonly max_pending_bytes: number
  readonly journal_timeout: number
  readonly add_remote_addr: boolean
}

/** What is delivered at a time, so that a large body does not become one large record. */
const arrivalBytes = 4_000_000

export class HttpInput implements Input {
  #config: HttpConfig
  readonly #context: InputContext
  readonly #intake: Intake
  readonly #senders = new Senders()
  #inflating: Promise<unknown> = Promise.resolve()
  #bodyBytes = 0
  #isStopped = true

  constructor(config: HttpConfig, context: InputContext) {
    this.#config = config
    this.#context = context
    this.#intake = new Intake(context, config.max_pending_bytes)
  }

  async start(): Promise<void> {
    this.#isStopped = false
  }

  adopt(given: ComponentConfig): () => void {
    // It was parsed by the same schema.
    const config = given as unknown as HttpConfig
    return () => {
      this.#config = config
      this.#intake.maxPendingBytes = config.max_pending_bytes
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#isStopped = true
    await this.#intake.close(deadline)
  }

  status(): JsonObject {
    return { path: '/in/<tag>', pending_bytes: this.#intake.pendingBytes + this.#bodyBytes }
  }

  async receive(request: HttpBody): Promise<HttpReply> {
    const { byteLength } = request.body
    if (this.#isStopped) return notTaken(0, 1, undefined)
    const pending = this.#intake.pendingBytes + this.#bodyBytes
    if (pending > 0 && pending + byteLength > this.#config.max_pending_bytes) {
      const reason = `${formatSize(this.#config.max_pending_bytes)} (max_pending_bytes) are not durable yet: try again`
      return { ...reply(429, 0, [{ line: 1, reason }]), retryAfterSeconds: 1 }
    }
    this.#bodyBytes += byteLength
    try {
      return await this.#take(request)
    } catch (failure) {
      if (!(failure instanceof RefusedBody)) throw failure
      this.#context.count(failure.reason)
      return reply(failure.status, 0, [{ line: 1, reason: failure.message }])
    } finally {
      this.#bodyBytes -= byteLength
    }
  }

  async #take({ tag, body, contentType, contentEncoding, remoteAddress }: HttpBody) {
    const { max_body_size, max_message_size } = this.#config
    if (body.byteLength > max_body_size) {
      const text = `the body has ${formatSize(body.byteLength)}, the limit is ${formatSize(max_body_size)} (max_body_size): send smaller batches`
      throw new RefusedBody(413, 'body_too_large', text)
    }
    const given = Buffer.from(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength)
    const bytes = await this.#inflate(given, contentEncoding)
    if (bytes.length === 0) throw new RefusedBody(400, 'bad_content', 'the body is empty')
    const note = this.#context.count
    const messages = readMessages(bytes, { contentType, maxMessageBytes: max_message_size, note })
    if (messages.problems.count > 0) note('bad_content', messages.problems.count)
    refuseLong(messages, max_message_size, this.#context)
    const context = this.#senders.contextOf(this.#config.add_remote_addr ? remoteAddress : '')
    return await this.#deliver(messages, tag, context)
  }

  /** One at a time: what is inflated is much larger than what is bounded by max_pending_bytes. */
  async #inflate(body: Buffer, encoding: string): Promise<Buffer> {
    if (encoding === '') return body
    const turn = this.#inflating.then(() => inflate(body, encoding, this.#config.max_inflated_size))
    this.#inflating = turn.catch(() => undefined)
    try {
      return await turn
    } catch (failure) {
      if (!(failure instanceof NotInflated)) throw failure
      const { status, message } = failure
      throw new RefusedBody(status, status === 413 ? 'body_too_large' : 'bad_encoding', message)
    }
  }

  async #deliver(messages: Messages, tag: string, context: JsonObject): Promise<HttpReply> {
    const { source, spans, problems, lineAt } = messages
    const errors = [...problems.list]
    let failed = problems.count
    let accepted = 0
    for (let first = 0; first < spans.count;) {
      const after = arrivalEnd(messages, first)
      const places = spans.list.subarray(2 * first, 2 * after)
      const bytes = places.at(-1)! - places[0]!
      const arrival = { tag, source, spans: places, count: after - first, context }
      let outcome: Outcome
      try {
        outcome = await this.#takeInTime(withFormat(arrival, messages), bytes)
      } catch (failure) {
        return notTaken(accepted, lineAt(places[0]!), failure)
      }
      if (outcome.dropped) return notTaken(accepted, lineAt(places[0]!), dropped)
      accepted += outcome.accepted
      failed += outcome.refused.length
      for (const { line, reason } of outcome.refused) {
        if (errors.length < listedMax) errors.push({ line: lineAt(places[2 * line]!), reason })
      }
      first = after
    }
    errors.sort((a, b) => a.line - b.line)
    return reply(accepted === 0 && failed > 0 ? 400 : 200, accepted, errors)
  }

  /** What the journal has not begun to write after `journal_timeout` is taken back, and its sender told. */
  async #takeInTime(arrival: Arrival, bytes: number): Promise<Outcome> {
    const { journal_timeout } = this.#config
    if (journal_timeout === 0) return await this.#intake.take(arrival, bytes)
    const withdrawal = new AbortController()
    const settled = new AbortController()
    const { clock } = this.#context
    void clock.sleep(journal_timeout, settled.signal).then(() => withdrawal.abort(late))
    try {
      return await this.#intake.take(arrival, bytes, withdrawal.signal)
    } finally {
      settled.abort()
    }
  }
}

/** Why a body is not taken, beside what `deliver` says. */
const late = new Error('journal_timeout: the journal is full or its disk fails')
const dropped = new Error('journal_full: the journal is full')

function withFormat(arrival: Arrival, { format }: Messages): Arrival {
  return format === undefined ? arrival : { ...arrival, format }
}

/** The message after the last that goes into one arrival with the one at `first`. */
function arrivalEnd({ spans: { list, count } }: Messages, first: number): number {
  let after = first + 1
  const start = list[2 * first]!
  while (after < count && list[2 * after + 1]! - start <= arrivalBytes) after += 1
  return after
}

/** Takes out what is too long for one event; the rest moves up. */
function refuseLong(messages: Messages, maxBytes: number, context: InputContext): void {
  const { spans, problems, lineAt } = messages
  let kept = 0
  for (let i = 0; i < spans.count; i++) {
    const start = spans.list[2 * i]!
    const end = spans.list[2 * i + 1]!
    if (end - start > maxBytes) {
      const text = `the event has ${formatSize(end - start)}, the limit is ${formatSize(maxBytes)} (max_message_size)`
      problems.add(problems.count < listedMax ? lineAt(start) : 0, text)
      context.count('body_too_large')
      continue
    }
    spans.list[2 * kept] = start
    spans.list[2 * kept + 1] = end
    kept += 1
  }
  spans.count = kept
}

function reply(
  status: number,
  accepted: number,
  errors: readonly { line: number; reason: string }[],
): HttpReply {
  return {
    status,
    body: { accepted, errors: errors.map(({ line, reason }) => ({ line, reason })) },
  }
}

/** From `line` on nothing was taken. */
function notTaken(accepted: number, line: number, failure: unknown): HttpReply {
  if (failure instanceof WeirError && failure.code === 'WEIR_REQUEST_TOO_LARGE') {
    return reply(413, accepted, [{ line, reason: failure.message }])
  }
  const why = failure === late || failure === dropped ? messageOf(failure) : 'Weir is stopping'
  const reason = `${why}; nothing was taken from here on: try again`
  return { ...reply(503, accepted, [{ line, reason }]), retryAfterSeconds: 5 }
}
