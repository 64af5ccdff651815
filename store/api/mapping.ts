import { fieldTypes, type Field, type FieldType, type Mapping } from '../fields.ts'
import { checkDateFormat } from '../query/strptime.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import { isRecord } from './request_body.ts'

/**
 * Reads a mapping as `PUT <index>` or a template gives it.
 *
 * @param given the object under `mappings`; undefined is an empty one.
 * @throws SearchError 400 mapper_parsing_exception, naming the field.
 */
export function parseMapping(given: JsonRecord | undefined, maxFields: number): Mapping {
  const root = given ?? {}
  const unknown = Object.keys(root).filter((name) => !rootParameters.has(name))
  if (unknown.length > 0) {
    const list = unknown.map((name) => `[${name} : ${JSON.stringify(root[name])}]`).join(' ')
    throw refused(`Root mapping definition has unsupported parameters:  ${list}`)
  }
  if (isRecord(root['_source']) && root['_source']['enabled'] === false) {
    throw refused('[_source] cannot be disabled: Weir answers from the documents')
  }
  if (isRecord(root['runtime']) && Object.keys(root['runtime']).length > 0) {
    throw refused('[runtime] fields are not supported: send the field with the documents')
  }
  if (String(root['numeric_detection']) === 'true') {
    throw refused('[numeric_detection] is not supported: name the fields under [properties]')
  }
  if (usesRegex(root['dynamic_templates'])) {
    throw refused('[match_pattern] [regex] of dynamic templates is not supported: use [*] patterns')
  }
  const reading = { fields: [] as Field[], aliases: [] as Alias[], maxFields }
  readProperties(reading, root['properties'], '', true)
  for (const alias of reading.aliases) reading.fields.push(resolveAlias(alias, reading.fields))
  return { fields: reading.fields, dynamic: dynamicOf(root['dynamic']), given: root }
}

const usesRegex = (templates: JsonValue | undefined) =>
  (Array.isArray(templates) ? templates : [])
    .flatMap((each) => (isRecord(each) ? Object.values(each) : []))
    .some((rule) => isRecord(rule) && rule['match_pattern'] === 'regex')

const refused = (reason: string) => new SearchError(400, 'mapper_parsing_exception', reason)

const rootParameters = new Set([
  'properties',
  'dynamic',
  'dynamic_templates',
  'date_detection',
  'dynamic_date_formats',
  'numeric_detection',
  'runtime',
  'subobjects',
  'enabled',
  '_source',
  '_meta',
  '_routing',
  '_field_names',
  '_size',
  '_data_stream_timestamp',
  '_ignored',
  '_doc_count',
  '_tier',
])

export function dynamicOf(value: JsonValue | undefined): Mapping['dynamic'] {
  const text = String(value ?? 'true')
  if (text === 'true' || text === 'false' || text === 'strict' || text === 'runtime') return text
  throw refused(`Could not convert [dynamic] to one of [true, false, strict, runtime]: [${text}]`)
}

interface Alias {
  readonly path: string
  readonly target: string
}

interface Reading {
  readonly fields: Field[]
  readonly aliases: Alias[]
  readonly maxFields: number
}

function readProperties(
  reading: Reading,
  properties: JsonValue | undefined,
  prefix: string,
  isIndexed: boolean,
): void {
  if (properties === undefined || properties === null) return
  if (!isRecord(properties)) throw refused(`Expected map for property [properties] on [${prefix}]`)
  for (const [name, definition] of Object.entries(properties)) {
    if (name === '') throw refused('field name cannot be an empty string')
    const path = prefix + name
    if (!isRecord(definition)) {
      throw refused(`Expected map for property [fields] on field [${path}] but got a scalar`)
    }
    readField(reading, path, definition, isIndexed)
    if (reading.fields.length > reading.maxFields) {
      const text = `Limit of total fields [${reading.maxFields}] has been exceeded (store.limits.max_mapping_fields)`
      throw new SearchError(400, 'illegal_argument_exception', text)
    }
  }
}

function readField(reading: Reading, path: string, given: JsonRecord, isIndexed: boolean): void {
  const type = String(given['type'] ?? 'object')
  if (type === 'alias') {
    reading.aliases.push({ path, target: String(given['path'] ?? '') })
    return
  }
  if (type === 'object' || type === 'nested' || type === 'passthrough') {
    const isAsked = isIndexed && type !== 'nested' && given['enabled'] !== false
    if (!isAsked) reading.fields.push({ path, type: 'object', source: path, indexed: false })
    readProperties(reading, given['properties'], `${path}.`, isAsked)
    return
  }
  checkParameters(path, type, given)
  reading.fields.push(fieldOf(path, path, given, isIndexed))
  const fields = given['fields']
  if (fields === undefined) return
  if (!isRecord(fields)) throw refused(`Expected map for property [fields] on field [${path}]`)
  for (const [name, each] of Object.entries(fields)) {
    const inner = `${path}.${name}`
    if (!isRecord(each)) throw refused(`Expected map for property [fields] on field [${inner}]`)
    checkParameters(inner, String(each['type'] ?? ''), each)
    reading.fields.push(fieldOf(inner, path, each, isIndexed))
  }
}

const known: ReadonlySet<string> = new Set(fieldTypes)
/** OpenSearch's names. */
const otherNames: Readonly<Record<string, FieldType>> = { flat_object: 'flattened' }

/** Types that Elasticsearch has and Weir does not: the values are kept, and cannot be asked for. */
const keptTypes = new Set([
  ...'binary geo_point geo_shape point shape histogram version completion dense_vector'.split(' '),
  ...'sparse_vector semantic_text rank_feature rank_features join integer_range'.split(' '),
  ...'long_range float_range double_range date_range ip_range search_as_you_type'.split(' '),
  ...'token_count percolator murmur3 aggregate_metric_double annotated_text'.split(' '),
  ...'counted_keyword'.split(' '),
])

function fieldOf(path: string, source: string, given: JsonRecord, isIndexed: boolean): Field {
  const name = String(given['type'])
  const type = otherNames[name] ?? name
  if (keptTypes.has(type)) {
    const unaskable = `Weir keeps fields of type [${name}] and cannot look into them.`
    return { path, source, type: 'object', indexed: false, unaskable }
  }
  if (!known.has(type)) {
    throw refused(
      `The mapper type [${name}] declared on field [${path}] does not exist. It might have been created within a future version or requires a plugin to be installed.`,
    )
  }
  const isText = type === 'text' || type === 'match_only_text'
  const isFound = !isFalse(given['index']) || (!isFalse(given['doc_values']) && !isText)
  const isAsked = isIndexed && isFound
  const nullValue = scalarOf(given['null_value'])
  const value = scalarOf(given['value'])
  return {
    path,
    source,
    type: type as FieldType,
    indexed: isAsked,
    ...(isFound ? {} : { unaskable: 'it is not indexed nor has doc values.' }),
    ...formatOf(path, type, given),
    ...(given['ignore_above'] === undefined ? {} : { ignoreAbove: Number(given['ignore_above']) }),
    ...(type === 'scaled_float' ? { scalingFactor: scalingFactor(path, given) } : {}),
    ...(value === undefined ? {} : { value }),
    ...(nullValue === undefined ? {} : { nullValue }),
  }
}

function formatOf(path: string, type: string, { format }: JsonRecord): { format?: string } {
  if (typeof format !== 'string') return {}
  try {
    if (type === 'date' || type === 'date_nanos') checkDateFormat(format)
  } catch (failure) {
    if (!(failure instanceof SearchError)) throw failure
    throw refused(`Failed to parse mapping: Field [${path}]: ${failure.message}`)
  }
  return { format }
}

function scalingFactor(path: string, given: JsonRecord): number {
  const factor = Number(given['scaling_factor'])
  if (factor > 0) return factor
  throw refused(`Field [${path}] misses required parameter [scaling_factor]`)
}

const isFalse = (value: JsonValue | undefined) => String(value) === 'false'

const scalarOf = (value: JsonValue | undefined) =>
  value === null || typeof value === 'object' ? undefined : value

/** Parameters that change nothing in what is found, or that `fieldOf` reads. */
const parameters = new Set([
  ...'type fields index doc_values store null_value format ignore_above'.split(' '),
  ...'ignore_malformed coerce norms index_options fielddata similarity meta'.split(' '),
  ...'fielddata_frequency_filter eager_global_ordinals term_vector boost locale'.split(' '),
  ...'time_series_dimension time_series_dimensions time_series_metric depth_limit'.split(' '),
  ...'split_queries_on_whitespace index_prefixes index_phrases position_increment_gap'.split(' '),
  ...'scaling_factor value synthetic_source_keep subobjects dynamic metric_type unit'.split(' '),
  ...'include_in_all similarity properties doc_values_skip_index'.split(' '),
])

const asStandard = new Set(['standard', 'default'])

function checkParameters(path: string, type: string, given: JsonRecord): void {
  if (type === '') throw refused(`No type specified for field [${path}]`)
  if (keptTypes.has(type)) return
  for (const [name, value] of Object.entries(given)) {
    if (name === 'coerce' && isFalse(value)) {
      const text = `[coerce] [false] of field [${path}] is not supported: numbers in texts are numbers`
      throw refused(text)
    }
    if (parameters.has(name)) continue
    if (/^(search_|search_quote_)?analyzer$/.test(name)) {
      if (asStandard.has(String(value))) continue
      throw refused(`analyzer [${String(value)}] of field [${path}] is not supported: use standard`)
    }
    if (['normalizer', 'copy_to', 'script', 'on_script_error'].includes(name)) {
      throw refused(`[${name}] of field [${path}] is not supported`)
    }
    throw refused(`unknown parameter [${name}] on mapper [${path}] of type [${type}]`)
  }
}

function resolveAlias({ path, target }: Alias, fields: readonly Field[]): Field {
  const field = fields.find((each) => each.path === target)
  if (field) return { ...field, path, aliasOf: target }
  throw refused(
    `Invalid [path] value [${target}] for field alias [${path}]: an alias must refer to an existing field in the mappings.`,
  )
}

/**
 * The mapping with the fields of another: how `PUT <index>/_mapping` extends it and templates compose.
 *
 * @param mayReplace whether a field may get another type, as a later component of a template may say.
 * @throws SearchError 400 illegal_argument_exception when a field has another type already.
 */
export function mergeMappings(
  before: JsonRecord,
  added: JsonRecord,
  mayReplace: boolean,
): JsonRecord {
  const merged: JsonRecord = { ...before, ...added }
  const templates = [...listOf(before['dynamic_templates']), ...listOf(added['dynamic_templates'])]
  if (templates.length > 0) {
    // A later template of the same name takes the place of the former.
    const byName = new Map(templates.map((each) => [Object.keys(each as JsonRecord)[0], each]))
    merged['dynamic_templates'] = [...byName.values()]
  }
  const properties = mergeProperties(before['properties'], added['properties'], '', mayReplace)
  if (properties) merged['properties'] = properties
  return merged
}

const listOf = (value: JsonValue | undefined) => (Array.isArray(value) ? value : [])

function mergeProperties(
  before: JsonValue | undefined,
  added: JsonValue | undefined,
  prefix: string,
  mayReplace: boolean,
): JsonRecord | undefined {
  if (!isRecord(before)) return isRecord(added) ? added : undefined
  if (!isRecord(added)) return before
  const merged = new Map(Object.entries(before))
  for (const [name, field] of Object.entries(added)) {
    const old = merged.get(name)
    const path = prefix + name
    merged.set(
      name,
      isRecord(old) && isRecord(field) ? mergeField(old, field, path, mayReplace) : field,
    )
  }
  return Object.fromEntries(merged)
}

function mergeField(
  old: JsonRecord,
  field: JsonRecord,
  path: string,
  mayReplace: boolean,
): JsonRecord {
  const [was, is] = [old, field].map((each) => String(each['type'] ?? 'object'))
  if (was !== is) {
    if (mayReplace) return field
    const text = `mapper [${path}] cannot be changed from type [${was}] to [${is}]`
    throw new SearchError(400, 'illegal_argument_exception', text)
  }
  const merged: JsonRecord = { ...old, ...field }
  for (const inner of ['properties', 'fields']) {
    const both = mergeProperties(old[inner], field[inner], `${path}.`, mayReplace)
    if (both) merged[inner] = both
  }
  return merged
}
