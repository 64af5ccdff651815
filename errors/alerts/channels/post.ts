import type { IncomingMessage } from 'node:http'
import { messageOf, PermanentError, RetryableError } from '../../../core/errors.ts'
import { http, https } from '../../../core/packages.ts'
import { guardedAddress } from './address_guard.ts'
import type { Attempt, ChannelWorld } from './channel.ts'

/** Bytes of an answer that are read: enough to say what was wrong. */
const answerMax = 4096

export interface Post {
  readonly url: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  readonly allowsPrivate: boolean
}

/**
 * Posts JSON to a webhook: to an address that was judged, without following redirects. A URL can be a secret, so
 * no message has more of it than its host.
 *
 * @returns status and the beginning of the answer.
 * @throws RetryableError for resets, time-outs, 408, 425, 429 and 5xx; PermanentError for the rest.
 */
export async function post(
  { url: text, body, headers, allowsPrivate }: Post,
  world: ChannelWorld,
  { deadline }: Attempt,
): Promise<string> {
  const url = new URL(text)
  const { address, family } = await guardedAddress(url.hostname, allowsPrivate, world.lookup)
  const bytes = Buffer.from(body)
  const sending = Promise.withResolvers<IncomingMessage>()
  const request = (url.protocol === 'https:' ? https() : http()).request(url, {
    method: 'POST',
    agent: false,
    signal: deadline,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Weir',
      ...headers,
      'content-length': bytes.length,
    },
    lookup: (_host, options, callback) => {
      if (options.all) callback(null, [{ address, family }])
      else callback(null, address, family)
    },
  })
  let isSent = false
  request.on('response', sending.resolve).on('error', sending.reject)
  request.on('finish', () => (isSent = true))
  request.end(bytes)
  try {
    const answer = await sending.promise
    return judged(url.host, answer, await beginningOf(answer))
  } catch (cause) {
    if (cause instanceof RetryableError || cause instanceof PermanentError) throw cause
    const what = deadline.aborted ? 'does not answer in time' : messageOf(cause)
    throw new RetryableError('WEIR_OUTPUT_UNAVAILABLE', `${url.host}: ${what}`, {
      cause,
      fateUnknown: isSent,
    })
  }
}

function judged(host: string, { statusCode: status = 0, headers }: IncomingMessage, text: string) {
  const said = `${status} ${text}`.trim()
  if (status >= 200 && status < 300) return said
  const place = `${host} answers ${said}`
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const retryAfterMs = retryAfter(headers['retry-after'])
    // Behind a gateway somebody may have got it all the same.
    const fateUnknown = status === 502 || status === 504
    throw new RetryableError('WEIR_OUTPUT_UNAVAILABLE', place, { retryAfterMs, fateUnknown })
  }
  throw new PermanentError('WEIR_OUTPUT_REFUSED', place)
}

/** Seconds are what all of these services send. */
function retryAfter(text: string | undefined): number | undefined {
  const seconds = Number(text)
  return text !== undefined && seconds >= 0 ? seconds * 1000 : undefined
}

async function beginningOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(part)
    bytes += part.length
    if (bytes >= answerMax) {
      answer.destroy()
      break
    }
  }
  return Buffer.concat(parts).toString('utf8').slice(0, 300)
}
