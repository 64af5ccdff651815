import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { HttpConfig, Scope } from './config.ts'

/** What access depends on, of one request. Header names are lower case. */
export interface Caller {
  readonly method: string
  /** Path without its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Address of the peer on the socket; empty for a Unix socket. */
  readonly peer: string
  /** Whether the peer is one of `trusted_proxies`. */
  readonly trusted: boolean
}

export interface Refused {
  readonly status: 401 | 403
  readonly code: string
  readonly message: string
}

/**
 * Decides whether a request may go on; undefined when it may.
 *
 * A page in somebody's browser must neither read nor write their Weir: a foreign `Origin`, and a
 * `Host` that is not a name of this Weir (DNS rebinding), are refused. Apart from that, loopback and
 * Unix sockets may do everything, unless a header says that a proxy brought the request; everybody
 * else needs a token with the scope.
 *
 * @param scope what the route needs, one of several; undefined for what is open to all, such as health
 *   checks.
 */
export type Access = (
  caller: Caller,
  scope: Scope | readonly Scope[] | undefined,
) => Refused | undefined

const forwardingHeaders = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]

export function createAccess(config: HttpConfig): Access {
  const tokens = config.tokens.map(({ secret, scopes }) => ({
    digest: digestOf(secret.reveal()),
    scopes,
  }))
  const baseHost = config.base_url === undefined ? undefined : new URL(config.base_url).host
  const hosts = new Set(config.hosts.map((host) => host.toLowerCase()))
  if (baseHost !== undefined) hosts.add(baseHost)

  const holdsToken = (caller: Caller, wanted: readonly Scope[]) => {
    const given = credentialsOf(header(caller, 'authorization')).map(digestOf)
    // Every pair is compared, so that the time says nothing about which token was near.
    let scopes: readonly Scope[] = []
    for (const token of tokens) {
      for (const digest of given) if (timingSafeEqual(token.digest, digest)) scopes = token.scopes
    }
    return {
      known: scopes.length > 0,
      may: scopes.some((scope) => scope === 'admin' || wanted.includes(scope)),
    }
  }

  return (caller, needed) => {
    if (needed === undefined) return undefined
    const wanted = typeof needed === 'string' ? [needed] : needed
    const scope = wanted.join('" or "')
    const foreign = foreignOrigin(caller, config, baseHost)
    if (foreign !== undefined) return forbidden('origin_not_allowed', foreign)

    const token = holdsToken(caller, wanted)
    if (token.may) return undefined
    const host = hostOf(caller)
    if (host !== undefined && !isOwnName(host, hosts)) {
      return forbidden(
        'host_not_allowed',
        `the name "${host}" is not known as this Weir's: call it by its address, send a token, or add the name to http.hosts or http.base_url`,
      )
    }
    if (isLocal(caller)) return undefined
    if (token.known) {
      return forbidden('scope_missing', `this token has no scope "${scope}": see http.tokens`)
    }
    return {
      status: 401,
      code: 'token_needed',
      message: `a token with the scope "${scope}" is needed from other machines and through proxies: send "Authorization: Bearer <secret>" as configured in http.tokens`,
    }
  }
}

/** Whether scripts of `origin` may post to /in. */
export function corsAllows(config: HttpConfig, origin: string): boolean {
  return config.cors.origins.includes(origin) || config.cors.origins.includes('*')
}

/** Says what is wrong when a browser sends the request on behalf of another site's page. */
function foreignOrigin(
  caller: Caller,
  config: HttpConfig,
  baseHost: string | undefined,
): string | undefined {
  const origin = header(caller, 'origin')
  if (origin === undefined) {
    // Without Origin a browser may still fetch for another page's <script> or <img>; a link is fine.
    const site = header(caller, 'sec-fetch-site')
    if (site !== 'cross-site' && site !== 'same-site') return undefined
    if (caller.method === 'GET' && header(caller, 'sec-fetch-mode') === 'navigate') return undefined
    return 'pages of other sites may not use this Weir'
  }
  const host = URL.canParse(origin) ? new URL(origin).host : undefined
  if (host !== undefined && (host === hostOf(caller) || host === baseHost)) return undefined
  if (caller.path.startsWith('/in/') && corsAllows(config, origin)) return undefined
  return caller.path.startsWith('/in/')
    ? `pages from ${origin} may not post here: add it to http.cors.origins`
    : `pages from ${origin} may not use this Weir`
}

/** `Host` as the client wrote it, or the forwarded one from a trusted proxy; default ports left out. */
function hostOf(caller: Caller): string | undefined {
  const forwarded = caller.trusted ? header(caller, 'x-forwarded-host') : undefined
  const host = forwarded?.split(',')[0]?.trim() ?? header(caller, 'host')
  return host?.toLowerCase().replace(/:(80|443)$/, '')
}

function isOwnName(host: string, listed: ReadonlySet<string>): boolean {
  const name = host.replace(/:\d+$/, '')
  if (listed.has(host) || listed.has(name)) return true
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  // An address cannot be rebound: rebinding needs a name that the attacker's DNS answers for.
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0
}

function isLocal(caller: Caller): boolean {
  if (forwardingHeaders.some((name) => caller.headers[name] !== undefined)) return false
  return caller.peer === '' || isLoopback(caller.peer)
}

/** 127.0.0.0/8, ::1, and the former mapped into IPv6. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '')
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}

/**
 * The secrets that `Authorization` may hold: a bearer token, either part of basic credentials, or an
 * Elasticsearch API key, which is `id:secret` in Base64 or whatever the client was given.
 */
function credentialsOf(authorization: string | undefined): string[] {
  const match = /^(\w+) +(\S+)$/.exec(authorization ?? '')
  if (!match) return []
  const [, scheme, value] = match
  if (/^bearer$/i.test(scheme!)) return [value!]
  if (!/^(basic|apikey)$/i.test(scheme!)) return []
  const text = Buffer.from(value!, 'base64').toString()
  const colon = text.indexOf(':')
  const parts = colon < 0 ? [text] : [text.slice(0, colon), text.slice(colon + 1)]
  return /^apikey$/i.test(scheme!) ? [value!, ...parts] : parts
}

function header(caller: Caller, name: string): string | undefined {
  const value = caller.headers[name]
  return Array.isArray(value) ? value[0] : value
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

function forbidden(code: string, message: string): Refused {
  return { status: 403, code, message }
}
