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
      const parts: Buffer[] = []
      let length = 0
      const release = () => {
        used -= length
        length = 0
      }
      try {
        for await (const part of readWithoutDestroying(stream)) {
          // What has been read of this body is in `used` already.
          used -= length
          length += part.length
          try {
            refuse(length)
          } finally {
            used += length
          }
          parts.push(part)
        }
      } catch (failure) {
        release()
        // Reads the rest away: a connection closed on a client that still sends loses the answer.
        stream.resume()
        throw failure
      }
      return { body: joined(parts, length), release }
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
 * The stream's parts. Leaving early does not destroy the stream: its socket still has to carry the
 * answer.
 */
function readWithoutDestroying(stream: Readable): AsyncIterable<Buffer> {
  return stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
}
