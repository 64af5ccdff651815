import type { JsonObject } from '../../core/json.ts'
import { Refusal } from '../parser.ts'
import { isAddress } from './address.ts'
import { RequestLine } from './http_request.ts'
import type { TextAt } from './message_text.ts'
import type { NginxScanner } from './nginx_scan.ts'

/** Most digits of a status or size; more would not fit Elasticsearch's `long`, nor a double. */
export const mostDigits = 15

const request = new RequestLine()

/** The line that `found` describes with ECS names, without its time. `-` and empty are absent. */
export function accessEvent(
  source: Buffer,
  found: NginxScanner,
  textAt: TextAt,
): JsonObject | Refusal {
  const text = (start: number, end: number): string | undefined => {
    if (start < 0 || end <= start || (end === start + 1 && source[start] === 0x2d)) return undefined
    return textAt(start, end)
  }
  const code = numberOf(text(found.code, found.codeEnd))
  const size = numberOf(text(found.size, found.sizeEnd))
  if (Number.isNaN(code) || Number.isNaN(size)) {
    return new Refusal('unmatched', 'the code or the size is no number')
  }
  request.split(source, found.request, found.requestEnd)
  const event: JsonObject = {}
  const remote = text(found.remote, found.remoteEnd)
  if (remote !== undefined) {
    event['source'] = isAddress(remote) ? { address: remote, ip: remote } : { address: remote }
  }
  const user = text(found.user, found.userEnd)
  if (user !== undefined) event['user'] = { name: user }
  const method = text(request.method, request.methodEnd)
  const http = httpOf(method, text(found.referer, found.refererEnd), code, size)
  const version = text(request.version, request.versionEnd)
  if (version !== undefined) http['version'] = version
  if (Object.keys(http).length > 0) event['http'] = http
  const original = text(request.target, request.targetEnd)
  if (original !== undefined) event['url'] = urlOf(original, source, text, textAt)
  const agent = text(found.agent, found.agentEnd)
  if (agent !== undefined) event['user_agent'] = { original: agent }
  const forwarded = text(found.forwarded, found.forwardedEnd)
  return forwarded === undefined ? event : Object.assign(event, forwardedOf(forwarded))
}

function urlOf(
  original: string,
  source: Buffer,
  text: (start: number, end: number) => string | undefined,
  textAt: TextAt,
): JsonObject {
  if (source[request.target] !== 0x2f) return { original }
  const path = textAt(request.target, request.question)
  const query = text(request.question + 1, request.targetEnd)
  return query === undefined ? { original, path } : { original, path, query }
}

/**
 * `network.forwarded_ip` (the list, as ECS allows) when all parts of X-Forwarded-For are addresses;
 * what is not goes to `labels.x_forwarded_for` as it is, since an `ip` field would refuse it.
 */
export function forwardedOf(text: string): JsonObject {
  const addresses = text.split(',').map((address) => address.trim())
  if (!addresses.every(isAddress)) return { labels: { x_forwarded_for: text } }
  return { network: { forwarded_ip: addresses.length === 1 ? addresses[0]! : addresses } }
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^\d+$/.test(text) && text.length <= mostDigits ? Number(text) : Number.NaN
}

function httpOf(
  method: string | undefined,
  referrer: string | undefined,
  code: number | undefined,
  size: number | undefined,
): JsonObject {
  const http: JsonObject = {}
  if (method !== undefined || referrer !== undefined) {
    const sent: JsonObject = {}
    if (method !== undefined) sent['method'] = method
    if (referrer !== undefined) sent['referrer'] = referrer
    http['request'] = sent
  }
  if (code !== undefined || size !== undefined) {
    const answer: JsonObject = {}
    if (code !== undefined) answer['status_code'] = code
    if (size !== undefined) answer['body'] = { bytes: size }
    http['response'] = answer
  }
  return http
}
