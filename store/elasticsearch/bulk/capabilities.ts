import { PermanentError } from '../../../core/errors.ts'
import type { JsonObject } from '../../../core/json.ts'
import { errorText, requestError } from './bulk_verdict.ts'
import type { Requests } from '../cluster.ts'
import { plainCapabilities, type Capabilities, type DocumentKind } from './document_kind.ts'

/**
 * Finds out what a server knows by letting it simulate templates: nothing is stored. Version numbers
 * alone do not say it: distributions lack modules, and licences features.
 *
 * @throws PermanentError when the credentials may not manage templates; RetryableError.
 */
export async function capabilitiesOf(
  kind: DocumentKind,
  cluster: Requests,
  deadline: AbortSignal,
): Promise<Capabilities> {
  const ask = (part: JsonObject) => simulate(cluster, part, deadline)
  const dataStreams = await ask({ data_stream: {} })
  // Data streams have rules of their own for what else a template may say.
  const takes = (part: JsonObject) => ask(dataStreams ? { data_stream: {}, ...part } : part)
  const first = async (
    candidates: readonly JsonObject[],
    templateOf: (candidate: JsonObject) => JsonObject,
    otherwise: JsonObject,
  ) => {
    for (const candidate of candidates) {
      if (await takes({ template: templateOf(candidate) })) return candidate
    }
    return otherwise
  }
  const asField = (mapping: JsonObject) => ({ mappings: { properties: { weir: mapping } } })
  const asRoot = (mappings: JsonObject) => ({ mappings })
  const settings: JsonObject = {}
  for (const candidates of wantedSettings) {
    Object.assign(settings, await first(candidates, withSettings, {}))
  }
  const plain = plainCapabilities(kind)
  return {
    text: await first([{ type: 'match_only_text' }], asField, plain.text),
    free: await first(
      [{ type: 'flattened', ignore_above: 1024 }, { type: 'flat_object' }],
      asField,
      plain.free,
    ),
    // Early versions with `subobjects` refuse events with objects in them, as OpenSearch 3.6 does with
    // its `disable_objects`; those with the setting for the source (8.17) do not.
    root: sourceMode in settings ? await first([{ subobjects: false }], asRoot, {}) : {},
    settings,
    dataStreams,
    lifecycle: await takes({ template: { lifecycle: { data_retention: '14d' } } }),
    composition: await composition(kind, takes),
  }
}

/** The user's own component is used where it exists, or may come to exist later. */
async function composition(
  kind: DocumentKind,
  takes: (part: JsonObject) => Promise<boolean>,
): Promise<JsonObject> {
  const { component, custom: own } = kind
  const whenThere = { ignore_missing_component_templates: [own] }
  const both = { composed_of: [component, own] }
  const custom = { composed_of: [own] }
  if (await takes({ ...custom, ...whenThere })) return { ...both, ...whenThere }
  return (await takes(custom)) ? both : plainCapabilities(kind).composition
}

const sourceMode = 'index.mapping.source.mode'

/** Settings to have where the server takes them; of each list the first that it takes. */
const wantedSettings: readonly (readonly JsonObject[])[] = [
  [{ 'index.mapping.ignore_malformed': true }],
  [{ 'index.mapping.total_fields.ignore_dynamic_beyond_limit': true }],
  // Less than half the disk, from 8.17 on. A synthetic source, which is its default under some licences,
  // would lose the order and types of what came in, and a time's micro- and nanoseconds.
  [{ 'index.mode': 'logsdb', [sourceMode]: 'stored' }],
]

function withSettings(settings: JsonObject): JsonObject {
  const timestamp = { type: 'date', ignore_malformed: false }
  return { settings, mappings: { properties: { '@timestamp': timestamp } } }
}

async function simulate(
  cluster: Requests,
  part: JsonObject,
  deadline: AbortSignal,
): Promise<boolean> {
  const template = {
    index_patterns: ['weir-capability-probe'],
    priority: 2_000_000_000,
    ...part,
  }
  const answer = await cluster.request(
    { method: 'POST', path: '/_index_template/_simulate', body: JSON.stringify(template) },
    deadline,
  )
  if (answer.status < 300) return true
  if (answer.status === 400) return false
  if (answer.status === 401 || answer.status === 403) {
    const text = `${answer.host} refuses to let these credentials manage index templates (${answer.status}: ${errorText(answer)}): give them the cluster privilege manage_index_templates, or install templates yourself and set \`manage_templates: false\``
    throw new PermanentError('WEIR_OUTPUT_REFUSED', text)
  }
  throw requestError(answer)
}
