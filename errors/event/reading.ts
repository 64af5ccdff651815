import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { Findings } from './findings.ts'

export type Raw = JsonValue | undefined

export function isRecord(value: Raw): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether there is nothing to read: SDKs send null, `''`, `[]` and `{}` for what they do not have. */
export function isEmpty(value: Raw): boolean {
  if (value === undefined || value === null || value === '') return true
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.length === 0
  for (const key in value) if (Object.hasOwn(value, key)) return false
  return true
}

/** A text of the record; anything else than a text is a finding. Absent when empty. */
export function text(
  findings: Findings,
  record: JsonRecord,
  key: string,
  max: number,
  allowance = 0,
): string | undefined {
  const value = record[key]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') {
    findings.invalid(key, value, 'a string')
    return undefined
  }
  const whole = value.isWellFormed() ? value : value.toWellFormed()
  return whole.length <= max ? whole : findings.cut(key, whole, max, allowance)
}

/** A text of the record, or a number or boolean as Python writes it. */
export function scalarText(
  findings: Findings,
  record: JsonRecord,
  key: string,
  max: number,
  allowance = 0,
): string | undefined {
  const value = record[key]
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    return text(findings, record, key, max, allowance)
  }
  return scalar(value)
}

/** `True` and `False` are what Sentry makes of booleans. */
export function scalar(value: number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return String(value)
}

/** A text of the record; any other value as JSON. */
export function jsonText(
  findings: Findings,
  record: JsonRecord,
  key: string,
  max: number,
  allowance = 0,
): string | undefined {
  const value = record[key]
  if (typeof value !== 'object' || value === null) {
    return scalarText(findings, record, key, max, allowance)
  }
  const json = jsonOf(value)
  if (json === undefined) {
    findings.invalid(key, undefined, 'a string')
    return undefined
  }
  return findings.cut(key, json, max, allowance)
}

/** JSON of a value; undefined where it is nested too deep to be written in reasonable time. */
export function jsonOf(value: JsonValue): string | undefined {
  return isShallow(value, 64) ? JSON.stringify(value).toWellFormed() : undefined
}

/** Whether lists and objects are nested at most `depth` deep. */
export function isShallow(value: JsonValue, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  return Object.values(value).every((one) => isShallow(one as JsonValue, depth - 1))
}

/** A whole number from 0 on; digits are read too. */
export function whole(findings: Findings, record: JsonRecord, key: string): number | undefined {
  const value = record[key]
  if (value === undefined || value === null || value === '') return undefined
  const number =
    typeof value === 'string' && value.length < 16 && /^\d+$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && number >= 0 && number <= Number.MAX_SAFE_INTEGER) {
    return Math.trunc(number)
  }
  findings.invalid(key, value, 'an unsigned integer')
  return undefined
}

export function flag(findings: Findings, record: JsonRecord, key: string): boolean | undefined {
  const value = record[key]
  if (typeof value === 'boolean') return value
  if (value === undefined || value === null) return undefined
  findings.invalid(key, value, 'a boolean')
  return undefined
}

/** An address: `0x…` as it came, a number in hex. */
export function address(findings: Findings, record: JsonRecord, key: string): string | undefined {
  const value = record[key]
  if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
    return `0x${value.toString(16)}`
  }
  const found = text(findings, record, key, 64)
  if (found === undefined || /^(?:0x[0-9a-fA-F]+|\d+)$/.test(found)) return found
  findings.invalid(key, value, 'an address')
  return undefined
}

/** `[…]`, `{values: […]}` or a single object, whichever the SDK sends; undefined when there is none. */
export function valuesOf(value: Raw): JsonValue[] | undefined {
  if (Array.isArray(value)) return value
  if (!isRecord(value)) return undefined
  const { values } = value
  if (Array.isArray(values)) return values
  if (values === undefined) return isEmpty(value) ? undefined : [value]
  return isRecord(values) ? [values] : undefined
}
