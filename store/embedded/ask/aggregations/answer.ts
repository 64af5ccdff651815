import type { JsonRecord, JsonValue } from '../../../search.ts'
import type { Aggregation, Answer, Bucket } from './aggregation.ts'

/** A bucket's aggregations as they stand in the answer. */
export function answerOf(
  aggregations: readonly Aggregation[],
  bucket: Bucket,
  typedKeys: boolean,
): JsonRecord {
  const record: JsonRecord = {}
  for (const aggregation of aggregations) {
    const answer = bucket.answers.get(aggregation.name)
    if (!answer) continue
    const name = typedKeys ? `${answer.typed}#${aggregation.name}` : aggregation.name
    const meta = aggregation.meta ? { meta: aggregation.meta } : {}
    define(record, name, { ...meta, ...jsonOf(aggregation, answer, typedKeys) })
  }
  return record
}

function jsonOf(aggregation: Aggregation, answer: Answer, typedKeys: boolean): JsonRecord {
  if (answer.family === 'metric') return answer.json
  const of = (bucket: Bucket): JsonRecord => ({
    ...bucket.head,
    doc_count: bucket.count,
    ...answerOf(aggregation.children, bucket, typedKeys),
  })
  if (answer.family === 'single') return of(answer.bucket)
  if (!answer.keyed) return { ...answer.beside, buckets: answer.buckets.map(of) }
  const buckets: JsonRecord = {}
  for (const bucket of answer.buckets) define(buckets, bucket.name, of(bucket))
  return { ...answer.beside, buckets }
}

/** An own property whatever the name, `__proto__` too. */
function define(record: JsonRecord, name: string, value: JsonValue) {
  Object.defineProperty(record, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}
