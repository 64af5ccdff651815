import type { JsonRecord } from '../search.ts'
import { isRecord, parseRecord } from './request_body.ts'
import { anyScope, type Answer, type Call, type Method, type Route } from './route.ts'

/** The version of Elasticsearch whose API this is. */
export const apiVersion = '8.19.0'
const builtAt = '2025-07-23T22:10:18.138215917Z'
const nodeId = 'weir0000000000000000AA'

const root = ({ api }: Call): Answer => ({
  body: {
    name: api.services.nodeName,
    cluster_name: api.services.clusterName,
    cluster_uuid: nodeId,
    version: {
      number: apiVersion,
      build_flavor: 'default',
      build_type: 'tar',
      build_hash: '0000000000000000000000000000000000000000',
      build_date: builtAt,
      build_snapshot: false,
      lucene_version: '9.12.2',
      minimum_wire_compatibility_version: '7.17.0',
      minimum_index_compatibility_version: '7.0.0',
    },
    tagline: 'You Know, for Search',
  },
})

async function health(call: Call): Promise<Answer> {
  const { api, place } = call
  const indices = await api.indices.find(place['index'] ?? '_all', { ignoreUnavailable: true })
  const isMissing =
    place['index'] !== undefined && indices.length === 0 && !place['index'].includes('*')
  const shards = indices.length
  const body = {
    cluster_name: api.services.clusterName,
    status: isMissing ? 'red' : 'green',
    timed_out: isMissing,
    number_of_nodes: 1,
    number_of_data_nodes: 1,
    active_primary_shards: shards,
    active_shards: shards,
    relocating_shards: 0,
    initializing_shards: 0,
    unassigned_shards: 0,
    unassigned_primary_shards: 0,
    delayed_unassigned_shards: 0,
    number_of_pending_tasks: 0,
    number_of_in_flight_fetch: 0,
    task_max_waiting_in_queue_millis: 0,
    active_shards_percent_as_number: 100,
  }
  return { status: isMissing ? 408 : 200, body }
}

function settings({ api, method, body }: Call): Answer {
  const { catalogue } = api.services
  const none: JsonRecord = { persistent: {}, transient: {} }
  const known = catalogue.get('cluster_settings', 'all') ?? none
  if (method === 'GET') return { body: known }
  const given = parseRecord(body)
  const merged: JsonRecord = { ...known }
  for (const scope of ['persistent', 'transient']) {
    if (!isRecord(given[scope])) continue
    const both = { ...(known[scope] as JsonRecord), ...given[scope] }
    const kept = Object.entries(both).filter(([, value]) => value !== null)
    merged[scope] = Object.fromEntries(kept)
  }
  catalogue.put('cluster_settings', 'all', merged)
  return { body: { acknowledged: true, persistent: {}, transient: {}, ...given } }
}

const license: Answer = {
  body: {
    license: {
      status: 'active',
      uid: '00000000-0000-0000-0000-000000000000',
      type: 'basic',
      issue_date: builtAt,
      issue_date_in_millis: 1_753_308_618_138,
      max_nodes: 1_000,
      max_resource_units: null,
      issued_to: 'weir',
      issuer: 'weir',
      start_date_in_millis: -1,
    },
  },
}

const features = [
  'aggregate_metric',
  'data_streams',
  'graph',
  'ilm',
  'logstash',
  'ml',
  'security',
  'sql',
]
const offered = new Set(['data_streams', 'ilm', 'security'])
const xpack: Answer = {
  body: {
    build: { hash: '0000000000000000000000000000000000000000', date: builtAt },
    license: {
      uid: '00000000-0000-0000-0000-000000000000',
      type: 'basic',
      mode: 'basic',
      status: 'active',
    },
    features: Object.fromEntries(
      features.map((name) => [name, { available: offered.has(name), enabled: offered.has(name) }]),
    ),
    tagline: 'You know, for X',
  },
}

const nodes = ({ api }: Call): Answer => ({
  body: {
    _nodes: { total: 1, successful: 1, failed: 0 },
    cluster_name: api.services.clusterName,
    nodes: {
      [nodeId]: {
        name: api.services.nodeName,
        transport_address: '127.0.0.1:9300',
        host: '127.0.0.1',
        ip: '127.0.0.1',
        version: apiVersion,
        build_flavor: 'default',
        build_type: 'tar',
        build_hash: '0000000000000000000000000000000000000000',
        roles: ['data', 'ingest', 'master'],
        // No publish_address: a client that looks for other nodes stays with the address that it has.
        http: { max_content_length_in_bytes: 100_000_000 },
        plugins: [],
        modules: [],
        ingest: { processors: [] },
      },
    },
  },
})

const authenticated: Answer = {
  body: {
    username: 'weir',
    roles: ['superuser'],
    full_name: null,
    email: null,
    metadata: {},
    enabled: true,
    authentication_realm: { name: 'weir', type: 'file' },
    lookup_realm: { name: 'weir', type: 'file' },
    authentication_type: 'realm',
  },
}

/** Whoever may ask may do all that their token's scopes say; those answer for themselves. */
function privileges({ body }: Call): Answer {
  const given = parseRecord(body)
  const granted = (list: unknown) =>
    Object.fromEntries((Array.isArray(list) ? list : []).map((each) => [String(each), true]))
  const index: JsonRecord = {}
  for (const each of Array.isArray(given['index']) ? given['index'] : []) {
    if (!isRecord(each)) continue
    for (const name of Array.isArray(each['names']) ? each['names'] : [each['names']!]) {
      index[String(name)] = granted(each['privileges'])
    }
  }
  const cluster = granted(given['cluster'])
  return { body: { username: 'weir', has_all_requested: true, cluster, index, application: {} } }
}

const probe = (
  paths: readonly string[],
  handle: Route['handle'],
  methods: readonly Method[] = ['GET'],
): Route => ({ methods, paths, scope: anyScope, handle })

/** What clients and shippers ask before they begin. */
export const probeRoutes: readonly Route[] = [
  probe(['/'], root, ['GET', 'HEAD']),
  probe(['/_cluster/health', '/_cluster/health/:index'], health),
  probe(['/_cluster/settings'], settings),
  { methods: ['PUT'], paths: ['/_cluster/settings'], scope: 'admin', handle: settings },
  probe(['/_license'], () => license),
  probe(['/_xpack'], () => xpack),
  probe(['/_nodes', '/_nodes/:node', '/_nodes/:node/:metric'], nodes),
  probe(['/_security/_authenticate'], () => authenticated),
  probe(['/_security/user/_has_privileges'], privileges, ['GET', 'POST']),
  probe(['/_ingest/geoip/stats', '/_remote/info'], () => ({ body: {} })),
]
