import { catAnswer, catParameters, type Column } from './cat_table.ts'
import type { Index } from './indices.ts'
import { createdMs, uuidOf } from './index_routes.ts'
import { apiVersion } from './probe_routes.ts'
import { anyScope, type Answer, type Call, type Route } from './route.ts'
import { namePattern } from './name_pattern.ts'
import { targetOptions, targetParameters } from './url_search.ts'
import { patternsOf } from './templates.ts'

const indexColumns: readonly Column<Index>[] = [
  { name: 'health', aliases: ['h'], of: () => 'green' },
  { name: 'status', aliases: ['s'], of: () => 'open' },
  { name: 'index', aliases: ['i', 'idx'], of: ({ name }) => name },
  { name: 'uuid', aliases: ['id'], of: ({ name }) => uuidOf(name) },
  { name: 'pri', aliases: ['p', 'shards.primary'], of: () => 1 },
  { name: 'rep', aliases: ['r', 'shards.replica'], of: () => 0 },
  { name: 'docs.count', aliases: ['dc', 'docsCount'], of: documents },
  { name: 'docs.deleted', aliases: ['dd', 'docsDeleted'], of: deleted },
  { name: 'store.size', aliases: ['ss', 'storeSize'], of: bytes },
  { name: 'pri.store.size', aliases: [], of: bytes },
  { name: 'dataset.size', aliases: [], of: bytes },
  { name: 'creation.date', aliases: ['cd'], isExtra: true, of: createdMs },
  {
    name: 'creation.date.string',
    aliases: ['cds'],
    isExtra: true,
    of: (index) => new Date(createdMs(index)).toISOString(),
  },
]

function documents({ statistics }: Index): number {
  return statistics?.documents ?? 0
}
function deleted({ statistics }: Index): number {
  return statistics?.deleted ?? 0
}
function bytes({ statistics }: Index): { bytes: number } {
  return { bytes: statistics?.bytes ?? 0 }
}

async function indices(call: Call): Promise<Answer> {
  const { api, place, query } = call
  const found = await api.indices.find(place['index'] ?? '*', targetOptions(query))
  return catAnswer(call, indexColumns, found)
}

const timeColumns = [
  { name: 'epoch', aliases: ['t', 'time'], of: ({ ms }: { ms: number }) => Math.floor(ms / 1000) },
  {
    name: 'timestamp',
    aliases: ['ts', 'hms', 'hhmmss'],
    of: ({ ms }: { ms: number }) => new Date(ms).toISOString().slice(11, 19),
  },
] as const

async function count(call: Call): Promise<Answer> {
  const { api, place, deadline } = call
  const found = await api.indices.find(place['index'] ?? '*')
  const names = found.map(({ name }) => name).join(',')
  const total = names === '' ? 0 : await api.services.engine.count(names, {}, {}, deadline)
  const columns: Column<{ ms: number }>[] = [
    ...timeColumns,
    { name: 'count', aliases: ['dc', 'docs.count', 'docsCount'], of: () => total },
  ]
  return catAnswer(call, columns, [{ ms: api.services.clock.now() }])
}

async function health(call: Call): Promise<Answer> {
  const { api } = call
  const shards = (await api.indices.all()).size
  const columns: Column<{ ms: number }>[] = [
    ...timeColumns,
    { name: 'cluster', aliases: ['cl'], of: () => api.services.clusterName },
    { name: 'status', aliases: ['st'], of: () => 'green' },
    { name: 'node.total', aliases: ['nt', 'nodeTotal'], of: () => 1 },
    { name: 'node.data', aliases: ['nd', 'nodeData'], of: () => 1 },
    { name: 'shards', aliases: ['t', 'sh', 'shards.total'], of: () => shards },
    { name: 'pri', aliases: ['p', 'shards.primary'], of: () => shards },
    { name: 'relo', aliases: ['r', 'shards.relocating'], of: () => 0 },
    { name: 'init', aliases: ['i', 'shards.initializing'], of: () => 0 },
    { name: 'unassign', aliases: ['u', 'shards.unassigned'], of: () => 0 },
    { name: 'pending_tasks', aliases: ['pt', 'pendingTasks'], of: () => 0 },
    { name: 'max_task_wait_time', aliases: ['mtwt'], of: () => '-' },
    { name: 'active_shards_percent', aliases: ['asp'], of: () => '100.0%' },
  ]
  return catAnswer(call, columns, [{ ms: api.services.clock.now() }])
}

function nodes(call: Call): Answer {
  const columns: Column<string>[] = [
    { name: 'ip', aliases: ['i'], of: () => '127.0.0.1' },
    { name: 'node.role', aliases: ['r', 'role'], of: () => 'dim' },
    { name: 'master', aliases: ['m'], of: () => '*' },
    { name: 'name', aliases: ['n'], of: (name) => name },
    { name: 'version', aliases: ['v'], isExtra: true, of: () => apiVersion },
  ]
  return catAnswer(call, columns, [call.api.services.nodeName])
}

async function aliases(call: Call): Promise<Answer> {
  const patterns = call.place['name']?.split(',').map(namePattern)
  const rows = [...(await call.api.indices.all()).values()].flatMap((index) =>
    Object.entries(index.aliases)
      .filter(([alias]) => !patterns || patterns.some((each) => each.test(alias)))
      .map(([alias, { filter }]) => ({ alias, index, filter })),
  )
  const columns: Column<(typeof rows)[number]>[] = [
    { name: 'alias', aliases: ['a'], of: ({ alias }) => alias },
    { name: 'index', aliases: ['i', 'idx'], of: ({ index }) => index.name },
    { name: 'filter', aliases: ['f', 'fi'], of: ({ filter }) => (filter ? '*' : '-') },
    { name: 'routing.index', aliases: ['ri', 'routingIndex'], of: () => '-' },
    { name: 'routing.search', aliases: ['rs', 'routingSearch'], of: () => '-' },
    {
      name: 'is_write_index',
      aliases: ['w', 'isWriteIndex'],
      of: ({ alias, index }) => String(index.metadata?.aliases[alias]?.isWriteIndex ?? '-'),
    },
  ]
  return catAnswer(call, columns, rows)
}

function templates(call: Call): Answer {
  const { catalogue } = call.api.services
  const fits = namePattern(call.place['name'] ?? '*')
  const rows = (['index_template', 'legacy_template'] as const).flatMap((kind) =>
    [...catalogue.all(kind)]
      .filter(([name]) => fits.test(name))
      .map(([name, body]) => ({ name, body, kind })),
  )
  const columns: Column<(typeof rows)[number]>[] = [
    { name: 'name', aliases: ['n'], of: ({ name }) => name },
    {
      name: 'index_patterns',
      aliases: ['t'],
      of: ({ body }) => `[${patternsOf(body).join(', ')}]`,
    },
    {
      name: 'order',
      aliases: ['o', 'p'],
      of: ({ body }) => String((body['priority'] ?? body['order'] ?? '') as string),
    },
    {
      name: 'version',
      aliases: ['v'],
      of: ({ body }) => String((body['version'] ?? '') as string),
    },
    {
      name: 'composed_of',
      aliases: ['c'],
      of: ({ body, kind }) =>
        kind === 'legacy_template'
          ? ''
          : `[${Array.isArray(body['composed_of']) ? body['composed_of'].join(', ') : ''}]`,
    },
  ]
  return catAnswer(call, columns, rows)
}

const table = (paths: readonly string[], handle: Route['handle']): Route => ({
  methods: ['GET'],
  paths,
  scope: anyScope,
  parameters: [
    ...catParameters,
    ...targetParameters,
    'health',
    'pri',
    'include_unloaded_segments',
    'ts',
    'full_id',
  ],
  handle,
})

const named = [
  '/_cat/aliases',
  '/_cat/count',
  '/_cat/health',
  '/_cat/indices',
  '/_cat/nodes',
  '/_cat/templates',
]

/** Tables for people. */
export const catRoutes: readonly Route[] = [
  table(['/_cat'], () => ({
    type: 'text/plain; charset=UTF-8',
    body: `=^.^=\n${named.map((path) => `${path}\n`).join('')}`,
  })),
  { ...table(['/_cat/indices', '/_cat/indices/:index'], indices), scope: 'read' },
  { ...table(['/_cat/count', '/_cat/count/:index'], count), scope: 'read' },
  table(['/_cat/health'], health),
  table(['/_cat/nodes'], nodes),
  table(['/_cat/aliases', '/_cat/aliases/:name'], aliases),
  table(['/_cat/templates', '/_cat/templates/:name'], templates),
]
