import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { bag } from './bag.ts'
import type { EventBounds } from './bounds.ts'
import type { Findings } from './findings.ts'
import { isRecord, jsonText, scalar } from './reading.ts'
import type { Raw } from './reading.ts'
import type { LogEntry } from './sentry_event.ts'

/** A message, with its parameters filled in: from a text, or from `{message, params, formatted}`. */
export function readLogEntry(
  findings: Findings,
  key: string,
  value: Raw,
  bounds: EventBounds,
): LogEntry | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const max = bounds.max_message
  if (!isRecord(value)) {
    const formatted = jsonText(findings, { [key]: value }, key, max, messageAllowance)
    return formatted === undefined ? undefined : { formatted }
  }
  findings.enter('logentry')
  const message = jsonText(findings, value, 'message', max, messageAllowance)
  const params = readParams(findings, value)
  let formatted = jsonText(findings, value, 'formatted', max, messageAllowance)
  if (formatted === undefined && message !== undefined) {
    const filled = params === undefined ? message : filledIn(message, params)
    formatted = findings.cut('formatted', filled, max, messageAllowance)
  }
  findings.leave()
  if (formatted === undefined) return undefined
  const entry: LogEntry = { formatted }
  if (message !== undefined && message !== formatted) entry.message = message
  if (params !== undefined) entry.params = params
  return entry
}

/** What a message may be longer than its bound: one that is barely too long stays whole. */
export const messageAllowance = 200

function readParams(findings: Findings, raw: JsonRecord): JsonValue[] | JsonRecord | undefined {
  const { params } = raw
  if (params === undefined || params === null) return undefined
  if (typeof params === 'object') {
    return bag(findings, 'params', params, 5, 2_048) as JsonValue[] | JsonRecord | undefined
  }
  return bag(findings, 'params', [params], 5, 2_048) as JsonValue[] | undefined
}

/** `%s`, `%(name)s`, `%5.2f`; bounded, so that a row of digits costs no more than its length. */
const percent =
  /%(?:(%)|\(([^()%]{0,64})\)[-+ #0]{0,5}\d{0,5}(?:\.\d{1,5})?[a-zA-Z]|[-+ #0]{0,5}\d{0,5}(?:\.\d{1,5})?[hlL]?[diouxXeEfFgGcrsaj])/g
/** `{}`, `{0}`, `{name}`. */
const curly = /\{([\w.]{0,64})(?:![rsa])?(?::[^{}]{0,32})?\}/g

/** One parameter can be named a thousand times. */
const mostFilledIn = 65_536

function filledIn(format: string, params: JsonValue[] | JsonRecord): string {
  let next = 0
  let room = mostFilledIn
  const fill = (whole: string, name: string | undefined): string => {
    const isNext = name === undefined || name === ''
    const key = isNext ? String(next) : name
    if (!Object.hasOwn(params, key)) return whole
    if (isNext) next++
    const value = shown((params as JsonRecord)[key]!).slice(0, room)
    room -= value.length
    return value
  }
  if (format.includes('%')) {
    return format.replaceAll(percent, (whole, escaped: string | undefined, name?: string) =>
      escaped === undefined ? fill(whole, name) : '%',
    )
  }
  return format.replaceAll(curly, fill)
}

function shown(value: JsonValue): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return scalar(value)
  return value === null ? 'None' : JSON.stringify(value)
}
