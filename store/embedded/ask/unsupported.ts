import type { JsonRecord } from '../../search.ts'
import { illegal, isRecord } from './body_options.ts'

/** Keys of a body that Elasticsearch has and Weir has not: they may be there when they ask for nothing. */
export function refuseUnsupported(body: JsonRecord): void {
  const refusals: Readonly<Record<string, string>> = {
    collapse: 'group with a terms aggregation and top_hits',
    rescore: 'there are no scores',
    suggest: 'there are no suggesters',
    knn: 'there are no vectors',
    retriever: 'there are no scores',
    rank: 'there are no scores',
    script_fields: 'there are no scripts',
    runtime_mappings: 'there are no scripts',
    derived: 'there are no scripts',
    indices_boost: 'there are no scores',
    slice: 'page with search_after',
    pit: 'page with search_after',
    ext: 'there are no extensions',
    min_score: 'there are no scores',
    search_pipeline: 'there are no pipelines',
    explain: 'there are no scores',
  }
  for (const [name, why] of Object.entries(refusals)) {
    const value = body[name]
    const isEmpty = value === undefined || value === null || value === false
    const hasNothing =
      (isRecord(value) && Object.keys(value).length === 0) ||
      (Array.isArray(value) && value.length === 0)
    if (isEmpty || hasNothing) continue
    throw illegal(`[${name}] is not supported: ${why}`)
  }
}
