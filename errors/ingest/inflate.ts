import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { formatSize } from '../../core/size_text.ts'
import { malformed, tooLarge } from './refusal.ts'

/** A body that is, or becomes, larger is inflated beside others, which do not wait for it. */
const atOnceBytes = 4_194_304

interface Bounds {
  readonly maxOutputLength: number
  readonly chunkSize: number
}
type Inflate = (bytes: Uint8Array, bounds: Bounds) => Buffer
type InflateLater = (bytes: Uint8Array, bounds: Bounds) => Promise<Buffer>

interface Decoder {
  readonly now: Inflate
  readonly later: InflateLater
}

const decoders: Readonly<Record<string, Decoder>> = {
  gzip: { now: zlib.gunzipSync, later: promisify(zlib.gunzip) },
  deflate: { now: zlib.inflateSync, later: promisify(zlib.inflate) },
  br: { now: zlib.brotliDecompressSync, later: promisify(zlib.brotliDecompress) },
  zstd: { now: zlib.zstdDecompressSync, later: promisify(zlib.zstdDecompress) },
}

/** Inflates bodies: small ones at once, large ones beside them, one at a time, so that bombs do not add up. */
export class Inflater {
  #large: Promise<unknown> = Promise.resolve()

  /**
   * The body behind its `Content-Encoding`: gzip, x-gzip, deflate, br, zstd, or several of them; an unknown one is
   * none, as Sentry's Relay has it.
   *
   * @param maxBytes most that it may become; it is held to while inflating.
   * @throws IngestRefusal 413 for more than that, 400 for what does not inflate.
   */
  async inflate(body: Uint8Array, encoding: string, maxBytes: number): Promise<Uint8Array> {
    if (encoding === '') return withinLimit(body, maxBytes)
    // The last one named was applied last.
    const names = encoding.toLowerCase().split(',', 4).toReversed()
    let bytes = body
    for (const name of names) {
      const key = name.trim().replace(/^x-/, '')
      const decoder = Object.hasOwn(decoders, key) ? decoders[key] : undefined
      if (decoder) bytes = await this.#decode(decoder, key, bytes, maxBytes)
    }
    return withinLimit(bytes, maxBytes)
  }

  async #decode(decoder: Decoder, name: string, bytes: Uint8Array, maxBytes: number) {
    try {
      const atOnce = Math.min(maxBytes, atOnceBytes)
      if (bytes.length <= atOnce) {
        const bounds = boundsOf(name, bytes, atOnce)
        try {
          return decoder.now(bytes, bounds)
        } catch (failure) {
          if (!isTooLarge(failure) || atOnce === maxBytes) throw failure
        }
      }
      const decoding = this.#large.then(() => decoder.later(bytes, boundsOf(name, bytes, maxBytes)))
      this.#large = decoding.catch(() => undefined)
      return await decoding
    } catch (failure) {
      if (isTooLarge(failure)) throw exceeded(maxBytes)
      const { code } = failure as NodeJS.ErrnoException
      throw malformed(`the body is no ${name}: ${String(code)}`)
    }
  }
}

/**
 * One chunk for most bodies: several would have to be put together. No larger than it has to be either: memory
 * outside of the heap counts for when all of the heap is collected.
 */
const boundsOf = (name: string, bytes: Uint8Array, maxBytes: number): Bounds => {
  const likely = name === 'gzip' ? declaredSize(bytes) : bytes.length * 8
  return {
    maxOutputLength: maxBytes,
    chunkSize: Math.min(maxBytes + 1, Math.max(leastChunk, Math.min(likely + 1, mostChunk))),
  }
}

const leastChunk = 4_096
const mostChunk = 1_048_576

/** What the last four bytes of a gzip say that it becomes, as far as that is likely. */
function declaredSize(bytes: Uint8Array): number {
  const { length } = bytes
  if (length < 4) return 0
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  return Math.max(length, Math.min(length * 32, view.getUint32(length - 4, true)))
}

const isTooLarge = (failure: unknown) =>
  (failure as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'

function withinLimit(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length > maxBytes) throw exceeded(maxBytes)
  return bytes
}

const exceeded = (maxBytes: number) =>
  tooLarge(
    `the inflated body is larger than errors.limits.max_envelope_size (${formatSize(maxBytes)})`,
  )
