import { SearchError, type JsonRecord, type JsonValue, type TargetOptions } from '../search.ts'
import type { Parameters } from './parameters.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import { withVersions } from './hit_versions.ts'
import { isRecord } from './request_body.ts'
import type { Call } from './route.ts'
import type { Meant } from './targets.ts'
import { scrollAdvice } from './url_search.ts'
import { withTypedKeys } from './typed_keys.ts'

/** A search as it arrives, by itself or among several. */
export interface Question {
  readonly target: string
  readonly body: JsonRecord
  readonly options: TargetOptions & { readonly expandWildcards?: readonly string[] }
}

/** Resolves the target and asks the engine. @throws SearchError */
export async function ask(
  { api, deadline }: Pick<Call, 'api' | 'deadline'>,
  question: Question,
): Promise<JsonRecord> {
  refuseUnsupported(question.body)
  const meant = await api.indices.resolve(question.target, question.options)
  if (meant.length === 0) return nothing
  const request = withAliasFilters(question.body, meant)
  const { engine, ids } = api.services
  const answer = await engine.search(namesOf(meant), request, {}, deadline)
  return withVersions(answer, request, ids)
}

export const namesOf = (meant: readonly Meant[]) => meant.map(({ name }) => name).join(',')

/** What Elasticsearch answers when no index is meant. */
const nothing: JsonRecord = {
  took: 0,
  timed_out: false,
  _shards: { total: 0, successful: 0, skipped: 0, failed: 0 },
  hits: { total: { value: 0, relation: 'eq' }, max_score: 0, hits: [] },
}

function refuseUnsupported(body: JsonRecord): void {
  if (body['pit'] !== undefined) throw illegalArgument(`[pit] is not supported${scrollAdvice}`)
  if (body['slice'] !== undefined) throw illegalArgument('[slice] is not supported without scroll')
}

/** Documents of an index that only filtered aliases named have to fit one of the filters. */
export function withAliasFilters(body: JsonRecord, meant: readonly Meant[]): JsonRecord {
  if (meant.every(({ filters }) => filters === undefined)) return body
  const whole = meant.filter(({ filters }) => filters === undefined).map(({ name }) => name)
  const should: JsonValue[] = whole.length === 0 ? [] : [{ terms: { _index: whole } }]
  for (const { name, filters } of meant) {
    if (!filters) continue
    const filter = [{ term: { _index: name } }, anyOf(filters as JsonRecord[])]
    should.push({ bool: { filter } })
  }
  const must = body['query'] === undefined ? [] : [body['query']]
  return { ...body, query: { bool: { must, filter: [anyOf(should)] } } }
}

const anyOf = (queries: readonly JsonValue[]): JsonValue =>
  queries.length === 1 ? queries[0]! : { bool: { should: [...queries], minimum_should_match: 1 } }

/** The answer as parameters of the URL shape it. */
export function shaped(answer: JsonRecord, body: JsonRecord, query: Parameters): JsonRecord {
  let result = answer
  const { aggregations } = answer
  if (query.flag('typed_keys') === true && isRecord(aggregations)) {
    const typed = withTypedKeys(aggregations, body['aggs'] ?? body['aggregations'])
    result = { ...result, aggregations: typed }
  }
  const hits = result['hits']
  if (query.flag('rest_total_hits_as_int') !== true || !isRecord(hits)) return result
  const total = isRecord(hits['total']) ? hits['total']['value']! : -1
  return { ...result, hits: { ...hits, total } }
}

/** @throws SearchError as Elasticsearch does, which cannot write a total that it does not know as a number. */
export function checkTotals(body: JsonRecord, query: Parameters): void {
  if (query.flag('rest_total_hits_as_int') !== true) return
  const asked = body['track_total_hits']
  if (typeof asked !== 'number' || asked === -1) return
  throw new SearchError(
    400,
    'illegal_argument_exception',
    `[rest_total_hits_as_int] cannot be used if the tracking of total hits is not accurate, got ${asked}`,
  )
}
