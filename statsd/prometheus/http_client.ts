import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import { http, https } from '../../core/packages.ts'

export interface HttpRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly tls?: ConnectionOptions | undefined
  /** Most bytes of the answer, inflated. */
  readonly maxBytes: number
  readonly deadline: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/**
 * One request, its answer whole. Redirects are not followed.
 *
 * @throws Error when there is no whole answer before the deadline, or a longer one than allowed.
 */
export async function ask(request: HttpRequest): Promise<HttpAnswer> {
  const { body, maxBytes } = request
  const sent = send(request)
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.on('response', resolve)
      sent.on('error', reject)
      sent.end(body)
    })
    const parts: Buffer[] = []
    let length = 0
    for await (const part of inflated(answer)) {
      length += (part as Buffer).length
      if (length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`)
      parts.push(part as Buffer)
    }
    const { statusCode = 0, headers } = answer
    return { status: statusCode, headers, body: Buffer.concat(parts) }
  } catch (failure) {
    const { deadline } = request
    if (deadline.aborted) throw new Error('no answer in time', { cause: failure })
    throw failure
  } finally {
    sent.destroy()
  }
}

function send({ url, method, headers, body, tls, deadline }: HttpRequest): ClientRequest {
  const options = {
    method,
    headers: { ...headers, ...(body && { 'content-length': String(body.length) }) },
    signal: deadline,
    // A connection that was kept may have been closed meanwhile, which would look like a target that is down.
    agent: false,
  }
  if (!url.startsWith('https:')) return http().request(url, options)
  return https().request(url, { ...options, ...tls })
}

function inflated(answer: IncomingMessage): Readable {
  const encoding = answer.headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') return answer
  const inflate =
    encoding === 'gzip' ? createGunzip() : encoding === 'br' ? createBrotliDecompress() : undefined
  if (!inflate) throw new Error(`the answer has the encoding ${encoding}, which was not asked for`)
  answer.on('error', (failure) => inflate.destroy(failure))
  return answer.pipe(inflate)
}
