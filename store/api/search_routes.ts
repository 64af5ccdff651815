import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import type { Api } from './api.ts'
import { causeOf, illegalArgument } from './elasticsearch_error.ts'
import { oneShard } from './api.ts'
import { filteredFields } from './field_caps_filters.ts'
import { parseMultiSearch } from './msearch_lines.ts'
import { ask, checkTotals, namesOf, shaped, withAliasFilters } from './question.ts'
import { isRecord, parseQuestion } from './request_body.ts'
import type { Answer, Call, Route } from './route.ts'
import type { Meant } from './targets.ts'
import {
  queryOf,
  queryParameters,
  searchParameters,
  targetOptions,
  targetParameters,
  withUrl,
} from './url_search.ts'

const target = ({ place }: Call) => place['index'] ?? '_all'

async function search(call: Call): Promise<Answer> {
  const body = withUrl(parseQuestion(call.body), call.query)
  checkTotals(body, call.query)
  // A total is a whole number only when it was counted to the end.
  const isWhole = call.query.flag('rest_total_hits_as_int') === true
  const whole = isWhole && body['track_total_hits'] === undefined
  const asked = whole ? { ...body, track_total_hits: true } : body
  const question = { target: target(call), body: asked, options: targetOptions(call.query) }
  return { body: shaped(await ask(call, question), body, call.query) }
}

async function multiSearch(call: Call): Promise<Answer> {
  const { limits, clock } = call.api.services
  const defaults = { target: target(call), options: targetOptions(call.query) }
  const questions = parseMultiSearch(call.body, defaults, limits.max_searches)
  const startedMs = clock.monotonic()
  const responses: JsonRecord[] = Array.from({ length: questions.length })
  let next = 0
  const work = async () => {
    for (let at = next++; at < questions.length; at = next++) {
      const question = questions[at]!
      try {
        const answer = shaped(await ask(call, question), question.body, call.query)
        responses[at] = { ...answer, status: 200 }
      } catch (failure) {
        call.deadline.throwIfAborted()
        if (!(failure instanceof SearchError)) throw failure
        responses[at] = { ...causeOf(failure) }
      }
    }
  }
  const asked = call.query.integer('max_concurrent_searches') ?? 4
  if (asked < 1) throw illegalArgument('maxConcurrentSearchRequests must be positive')
  await Promise.all(Array.from({ length: Math.min(asked, 8) }, work))
  return { body: { took: Math.round(clock.monotonic() - startedMs), responses } }
}

async function count(call: Call): Promise<Answer> {
  const given = parseQuestion(call.body)
  for (const name of Object.keys(given)) {
    if (name === 'query') continue
    throw new SearchError(400, 'parsing_exception', `request does not support [${name}]`)
  }
  if (call.query.has('min_score')) {
    throw illegalArgument('[min_score] is not supported: there are no scores')
  }
  const query = queryOf(call.query)
  const body = query ? { ...given, query } : given
  const meant = await call.api.indices.resolve(target(call), targetOptions(call.query))
  if (meant.length === 0)
    return { body: { count: 0, _shards: { ...oneShard, total: 0, successful: 0 } } }
  const { engine } = call.api.services
  const found = await engine.count(namesOf(meant), withAliasFilters(body, meant), {}, call.deadline)
  return {
    body: { count: found, _shards: { ...oneShard, total: meant.length, successful: meant.length } },
  }
}

async function fieldCaps(call: Call): Promise<Answer> {
  const body = parseQuestion(call.body)
  const given = call.query.list('fields') ?? listOf(body['fields'])
  if (given.length === 0) {
    const text = 'Validation Failed: 1: no fields specified;'
    throw new SearchError(400, 'action_request_validation_exception', text)
  }
  if (isRecord(body['runtime_mappings']) && Object.keys(body['runtime_mappings']).length > 0) {
    throw illegalArgument('[runtime_mappings] are not supported')
  }
  const meant = await call.api.indices.resolve(target(call), targetOptions(call.query))
  if (meant.length === 0) return { body: { indices: [], fields: {} } }
  const { engine } = call.api.services
  const found = await engine.fieldCaps(namesOf(meant), given, {}, call.deadline)
  const filters = call.query.list('filters') ?? []
  const types = call.query.list('types') ?? []
  if (filters.length + types.length === 0) return { body: found }
  const fields = filteredFields(
    found['fields'] as JsonRecord,
    { filters, types },
    multiFieldsOf(meant, call.api),
  )
  return { body: { ...found, fields } }
}

function multiFieldsOf(meant: readonly Meant[], { indices }: Api): ReadonlySet<string> {
  const names = new Set(meant.map(({ name }) => name))
  const mapped = indices.catalogue.indices.filter(({ name }) => names.has(name))
  const fields = mapped.flatMap(({ mapping }) => mapping?.fields ?? [])
  return new Set(fields.filter(({ path, source }) => path !== source).map(({ path }) => path))
}

function listOf(value: JsonValue | undefined): string[] {
  if (value === undefined) return []
  return (Array.isArray(value) ? value : [value]).map(String)
}

async function termsEnum(call: Call): Promise<Answer> {
  const body = parseQuestion(call.body)
  if (typeof body['field'] !== 'string') {
    const text = 'Validation Failed: 1: field cannot be null;'
    throw new SearchError(400, 'action_request_validation_exception', text)
  }
  const meant = await call.api.indices.resolve(target(call), targetOptions(call.query))
  const shards = { total: meant.length, successful: meant.length, failed: 0 }
  const { engine } = call.api.services
  const terms =
    meant.length === 0 ? [] : await engine.termsEnum(namesOf(meant), body, call.deadline)
  return { body: { _shards: shards, terms: [...terms], complete: true } }
}

async function validate(call: Call): Promise<Answer> {
  const given = parseQuestion(call.body)
  const query = queryOf(call.query)
  const body = query ? { ...given, query } : given
  const meant = await call.api.indices.resolve(target(call), targetOptions(call.query))
  const shards = { total: 1, successful: 1, failed: 0 }
  const explains = call.query.flag('explain') === true || call.query.flag('rewrite') === true
  try {
    if (meant.length > 0) {
      await call.api.services.engine.validate(namesOf(meant), body, call.deadline)
    }
    const explanation = JSON.stringify(body['query'] ?? { match_all: {} })
    const told = explains && {
      explanations: meant.map(({ name }) => ({ index: name, valid: true, explanation })),
    }
    return { body: { _shards: shards, valid: true, ...told } }
  } catch (failure) {
    if (!(failure instanceof SearchError) || failure.status !== 400) throw failure
    const index = meant[0]?.name ?? ''
    const error = `${failure.type}: ${failure.message}`
    const told = explains ? { explanations: [{ index, valid: false, error }] } : {}
    return { body: { _shards: shards, valid: false, ...told } }
  }
}

const withIndex = (name: string) => [`/${name}`, `/:index/${name}`]

/** Questions about documents. */
export const searchRoutes: readonly Route[] = [
  {
    methods: ['GET', 'POST'],
    paths: withIndex('_search'),
    scope: 'read',
    parameters: searchParameters,
    handle: search,
  },
  {
    methods: ['GET', 'POST'],
    paths: withIndex('_msearch'),
    scope: 'read',
    parameters: [
      ...targetParameters,
      ...'max_concurrent_searches max_concurrent_shard_requests pre_filter_shard_size'.split(' '),
      ...'typed_keys rest_total_hits_as_int ccs_minimize_roundtrips search_type routing'.split(' '),
      ...'include_named_queries_score index'.split(' '),
    ],
    handle: multiSearch,
  },
  {
    methods: ['GET', 'POST'],
    paths: withIndex('_count'),
    scope: 'read',
    parameters: [...targetParameters, ...queryParameters, 'min_score'],
    handle: count,
  },
  {
    methods: ['GET', 'POST'],
    paths: withIndex('_field_caps'),
    scope: 'read',
    parameters: [
      ...targetParameters,
      ...'fields include_unmapped filters types include_empty_fields'.split(' '),
    ],
    handle: fieldCaps,
  },
  {
    methods: ['GET', 'POST'],
    paths: ['/:index/_terms_enum'],
    scope: 'read',
    parameters: targetParameters,
    handle: termsEnum,
  },
  {
    methods: ['GET', 'POST'],
    paths: withIndex('_validate/query'),
    scope: 'read',
    parameters: [...targetParameters, ...queryParameters, 'explain', 'rewrite', 'all_shards'],
    handle: validate,
  },
]
