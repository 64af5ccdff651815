import type { Reason } from '../../../core/reasons.ts'
import { readForm } from './form.ts'
import { splitJson } from './json_values.ts'
import { splitLines } from './lines.ts'
import type { Messages } from './messages.ts'
import { msgpackToJson } from './msgpack.ts'
import { RefusedBody } from './refused_body.ts'

export interface BodyOptions {
  /** The Content-Type header, empty when there was none. */
  readonly contentType: string
  /** Longest message; only where a longer one would have to be built first is it refused here. */
  readonly maxMessageBytes: number
  /** Hears of what had to be replaced. */
  readonly note: (reason: Reason) => void
}

/**
 * Finds the messages in a decoded body by its content type; without one, or with one that says
 * nothing (application/octet-stream), by how it begins. Throws a RefusedBody.
 */
export function readMessages(body: Buffer, options: BodyOptions): Messages {
  const [type = '', ...parameters] = options.contentType.toLowerCase().split(';')
  const name = type.trim()
  if (/^application\/((x-|vnd\.)?msgpack|[^;]+\+msgpack)$/.test(name)) {
    return msgpackToJson(body, options)
  }
  const text = toUtf8(body, parameters)
  if (/^application\/(x-)?(ndjson|jsonl|jsonlines|json-lines)$/.test(name)) {
    return splitLines(text, 'json')
  }
  if (/^(application|text)\/(json|json-seq|[^;]+\+json)$/.test(name)) return splitJson(text)
  if (name === 'application/x-www-form-urlencoded') return readForm(text)
  const looksLikeJson = /^\s*[{[]/.test(text.toString('latin1', 0, 100))
  if (looksLikeJson && !name.startsWith('text/')) return splitJson(text)
  if (name === '' || name.startsWith('text/')) return splitLines(text, undefined)
  throw new RefusedBody(
    415,
    'bad_content',
    `content-type "${name.slice(0, 60)}" is not known: send application/json, application/x-ndjson, text/plain, application/msgpack or application/x-www-form-urlencoded`,
  )
}

/** The body in UTF-8, without a byte order mark. */
function toUtf8(body: Buffer, parameters: readonly string[]): Buffer {
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/.exec(parameter)?.[1])
    .find((value) => value !== undefined)
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/.test(charset)) {
    try {
      return Buffer.from(new TextDecoder(charset).decode(body))
    } catch {
      const text = `charset "${charset.slice(0, 40)}" is not known: send UTF-8`
      throw new RefusedBody(415, 'bad_content', text)
    }
  }
  const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf
  return hasMark ? body.subarray(3) : body
}
