import type { JsonRecord } from '../../../store/search.ts'
import { ask, type Case } from './case.ts'

const small = (aggs: JsonRecord): Case => ask('small', { size: 0, aggs })

const pairs: readonly JsonRecord[] = [
  { composite: { size: 4, sources: [{ l: { terms: { field: 'level' } } }] } },
  {
    composite: {
      size: 5,
      sources: [
        { l: { terms: { field: 'level', missing_bucket: true } } },
        { d: { date_histogram: { field: 'time', calendar_interval: 'week' } } },
      ],
    },
  },
  { multi_terms: { terms: [{ field: 'level' }, { field: 'ok' }], size: 3 } },
  { multi_terms: { terms: [{ field: 'level', missing: 'none' }, { field: 'ip' }], size: 3 } },
]
const insides: readonly JsonRecord[] = [
  { terms: { field: 'host', size: 2 }, aggs: { t: { terms: { field: 'ok' } } } },
  { multi_terms: { terms: [{ field: 'host' }, { field: 'ok' }], size: 2 } },
  { date_histogram: { field: 'time', calendar_interval: 'week', min_doc_count: 1 } },
  { auto_date_histogram: { field: 'time', buckets: 3 } },
  { histogram: { field: 'bytes', interval: 1_000, min_doc_count: 1 } },
  { range: { field: 'bytes', ranges: [{ to: 2_000 }, { from: 2_000 }] } },
  { top_hits: { size: 2, sort: [{ id: 'asc' }], _source: ['host'] } },
]

export const compositeCases: Readonly<Record<string, readonly Case[]>> = {
  'aggregations inside keys of several parts': pairs.flatMap((pair) =>
    insides.map((inside) => small({ x: { ...pair, aggs: { inside } } })),
  ),
}
