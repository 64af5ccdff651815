import type { JsonRecord } from '../../store/search.ts'
import { certificateTitle, cspTitle } from '../grouping/security_title.ts'
import { isRecord, textOf } from './json_text.ts'

/**
 * A browser's security report as the raw events that SDKs would send: CSP (`report-uri` and the newer Reporting API,
 * which sends a list), Expect-CT, Expect-Staple, HPKP. Normalisation takes it from there.
 *
 * @param body what was posted, read.
 * @param query `sentry_release` and `sentry_environment`.
 * @returns empty for what is no such report; at most 100.
 */
export function securityEvents(body: unknown, query: URLSearchParams): JsonRecord[] {
  const reports = Array.isArray(body) ? body.slice(0, 100) : [body]
  return reports.flatMap((report) => {
    const event = isRecord(report) ? eventOf(report) : undefined
    if (!event) return []
    return [{ ...event, platform: 'other', ...fromQuery(query) }]
  })
}

function fromQuery(query: URLSearchParams): JsonRecord {
  const release = query.get('sentry_release')
  const environment = query.get('sentry_environment')
  return { ...(release && { release }), ...(environment && { environment }) }
}

function eventOf(report: JsonRecord): JsonRecord | undefined {
  const classic = report['csp-report']
  if (isRecord(classic)) return cspEvent(withUnderscores(classic))
  if (isRecord(report['expect-ct-report'])) {
    return namedEvent('expectct', report['expect-ct-report'])
  }
  if (isRecord(report['expect-staple-report'])) {
    return namedEvent('expectstaple', report['expect-staple-report'])
  }
  if ('known-pins' in report) return namedEvent('hpkp', report)
  // The Reporting API: {type, url, user_agent, body}.
  const { type, body, url } = report
  if (type === 'csp-violation' && isRecord(body)) return cspEvent(fromReportingApi(body, url))
  return undefined
}

function cspEvent(csp: JsonRecord): JsonRecord {
  const directive =
    textOf(csp['effective_directive'], 200) ??
    textOf(csp['violated_directive'], 200)?.split(' ')[0] ??
    'unknown'
  const blocked = textOf(csp['blocked_uri'], 1_000)
  const named = { ...csp, effective_directive: directive }
  return {
    type: 'csp',
    level: 'error',
    logger: 'csp',
    csp: named,
    logentry: { formatted: cspTitle(named) },
    ...(textOf(csp['document_uri'], 2_000) !== undefined && {
      request: { url: csp['document_uri']! },
    }),
    tags: [
      ['effective-directive', directive],
      ...(blocked === undefined ? [] : [['blocked-uri', blocked.slice(0, 200)]]),
    ],
  }
}

function namedEvent(type: 'expectct' | 'expectstaple' | 'hpkp', inner: JsonRecord): JsonRecord {
  const report = withUnderscores(inner)
  const host = textOf(report['hostname'], 256) ?? 'unknown'
  return {
    type,
    level: 'error',
    logger: type,
    [type]: report,
    logentry: { formatted: certificateTitle(type, report) },
    tags: [['hostname', host]],
  }
}

/** Names of the Reporting API, and what `report-uri` calls the same. */
const reportingNames: Readonly<Record<string, string>> = {
  documentURL: 'document_uri',
  blockedURL: 'blocked_uri',
  effectiveDirective: 'effective_directive',
  originalPolicy: 'original_policy',
  statusCode: 'status_code',
  sourceFile: 'source_file',
  lineNumber: 'line_number',
  columnNumber: 'column_number',
  sample: 'script_sample',
  disposition: 'disposition',
  referrer: 'referrer',
}

function fromReportingApi(body: JsonRecord, url: unknown): JsonRecord {
  const csp: JsonRecord = {}
  for (const [name, ours] of Object.entries(reportingNames)) {
    if (body[name] !== undefined) csp[ours] = body[name]
  }
  if (csp['document_uri'] === undefined && typeof url === 'string') csp['document_uri'] = url
  return csp
}

const withUnderscores = (record: JsonRecord): JsonRecord =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name.replaceAll('-', '_'), value]),
  )
