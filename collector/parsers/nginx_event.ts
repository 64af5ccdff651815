import type { Json, JsonObject } from '../event.ts'
import { Refusal } from '../parser.ts'
import { isAddress } from './address.ts'
import { RequestLine } from './http_request.ts'
import type { NginxScanner } from './nginx_scan.ts'

/** Most digits of a status or size; more would not fit Elasticsearch's `long`, nor a double. */
export const mostDigits = 15

const request = new RequestLine()

/** The line that `found` describes with ECS names, without its time. `-` and empty are absent. */
export function accessEvent(source: Buffer, found: NginxScanner): JsonObject | Refusal {
  const text = (start: number, end: number): string | undefined => {
    if (start < 0 || end <= start || (end === start + 1 && source[start] === 0x2d)) return undefined
    return source.toString('utf8', start, end)
  }
  const remote = text(found.remote, found.remoteEnd)
  const code = numberOf(text(found.code, found.codeEnd))
  const size = numberOf(text(found.size, found.sizeEnd))
  if (Number.isNaN(code) || Number.isNaN(size)) {
    return new Refusal('unmatched', 'the code or the size is no number')
  }
  request.split(source, found.request, found.requestEnd)
  const target = text(request.target, request.targetEnd)
  const path = source[request.target] === 0x2f
  return objectOf({
    source: objectOf({ address: remote, ip: remote && isAddress(remote) ? remote : undefined }),
    user: objectOf({ name: text(found.user, found.userEnd) }),
    http: objectOf({
      request: objectOf({
        method: text(request.method, request.methodEnd),
        referrer: text(found.referer, found.refererEnd),
      }),
      response: objectOf({ status_code: code, body: objectOf({ bytes: size }) }),
      version: text(request.version, request.versionEnd),
    }),
    url: objectOf({
      original: target,
      path: path ? source.toString('utf8', request.target, request.question) : undefined,
      query: path ? text(request.question + 1, request.targetEnd) : undefined,
    }),
    user_agent: objectOf({ original: text(found.agent, found.agentEnd) }),
    ...forwardedOf(text(found.forwarded, found.forwardedEnd)),
  })!
}

/**
 * `network.forwarded_ip` (the list, as ECS allows) when all parts of X-Forwarded-For are addresses;
 * what is not goes to `labels.x_forwarded_for` as it is, since an `ip` field would refuse it.
 */
export function forwardedOf(text: string | undefined): JsonObject {
  if (text === undefined) return {}
  const addresses = text.split(',').map((address) => address.trim())
  if (!addresses.every(isAddress)) return { labels: { x_forwarded_for: text } }
  return { network: { forwarded_ip: addresses.length === 1 ? addresses[0]! : addresses } }
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^\d+$/.test(text) && text.length <= mostDigits ? Number(text) : Number.NaN
}

function objectOf(members: Record<string, Json | undefined>): JsonObject | undefined {
  const present = Object.entries(members).filter(([, value]) => value !== undefined)
  return present.length === 0 ? undefined : (Object.fromEntries(present) as JsonObject)
}
