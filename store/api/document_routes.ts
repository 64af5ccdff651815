import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import type { Api } from './api.ts'
import { parseBulk } from './bulk_lines.ts'
import { errorAnswer, illegalArgument, indexNotFound } from './elasticsearch_error.ts'
import type { Index } from './indices.ts'
import type { Operation, Verdict } from './operation.ts'
import type { Parameters } from './parameters.ts'
import { isRecord, parseQuestion, parseRequired } from './request_body.ts'
import type { Answer, Call, Route } from './route.ts'
import type { StoredDocument } from './services.ts'
import { filteredSource, type SourceFilter, sourceFilterOf } from './source_filter.ts'
import { sourceOf } from './url_search.ts'

const writeParameters = [
  ...'refresh routing timeout wait_for_active_shards pipeline require_alias'.split(' '),
  ...'require_data_stream include_source_on_error'.split(' '),
]

/** @throws SearchError 503 while nothing can be taken in. */
function refuseWhilePaused({ services }: Api): void {
  const reason = services.paused()
  if (reason === undefined) return
  const text = `nothing can be taken in now: ${reason}`
  throw new SearchError(503, 'unavailable_exception', text)
}

/** Whether `refresh` asks that the documents be found once the answer is there. */
function wantsRefresh({ query }: Call): boolean {
  const text = query.text('refresh')
  if (text === undefined || text === 'false') return false
  if (text === '' || text === 'true' || text === 'wait_for') return true
  throw illegalArgument(`Unknown value for refresh: [${text}].`)
}

async function bulk(call: Call): Promise<Answer> {
  const { api, query, place, deadline } = call
  refuseWhilePaused(api)
  const refreshes = wantsRefresh(call)
  const requireAlias = query.flag('require_alias') === true
  const { limits, clock } = api.services
  const defaults = { index: place['index'], requireAlias }
  const operations = parseBulk(call.body, defaults, limits.max_bulk_items)
  const startedMs = clock.monotonic()
  const verdicts = await api.intake.take(operations, deadline)
  if (refreshes) await api.intake.refresh()
  const items = verdicts.map(({ body }, index) => ({ [operations[index]!.op]: body }))
  const errors = verdicts.some(({ body }) => 'error' in body)
  return { body: { errors, took: Math.round(clock.monotonic() - startedMs), items } }
}

/** One document by a request of its own. */
async function write(call: Call, op: Operation['op'], id: string | undefined): Promise<Answer> {
  const { api, query, place, deadline, body } = call
  refuseWhilePaused(api)
  const refreshes = wantsRefresh(call)
  if (op !== 'delete' && body.length === 0) {
    throw new SearchError(400, 'parse_exception', 'request body is required')
  }
  if (query.has('version') || query.has('version_type')) {
    throw illegalArgument('[version] is not supported: use [if_seq_no] and [if_primary_term]')
  }
  const operation: Operation = {
    op,
    index: place['index']!,
    id,
    source: body,
    ifSeqNo: query.integer('if_seq_no'),
    ifPrimaryTerm: query.integer('if_primary_term'),
    requireAlias: query.flag('require_alias') === true,
  }
  if (op === 'delete') await mustExist(api, operation.index)
  const [verdict] = await api.intake.take([operation], deadline)
  if (refreshes) await api.intake.refresh()
  return single(verdict!, refreshes)
}

/** A delete makes no index. */
async function mustExist(api: Api, name: string): Promise<void> {
  const all = [...(await api.indices.all()).values()]
  const isThere = all.some((index) => index.name === name || Object.hasOwn(index.aliases, name))
  if (!isThere) throw indexNotFound(name)
}

function single({ status, body }: Verdict, refreshes: boolean): Answer {
  const { status: _, error, ...rest } = body
  if (!isRecord(error)) {
    return { status, body: refreshes ? { ...rest, forced_refresh: true } : rest }
  }
  return { status, body: { error: { root_cause: [error], ...error }, status } }
}

function opOf(call: Call, without: 'index' | 'create'): Operation['op'] {
  const type = call.query.text('op_type') ?? without
  if (type === 'index' || type === 'create') return type
  throw illegalArgument(`opType must be 'create' or 'index', found: [${type}]`)
}

/** One index, which is what a document is read from. */
async function oneIndex(api: Api, name: string): Promise<Index> {
  const found = await api.indices.find(name)
  if (found.length === 1) return found[0]!
  if (found.length === 0) throw indexNotFound(name)
  const names = found.map((index) => index.name).join(', ')
  throw illegalArgument(
    `alias [${name}] has more than one index associated with it [${names}], can't execute a single index op`,
  )
}

async function read(call: Call): Promise<{ index: string; id: string; found: Found | undefined }> {
  const { api, place, query, deadline } = call
  const index = await oneIndex(api, place['index']!)
  const id = place['id']!
  if (query.flag('realtime') !== false || query.flag('refresh') === true) await api.intake.refresh()
  const document = await api.services.engine.document(index.name, id, deadline)
  return { index: index.name, id, found: document && foundOf(api, index.name, document) }
}

interface Found extends StoredDocument {
  readonly version: number
}

const foundOf = (api: Api, index: string, document: StoredDocument): Found => ({
  ...document,
  version: api.services.ids.get(index, document.id)?.version ?? 1,
})

function hitOf(
  index: string,
  id: string,
  found: Found | undefined,
  filter: SourceFilter,
): JsonRecord {
  if (!found) return { _index: index, _id: id, found: false }
  const source = filteredSource(found.source, filter)
  return {
    _index: index,
    _id: id,
    _version: found.version,
    _seq_no: found.seq ?? 0,
    _primary_term: 1,
    found: true,
    ...(source === undefined ? {} : { _source: source }),
  }
}

/** Who asks for stored fields, of which there are none, gets no source, unless that is asked for, too. */
const readSourceOf = (query: Parameters): JsonValue | undefined =>
  sourceOf(query) ?? (query.text('stored_fields') ? false : undefined)

async function get(call: Call): Promise<Answer> {
  const filter = sourceFilterOf(readSourceOf(call.query))
  const { index, id, found } = await read(call)
  return { status: found ? 200 : 404, body: hitOf(index, id, found, filter) }
}

async function getSource(call: Call): Promise<Answer> {
  const filter = sourceFilterOf(sourceOf(call.query))
  const { index, id, found } = await read(call)
  const source = found && filteredSource(found.source, filter)
  if (source !== undefined) return { body: source }
  throw new SearchError(
    404,
    'resource_not_found_exception',
    `Document not found [${index}]/[${id}]`,
  )
}

interface Wanted {
  readonly index: string
  readonly id: string
  readonly source: JsonValue | undefined
}

function wantedOf(call: Call): Wanted[] {
  const body = parseRequired(call.body, parseQuestion)
  const fallback = readSourceOf(call.query)
  const docs = Array.isArray(body['docs']) ? body['docs'] : []
  const ids = Array.isArray(body['ids']) ? body['ids'] : []
  const wanted = [
    ...docs.map((each) => {
      if (!isRecord(each)) throw illegalArgument('docs array element should include an object')
      const index = each['_index'] ?? call.place['index']
      if (each['_id'] === undefined) throw missing('id is missing')
      if (index === undefined) throw missing('index is missing')
      return {
        index: String(index as string),
        id: String(each['_id'] as string),
        source: each['_source'] ?? (each['stored_fields'] === undefined ? fallback : false),
      }
    }),
    ...ids.map((id) => {
      if (call.place['index'] === undefined) throw missing('index is missing')
      return { index: call.place['index'], id: String(id as string), source: fallback }
    }),
  ]
  if (wanted.length === 0) throw missing('no documents to get')
  const { max_gets: most } = call.api.services.limits
  if (wanted.length > most)
    throw illegalArgument(`more than ${most} documents in one request (store.limits.max_gets)`)
  return wanted
}

const missing = (what: string) =>
  new SearchError(400, 'action_request_validation_exception', `Validation Failed: 1: ${what};`)

async function multiGet(call: Call): Promise<Answer> {
  const { api, deadline, query } = call
  const wanted = wantedOf(call)
  if (query.flag('realtime') !== false) await api.intake.refresh()
  const indices = new Map<string, Index | SearchError>()
  for (const { index } of wanted) {
    if (indices.has(index)) continue
    const found = await oneIndex(api, index).catch((failure: unknown) => {
      if (failure instanceof SearchError) return failure
      throw failure
    })
    indices.set(index, found)
  }
  const asked = wanted.flatMap((each) => {
    const index = indices.get(each.index)
    return index instanceof SearchError ? [] : [{ index: index!.name, id: each.id }]
  })
  const found = await api.services.engine.documents(asked, deadline)
  let next = 0
  const docs = wanted.map(({ index, id, source }) => {
    const known = indices.get(index)!
    if (known instanceof SearchError) {
      return { _index: index, _id: id, error: errorAnswer(known).body['error']! }
    }
    const document = found[next++]
    const whole = document && foundOf(api, known.name, document)
    return hitOf(known.name, id, whole, sourceFilterOf(source))
  })
  return { body: { docs } }
}

const readParameters = [
  ...'realtime refresh routing preference stored_fields force_synthetic_source _source'.split(' '),
  ...'_source_includes _source_excludes version version_type'.split(' '),
]
const changeParameters = [
  ...writeParameters,
  ...'op_type if_seq_no if_primary_term version version_type'.split(' '),
]

/** Documents in and out by their ids. */
export const documentRoutes: readonly Route[] = [
  {
    methods: ['POST', 'PUT'],
    paths: ['/_bulk', '/:index/_bulk'],
    scope: 'ingest',
    parameters: [
      ...writeParameters,
      ...'_source _source_includes _source_excludes list_executed_pipelines type'.split(' '),
    ],
    handle: bulk,
  },
  {
    methods: ['POST'],
    paths: ['/:index/_doc'],
    scope: 'ingest',
    parameters: changeParameters,
    // Nothing can be in its place, and a data stream takes nothing else.
    handle: (call) => write(call, opOf(call, 'create'), undefined),
  },
  {
    methods: ['POST', 'PUT'],
    paths: ['/:index/_doc/:id'],
    scope: 'ingest',
    parameters: changeParameters,
    handle: (call) => write(call, opOf(call, 'index'), call.place['id']),
  },
  {
    methods: ['POST', 'PUT'],
    paths: ['/:index/_create/:id'],
    scope: 'ingest',
    parameters: changeParameters,
    handle: (call) => write(call, 'create', call.place['id']),
  },
  {
    methods: ['DELETE'],
    paths: ['/:index/_doc/:id'],
    scope: 'ingest',
    parameters: changeParameters,
    handle: (call) => write(call, 'delete', call.place['id']),
  },
  {
    methods: ['GET', 'HEAD'],
    paths: ['/:index/_doc/:id'],
    scope: 'read',
    parameters: readParameters,
    handle: get,
  },
  {
    methods: ['GET', 'HEAD'],
    paths: ['/:index/_source/:id'],
    scope: 'read',
    parameters: readParameters,
    handle: getSource,
  },
  {
    methods: ['GET', 'POST'],
    paths: ['/_mget', '/:index/_mget'],
    scope: 'read',
    parameters: readParameters,
    handle: multiGet,
  },
]
