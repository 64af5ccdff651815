import type { JsonRecord } from '../../../store/search.ts'
import { component, nothing } from '../component.ts'
import type { Strategy } from './strategy.ts'

/** What a page's Content-Security-Policy refused: the directive, and who was refused. */
export const csp: Strategy = {
  name: 'csp',
  parts({ event }) {
    if (!event.csp) return undefined
    const { directive, violation, host } = cspFacts(event.csp)
    const parts = [
      directive === '' ? nothing('salt') : component('salt', [directive]),
      violation === '' ? nothing('violation') : component('violation', [violation]),
      host === '' ? nothing('uri') : component('uri', [host]),
    ]
    return { default: component('csp', parts) }
  },
}

/** A CSP report in short. */
export interface CspFacts {
  readonly directive: string
  /** `'unsafe-inline'` or `'unsafe-eval'`, where a script of the page itself was refused. */
  readonly violation: string
  /** Who was refused: host, or scheme where there is none, or `'self'`; empty when `violation` is not. */
  readonly host: string
}

export function cspFacts(csp: JsonRecord): CspFacts {
  const given = reportField(csp, 'effective_directive') || reportField(csp, 'violated_directive')
  const directive = given.trim().split(/\s+/, 1)[0] ?? ''
  const blocked = reportField(csp, 'blocked_uri')
  const page = hostOf(reportField(csp, 'document_uri'))
  const host = hostOf(blocked)
  const isLocal = ['', 'self', "'self'", 'inline', 'eval', 'wasm-eval'].includes(blocked)
  const isScript = directive.startsWith('script-src') || directive === 'default-src'
  const violation = isLocal && isScript ? scriptViolation(csp, blocked) : ''
  if (violation !== '') return { directive, violation, host: '' }
  const isOwn = isLocal || (host !== '' && host === page)
  return { directive, violation: '', host: isOwn ? "'self'" : host }
}

function scriptViolation(csp: JsonRecord, blocked: string): string {
  if (blocked === 'inline') return "'unsafe-inline'"
  if (blocked.endsWith('eval')) return "'unsafe-eval'"
  const violated = reportField(csp, 'violated_directive')
  if (violated.includes("'unsafe-inline'") || reportField(csp, 'script_sample') !== '') {
    return "'unsafe-inline'"
  }
  return violated.includes("'unsafe-eval'") ? "'unsafe-eval'" : ''
}

/** Browsers write `blocked-uri`, `blockedURL` or `blocked_uri`. */
export function reportField(record: JsonRecord, name: string): string {
  const camel = name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
  const names = [name, name.replaceAll('_', '-'), camel, camel.replace(/Uri$/, 'URL')]
  const value = names.map((one) => record[one]).find((one) => typeof one === 'string')
  return typeof value === 'string' ? value : ''
}

/** `https://cdn.example.com/x.js` → `cdn.example.com`; `data:text/plain,…` → `data:`; `about` as it is. */
function hostOf(uri: string): string {
  const text = uri.slice(0, 2048).trim()
  const match = /^([a-z][a-z0-9+.-]{0,40}):(\/\/)?([^/?#]{0,255})/i.exec(text)
  if (!match) return text.slice(0, 255)
  const [, scheme = '', slashes, authority = ''] = match
  if (!slashes) return /^\d/.test(authority) ? text.slice(0, 255) : `${scheme}:`
  if (/^(?:chrome|moz|safari(?:-web)?)-extension$/i.test(scheme)) return `${scheme}:`
  return authority
    .slice(authority.lastIndexOf('@') + 1)
    .replace(/:(?:80|443)$/, '')
    .toLowerCase()
}

/** Reports about certificates: which host they are about. */
function certificate(kind: 'hpkp' | 'expectstaple' | 'expectct', name: string): Strategy {
  return {
    name,
    parts({ event }) {
      const report = event[kind]
      if (!report) return undefined
      const host = reportField(report, 'hostname')
      return {
        default: component(name, [
          component('salt', [name]),
          host === '' ? nothing('hostname') : component('hostname', [host]),
        ]),
      }
    },
  }
}

export const hpkp = certificate('hpkp', 'hpkp')
export const expectStaple = certificate('expectstaple', 'expect-staple')
export const expectCt = certificate('expectct', 'expect-ct')
