import * as zlib from 'node:zlib'
import { formatSize } from '../size_text.ts'

/** Why a body is not inflated, with the HTTP status for it; the message is for the sender. */
export class NotInflated extends Error {
  readonly status: 400 | 413 | 415

  constructor(status: 400 | 413 | 415, message: string) {
    super(message)
    this.name = 'NotInflated'
    this.status = status
  }
}

type Inflate = (
  body: Buffer,
  options: { maxOutputLength: number; info: true },
  done: (failure: NodeJS.ErrnoException | null, result: unknown) => void,
) => void

/** With `info`, zlib also hands back its engine, which knows how much input it used (Node docs). */
interface Inflated {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

const encodings: Record<string, Inflate> = {
  gzip: zlib.gunzip as Inflate,
  'x-gzip': zlib.gunzip as Inflate,
  deflate: zlib.inflate as Inflate,
  br: zlib.brotliDecompress as Inflate,
  zstd: zlib.zstdDecompress as Inflate,
}

/**
 * Undoes a Content-Encoding (RFC 9110 §8.4): gzip, deflate (with or without the zlib header that it
 * should have), br, zstd; several, as they were applied. What would become larger than `maxBytes` is
 * given up when it gets there.
 *
 * @param maxBytes of an option `max_inflated_size`, which the error names.
 * @throws NotInflated 415 for an encoding that is not known, 413 for what is too large, 400 for what is broken.
 */
export async function inflate(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const names = encoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  if (names.length > 3) throw unknown(encoding)
  let bytes = body
  for (const name of names.toReversed()) {
    const decode = encodings[name]
    if (!decode) throw unknown(encoding)
    const isBare = name === 'deflate' && !hasZlibHeader(bytes)
    bytes = await decodeAll(isBare ? (zlib.inflateRaw as Inflate) : decode, name, bytes, maxBytes)
  }
  return bytes
}

/** Decodes frame after frame: a zstd body may be several, of which zlib reads the first only. */
async function decodeAll(decode: Inflate, name: string, body: Buffer, maxBytes: number) {
  const parts: Buffer[] = []
  let room = maxBytes
  for (let at = 0; at < body.length || at === 0;) {
    const { buffer, engine } = await decodeOne(decode, name, body.subarray(at), room, maxBytes)
    parts.push(buffer)
    room -= buffer.length
    at += engine.bytesWritten
    if (at < body.length && name !== 'zstd') {
      throw broken(name, `${body.length - at} bytes follow its end`)
    }
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

function decodeOne(
  decode: Inflate,
  name: string,
  bytes: Buffer,
  room: number,
  maxBytes: number,
): Promise<Inflated> {
  return new Promise((resolve, reject) => {
    // zlib wants room for one byte at least; with no room left any output is too much.
    decode(bytes, { maxOutputLength: Math.max(1, room), info: true }, (failure, result) => {
      if (!failure) resolve(result as Inflated)
      else if (failure.code === 'ERR_BUFFER_TOO_LARGE') {
        const text = `the body inflates to more than ${formatSize(maxBytes)} (max_inflated_size): send smaller batches`
        reject(new NotInflated(413, text))
      } else reject(broken(name, failure.message))
    })
  })
}

/** RFC 1950: method 8, and the first two bytes as a number are a multiple of 31. */
function hasZlibHeader(bytes: Buffer): boolean {
  const [first = 0, second = 0] = bytes
  return (first & 15) === 8 && (first * 256 + second) % 31 === 0
}

function unknown(encoding: string): NotInflated {
  const known = Object.keys(encodings).join(', ')
  const text = `content-encoding "${encoding.slice(0, 60)}" is not known: use one of ${known}, or none`
  return new NotInflated(415, text)
}

function broken(name: string, detail: string): NotInflated {
  return new NotInflated(400, `the body is not whole ${name}: ${detail}`)
}
