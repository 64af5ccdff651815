import { setOwn } from '../../core/json.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { bag, objectBag } from './bag.ts'
import type { EventBounds } from './bounds.ts'
import { maxErrors } from './findings.ts'
import type { Findings } from './findings.ts'
import { readSdk } from './names.ts'
import { isEmpty, isRecord, scalar } from './reading.ts'
import type { Raw } from './reading.ts'
import type { SentryEvent } from './sentry_event.ts'
import { UnreadModules } from './unread_modules.ts'

/** What comes beside the failure: extra values, modules, images, the SDK, security reports, its own errors. */
export function readAside(
  findings: Findings,
  raw: JsonRecord,
  event: SentryEvent,
  bounds: EventBounds,
  client: string | undefined,
): void {
  const extra = readExtra(findings, raw, bounds)
  if (extra !== undefined) event.extra = extra
  const modules = readModules(findings, raw['modules'], bounds)
  if (modules !== undefined) event.modules = modules
  const sdk = readSdk(findings, raw['sdk'], client)
  if (sdk !== undefined) event.sdk = sdk
  const debugMeta = readDebugMeta(findings, raw['debug_meta'], bounds)
  if (debugMeta !== undefined) event.debug_meta = debugMeta
  for (const key of ['template', 'csp', 'hpkp', 'expectct', 'expectstaple'] as const) {
    const report = objectBag(findings, raw, key, 7, 16_384)
    if (report !== undefined) event[key] = report
  }
  const errors = readErrors(raw['errors'])
  if (errors.length > 0) event.errors = errors
}

function readExtra(
  findings: Findings,
  raw: JsonRecord,
  bounds: EventBounds,
): JsonRecord | undefined {
  const { extra } = raw
  if (isEmpty(extra)) return undefined
  if (!isRecord(extra)) {
    findings.invalid('extra', extra, 'an object')
    return undefined
  }
  findings.enter('extra')
  const bounded: JsonRecord = {}
  for (const key of Object.keys(extra)) {
    const kept = bag(findings, key, extra[key], 7, bounds.max_extra_value_size)
    setOwn(bounded, key, kept ?? null)
  }
  findings.leave()
  // One level more than a value's: the object that holds them.
  return bag(findings, 'extra', bounded, 8, bounds.max_extra_size) as JsonRecord | undefined
}

/** Versions by name, of an object or of a list of `{name, version}`. */
function readModules(
  findings: Findings,
  value: Raw,
  bounds: EventBounds,
): Record<string, string> | undefined {
  const unread: unknown = value
  if (unread instanceof UnreadModules) return unread as unknown as Record<string, string>
  if (isEmpty(value)) return undefined
  if (areVersions(value, bounds.max_modules)) return value
  const entries = Array.isArray(value) ? value.map(named) : isRecord(value) && Object.entries(value)
  if (entries === false) {
    findings.invalid('modules', value, 'an object')
    return undefined
  }
  const modules: Record<string, string> = {}
  let left = bounds.max_modules
  for (const [name, version] of entries) {
    if (typeof name !== 'string' || version === undefined || version === null) continue
    if (left-- === 0) {
      findings.marks.remark('modules', undefined, entries.length)
      break
    }
    const shown = typeof version === 'string' ? version : versionOf(version)
    setOwn(modules, name.slice(0, 256).toWellFormed(), shown.slice(0, 256).toWellFormed())
  }
  return isEmpty(modules) ? undefined : modules
}

/** Whether modules are as they should be: then they need not be copied. */
function areVersions(value: Raw, max: number): value is Record<string, string> {
  if (!isRecord(value)) return false
  let count = 0
  for (const name in value) {
    const version = value[name]
    if (++count > max || typeof version !== 'string' || !isShort(name) || !isShort(version)) {
      return false
    }
  }
  return true
}

const isShort = (text: string): boolean => text.length <= 256 && text.isWellFormed()

const named = (value: JsonValue): [Raw, Raw] => {
  if (Array.isArray(value)) return [value[0], value[1]]
  return isRecord(value) ? [value['name'], value['version']] : [undefined, undefined]
}

function versionOf(value: JsonValue): string {
  if (typeof value === 'number' || typeof value === 'boolean') return scalar(value)
  return Array.isArray(value) ? value.filter((one) => typeof one !== 'object').join('.') : ''
}

function readDebugMeta(
  findings: Findings,
  value: Raw,
  bounds: EventBounds,
): SentryEvent['debug_meta'] {
  if (isEmpty(value)) return undefined
  if (!isRecord(value)) {
    findings.invalid('debug_meta', value, 'an object')
    return undefined
  }
  const { images, ...rest } = value
  const meta = bag(findings, 'debug_meta', rest, 5, 8_192)
  const read = { ...(meta as JsonRecord | undefined) } as NonNullable<SentryEvent['debug_meta']>
  const list = Array.isArray(images) ? images : isRecord(images) ? [images] : []
  findings.enter('debug_meta')
  if (list.length > bounds.max_images) findings.marks.remark('images', undefined, list.length)
  findings.enter('images')
  const kept: JsonRecord[] = []
  for (const [index, image] of list.slice(0, bounds.max_images).entries()) {
    if (isRecord(image)) kept.push(bag(findings, index, image, 3, 4_096) as JsonRecord)
  }
  findings.leave()
  findings.leave()
  if (kept.length > 0) read.images = kept
  return isEmpty(read as JsonRecord) ? undefined : read
}

/** What the SDK found wrong by itself. */
function readErrors(value: Raw): NonNullable<SentryEvent['errors']> {
  const errors: NonNullable<SentryEvent['errors']> = []
  for (const one of Array.isArray(value) ? value.slice(0, maxErrors) : []) {
    if (!isRecord(one) || typeof one['type'] !== 'string') continue
    const error: NonNullable<SentryEvent['errors']>[number] = { type: short(one['type'], 128) }
    if (typeof one['name'] === 'string') error.name = short(one['name'], 256)
    if (typeof one['reason'] === 'string') error.reason = short(one['reason'], 256)
    const shown = one['value']
    if (typeof shown === 'string') error.value = short(shown, 128)
    else if (typeof shown === 'number' || typeof shown === 'boolean') error.value = shown
    errors.push(error)
  }
  return errors
}

const short = (text: string, max: number): string => text.slice(0, max).toWellFormed()
