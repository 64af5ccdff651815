import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import { oneShard } from './api.ts'
import { illegalArgument, indexNotFound } from './elasticsearch_error.ts'
import type { Index } from './indices.ts'
import { isRecord, parseQuestion, parseRequired } from './request_body.ts'
import { acknowledged, anyScope, type Answer, type Call, type Route } from './route.ts'
import { namePattern } from './name_pattern.ts'
import { targetOptions, targetParameters } from './url_search.ts'

const found = ({ api, place, query }: Call) =>
  api.indices.find(place['index'] ?? '_all', targetOptions(query))

/** Names by which something is taken away or changed are not widened by `allow_no_indices`. */
async function mustFind(call: Call): Promise<Index[]> {
  const indices = await found(call)
  if (indices.length > 0) return indices
  if (/[*,]|^_all$/.test(call.place['index'] ?? '_all')) return []
  throw indexNotFound(call.place['index'] ?? '_all')
}

async function create(call: Call): Promise<Answer> {
  const name = call.place['index']!
  const body = parseQuestion(call.body)
  await call.api.indices.create(name, body)
  return { body: { acknowledged: true, shards_acknowledged: true, index: name } }
}

async function remove(call: Call): Promise<Answer> {
  const target = call.place['index']!
  if (/[*]|^_all$/.test(target)) {
    throw illegalArgument('Wildcard expressions or all indices are not allowed')
  }
  const indices = await mustFind(call)
  for (const { name, kind } of indices) {
    const isNamed = target.split(',').includes(name)
    if (!isNamed && !target.includes('<')) {
      throw illegalArgument(
        `The provided expression [${target}] matches an alias, specify the corresponding concrete indices instead.`,
      )
    }
    if (kind === 'data_stream') throw isStream(name)
  }
  for (const { name } of indices) await call.api.indices.delete(name)
  return acknowledged
}

const isStream = (name: string) =>
  illegalArgument(
    `The provided expression [${name}] matches a data stream, use the [_data_stream] API to delete it`,
  )

async function describe(call: Call): Promise<Answer> {
  const body: JsonRecord = {}
  for (const index of await found(call)) {
    body[index.name] = {
      aliases: aliasesOf(index),
      mappings: await mappingOf(call, index),
      settings: settingsOf(index, call),
      ...(index.kind === 'data_stream' ? { data_stream: index.name } : {}),
    }
  }
  return { body }
}

const mappingOf = ({ api }: Call, { name }: Index): Promise<JsonRecord> =>
  api.services.engine.mapping(name)

/** As Elasticsearch tells aliases, whose routing is of no account here. */
export const aliasesOf = ({ aliases, metadata }: Index): JsonRecord =>
  Object.fromEntries(
    Object.entries(aliases).map(([name, { filter }]) => {
      const isWriter = metadata?.aliases[name]?.isWriteIndex
      return [
        name,
        {
          ...(filter ? { filter: filter as JsonRecord } : {}),
          ...(isWriter === undefined ? {} : { is_write_index: isWriter }),
        },
      ]
    }),
  )

export function createdMs({ metadata, statistics }: Index): number {
  return metadata?.createdMs ?? statistics?.createdMs ?? 0
}

function settingsOf(index: Index, call: Call): JsonRecord {
  const settings: JsonRecord = {
    creation_date: String(createdMs(index)),
    number_of_shards: '1',
    number_of_replicas: '0',
    uuid: uuidOf(index.name),
    provided_name: index.name,
    version: { created: '8525000' },
  }
  const given = (index.metadata?.settings ?? {}) as JsonRecord
  const own = isRecord(given['index']) ? given['index'] : {}
  const rest = Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'index'))
  for (const [name, value] of Object.entries({ ...rest, ...own })) {
    placeSetting(settings, name.replace(/^index\./, ''), value)
  }
  return call.query.flag('flat_settings') === true ? flat(settings, 'index.') : { index: settings }
}

function placeSetting(settings: JsonRecord, name: string, value: JsonValue): void {
  const [first = '', ...rest] = name.split('.')
  if (first === '__proto__') return
  if (rest.length > 0) {
    const inner = isRecord(settings[first]) ? { ...settings[first] } : {}
    placeSetting(inner, rest.join('.'), value)
    settings[first] = inner
  } else if (isRecord(value)) {
    const inner = isRecord(settings[first]) ? { ...settings[first] } : {}
    for (const [key, each] of Object.entries(value)) placeSetting(inner, key, each)
    settings[first] = inner
  } else settings[first] = Array.isArray(value) ? value.map(String) : String(value)
}

function flat(settings: JsonRecord, prefix: string): JsonRecord {
  const entries = Object.entries(settings).flatMap(([name, value]) =>
    isRecord(value) ? Object.entries(flat(value, `${prefix}${name}.`)) : [[prefix + name, value]],
  )
  return Object.fromEntries(entries) as JsonRecord
}

/** Weir's indices have no ids but their names; clients want something of 22 characters. */
export const uuidOf = (name: string) =>
  Buffer.from(name.padEnd(16, '_')).toString('base64url').slice(0, 22)

async function getMapping(call: Call): Promise<Answer> {
  const body: JsonRecord = {}
  for (const index of await found(call)) {
    body[index.name] = { mappings: await mappingOf(call, index) }
  }
  return { body }
}

async function putMapping(call: Call): Promise<Answer> {
  const body = parseRequired(call.body)
  for (const { name } of await mustFind(call)) await call.api.indices.extendMapping(name, body)
  return acknowledged
}

/** `_mapping/field/<patterns>`: the mapping of single fields by their full names. */
async function getFieldMapping(call: Call): Promise<Answer> {
  const patterns = call.place['fields']!.split(',').map(namePattern)
  const body: JsonRecord = {}
  for (const index of await found(call)) {
    const { properties } = await mappingOf(call, index)
    const mappings: JsonRecord = {}
    for (const [path, field] of fieldsIn(properties, '')) {
      if (!patterns.some((pattern) => pattern.test(path))) continue
      const name = path.slice(path.lastIndexOf('.') + 1)
      mappings[path] = { full_name: path, mapping: { [name]: field } }
    }
    body[index.name] = { mappings }
  }
  return { body }
}

function* fieldsIn(
  properties: JsonValue | undefined,
  prefix: string,
): Generator<[string, JsonRecord]> {
  if (!isRecord(properties)) return
  for (const [name, field] of Object.entries(properties)) {
    if (!isRecord(field)) continue
    const path = prefix + name
    if (field['properties'] === undefined) yield [path, field]
    yield* fieldsIn(field['properties'], `${path}.`)
    yield* fieldsIn(field['fields'], `${path}.`)
  }
}

async function getSettings(call: Call): Promise<Answer> {
  const body: JsonRecord = {}
  for (const index of await found(call)) body[index.name] = { settings: settingsOf(index, call) }
  return { body }
}

async function putSettings(call: Call): Promise<Answer> {
  const given = parseRequired(call.body)
  const settings = isRecord(given['settings']) ? given['settings'] : given
  for (const { name } of await mustFind(call)) await call.api.indices.changeSettings(name, settings)
  return acknowledged
}

async function refresh(call: Call): Promise<Answer> {
  // Before they are looked for: it may be what makes one found.
  await call.api.services.engine.refresh()
  const total = (await mustFind(call)).length
  return { body: { _shards: { total, successful: total, failed: 0 } } }
}

/** What Weir does by itself. */
async function done(call: Call): Promise<Answer> {
  const total = (await mustFind(call)).length
  return { body: { _shards: { ...oneShard, total, successful: total } } }
}

async function resolveIndex(call: Call): Promise<Answer> {
  const indices = await found(call)
  const pattern = call.place['index']!.split(',').map(namePattern)
  const aliases = new Map<string, string[]>()
  for (const { name, aliases: own } of (await call.api.indices.all()).values()) {
    for (const alias of Object.keys(own)) {
      if (!pattern.some((each) => each.test(alias))) continue
      aliases.set(alias, [...(aliases.get(alias) ?? []), name])
    }
  }
  const plain = indices.filter(({ kind }) => kind === 'index')
  const streams = indices.filter(({ kind }) => kind === 'data_stream')
  return {
    body: {
      indices: plain.map(({ name, aliases: own, hidden }) => ({
        name,
        ...(Object.keys(own).length > 0 ? { aliases: Object.keys(own) } : {}),
        attributes: hidden ? ['hidden', 'open'] : ['open'],
        mode: 'standard',
      })),
      aliases: [...aliases].map(([name, names]) => ({ name, indices: names })),
      data_streams: streams.map(({ name }) => ({
        name,
        backing_indices: [name],
        timestamp_field: '@timestamp',
      })),
    },
  }
}

async function stats(call: Call): Promise<Answer> {
  const indices = await found(call)
  const one = ({ statistics }: Index): JsonRecord => ({
    docs: { count: statistics?.documents ?? 0, deleted: statistics?.deleted ?? 0 },
    store: {
      size_in_bytes: statistics?.bytes ?? 0,
      total_data_set_size_in_bytes: statistics?.bytes ?? 0,
    },
  })
  const sum = (of: (index: Index) => number) => indices.reduce((total, each) => total + of(each), 0)
  const all = {
    docs: {
      count: sum(({ statistics }) => statistics?.documents ?? 0),
      deleted: sum(({ statistics }) => statistics?.deleted ?? 0),
    },
    store: { size_in_bytes: sum(({ statistics }) => statistics?.bytes ?? 0) },
  }
  const body: JsonRecord = {}
  for (const index of indices) {
    body[index.name] = { uuid: uuidOf(index.name), primaries: one(index), total: one(index) }
  }
  const shards = { ...oneShard, total: indices.length, successful: indices.length }
  return { body: { _shards: shards, _all: { primaries: all, total: all }, indices: body } }
}

async function refuseState({ path }: Call): Promise<Answer> {
  const text = `[${path}] is not supported: an index of Weir is always open`
  throw new SearchError(400, 'illegal_argument_exception', text)
}

const life = [...targetParameters, 'timeout', 'master_timeout', 'local']

const withAll = (name: string) => [`/${name}`, `/:index/${name}`]

/** The life of an index. */
export const indexRoutes: readonly Route[] = [
  {
    methods: ['PUT'],
    paths: ['/:index'],
    scope: 'ingest',
    parameters: [...life, 'wait_for_active_shards', 'include_type_name'],
    handle: create,
  },
  { methods: ['DELETE'], paths: ['/:index'], scope: 'admin', parameters: life, handle: remove },
  {
    methods: ['GET', 'HEAD'],
    paths: ['/:index'],
    scope: anyScope,
    parameters: [...life, 'features', 'flat_settings', 'include_defaults', 'include_type_name'],
    handle: describe,
  },
  {
    methods: ['GET'],
    paths: withAll('_mapping'),
    scope: 'read',
    parameters: [...life, 'include_type_name'],
    handle: getMapping,
  },
  {
    methods: ['PUT', 'POST'],
    paths: ['/:index/_mapping'],
    scope: 'ingest',
    parameters: [...life, 'write_index_only', 'include_type_name'],
    handle: putMapping,
  },
  {
    methods: ['GET'],
    paths: ['/_mapping/field/:fields', '/:index/_mapping/field/:fields'],
    scope: 'read',
    parameters: [...life, 'include_defaults'],
    handle: getFieldMapping,
  },
  {
    methods: ['GET'],
    paths: [...withAll('_settings'), '/:index/_settings/:name'],
    scope: 'read',
    parameters: [...life, 'flat_settings', 'include_defaults'],
    handle: getSettings,
  },
  {
    methods: ['PUT'],
    paths: withAll('_settings'),
    scope: 'admin',
    parameters: [...life, 'flat_settings', 'preserve_existing', 'reopen'],
    handle: putSettings,
  },
  {
    methods: ['GET', 'POST'],
    paths: withAll('_refresh'),
    scope: anyScope,
    parameters: [...life, 'force'],
    handle: refresh,
  },
  {
    methods: ['GET', 'POST'],
    paths: [...withAll('_flush'), ...withAll('_cache/clear')],
    scope: 'ingest',
    handle: done,
  },
  { methods: ['POST'], paths: withAll('_forcemerge'), scope: 'admin', handle: done },
  {
    methods: ['GET'],
    paths: ['/_resolve/index/:index'],
    scope: 'read',
    parameters: life,
    handle: resolveIndex,
  },
  {
    methods: ['GET'],
    paths: [...withAll('_stats'), '/_stats/:metric', '/:index/_stats/:metric'],
    scope: 'read',
    handle: stats,
  },
  {
    methods: ['POST'],
    paths: ['/:index/_open', '/:index/_close'],
    scope: 'admin',
    handle: refuseState,
  },
]
