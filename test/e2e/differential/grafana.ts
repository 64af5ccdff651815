import type { JsonRecord } from '../../../store/search.ts'
import type { Case } from './case.ts'
import type { IntendedName } from './intended.ts'

/** The time range of a panel over all notes. */
const [from, to] = [1_793_404_800_000, 1_794_268_800_000]
const header = { ignore_unavailable: true, index: 'notes', search_type: 'query_then_fetch' }

const differing = (given: Case, differs: IntendedName): Case => ({ ...given, differs })
const msearch = (...bodies: JsonRecord[]): Case => ({
  of: '',
  path: '_msearch?max_concurrent_shard_requests=5',
  body: bodies.flatMap((body) => [header, body]),
})

const range = { range: { '@timestamp': { gte: from, lte: to, format: 'epoch_millis' } } }
const filtered = (query: string): JsonRecord => ({
  bool: { filter: [range, { query_string: { analyze_wildcard: true, query } }] },
})
const histogram = (options: JsonRecord = {}): JsonRecord => ({
  field: '@timestamp',
  min_doc_count: 0,
  extended_bounds: { min: from, max: to },
  format: 'epoch_millis',
  fixed_interval: '86400000ms',
  ...options,
})

const log = (query: string, options: JsonRecord = {}): JsonRecord => ({
  size: 500,
  query: filtered(query),
  sort: [
    { '@timestamp': { order: 'desc', unmapped_type: 'boolean' } },
    // Of equal times the order is the engine's own: the id decides in this comparison.
    { id: { order: 'desc' } },
  ],
  script_fields: {},
  highlight: {
    fields: { '*': {} },
    pre_tags: ['@HIGHLIGHT@'],
    post_tags: ['@/HIGHLIGHT@'],
    fragment_size: 2_147_483_647,
  },
  docvalue_fields: ['@timestamp'],
  fields: [{ field: '@timestamp', format: 'strict_date_optional_time_nanos' }],
  ...options,
})
const volume: JsonRecord = {
  size: 0,
  query: filtered('*'),
  aggs: {
    '3': {
      terms: { field: 'level', size: 500, order: { _key: 'desc' }, min_doc_count: 0 },
      aggs: { '2': { date_histogram: histogram() } },
    },
  },
}

const metric = (aggs: JsonRecord, query = '*'): JsonRecord => ({
  size: 0,
  query: filtered(query),
  aggs: { '2': { date_histogram: histogram(), aggs } },
})
const grouped = (metrics: JsonRecord, terms: JsonRecord = {}, query = '*'): JsonRecord => ({
  size: 0,
  query: filtered(query),
  aggs: {
    '3': {
      terms: { field: 'level', size: 10, order: { _key: 'desc' }, min_doc_count: 1, ...terms },
      aggs: { '2': { date_histogram: histogram({ time_zone: 'Europe/Berlin' }), aggs: metrics } },
    },
  },
})

const sum = { '1': { sum: { field: 'n' } } }
const script = { bucket_script: { buckets_path: { a: '1' }, script: { source: 'params.a * 2' } } }

export const grafanaCases: Readonly<Record<string, readonly Case[]>> = {
  'Grafana: logs': [
    msearch(log('*')),
    msearch(log('level:error')),
    msearch(log('message:connection OR message:fox')),
    msearch(log('level:info AND NOT message:fox'), volume),
    msearch(log('host.name:web*')),
    differing(msearch(log('"quick fox"')), 'highlighter'),
    msearch({ ...log('*'), size: 5, search_after: [1_794_045_600_000, 29] }),
    msearch({
      ...log('*'),
      sort: [{ '@timestamp': { order: 'asc', unmapped_type: 'boolean' } }, { id: 'asc' }],
      size: 3,
      search_after: [1_793_491_200_000, 3],
    }),
    msearch({
      ...log('*'),
      query: { bool: { filter: range } },
      fields: [
        { field: '@timestamp', format: 'strict_date_optional_time_nanos' },
        { field: 'host.*' },
      ],
    }),
    msearch({ ...log('level:nonesuch'), aggs: { '1': { date_histogram: histogram() } } }),
    msearch(volume),
  ],
  'Grafana: metrics': [
    msearch(metric({})),
    differing(
      msearch(
        metric({ '1': { percentiles: { field: 'n', percents: ['25', '50', '75', '95', '99'] } } }),
      ),
      'quantiles',
    ),
    ...(
      [
        { avg: { field: 'n' } },
        { sum: { field: 'n' } },
        { min: { field: 'n' } },
        { max: { field: 'ratio' } },
        { cardinality: { field: 'host.name' } },
        { extended_stats: { field: 'n', sigma: '2' } },
        { value_count: { field: 'tags' } },
      ] as JsonRecord[]
    ).flatMap((each) => [msearch(metric({ '1': each })), msearch(grouped({ '1': each }))]),
    ...(
      [
        { derivative: { buckets_path: '1' } },
        { derivative: { buckets_path: '1', unit: '1h' } },
        { cumulative_sum: { buckets_path: '1', format: '0.0' } },
        { serial_diff: { buckets_path: '1', lag: 1 } },
        {
          moving_fn: {
            buckets_path: '1',
            window: 3,
            script: 'MovingFunctions.unweightedAvg(values)',
            shift: 1,
          },
        },
        script,
      ] as JsonRecord[]
    ).map((each) => msearch(metric({ ...sum, '4': each }))),
    msearch(grouped({}, { missing: 'none' })),
    msearch(grouped({ '1': { avg: { field: 'n' } } }, { order: { _count: 'desc' }, size: 2 })),
    msearch(grouped({}, { min_doc_count: 2 }, 'message:*')),
    msearch({
      size: 0,
      query: filtered('*'),
      aggs: {
        '3': {
          terms: { field: 'level', size: 5, order: { '1': 'desc' }, min_doc_count: 1 },
          aggs: {
            '1': { max: { field: 'n' } },
            '2': { date_histogram: histogram({ time_zone: 'UTC' }) },
          },
        },
      },
    }),
    msearch({
      size: 0,
      query: filtered('*'),
      aggs: {
        '2': {
          date_histogram: histogram({
            fixed_interval: undefined as never,
            calendar_interval: '1w',
            time_zone: 'America/New_York',
          }),
        },
      },
    }),
    msearch({
      size: 0,
      query: filtered('*'),
      aggs: {
        '2': {
          filters: {
            filters: {
              errors: { query_string: { query: 'level:error', analyze_wildcard: true } },
              'host.name:web*': {
                query_string: { query: 'host.name:web*', analyze_wildcard: true },
              },
            },
          },
          aggs: { '4': { date_histogram: histogram() } },
        },
      },
    }),
    msearch({
      size: 0,
      query: filtered('*'),
      aggs: { '2': { histogram: { field: 'n', interval: '10', min_doc_count: 1 }, aggs: {} } },
    }),
    msearch(metric({ '1': { avg: { field: 'nothing' } } }), metric(sum), {
      size: 0,
      query: filtered('n:['),
    }),
  ],
  'Grafana: variables, annotations, health': [
    msearch({
      size: 0,
      query: filtered('*'),
      aggs: {
        '1': { terms: { field: 'host.name', size: 500, order: { _key: 'asc' }, min_doc_count: 1 } },
      },
    }),
    msearch({
      size: 0,
      query: filtered('level:info'),
      aggs: {
        '1': { terms: { field: 'tags', size: 500, order: { _count: 'desc' }, min_doc_count: 1 } },
      },
    }),
    msearch({
      size: 0,
      query: { bool: { filter: [range] } },
      aggs: { '1': { terms: { field: 'ok', size: 500, order: { _key: 'asc' } } } },
    }),
    msearch({
      size: 0,
      query: { bool: { filter: [range] } },
      aggs: { '1': { terms: { field: 'n', size: 3, order: { _key: 'desc' } } } },
    }),
    msearch({
      size: 10_000,
      query: {
        bool: {
          filter: [
            { bool: { should: [range], minimum_should_match: 1 } },
            { query_string: { query: 'level:error' } },
          ],
        },
      },
      sort: [{ id: 'asc' }],
    }),
    msearch({
      size: 500,
      query: {
        bool: {
          filter: [
            {
              bool: {
                should: [
                  range,
                  { range: { seen: { gte: from, lte: to, format: 'epoch_millis' } } },
                ],
                minimum_should_match: 1,
              },
            },
          ],
        },
      },
      sort: [{ id: 'asc' }],
    }),
  ],
}
