import { isExactNumber } from '../../core/exact_json.ts'
import type { Field, Mapping } from '../fields.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import { canBeMalformed, fieldFits } from './field_fits.ts'
import { isRecord } from './request_body.ts'

/** What a document brings that its index's mapping does not name. */
export interface NewField {
  readonly path: string
  readonly value: JsonValue
}

interface Checked {
  readonly fields: ReadonlyMap<string, Field>
  readonly ignoresMalformed: boolean
  readonly malformedByPath: ReadonlyMap<string, boolean>
}
const checkedMappings = new WeakMap<Mapping, Checked>()

function checkedOf(mapping: Mapping, settings: object): Checked {
  const known = checkedMappings.get(mapping)
  if (known) return known
  const checked = {
    fields: new Map(mapping.fields.map((field) => [field.path, field])),
    ignoresMalformed: String(settingOf(settings, 'mapping.ignore_malformed')) === 'true',
    malformedByPath: new Map<string, boolean>(),
  }
  collectMalformed((mapping.given as JsonRecord)['properties'], '', checked.malformedByPath)
  checkedMappings.set(mapping, checked)
  return checked
}

function collectMalformed(
  properties: JsonValue | undefined,
  prefix: string,
  into: Map<string, boolean>,
): void {
  if (!isRecord(properties)) return
  for (const [name, field] of Object.entries(properties)) {
    if (!isRecord(field)) continue
    const ignores = field['ignore_malformed']
    if (ignores !== undefined) into.set(prefix + name, String(ignores) === 'true')
    collectMalformed(field['properties'], `${prefix}${name}.`, into)
  }
}

/** A setting by its dotted name without `index.`, however it was nested. */
export function settingOf(settings: object, name: string): JsonValue | undefined {
  const find = (record: JsonRecord, rest: string): JsonValue | undefined => {
    if (record[rest] !== undefined) return record[rest]
    for (let dot = rest.indexOf('.'); dot >= 0; dot = rest.indexOf('.', dot + 1)) {
      const inner = record[rest.slice(0, dot)]
      const found = isRecord(inner) ? find(inner, rest.slice(dot + 1)) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }
  const record = settings as JsonRecord
  return find(record, `index.${name}`) ?? find(record, name)
}

/**
 * Holds a document to the mapping of its index: fields under `dynamic: strict`, and values of the wrong
 * type where `ignore_malformed` does not say to keep them.
 *
 * @param document numbers of many digits as `parseExact` reads them
 * @returns fields that the mapping does not name, for dynamic templates.
 * @throws SearchError 400
 */
export function checkDocument(
  document: JsonRecord,
  mapping: Mapping,
  settings: object,
): NewField[] {
  const checked = checkedOf(mapping, settings)
  const added: NewField[] = []
  const visit = (value: JsonValue, path: string) => {
    const field = checked.fields.get(path)
    if (value === null || (Array.isArray(value) && value.length === 0)) {
      const isNew = mapping.dynamic === 'strict' && !field && !hasFieldsBelow(checked, path)
      if (isNew) throw strict(path)
      return
    }
    if (field) return checkField(field, value, checked)
    if (Array.isArray(value)) {
      for (const each of value) visit(each, path)
      return
    }
    if (!isRecord(value)) {
      if (mapping.dynamic === 'strict') throw strict(path)
      added.push({ path, value: isExactNumber(value) ? Number(value.rawJSON) : value })
      return
    }
    const isKnown = mapping.fields.length > 0 && hasFieldsBelow(checked, path)
    if (!isKnown && mapping.dynamic === 'strict') throw strict(path)
    if (!isKnown) added.push({ path, value })
    for (const [name, each] of Object.entries(value)) visit(each, `${path}.${name}`)
  }
  for (const [name, value] of Object.entries(document)) visit(value, name)
  return added
}

function hasFieldsBelow({ fields }: Checked, path: string): boolean {
  for (const each of fields.keys()) if (each.startsWith(`${path}.`)) return true
  return false
}

function strict(path: string): SearchError {
  const dot = path.lastIndexOf('.')
  const name = path.slice(dot + 1)
  const within = dot < 0 ? '_doc' : path.slice(0, dot)
  const text = `[1:1] mapping set to strict, dynamic introduction of [${name}] within [${within}] is not allowed`
  return new SearchError(400, 'strict_dynamic_mapping_exception', text)
}

function checkField(field: Field, value: JsonValue, checked: Checked): void {
  if (!field.indexed) return
  if (Array.isArray(value) && field.type !== 'flattened') {
    for (const each of value) checkField(field, each, checked)
    return
  }
  if (value === null || fieldFits(field, value)) return
  if (isRecord(value) ? field.type === 'object' : false) return
  const ignores = checked.malformedByPath.get(field.path) ?? checked.ignoresMalformed
  if (ignores && !isRecord(value) && canBeMalformed.has(field.type)) return
  const shown = JSON.stringify(value).slice(0, 100)
  const reason = `[1:1] failed to parse field [${field.path}] of type [${field.type}]. Preview of field's value: '${shown}'`
  throw new SearchError(400, 'document_parsing_exception', reason, {
    caused_by: { type: 'illegal_argument_exception', reason: `${shown} is no ${field.type}` },
  })
}
