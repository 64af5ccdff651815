import type { JsonRecord, JsonValue } from '../search.ts'
import { namePattern } from './name_pattern.ts'
import type { NewField } from './mapping_check.ts'
import { isRecord } from './request_body.ts'
import { timestampOf } from './timestamp.ts'

/**
 * The mapping that an index's `dynamic_templates` give to fields that a document brings: the first template
 * that fits each. Undefined when none fits any.
 */
export function dynamicMapping(
  given: JsonRecord,
  fields: readonly NewField[],
): JsonRecord | undefined {
  const templates = Array.isArray(given['dynamic_templates']) ? given['dynamic_templates'] : []
  if (templates.length === 0 || fields.length === 0) return undefined
  const rules = templates.flatMap((each) =>
    isRecord(each) ? Object.values(each).filter(isRecord) : [],
  )
  const properties: JsonRecord = {}
  let found = false
  for (const { path, value } of fields) {
    const kind = kindOf(value, given)
    const rule = rules.find((each) => fitsRule(each, path, kind))
    const mapping = rule?.['mapping']
    if (!isRecord(mapping)) continue
    found = true
    const filled = filledIn(mapping, path, kind) as JsonRecord
    // The type is the one that the value teaches where the template names none.
    placeAt(properties, path, { type: kind === 'string' ? 'text' : kind, ...filled })
  }
  return found ? { properties } : undefined
}

/** What Elasticsearch calls `match_mapping_type`. */
function kindOf(value: JsonValue, given: JsonRecord): string {
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number') return Number.isInteger(value) ? 'long' : 'double'
  if (isRecord(value)) return 'object'
  const isDate = given['date_detection'] !== false && /^\d{4}-/.test(String(value))
  return isDate && timestampOf(value) !== undefined ? 'date' : 'string'
}

function fitsRule(rule: JsonRecord, path: string, kind: string): boolean {
  const name = path.slice(path.lastIndexOf('.') + 1)
  const fits = (patterns: JsonValue | undefined, text: string) =>
    (Array.isArray(patterns) ? patterns : [patterns]).some((pattern) =>
      namePattern(String(pattern)).test(text),
    )
  const types = rule['match_mapping_type']
  if (types !== undefined) {
    const wanted = Array.isArray(types) ? types : [types]
    if (!wanted.includes('*') && !wanted.includes(kind)) return false
  } else if (kind === 'object' && rule['match'] === undefined && rule['path_match'] === undefined) {
    return false
  }
  const has = (key: string) => rule[key] !== undefined
  if (has('match') && !fits(rule['match'], name)) return false
  if (has('unmatch') && fits(rule['unmatch'], name)) return false
  if (has('path_match') && !fits(rule['path_match'], path)) return false
  return !(has('path_unmatch') && fits(rule['path_unmatch'], path))
}

function filledIn(value: JsonValue, path: string, kind: string): JsonValue {
  const name = path.slice(path.lastIndexOf('.') + 1)
  if (typeof value === 'string') {
    const type = kind === 'string' ? 'text' : kind
    return value.replaceAll('{name}', name).replaceAll('{dynamic_type}', type)
  }
  if (Array.isArray(value)) return value.map((each) => filledIn(each, path, kind))
  if (!isRecord(value)) return value
  const filled = Object.entries(value).map(([key, each]) => [key, filledIn(each, path, kind)])
  return Object.fromEntries(filled) as JsonRecord
}

function placeAt(properties: JsonRecord, path: string, mapping: JsonRecord): void {
  const steps = path.split('.')
  let at = properties
  for (const step of steps.slice(0, -1)) {
    const known = Object.hasOwn(at, step) ? at[step] : undefined
    const inner = isRecord(known) ? known : { properties: {} }
    if (inner !== known) Object.defineProperty(at, step, ownValue(inner))
    at = (inner['properties'] ??= {}) as JsonRecord
  }
  Object.defineProperty(at, steps.at(-1)!, ownValue(mapping))
}

/** A name such as `__proto__` becomes a property as any other. */
const ownValue = (value: JsonRecord) => ({
  value,
  enumerable: true,
  writable: true,
  configurable: true,
})
