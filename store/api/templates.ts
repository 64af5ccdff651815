import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import type { CatalogueStore } from './catalogue_store.ts'
import { mergeMappings, parseMapping } from './mapping.ts'
import { isRecord } from './request_body.ts'
import { namePattern } from './name_pattern.ts'

/** What templates say about an index to be made. */
export interface Composed {
  readonly mappings: JsonRecord | undefined
  readonly settings: JsonRecord
  readonly aliases: JsonRecord
  readonly isDataStream: boolean
}

/** What the index template for a name says, its components included; a legacy one when there is none. */
export function templateFor(catalogue: CatalogueStore, index: string): Composed | undefined {
  const fitting = [...catalogue.all('index_template')]
    .filter(([, template]) => patternsOf(template).some((each) => namePattern(each).test(index)))
    .toSorted(([, a], [, b]) => priorityOf(b) - priorityOf(a))
  const best = fitting[0]
  if (best) return composed(catalogue, best[0], best[1])
  const legacy = [...catalogue.all('legacy_template').values()]
    .filter((template) => patternsOf(template).some((each) => namePattern(each).test(index)))
    .toSorted((a, b) => Number(a['order'] ?? 0) - Number(b['order'] ?? 0))
  return legacy.length === 0 ? undefined : combined(legacy, false)
}

/** Names of the components that have to be there. */
export function requiredComponents(template: JsonRecord): string[] {
  const optional = textsOf(template['ignore_missing_component_templates'])
  return textsOf(template['composed_of']).filter((each) => !optional.includes(each))
}

/** Of those that fit a name, the one with the highest counts. */
export const priorityOf = (template: JsonRecord): number => Number(template['priority'] ?? 0)

/** @throws SearchError 400 when it names components that are not there. */
export function composed(catalogue: CatalogueStore, name: string, template: JsonRecord): Composed {
  const names = textsOf(template['composed_of'])
  const missing = requiredComponents(template).filter(
    (each) => !catalogue.get('component_template', each),
  )
  if (missing.length > 0) {
    throw invalid(
      name,
      `index template [${name}] specifies component templates [${missing.join(', ')}] that do not exist`,
    )
  }
  const parts = names.flatMap((each) => {
    const component = catalogue.get('component_template', each)?.['template']
    return isRecord(component) ? [component] : []
  })
  if (isRecord(template['template'])) parts.push(template['template'])
  return combined(parts, isRecord(template['data_stream']))
}

function combined(parts: readonly JsonRecord[], isDataStream: boolean): Composed {
  let mappings: JsonRecord | undefined
  let settings: JsonRecord = {}
  let aliases: JsonRecord = {}
  for (const part of parts) {
    if (isRecord(part['mappings'])) mappings = mergeMappings(mappings ?? {}, part['mappings'], true)
    if (isRecord(part['settings'])) settings = { ...settings, ...part['settings'] }
    if (isRecord(part['aliases'])) aliases = { ...aliases, ...part['aliases'] }
  }
  return { mappings, settings, aliases, isDataStream }
}

const known = {
  index_template: [
    ...'index_patterns template composed_of priority version _meta data_stream'.split(' '),
    ...'allow_auto_create ignore_missing_component_templates deprecated'.split(' '),
  ],
  component_template: ['template', 'version', '_meta', 'allow_auto_create', 'deprecated'],
  legacy_template: 'index_patterns order version settings mappings aliases template'.split(' '),
}

/**
 * Looks whether a template can be kept.
 *
 * @throws SearchError 400 in Elasticsearch's words.
 */
export function checkTemplate(
  catalogue: CatalogueStore,
  kind: keyof typeof known,
  name: string,
  template: JsonRecord,
  maxFields: number,
): void {
  for (const key of Object.keys(template)) {
    if (known[kind].includes(key)) continue
    throw new SearchError(
      400,
      'x_content_parse_exception',
      `[1:1] [${kind}] unknown field [${key}]`,
    )
  }
  if (kind !== 'component_template' && patternsOf(template).length === 0) {
    const text = 'Validation Failed: 1: index patterns are missing;'
    throw new SearchError(400, 'action_request_validation_exception', text)
  }
  const body = kind === 'legacy_template' ? template : template['template']
  if (kind === 'component_template' && !isRecord(body)) {
    const text = '[component_template] Required [template]'
    throw new SearchError(400, 'x_content_parse_exception', text)
  }
  if (isRecord(body)) {
    for (const key of Object.keys(body)) {
      if (kind === 'legacy_template' || templateParts.has(key)) continue
      throw new SearchError(400, 'x_content_parse_exception', `[template] unknown field [${key}]`)
    }
  }
  try {
    if (kind !== 'component_template' || !isRecord(body)) {
      const whole =
        kind === 'index_template'
          ? composed(catalogue, name, template)
          : combined([template], false)
      parseMapping(whole.mappings, maxFields)
    } else if (isRecord(body['mappings'])) parseMapping(withoutAliases(body['mappings']), maxFields)
  } catch (failure) {
    if (!(failure instanceof SearchError) || failure.type !== 'mapper_parsing_exception')
      throw failure
    throw new SearchError(400, 'illegal_argument_exception', `template [${name}] is invalid`, {
      caused_by: { type: failure.type, reason: failure.message },
    })
  }
}

const templateParts = new Set([
  'settings',
  'mappings',
  'aliases',
  'lifecycle',
  'data_stream_options',
])

/** An alias field of a component may point to a field of another one. */
function withoutAliases(mapping: JsonRecord): JsonRecord {
  const strip = (value: JsonValue): JsonValue => {
    if (!isRecord(value)) return value
    const kept = Object.entries(value).filter(
      ([, each]) => !(isRecord(each) && each['type'] === 'alias'),
    )
    return Object.fromEntries(kept.map(([name, each]) => [name, strip(each)]))
  }
  return isRecord(mapping['properties'])
    ? { ...mapping, properties: strip(mapping['properties']) }
    : mapping
}

export const patternsOf = (template: JsonRecord): string[] =>
  textsOf(
    template['index_patterns'] ??
      (typeof template['template'] === 'string' ? template['template'] : []),
  )

function textsOf(value: JsonValue | undefined): string[] {
  if (value === undefined || value === null) return []
  return (Array.isArray(value) ? value : [value]).map(String)
}

const invalid = (name: string, cause: string) =>
  new SearchError(
    400,
    'invalid_index_template_exception',
    `index_template [${name}] invalid, cause [${cause}]`,
  )
