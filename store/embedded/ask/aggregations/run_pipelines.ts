import type { Aggregation, Bucket, BucketsAnswer } from './aggregation.ts'
import { inOrder } from './buckets_path.ts'

/** Computes every pipeline, innermost first, into the buckets they belong to. */
export function runPipelines(aggregations: readonly Aggregation[], root: Bucket) {
  const around: BucketsAnswer = {
    family: 'buckets',
    typed: '',
    buckets: [root],
    keyed: false,
    beside: {},
  }
  runIn(aggregations, around)
}

function runIn(aggregations: readonly Aggregation[], around: BucketsAnswer) {
  for (const { name, children } of aggregations) {
    if (children.length === 0) continue
    for (const bucket of around.buckets) {
      const answer = bucket.answers.get(name)
      if (answer?.family === 'buckets') runIn(children, answer)
      if (answer?.family === 'single') {
        runIn(children, { ...around, buckets: [answer.bucket] })
      }
    }
  }
  for (const { name, kind } of inOrder(aggregations)) {
    if (kind.family !== 'pipeline') continue
    kind.run?.(around, name)
    if (!kind.sum) continue
    for (const bucket of around.buckets) bucket.answers.set(name, kind.sum(bucket))
  }
}
