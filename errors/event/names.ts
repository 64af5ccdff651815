import type { JsonRecord } from '../../store/search.ts'
import type { Findings } from './findings.ts'
import { isEmpty, isRecord, scalar, scalarText, text } from './reading.ts'
import type { Raw } from './reading.ts'
import type { SentryEvent } from './sentry_event.ts'

/** What an event is called and belongs to: logger, transaction, release, environment, fingerprint, … */
export function readNames(findings: Findings, raw: JsonRecord, event: SentryEvent): void {
  const logger = oneLine(findings, raw, 'logger', 64)
  if (logger !== undefined) event.logger = logger
  const transaction =
    scalarText(findings, raw, 'transaction', 200)?.trim() ||
    scalarText(findings, raw, 'culprit', 200)?.trim()
  if (transaction !== undefined && transaction !== '') event.transaction = transaction
  const server = scalarText(findings, raw, 'server_name', 256, 20)
  if (server !== undefined) event.server_name = server
  const release = oneLine(findings, raw, 'release', 200)
  if (release !== undefined) event.release = release
  const dist = oneLine(findings, raw, 'dist', 64)
  // Without a release a distribution says nothing.
  if (dist !== undefined && release !== undefined) {
    if (/^[a-zA-Z0-9_.-]+$/.test(dist)) event.dist = dist
    else findings.invalid('dist', dist, 'a name of a-z A-Z 0-9 _ . -')
  }
  const environment = oneLine(findings, raw, 'environment', 64)
  if (isEnvironment(environment)) event.environment = environment
  const checksum = scalarText(findings, raw, 'checksum', 512)
  if (checksum !== undefined) event.checksum = checksum
  const fingerprint = readFingerprint(findings, raw['fingerprint'])
  if (fingerprint.length > 0) event.fingerprint = fingerprint
}

/** Python's `None` as text is none. */
export function isEnvironment(name: string | undefined): name is string {
  return name !== undefined && name.toLowerCase() !== 'none'
}

function oneLine(
  findings: Findings,
  raw: JsonRecord,
  key: string,
  max: number,
): string | undefined {
  const value = scalarText(findings, raw, key, max)?.trim()
  if (value === undefined || value === '') return undefined
  if (!/[\r\n\t\f\0]/.test(value)) return value
  findings.invalid(key, value, 'one line')
  return undefined
}

const maxParts = 64

/** A list of texts; numbers and booleans become texts. One text is a list of one. */
function readFingerprint(findings: Findings, value: Raw): string[] {
  if (isEmpty(value)) return []
  const list = Array.isArray(value) ? value : [value!]
  const parts: string[] = []
  for (const [index, part] of list.slice(0, maxParts).entries()) {
    if (typeof part === 'string')
      parts.push(findings.cut('fingerprint', part.toWellFormed(), 1_024))
    else if (typeof part === 'number' || typeof part === 'boolean') parts.push(scalar(part))
    else if (part !== null) findings.invalid(`fingerprint.${index}`, part, 'a string')
  }
  return parts
}

/** What Sentry's SDKs say of themselves; raven only says it when it authenticates. */
export function readSdk(
  findings: Findings,
  raw: Raw,
  client: string | undefined,
): SentryEvent['sdk'] {
  if (!isRecord(raw)) {
    if (!isEmpty(raw)) findings.invalid('sdk', raw, 'an object')
    const [, name, version] = /^([^/\s]{1,128})[/ ](\S{1,64})$/.exec(client ?? '') ?? []
    return name === undefined || version === undefined ? undefined : { name, version }
  }
  const sdk: NonNullable<SentryEvent['sdk']> = {}
  findings.enter('sdk')
  const name = text(findings, raw, 'name', 256)
  if (name !== undefined) sdk.name = name
  const version = scalarText(findings, raw, 'version', 64)
  if (version !== undefined) sdk.version = version
  const { integrations, packages } = raw
  if (Array.isArray(integrations)) {
    const names = integrations.slice(0, 200).filter((one) => typeof one === 'string')
    if (names.length > 0) sdk.integrations = names.map((one) => one.slice(0, 128).toWellFormed())
  }
  if (Array.isArray(packages)) {
    const kept = packages.slice(0, 50).filter(isRecord)
    const read = kept.map((one) => ({
      name: text(findings, one, 'name', 256) ?? '',
      version: scalarText(findings, one, 'version', 64) ?? '',
    }))
    if (read.length > 0) sdk.packages = read
  }
  findings.leave()
  return isEmpty(sdk as JsonRecord) ? undefined : sdk
}
