import { inflateSync } from 'node:zlib'
import { formatSize } from '../../core/size_text.ts'
import { malformed, tooLarge } from './refusal.ts'

const brace = 0x7b

/**
 * The JSON of a body of `/store/`. Ravens send it plain, in Base64, or in Base64 and zlib; without a content encoding
 * that says so.
 *
 * @throws IngestRefusal 413 for more than `maxBytes` once inflated; 400 for what does not inflate.
 */
export function storeBody(body: Uint8Array, maxBytes: number): Uint8Array {
  if (startsObject(body)) return body
  const decoded = fromBase64(body) ?? body
  if (startsObject(decoded)) return decoded
  try {
    return inflateSync(decoded, { maxOutputLength: maxBytes })
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      const limit = formatSize(maxBytes)
      throw tooLarge(`the inflated event is larger than errors.limits.max_event_size (${limit})`)
    }
    throw malformed('the body is neither JSON nor Base64 of it, with or without zlib')
  }
}

function startsObject(bytes: Uint8Array): boolean {
  let at = 0
  while (at < bytes.length && (bytes[at] === 0x20 || (bytes[at]! >= 0x09 && bytes[at]! <= 0x0d))) {
    at += 1
  }
  return bytes[at] === brace
}

/** Undefined when it is none. */
function fromBase64(bytes: Uint8Array): Uint8Array | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  if (!/^[A-Za-z0-9+/_\s-]+={0,2}\s*$/.test(text)) return undefined
  return Buffer.from(text, 'base64')
}
