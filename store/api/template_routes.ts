import { SearchError, type JsonRecord } from '../search.ts'
import type { CatalogueKind } from './catalogue_store.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import { recordAt } from './indices.ts'
import { parseQuestion, parseRecord, parseRequired } from './request_body.ts'
import { acknowledged, anyScope, type Answer, type Call, type Route } from './route.ts'
import { namePattern } from './name_pattern.ts'
import { checkNoStreamLeft, checkPriority, checkUnused } from './template_conflicts.ts'
import { checkTemplate, composed, patternsOf, templateFor } from './templates.ts'

/** Things by name that are kept and given back. */
interface Kept {
  readonly kind: CatalogueKind
  readonly path: string
  /** What is answered when a name is not there. */
  readonly missing: (name: string) => SearchError
  readonly list: (found: readonly (readonly [string, JsonRecord])[]) => JsonRecord
  readonly check: (call: Call, name: string, body: JsonRecord) => void
  /** Looks whether these may go. */
  readonly checkRemoval?: (call: Call, names: readonly string[]) => void | Promise<void>
}

const missingTemplate = (what: string) => (name: string) =>
  new SearchError(404, 'resource_not_found_exception', `${what} matching [${name}] not found`)

const templateCheck =
  (kind: 'index_template' | 'component_template' | 'legacy_template') =>
  ({ api }: Call, name: string, body: JsonRecord) =>
    checkTemplate(api.services.catalogue, kind, name, body, api.services.limits.max_mapping_fields)

const kinds: readonly Kept[] = [
  {
    kind: 'index_template',
    path: '_index_template',
    missing: missingTemplate('index template'),
    list: (found) => ({
      index_templates: found.map(([name, body]) => ({
        name,
        index_template: { composed_of: [], ...body, index_patterns: patternsOf(body) },
      })),
    }),
    check(call, name, body) {
      templateCheck('index_template')(call, name, body)
      checkPriority(call.api.services.catalogue, name, body)
    },
    async checkRemoval({ api }, names) {
      const all = [...(await api.indices.all()).values()]
      const streams = all.filter(({ kind }) => kind === 'data_stream').map(({ name }) => name)
      checkNoStreamLeft(api.services.catalogue, names, streams)
    },
  },
  {
    kind: 'component_template',
    path: '_component_template',
    missing: missingTemplate('component template'),
    list: (found) => ({
      component_templates: found.map(([name, body]) => ({ name, component_template: body })),
    }),
    check: templateCheck('component_template'),
    checkRemoval: ({ api }, names) => checkUnused(api.services.catalogue, names),
  },
  {
    kind: 'legacy_template',
    path: '_template',
    missing: missingTemplate('index template'),
    list: (found) =>
      Object.fromEntries(
        found.map(([name, body]) => {
          const defaults = { order: 0, settings: {}, mappings: {}, aliases: {} }
          return [name, { ...defaults, ...body, index_patterns: patternsOf(body) }]
        }),
      ),
    check: templateCheck('legacy_template'),
  },
  {
    kind: 'pipeline',
    path: '_ingest/pipeline',
    missing: (name) =>
      new SearchError(404, 'resource_not_found_exception', `pipeline [${name}] is missing`),
    list: (found) => Object.fromEntries(found),
    check: (_call, _name, body) => {
      if (Array.isArray(body['processors'])) return
      throw new SearchError(400, 'parse_exception', '[processors] required property is missing', {
        property_name: 'processors',
      })
    },
  },
  {
    kind: 'ilm_policy',
    path: '_ilm/policy',
    missing: (name) =>
      new SearchError(404, 'resource_not_found_exception', `Lifecycle policy not found: ${name}`),
    list: (found) =>
      Object.fromEntries(
        found.map(([name, body]) => [
          name,
          { version: 1, modified_date: '1970-01-01T00:00:00.000Z', policy: body['policy'] ?? {} },
        ]),
      ),
    check: (_call, _name, body) => void recordAt(body, 'policy'),
  },
]

function found({ api, place }: Call, { kind, missing }: Kept): [string, JsonRecord][] {
  const all = [...api.services.catalogue.all(kind)]
  const wanted = place['name']
  if (wanted === undefined || wanted === '*' || wanted === '_all') return all
  return wanted.split(',').flatMap((name) => {
    const fitting = all.filter(([each]) => namePattern(name).test(each))
    if (fitting.length === 0 && !name.includes('*')) throw missing(name)
    return fitting
  })
}

function put(call: Call, kept: Kept): Answer {
  const { limits, catalogue } = call.api.services
  const name = call.place['name']!
  if (name.length > 255 || /[*,\s]/.test(name) || name.startsWith('_')) {
    throw new SearchError(
      400,
      'invalid_index_template_exception',
      `name [${name.slice(0, 300)}] must not contain spaces, commas or asterisks, nor start with '_'`,
    )
  }
  const body = parseRequired(call.body, parseQuestion)
  kept.check(call, name, body)
  const isThere = catalogue.get(kept.kind, name) !== undefined
  if (isThere && call.query.flag('create') === true) {
    throw illegalArgument(`[${kept.kind}] [${name}] already exists`)
  }
  if (!isThere && catalogue.all(kept.kind).size >= limits.max_indices) {
    throw illegalArgument(`there are ${limits.max_indices} of [${kept.kind}] already`)
  }
  catalogue.put(kept.kind, name, body)
  return acknowledged
}

async function remove(call: Call, kept: Kept): Promise<Answer> {
  const names = found(call, kept).map(([name]) => name)
  await kept.checkRemoval?.(call, names)
  for (const name of names) call.api.services.catalogue.delete(kept.kind, name)
  return acknowledged
}

function routesOf(kept: Kept): Route[] {
  const paths = [`/${kept.path}/:name`]
  return [
    { methods: ['PUT', 'POST'], paths, scope: 'ingest', handle: (call) => put(call, kept) },
    { methods: ['DELETE'], paths, scope: 'admin', handle: (call) => remove(call, kept) },
    {
      methods: ['GET', 'HEAD'],
      paths: [`/${kept.path}`, ...paths],
      scope: anyScope,
      handle: (call) => ({ body: kept.list(found(call, kept)) }),
    },
  ]
}

/** What an index of a name, or one made by a given template, would be. */
function simulate(call: Call): Answer {
  const { catalogue, limits } = call.api.services
  const { place } = call
  const body = parseRecord(call.body)
  const name = place['name']
  if (Object.keys(body).length > 0) {
    checkTemplate(catalogue, 'index_template', name ?? 'simulated', body, limits.max_mapping_fields)
    return simulated(composed(catalogue, name ?? 'simulated', body))
  }
  if (place['index'] !== undefined) {
    const template = templateFor(catalogue, place['index'])
    if (template) return simulated(template)
    return { body: { template: { settings: {}, mappings: {}, aliases: {} }, overlapping: [] } }
  }
  const known = name === undefined ? undefined : catalogue.get('index_template', name)
  if (known) return simulated(composed(catalogue, name!, known))
  throw illegalArgument(`unable to simulate template [${name ?? ''}] that does not exist`)
}

function simulated({ settings, mappings, aliases }: ReturnType<typeof composed>): Answer {
  return {
    body: { template: { settings, mappings: mappings ?? {}, aliases }, overlapping: [] },
  }
}

async function dataStreams(call: Call): Promise<Answer> {
  const indices = await call.api.indices.find(call.place['name'] ?? '*', {
    expandWildcards: call.query.list('expand_wildcards') ?? ['open'],
  })
  const streams = indices.filter(({ kind }) => kind === 'data_stream')
  return {
    body: {
      data_streams: streams.map(({ name, hidden }) => ({
        name,
        timestamp_field: { name: '@timestamp' },
        indices: [{ index_name: name, index_uuid: name, managed_by: 'Unmanaged' }],
        generation: 1,
        status: 'GREEN',
        next_generation_managed_by: 'Unmanaged',
        prefer_ilm: true,
        template: '',
        hidden,
        system: false,
        allow_custom_routing: false,
        replicated: false,
        rollover_on_write: false,
      })),
    },
  }
}

async function makeStream(call: Call): Promise<Answer> {
  const name = call.place['name']!
  const template = templateFor(call.api.services.catalogue, name)
  if (template && !template.isDataStream) {
    throw illegalArgument(
      `matching index template for data stream [${name}] has no data_stream object`,
    )
  }
  await call.api.indices.create(name, {}, true)
  return acknowledged
}

async function removeStream(call: Call): Promise<Answer> {
  const indices = await call.api.indices.find(call.place['name']!)
  const streams = indices.filter(({ kind }) => kind === 'data_stream')
  if (streams.length < indices.length) {
    throw illegalArgument(`[${call.place['name']}] names an index that is no data stream`)
  }
  for (const { name } of streams) await call.api.indices.delete(name)
  return acknowledged
}

/** ILM never moves anything here: `store.retention` is what deletes. */
const explainLifecycle = async (call: Call): Promise<Answer> => {
  const indices = await call.api.indices.find(call.place['index']!)
  const body: JsonRecord = {}
  for (const { name } of indices) body[name] = { index: name, managed: false }
  return { body: { indices: body } }
}

/** Templates, pipelines and policies, and data streams. */
export const templateRoutes: readonly Route[] = [
  ...kinds.flatMap(routesOf),
  {
    methods: ['POST'],
    paths: ['/_index_template/_simulate', '/_index_template/_simulate/:name'],
    scope: 'ingest',
    handle: simulate,
  },
  {
    methods: ['POST'],
    paths: ['/_index_template/_simulate_index/:index'],
    scope: 'ingest',
    handle: simulate,
  },
  {
    methods: ['GET', 'HEAD'],
    paths: ['/_data_stream', '/_data_stream/:name'],
    scope: anyScope,
    handle: dataStreams,
  },
  { methods: ['PUT'], paths: ['/_data_stream/:name'], scope: 'ingest', handle: makeStream },
  { methods: ['DELETE'], paths: ['/_data_stream/:name'], scope: 'admin', handle: removeStream },
  {
    methods: ['GET'],
    paths: ['/_ilm/status'],
    scope: anyScope,
    handle: () => ({ body: { operation_mode: 'STOPPED' } }),
  },
  {
    methods: ['POST'],
    paths: ['/_ilm/start', '/_ilm/stop'],
    scope: 'admin',
    handle: () => acknowledged,
  },
  { methods: ['GET'], paths: ['/:index/_ilm/explain'], scope: 'read', handle: explainLifecycle },
]
