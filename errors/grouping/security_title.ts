import type { JsonRecord } from '../../store/search.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import { cspFacts, reportField } from './strategies/security.ts'

/** What an issue of browsers' reports is called; undefined when the event is none of them. */
export function securityTitle(event: SentryEvent): { title: string; culprit: string } | undefined {
  if (event.csp) return { title: cspTitle(event.csp), culprit: cspFacts(event.csp).directive }
  for (const kind of ['expectct', 'expectstaple', 'hpkp'] as const) {
    const report = event[kind]
    if (!report) continue
    return { title: certificateTitle(kind, report), culprit: reportField(report, 'hostname') }
  }
  return undefined
}

const failures = {
  expectct: 'Expect-CT failed',
  expectstaple: 'Expect-Staple failed',
  hpkp: 'Public key pinning validation failed',
} as const

/** A report about the certificate of a host. */
export const certificateTitle = (kind: keyof typeof failures, report: JsonRecord): string =>
  `${failures[kind]} for '${reportField(report, 'hostname') || 'unknown'}'`

/** What Sentry says of a directive: where the page itself was refused, and before who else was. */
const cspTexts: Readonly<Record<string, readonly [own: string, from: string]>> = {
  'child-src': ["inline 'child'", "'child' from"],
  'connect-src': ["inline 'connect'", "'connect' from"],
  'font-src': ["inline 'font'", "'font' from"],
  'form-action': ["inline 'form-action'", "'form' action to"],
  'img-src': ["inline 'image'", "'image' from"],
  'manifest-src': ["inline 'manifest'", "'manifest' from"],
  'media-src': ["inline 'media'", "'media' from"],
  'object-src': ["inline 'object'", "'object' from"],
  'script-src': ["unsafe (eval() or inline) 'script'", "'script' from"],
  'script-src-attr': ["unsafe 'script' element", 'inline script attribute from'],
  'script-src-elem': ['inline script attribute', "'script' from"],
  'style-src': ["inline 'style'", "'style' from"],
  'style-src-attr': ['style attribute', 'style attribute from'],
  'style-src-elem': ["'style' or 'link' element", "'style' from"],
}

/**
 * What a page's Content-Security-Policy refused, in the words of Sentry (relay, event schema `csp`):
 * `Blocked 'image' from 'cdn.example.com'`, `Blocked inline 'style'`.
 */
export function cspTitle(csp: JsonRecord): string {
  const violated = reportField(csp, 'violated_directive').trim()
  const given = reportField(csp, 'effective_directive').trim() || violated
  const directive = given.split(/\s+/, 1)[0] || 'unknown'
  const uri = reportField(csp, 'blocked_uri').trim()
  const [own, from] = Object.hasOwn(cspTexts, directive)
    ? cspTexts[directive]!
    : [`inline '${directive}'`, `'${directive}' from`]
  if (!isOwn(uri)) return `Blocked ${from} '${sourceOf(uri)}'`
  if (directive === 'script-src' && violated.includes("'unsafe-inline'"))
    return "Blocked unsafe inline 'script'"
  if (directive === 'script-src' && violated.includes("'unsafe-eval'"))
    return "Blocked unsafe eval() 'script'"
  return `Blocked ${own}`
}

const isOwn = (uri: string) => uri === '' || uri === 'self' || uri === "'self'"

/** Schemes that Python's `urlunsplit` writes with `//` though no host follows. */
const withSlashes = new Set(
  (
    'ftp http gopher nntp telnet imap wais file mms https shttp snews prospero rtsp rtspu rsync svn svn+ssh sftp nfs ' +
    'git git+ssh ws wss'
  ).split(' '),
)

/** The host of a URL, with its scheme where that is not HTTP's; browsers write others, such as `data`, as the scheme alone. */
function sourceOf(uri: string): string {
  if (!uri.includes(':')) return unsplit(uri, '')
  if (!URL.canParse(uri)) return uri
  const { protocol, host } = new URL(uri)
  return /^https?:$/.test(protocol) ? host : unsplit(protocol.slice(0, -1), host)
}

const unsplit = (scheme: string, host: string) =>
  host !== '' || withSlashes.has(scheme) ? `${scheme}://${host}` : `${scheme}:`
