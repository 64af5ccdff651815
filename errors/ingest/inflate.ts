import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { formatSize } from '../../core/units.ts'
import { malformed, tooLarge } from './refusal.ts'

/** Above it a body is inflated beside others, which do not wait for it. */
const atOnceBytes = 262_144

interface Bounds {
  readonly maxOutputLength: number
  readonly chunkSize: number
}
type Inflate = (bytes: Uint8Array, bounds: Bounds) => Buffer
type InflateLater = (bytes: Uint8Array, bounds: Bounds) => Promise<Buffer>

const decoders: Readonly<Record<string, { now: Inflate; later: InflateLater }>> = {
  gzip: { now: zlib.gunzipSync, later: promisify(zlib.gunzip) },
  deflate: { now: zlib.inflateSync, later: promisify(zlib.inflate) },
  br: { now: zlib.brotliDecompressSync, later: promisify(zlib.brotliDecompress) },
  zstd: { now: zlib.zstdDecompressSync, later: promisify(zlib.zstdDecompress) },
}

/**
 * The body behind its `Content-Encoding`: gzip, x-gzip, deflate, br, zstd, or several of them; an unknown one is none,
 * as Sentry's Relay has it.
 *
 * @param maxBytes most that it may become; it is held to while inflating.
 * @throws IngestRefusal 413 for more than that, 400 for what does not inflate.
 */
export async function inflate(
  body: Uint8Array,
  encoding: string,
  maxBytes: number,
): Promise<Uint8Array> {
  if (encoding === '') return withinLimit(body, maxBytes)
  // The last one named was applied last.
  const names = encoding.toLowerCase().split(',', 4).toReversed()
  let bytes = body
  for (const name of names) {
    const key = name.trim().replace(/^x-/, '')
    const decoder = Object.hasOwn(decoders, key) ? decoders[key] : undefined
    if (!decoder) continue
    // One chunk for most bodies: several would have to be put together.
    const chunkSize = Math.min(
      maxBytes + 1,
      Math.max(65_536, Math.min(bytes.length * 8, 1_048_576)),
    )
    const options = { maxOutputLength: maxBytes, chunkSize }
    try {
      const isSmall = bytes.length <= atOnceBytes
      bytes = isSmall ? decoder.now(bytes, options) : await decoder.later(bytes, options)
    } catch (failure) {
      throw told(failure, key, maxBytes)
    }
  }
  return withinLimit(bytes, maxBytes)
}

function withinLimit(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length > maxBytes) throw exceeded(maxBytes)
  return bytes
}

function told(failure: unknown, encoding: string, maxBytes: number): Error {
  const { code } = failure as NodeJS.ErrnoException
  if (code === 'ERR_BUFFER_TOO_LARGE') return exceeded(maxBytes)
  return malformed(`the body is no ${encoding}: ${String(code)}`)
}

const exceeded = (maxBytes: number) =>
  tooLarge(
    `the inflated body is larger than errors.limits.max_envelope_size (${formatSize(maxBytes)})`,
  )
