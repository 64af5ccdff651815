import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { bag } from './bag.ts'
import type { EventBounds } from './bounds.ts'
import type { Findings } from './findings.ts'
import { readStacktrace } from './frames.ts'
import { messageAllowance } from './logentry.ts'
import { flag, isEmpty, isRecord, jsonText, text, valuesOf, whole } from './reading.ts'
import type { Raw } from './reading.ts'
import type { Mechanism, SentryException } from './sentry_event.ts'

/** Exceptions as they came, cause first; those without type and value are left out. */
export function readExceptions(
  findings: Findings,
  value: Raw,
  bounds: EventBounds,
): SentryException[] {
  const list = valuesOf(value)
  if (list === undefined) {
    if (!isEmpty(value) && !isRecord(value)) findings.invalid('exception', value, 'exceptions')
    return []
  }
  const most = bounds.max_exceptions
  const kept = list.length > most ? outerAndInner(list, most) : list
  const exceptions: SentryException[] = []
  findings.enter('exception')
  if (kept !== list) findings.marks.remark('values', undefined, list.length)
  findings.enter('values')
  for (const raw of kept) {
    findings.enter(exceptions.length)
    const exception = readException(findings, raw, bounds)
    findings.leave()
    if (exception !== undefined) exceptions.push(exception)
  }
  findings.leave()
  findings.leave()
  return exceptions
}

function outerAndInner(list: readonly JsonValue[], most: number): JsonValue[] {
  const first = Math.floor(most / 2)
  return [...list.slice(0, first), ...list.slice(list.length - (most - first))]
}

function readException(
  findings: Findings,
  raw: JsonValue,
  bounds: EventBounds,
): SentryException | undefined {
  if (!isRecord(raw)) {
    if (raw !== null) findings.invalid('type', raw, 'an exception')
    return undefined
  }
  const exception: SentryException = {}
  let type = text(findings, raw, 'type', 256, 20)
  let value = jsonText(findings, raw, 'value', bounds.max_message, messageAllowance)
  if (type === undefined && value !== undefined) {
    const split = typeAndValue.exec(value)
    if (split !== null) {
      type = split[1]
      value = split[2]!.trim() || undefined
    }
  }
  if (type === undefined && value === undefined) {
    findings.wrong('missing_attribute', 'type', undefined, 'neither type nor value')
    return undefined
  }
  if (type !== undefined) exception.type = type
  if (value !== undefined) exception.value = value
  const module = text(findings, raw, 'module', 256, 40)
  if (module !== undefined) exception.module = module
  const thread = bag(findings, 'thread_id', raw['thread_id'], 1, 256)
  if (thread !== undefined) exception.thread_id = thread
  const mechanism = readMechanism(findings, raw['mechanism'])
  if (mechanism !== undefined) exception.mechanism = mechanism
  const stacktrace = readStacktrace(findings, 'stacktrace', raw['stacktrace'], bounds)
  if (stacktrace !== undefined) exception.stacktrace = stacktrace
  const before = readStacktrace(findings, 'raw_stacktrace', raw['raw_stacktrace'], bounds)
  if (before !== undefined) exception.raw_stacktrace = before
  return exception
}

/** Of an SDK that sends `TypeError: x is undefined` as the value and no type. */
const typeAndValue = /^(\w{1,256}):(.*)$/

/** Those of its keys that have a type of their own. */
const typed = new Set([
  'type',
  'handled',
  'synthetic',
  'exception_id',
  'parent_id',
  'is_exception_group',
])

function readMechanism(findings: Findings, value: Raw): Mechanism | undefined {
  if (isEmpty(value)) return undefined
  const raw = typeof value === 'string' ? { type: value } : value
  if (!isRecord(raw)) {
    findings.invalid('mechanism', value, 'an object')
    return undefined
  }
  findings.enter('mechanism')
  const mechanism: Mechanism = { type: text(findings, raw, 'type', 128) ?? 'generic' }
  for (const key of ['handled', 'synthetic', 'is_exception_group'] as const) {
    const read = flag(findings, raw, key)
    if (read !== undefined) mechanism[key] = read
  }
  for (const key of ['exception_id', 'parent_id'] as const) {
    const read = whole(findings, raw, key)
    if (read !== undefined) mechanism[key] = read
  }
  findings.leave()
  return { ...mechanism, ...others(findings, raw) }
}

/** `data`, `meta`, `description`, `source` and what else there may be. */
function others(findings: Findings, raw: JsonRecord): JsonRecord | undefined {
  let rest: JsonRecord | undefined
  for (const key of Object.keys(raw)) {
    if (typed.has(key) || key === '__proto__') continue
    rest ??= {}
    rest[key] = raw[key]!
  }
  return rest && (bag(findings, 'mechanism', rest, 5, 4_096) as JsonRecord | undefined)
}
