import { defaultSearchLimits, type SearchLimits } from '../../../query/limits.ts'
import type { Place } from '../../../query/query.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../../../search.ts'
import type { Aggregation, Kind } from './aggregation.ts'
import { checkPaths } from './buckets_path.ts'
import { isRefused, kinds } from './kinds.ts'
import { Options } from './options.ts'

/**
 * The `aggs` (or `aggregations`) of a search body.

 * @throws SearchError in Elasticsearch's words, with the place
 */
export function parseAggregations(
  body: JsonValue | undefined,
  limits: SearchLimits = defaultSearchLimits,
): readonly Aggregation[] {
  if (body == null) return []
  const all = { left: limits.maxAggregations, limits }
  const aggregations = parseTree(body, 'aggs', [], all)
  checkPaths(aggregations, undefined)
  return aggregations
}

interface Reading {
  left: number
  readonly limits: SearchLimits
}

function parseTree(
  body: JsonValue,
  at: Place,
  around: readonly string[],
  all: Reading,
): readonly Aggregation[] {
  if (!isRecord(body)) throw parsing(`Expected [START_OBJECT] under [${at}]`, at)
  const { maxAggregations, maxAggregationDepth: deepest } = all.limits
  if (around.length > deepest) {
    const reason = `aggregations are nested deeper than ${deepest} (store.limits.max_aggregation_depth)`
    throw parsing(reason, at)
  }
  return Object.entries(body).map(([name, definition]) => {
    all.left -= 1
    if (all.left < 0) {
      const reason = `more than ${maxAggregations} aggregations (store.limits.max_aggregations)`
      throw parsing(reason, at)
    }
    if (!/^[^[\]>]+$/.test(name)) {
      const rule = 'Aggregation names can contain any character except'
      throw parsing(`Invalid aggregation name [${name}]. ${rule} '[', ']', and '>'`, at)
    }
    return parseOne(name, definition, `${at}.${name}`, around, all)
  })
}

function parseOne(
  name: string,
  definition: JsonValue,
  at: Place,
  around: readonly string[],
  all: Reading,
): Aggregation {
  if (!isRecord(definition)) {
    throw parsing(`Aggregation definition for [${name}] must be an object`, at)
  }
  let type: string | undefined
  let kind: Kind | undefined
  let children: readonly Aggregation[] = []
  let meta: JsonRecord | undefined
  for (const [key, value] of Object.entries(definition)) {
    if (key === 'meta') {
      if (!isRecord(value)) throw parsing(`[meta] of [${name}] must be an object`, at)
      meta = value
    } else if (key === 'aggs' || key === 'aggregations') {
      if (children.length > 0) throw parsing(`Found two sub aggregation definitions`, at)
      children = parseTree(value, `${at}.${key}`, [...around, name], all)
    } else {
      if (type !== undefined) {
        const found = `Found two aggregation type definitions in [${name}]: [${type}] and [${key}]`
        throw parsing(found, at)
      }
      type = key
      kind = parseKind(key, name, value, at, all.limits)
    }
  }
  if (type === undefined || kind === undefined) {
    throw parsing(`Missing definition for aggregation [${name}]`, at)
  }
  const aggregation = { name, type, at, meta, children, kind }
  checkPlace(aggregation, around)
  return aggregation
}

function parseKind(
  type: string,
  name: string,
  value: JsonValue,
  at: Place,
  limits: SearchLimits,
): Kind {
  const read = Object.hasOwn(kinds, type) ? kinds[type] : undefined
  if (!read) {
    const reason = isRefused(type)
      ? `aggregation type [${type}] is not supported, at ${at}`
      : `Unknown aggregation type [${type}], at ${at}`
    throw new SearchError(
      400,
      isRefused(type) ? 'illegal_argument_exception' : 'parsing_exception',
      reason,
    )
  }
  if (!isRecord(value)) {
    // The only one whose body may be a query as it stands is `filter`, an object too.
    const found = `Expected [START_OBJECT] under [${type}], but got a value in [${name}]`
    throw parsing(found, at)
  }
  const options = new Options(type, name, value, `${at}.${type}`, limits)
  const kind = read(options)
  options.finish()
  return kind
}

function checkPlace({ name, type, at, children, kind }: Aggregation, around: readonly string[]) {
  const { family } = kind
  if (children.length > 0 && (family === 'metric' || family === 'hits')) {
    const reason = `Aggregator [${name}] of type [${type}] cannot accept sub-aggregations`
    throw new SearchError(400, 'aggregation_initialization_exception', `${reason}, at ${at}`)
  }
  if (children.length > 0 && family === 'pipeline') {
    throw parsing(`Aggregation [${name}] cannot define sub-aggregations`, at)
  }
  if (type === 'global' && around.length > 0) {
    const reason =
      `Aggregation [${name}] cannot have a global sub-aggregation [${around.at(-1)}]. ` +
      'Global aggregations can only be defined as top level aggregations'
    throw new SearchError(400, 'aggregation_execution_exception', `${reason}, at ${at}`)
  }
  if (type === 'composite' && around.length > 0) {
    const reason = '[composite] aggregation cannot be used with a parent aggregation'
    throw new SearchError(400, 'illegal_argument_exception', `${reason}, at ${at}`)
  }
}

const isRecord = (value: JsonValue): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const parsing = (reason: string, at: Place) =>
  new SearchError(400, 'parsing_exception', `${reason}, at ${at}`)
