import type { Incoming } from './incoming.ts'
import { IngestRefusal, malformed } from './refusal.ts'

/** Who sends, as the sender says. */
export interface Credentials {
  /** The public key, in lower case. */
  readonly key: string
  /** `sentry.javascript.browser/7.0.0`; empty where the sender does not say. */
  readonly client: string
}

const newestVersion = 7

/**
 * Reads all ways of authentication that a request has: `X-Sentry-Auth`, `Authorization: Sentry`, the query, the path.
 * Several are fine when their keys are equal, for SDKs that send two.
 *
 * @param dsnKey the key of the `dsn` in an envelope's header, which is one way more.
 * @returns undefined when there is none of them.
 * @throws IngestRefusal 401 for keys that differ, 400 for a key or protocol version that is none.
 */
export function credentialsOf(
  { headers, query, path }: Pick<Incoming, 'headers' | 'query' | 'path'>,
  dsnKey?: string,
): Credentials | undefined {
  const found: Credentials[] = []
  for (const header of [headers.sentryAuth, headers.authorization]) {
    const pairs = pairsOf(header)
    if (pairs) found.push(...credentialsIn((name) => pairs.get(name)))
  }
  if (query.includes('sentry_')) {
    const parameters = new URLSearchParams(query)
    found.push(...credentialsIn((name) => parameters.get(name) ?? undefined))
  }
  if (path.key !== undefined) found.push({ key: keyOf(path.key), client: '' })
  if (dsnKey !== undefined) found.push({ key: keyOf(dsnKey), client: '' })
  const [first] = found
  if (!first) return undefined
  if (found.some(({ key }) => key !== first.key)) {
    throw unauthorised('multiple authorization payloads detected, with different keys')
  }
  return { key: first.key, client: found.find(({ client }) => client !== '')?.client ?? '' }
}

export const unauthorised = (detail: string) =>
  new IngestRefusal(401, 'report_unauthorised', detail)

export const missingCredentials = () =>
  unauthorised(
    'missing authorization information: send the key of the DSN in X-Sentry-Auth, in ?sentry_key= or in the envelope header dsn',
  )

/** `Sentry a=b, c=d`: undefined for a header that is empty, or of another scheme. */
function pairsOf(header: string): Map<string, string> | undefined {
  const text = /^\s*sentry\s+(.*)$/is.exec(header)?.[1]
  if (text === undefined) return undefined
  const pairs = new Map<string, string>()
  for (const part of text.split(',')) {
    const at = part.indexOf('=')
    if (at > 0) pairs.set(part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim())
  }
  return pairs
}

function credentialsIn(get: (name: string) => string | undefined): Credentials[] {
  const key = get('sentry_key')
  if (key === undefined || key === '') return []
  const version = get('sentry_version') ?? String(newestVersion)
  // Raven for Go says 4, others 7 or 2.0: only the part before the dot counts.
  const major = Number(version.split('.', 1)[0])
  if (!Number.isInteger(major) || major > newestVersion || major < 0) {
    throw malformed(`the protocol version "${version.slice(0, 20)}" is not known here: 2 to 7 are`)
  }
  return [{ key: keyOf(key), client: (get('sentry_client') ?? '').slice(0, 200) }]
}

/** Without flags (`key.no-cache`) and without the dashes of a UUID. */
function keyOf(text: string): string {
  const key = text.split('.', 1)[0]!.replaceAll('-', '').toLowerCase()
  if (!/^\w{1,64}$/.test(key))
    throw malformed('the key of the DSN is none: it has 32 hex characters')
  return key
}

/** A DSN: `{proto}://{public}[:{secret}]@{host}[/{path}]/{project id}`; undefined for a text that is none. */
export function parseDsn(text: unknown): { key: string; project: number } | undefined {
  if (typeof text !== 'string' || text.length > 1_000) return undefined
  const match = /^[a-z][a-z0-9+.-]*:\/\/([^/:@]+)(?::[^/@]*)?@[^/]+\/(?:.*\/)?(\d{1,16})\/?$/i.exec(
    text.split(/[?#]/, 1)[0]!,
  )
  return match ? { key: match[1]!, project: Number(match[2]) } : undefined
}
