import { SearchError, type JsonRecord, type JsonValue } from '../../search.ts'
import type { QueryLimits } from '../../query/limits.ts'
import type { Query } from '../../query/query.ts'
import { queryOfBody } from '../../query/body/body.ts'
import { sql, verbatim } from '../sql.ts'
import { aggregate, looksBeyondQuery } from './aggregations/execute.ts'
import { parseAggregations } from './aggregations/parse.ts'
import type { Aggregation } from './aggregations/aggregation.ts'
import type { Asked } from './asked.ts'
import { flag, illegal, malformed, textOption, wholeNumber } from './body_options.ts'
import { grainOf, isCountable, isGroupable } from './countable.ts'
import { FieldTable } from './field_table.ts'
import { grouped } from './grouped.ts'
import { hitsOf, type FoundHits } from './hits.ts'
import { noNeeds } from './needs.ts'
import { needsOf, withoutTimes } from './needs_of.ts'
import { askedOf } from './question.ts'
import { refuseUnsupported } from './unsupported.ts'
import type { OpenedRows, Scanned, World } from './world.ts'

export interface AnswerOptions {
  /** Names of aggregations have their types before them. */
  readonly typedKeys?: boolean
}

/** What a body may have. */
const known = new Set(
  'query post_filter aggs aggregations sort from size search_after _source fields docvalue_fields stored_fields highlight track_total_hits track_scores timeout terminate_after profile version seq_no_primary_term explain stats collapse rescore suggest knn retriever rank script_fields runtime_mappings derived indices_boost slice pit ext min_score search_pipeline'.split(
    ' ',
  ),
)

/**
 * `_search`: the answer to a body, or why there is none.
 *
 * @throws SearchError; what `world.deadline` was aborted with
 */
export async function answer(
  body: JsonRecord,
  world: World,
  { typedKeys = false }: AnswerOptions = {},
): Promise<JsonRecord> {
  const startMs = world.monotonicMs()
  checkKeys(body)
  const { limits } = world
  const query = queryIn(body, limits)
  const aggregations = parseAggregations(body.aggregations ?? body.aggs, limits)
  const fields = new FieldTable(world.indices)
  const filter =
    body.post_filter == null
      ? undefined
      : queryOfBody(body.post_filter, { place: 'post_filter', limits })
  const needs = looksBeyondQuery(aggregations) ? noNeeds : needsOf(query, meaningIn(fields, world))
  const countable = { body, query, aggregations, fields, indices: world.indices }
  const grain = grainOf(aggregations)
  const isCounted = world.openCounts !== undefined && isCountable(countable)
  const opened = isCounted ? world.openCounts!(needs, grain) : await world.open(needs)
  const timeoutMs = timeoutOf(body)
  const deadline =
    timeoutMs === undefined || !world.deadlineIn ? world.deadline : world.deadlineIn(timeoutMs)
  try {
    const isInTime = opened.isInTime && needs !== noNeeds
    const left = isInTime ? withoutTimes(query, meaningIn(fields, world)) : query
    const found = { ...world, deadline, from: opened.from, query: left, fields }
    const plain: Asked = {
      ...terminated(askedOf(found), body),
      ...(isCounted && { weight: verbatim('_weight') }),
    }
    const isGrouped =
      !isCounted &&
      aggregations.length > 0 &&
      !looksBeyondQuery(aggregations) &&
      isGroupable(countable)
    const spans = opened.byTime?.spans ?? []
    const asked = (isGrouped ? await grouped(plain, spans, grain) : undefined) ?? plain
    const parts = { body, query, filter, aggregations, typedKeys, asked, opened }
    const { hits, groups } = await parted(parts)
    return {
      took: Math.round(world.monotonicMs() - startMs),
      timed_out: false,
      ...endedEarly(body, hits),
      _shards: shardsOf(opened.scanned),
      hits: shownHits(hits),
      ...(groups && { aggregations: groups }),
      ...(flag(body.profile, 'profile') && { profile: profileOf(opened.scanned) }),
    }
  } catch (failure) {
    if (world.deadline.aborted || !deadline.aborted) throw failure
    return timedOut(world.monotonicMs() - startMs, opened.scanned)
  } finally {
    opened.close()
  }
}

function checkKeys(body: JsonRecord): void {
  const unknown = Object.keys(body).find((key) => !known.has(key))
  if (unknown !== undefined) {
    throw malformed(
      `unknown key [${unknown.slice(0, 200)}] for a ${kindOf(body[unknown]!)} in [body].`,
    )
  }
  refuseUnsupported(body)
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'VALUE_NULL'
  if (Array.isArray(value)) return 'START_ARRAY'
  const kinds = {
    string: 'VALUE_STRING',
    number: 'VALUE_NUMBER',
    boolean: 'VALUE_BOOLEAN',
    object: 'START_OBJECT',
  }
  return kinds[typeof value as keyof typeof kinds]
}

const queryIn = (body: JsonRecord, limits: QueryLimits): Query =>
  body.query === undefined || body.query === null
    ? { kind: 'all' }
    : queryOfBody(body.query, { limits })

const meaningIn = (fields: FieldTable, { nowMs, limits }: World) => {
  return { fields, nowMs, maxFields: limits.maxClauses }
}

interface Parts {
  readonly body: JsonRecord
  readonly query: Query
  /** Of `post_filter`: of the hits, not of the aggregations. */
  readonly filter: Query | undefined
  readonly aggregations: readonly Aggregation[]
  readonly typedKeys: boolean
  readonly asked: Asked
  readonly opened: OpenedRows
}

async function parted(parts: Parts) {
  const { body, query, filter, aggregations, typedKeys, asked, opened } = parts
  const shown = filter
    ? { ...asked, where: sql`${asked.where} and ${asked.condition(filter)}` }
    : asked
  const topHits = async (inBucket: Asked, options: JsonRecord) =>
    shownHits(await hitsOf(inBucket, { ...options, track_total_hits: true }, { query }))
  // What `terminate_after` takes are not all rows of the files.
  const byTime = terminateAfter(body) === 0 ? opened.byTime : undefined
  const searched = { query, byTime }
  if (body.size !== 0 || filter || aggregations.length === 0) {
    const hits = await hitsOf(shown, body, searched)
    if (aggregations.length === 0) return { hits, groups: undefined }
    return { hits, groups: await aggregate(aggregations, asked, { typedKeys, hits: topHits }) }
  }
  let documents: number | undefined
  const onCounted = (found: number) => (documents = found)
  const groups = await aggregate(aggregations, asked, { typedKeys, hits: topHits, onCounted })
  return { hits: await hitsOf(asked, body, { ...searched, documents }), groups }
}

/** The `hits` of an answer. */
export function shownHits({ total, maxScore, hits }: FoundHits): JsonRecord {
  return { ...(total && { total: { ...total } }), max_score: maxScore, hits: [...hits] }
}

/** 0: it is not to end early. */
const terminateAfter = (body: JsonRecord): number =>
  wholeNumber(body.terminate_after, 'terminate_after') ?? 0

/** `terminate_after`: as many rows as it says, whichever are met first. */
function terminated(asked: Asked, body: JsonRecord): Asked {
  const most = terminateAfter(body)
  if (most === 0) return asked
  const rows = sql`select * from ${asked.from} where ${asked.where} limit ${BigInt(most)}`
  return { ...asked, from: sql`(${rows})`, where: sql`true` }
}

function endedEarly(body: JsonRecord, { total }: FoundHits): JsonRecord {
  const most = terminateAfter(body)
  return most === 0 ? {} : { terminated_early: total !== undefined && total.value >= most }
}

const units: Readonly<Record<string, number>> = {
  nanos: 1e-6,
  micros: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

function timeoutOf(body: JsonRecord): number | undefined {
  const text = textOption(body.timeout, 'timeout')
  if (text === undefined || text === '-1' || text === '0') return undefined
  const [, count, unit] = /^(\d+(?:\.\d+)?)(nanos|micros|ms|s|m|h|d)$/.exec(text.trim()) ?? []
  // A timer counts whole milliseconds, some 24 days of them.
  if (count !== undefined) return Math.min(Math.ceil(Number(count) * units[unit!]!), 2_147_483_647)
  throw illegal(
    `failed to parse setting [timeout] with value [${text.slice(0, 100)}] as a time value: unit is missing or unrecognized`,
  )
}

/** A segment is to Weir what a shard is to Elasticsearch: where one fails, the answer says so. */
export function shardsOf({ segments, skipped, damaged }: Scanned): JsonRecord {
  const failures = damaged.map(({ file, reason }) => ({
    shard: 0,
    index: file,
    reason: { type: 'corrupt_index_exception', reason },
  }))
  const total = Math.max(1, segments + skipped + damaged.length)
  return {
    total,
    successful: total - damaged.length,
    skipped,
    failed: damaged.length,
    ...(failures.length > 0 && { failures }),
  }
}

function profileOf({ segments, skipped, rows, bytes, damaged }: Scanned): JsonRecord {
  return {
    shards: [],
    weir: {
      segments,
      skipped,
      rows,
      bytes,
      damaged: damaged.map(({ file, reason }) => ({ file, reason })),
    },
  }
}

/** Nothing is answered in part: what was found until then would be found by chance. */
function timedOut(tookMs: number, scanned: Scanned): JsonRecord {
  return {
    took: Math.round(tookMs),
    timed_out: true,
    _shards: shardsOf(scanned),
    hits: { total: { value: 0, relation: 'gte' }, max_score: null, hits: [] },
  }
}

/** `_count`: `{ count, _shards }`. */
export async function count(body: JsonRecord, world: World): Promise<JsonRecord> {
  const unknown = Object.keys(body).find((key) => key !== 'query')
  if (unknown !== undefined) throw malformed(`request does not support [${unknown.slice(0, 200)}]`)
  const found = await answer({ ...body, size: 0, track_total_hits: true }, world)
  const { total } = found.hits as { total: { value: number } }
  return { count: total.value, _shards: found._shards! }
}

/** `_validate/query`: whether a query can be asked of these indices, and why not. */
export function validate(
  body: JsonRecord,
  { indices, nowMs, limits }: Pick<World, 'indices' | 'nowMs' | 'limits'>,
): JsonRecord {
  try {
    const query = queryIn(body, limits)
    const fields = new FieldTable(indices)
    const never = new AbortController().signal
    const database = { rows: () => Promise.reject(new Error('nothing is asked')) }
    askedOf({ indices, query, fields, from: sql`rows`, database, deadline: never, nowMs, limits })
    return { valid: true, _shards: { total: 1, successful: 1, failed: 0 } }
  } catch (failure) {
    if (!(failure instanceof SearchError)) throw failure
    const error = `${failure.type}: ${failure.message}`
    return { valid: false, _shards: { total: 1, successful: 1, failed: 0 }, error }
  }
}
