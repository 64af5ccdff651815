import type { JsonRecord, JsonValue } from '../search.ts'
import { isRecord } from './request_body.ts'

/**
 * The aggregations of an answer with their types before their names, as `typed_keys` asks:
 * `date_histogram#per_hour`, `sterms#hosts`. Clients that are typed read the answer by it.
 */
export function withTypedKeys(answered: JsonRecord, requested: JsonValue | undefined): JsonRecord {
  if (!isRecord(requested)) return answered
  const typed = Object.entries(answered).map(([name, value]) => {
    const request = Object.hasOwn(requested, name) ? requested[name] : undefined
    if (!isRecord(request) || !isRecord(value)) return [name, value] as const
    const kind = Object.keys(request).find((key) => !notAKind.has(key))
    const inner = request['aggs'] ?? request['aggregations']
    const key = kind === undefined ? name : `${typeOf(kind, value)}#${name}`
    return [key, inBuckets(value, inner)] as const
  })
  return Object.fromEntries(typed) as JsonRecord
}

const notAKind = new Set(['aggs', 'aggregations', 'meta'])

function inBuckets(value: JsonRecord, inner: JsonValue | undefined): JsonRecord {
  if (!isRecord(inner)) return value
  const { buckets } = value
  const typed = (bucket: JsonValue) => (isRecord(bucket) ? withTypedKeys(bucket, inner) : bucket)
  if (Array.isArray(buckets)) return { ...value, buckets: buckets.map(typed) }
  if (!isRecord(buckets)) return withTypedKeys(value, inner)
  const keyed = Object.entries(buckets).map(([key, bucket]) => [key, typed(bucket)])
  return { ...value, buckets: Object.fromEntries(keyed) as JsonRecord }
}

/** Names that Elasticsearch's answers have where they differ from those of the request. */
const names: Readonly<Record<string, string>> = {
  percentiles: 'tdigest_percentiles',
  percentile_ranks: 'tdigest_percentile_ranks',
  derivative: 'derivative',
  cumulative_sum: 'simple_value',
  moving_fn: 'simple_value',
  serial_diff: 'simple_value',
  bucket_script: 'simple_value',
  avg_bucket: 'simple_value',
  sum_bucket: 'simple_value',
  min_bucket: 'bucket_metric_value',
  max_bucket: 'bucket_metric_value',
}

function typeOf(kind: string, value: JsonRecord): string {
  if (kind !== 'terms') return names[kind] ?? kind
  const first = Array.isArray(value['buckets']) ? value['buckets'][0] : undefined
  const key = isRecord(first) ? first['key'] : undefined
  if (first === undefined) return 'umterms'
  if (typeof key !== 'number') return 'sterms'
  return Number.isInteger(key) ? 'lterms' : 'dterms'
}
