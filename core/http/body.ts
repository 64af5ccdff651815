import type { Readable } from 'node:stream'
import type { Reason } from '../reasons.ts'
import { formatSize } from '../size_text.ts'
import type { HttpConfig } from './config.ts'
import { Refusal } from './refusal.ts'

/** Reads request bodies whole, within a limit for each and one for all of them together. */
export interface BodyReader {
  /**
   * @param declared Content-Length, where there is one.
   * @throws Refusal 413 or 503, as early as it is known.
   */
  check(declared: number | undefined): void
  /** Resolves to the body; `release` has to be called once nobody uses it any more. */
  read(stream: Readable): Promise<{ body: Buffer; release: () => void }>
}

export function createBodyReader(
  limits: () => Pick<HttpConfig, 'max_body_size' | 'max_body_memory'>,
  count: (reason: Reason) => void,
): BodyReader {
  let used = 0
  const refuse = (bytes: number) => {
    const { max_body_size, max_body_memory } = limits()
    if (bytes > max_body_size) {
      count('body_too_large')
      throw new Refusal(
        413,
        'body_too_large',
        `the body is larger than http.max_body_size (${formatSize(max_body_size)}): send it in parts, or raise that option`,
      )
    }
    if (used + bytes > max_body_memory) {
      throw new Refusal(
        503,
        'too_much_under_way',
        `bodies under way would exceed http.max_body_memory (${formatSize(max_body_memory)}): try again`,
        { 'retry-after': '1' },
      )
    }
  }
  return {
    check(declared) {
      if (declared !== undefined) refuse(declared)
    },
    async read(stream) {
      let length = 0
      const release = () => {
        used -= length
        length = 0
      }
      const take = (part: Buffer) => {
        // What has been read of this body is in `used` already.
        used -= length
        length += part.length
        try {
          refuse(length)
        } finally {
          used += length
        }
      }
      try {
        const parts = await partsOf(stream, take)
        return { body: joined(parts, length), release }
      } catch (failure) {
        release()
        // Reads the rest away: a connection closed on a client that still sends loses the answer.
        stream.resume()
        throw failure
      }
    },
  }
}

/** The parts in memory of its own, which can be handed to another thread without a copy. */
function joined(parts: readonly Buffer[], length: number): Buffer {
  const body = Buffer.allocUnsafeSlow(length)
  let at = 0
  for (const part of parts) at += part.copy(body, at)
  return body
}

/**
 * The stream's parts, by its events: iterating over it costs several times as much. What fails does not destroy the
 * stream: its socket still has to carry the answer.
 *
 * @param take throws for a part that is one too many.
 */
function partsOf(stream: Readable, take: (part: Buffer) => void): Promise<Buffer[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer[]>()
  const parts: Buffer[] = []
  const onData = (part: Buffer) => {
    try {
      take(part)
      parts.push(part)
    } catch (failure) {
      fail(failure)
    }
  }
  const onEnd = () => {
    stop()
    resolve(parts)
  }
  const onClose = () => fail(new Error('the connection ended before the body did'))
  const stop = () => stream.off('data', onData).off('end', onEnd).off('close', onClose)
  const fail = (failure: unknown) => {
    stop()
    reject(failure)
  }
  // Not taken off: a stream that breaks later, while its rest is read away, must not be anybody's uncaught error.
  stream.on('error', fail)
  if (stream.readableEnded) onEnd()
  else if (stream.destroyed) onClose()
  else stream.on('data', onData).on('end', onEnd).on('close', onClose)
  return promise
}
