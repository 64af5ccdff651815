import type { JsonRecord } from '../../store/search.ts'
import type { Types } from '../store/embedded/ask/aggregations/table.ts'

/** A request of the comparison: which documents it is asked of, and its body. */
export interface AggregationRequest {
  readonly of: 'small' | 'web'
  readonly aggs: JsonRecord
  readonly query?: JsonRecord
}

export const smallTypes: Types = {
  time: 'date',
  level: 'keyword',
  host: 'keyword',
  tags: 'keyword[]',
  bytes: 'long',
  took: 'double',
  sizes: 'long[]',
  ok: 'boolean',
  ip: 'ip',
  rare: 'double',
}

export const webTypes: Types = {
  '@timestamp': 'date',
  'source.ip': 'ip',
  'http.request.method': 'keyword',
  'http.response.status_code': 'long',
  'http.response.body.bytes': 'long',
  'url.path': 'keyword',
  'user_agent.original': 'keyword',
}

/** 400 documents over a change of Berlin's clock (2026-10-25 01:00 UTC), the same each time. */
export function smallDocuments(): JsonRecord[] {
  let state = 7
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
  const start = Date.parse('2026-10-20T00:00:00Z')
  return Array.from({ length: 400 }, () => {
    const ms = start + next(12 * 86_400_000)
    const document: JsonRecord = {
      time: new Date(ms).toISOString(),
      level: ['error', 'warn', 'info', 'info', 'debug'][next(5)]!,
      host: `web-${next(12)}`,
      bytes: next(5_000),
      took: next(100_000) / 1_000,
      ok: next(3) > 0,
      ip: `10.0.${next(3)}.${next(256)}`,
    }
    if (next(4) > 0) document.tags = Array.from({ length: next(3) + 1 }, () => `t${next(6)}`)
    if (next(5) > 0) document.sizes = Array.from({ length: next(4) }, () => next(50))
    if (next(10) === 0) document.rare = next(1_000) / 10
    if (next(15) === 0) delete document.level
    if (next(20) === 0) delete document.bytes
    return document
  })
}

const small = (aggs: JsonRecord, query?: JsonRecord): AggregationRequest =>
  query ? { of: 'small', aggs, query } : { of: 'small', aggs }
const web = (aggs: JsonRecord, query?: JsonRecord): AggregationRequest =>
  query ? { of: 'web', aggs, query } : { of: 'web', aggs }

const byTerm = (field: string, aggs: JsonRecord): JsonRecord => ({ terms: { field }, aggs })
/** Inside other buckets each has times, and so an interval, of its own. */
const inTime = (buckets: number, options: JsonRecord = {}): JsonRecord => ({
  inside: { auto_date_histogram: { field: 'time', buckets, ...options } },
})

const fields = ['bytes', 'took', 'sizes', 'time', 'ok', 'rare', 'nothing']
const metrics: AggregationRequest[] = fields.flatMap((field) =>
  ['avg', 'sum', 'min', 'max', 'stats', 'extended_stats', 'value_count', 'cardinality']
    // The square of a date is no date that could be written.
    .filter((type) => type !== 'extended_stats' || field !== 'time')
    .map((type) => small({ x: { [type]: { field } } })),
)

const moreMetrics: AggregationRequest[] = [
  small({ x: { avg: { field: 'rare', missing: 10 } } }),
  small({ x: { sum: { field: 'bytes', missing: 10.7 } } }),
  small({ x: { max: { field: 'took', format: '0.0' } } }),
  small({ x: { avg: { field: 'bytes', format: '#,##0.00' } } }),
  small({ x: { min: { field: 'time', format: 'yyyy-MM-dd' } } }),
  small({ x: { extended_stats: { field: 'took', sigma: 3 } } }),
  small({ x: { value_count: { field: 'tags' } }, y: { cardinality: { field: 'tags' } } }),
  small({ x: { cardinality: { field: 'host', precision_threshold: 100 } } }),
  small({ x: { cardinality: { field: 'level', missing: 'none' } } }),
  small({ x: { percentile_ranks: { field: 'bytes', values: [-5, 6_000] } } }),
  small({ x: { percentile_ranks: { field: 'bytes', values: [-1, 10_000], keyed: false } } }),
  small({ x: { weighted_avg: { value: { field: 'took' }, weight: { field: 'bytes' } } } }),
  small({
    x: {
      weighted_avg: {
        value: { field: 'rare', missing: 2 },
        weight: { field: 'bytes', missing: 1 },
      },
    },
  }),
  small({ x: { avg: { field: 'took' }, meta: { color: 'red', n: [1] } } }),
]

const terms: AggregationRequest[] = [
  ...['level', 'host', 'tags', 'bytes', 'took', 'sizes', 'time', 'ok', 'ip', 'nothing'].flatMap(
    (field) => [
      small({ x: { terms: { field } } }),
      small({ x: { terms: { field, size: 3, order: { _key: 'desc' } } } }),
    ],
  ),
  small({ x: { terms: { field: 'host', order: { _count: 'asc' }, size: 4 } } }),
  small({ x: { terms: { field: 'host', order: [{ _count: 'desc' }, { _key: 'desc' }] } } }),
  small({ x: { terms: { field: 'level', missing: 'N/A' } } }),
  small({ x: { terms: { field: 'bytes', missing: -1, size: 2 } } }),
  small({ x: { terms: { field: 'nothing', missing: 'x' } } }),
  small({ x: { terms: { field: 'host', include: 'web-1.*' } } }),
  small({ x: { terms: { field: 'host', include: 'web-[0-4]', exclude: 'web-[23]' } } }),
  small({ x: { terms: { field: 'tags', include: ['t1', 't2'], size: 5 } } }),
  small({ x: { terms: { field: 'tags', exclude: ['t1'] } } }),
  small({ x: { terms: { field: 'sizes', include: [1, 2, 3] } } }),
  small({ x: { terms: { field: 'host', min_doc_count: 36 } } }),
  small(
    { x: { terms: { field: 'host', min_doc_count: 0, size: 20 } } },
    { term: { level: 'error' } },
  ),
  small({ x: { terms: { field: 'host', show_term_doc_count_error: true, size: 3 } } }),
  small({ x: { terms: { field: 'took', format: '0.00', size: 3, order: { _key: 'asc' } } } }),
  small({ x: { terms: { field: 'level' } } }, { term: { host: 'nobody' } }),
  ...['asc', 'desc'].flatMap((order) =>
    ['a', 'mn', 'mx', 'st.max', 'st.avg', 'es.variance', 'c', 's'].map((by) =>
      small({
        x: {
          terms: { field: 'host', size: 5, order: { [by]: order } },
          aggs: {
            a: { avg: { field: 'rare' } },
            mn: { min: { field: 'rare' } },
            mx: { max: { field: 'rare' } },
            st: { stats: { field: 'bytes' } },
            es: { extended_stats: { field: 'took' } },
            c: { cardinality: { field: 'bytes' } },
            s: { sum: { field: 'rare' } },
          },
        },
      }),
    ),
  ),
  small({
    x: {
      terms: { field: 'host', size: 4, order: { 'e>t': 'desc' } },
      aggs: {
        e: { filter: { term: { level: 'error' } }, aggs: { t: { avg: { field: 'took' } } } },
      },
    },
  }),
  small({
    x: {
      terms: { field: 'host', size: 4, order: { e: 'desc' } },
      aggs: { e: { filter: { term: { level: 'error' } } } },
    },
  }),
  small({
    x: {
      terms: { field: 'tags', size: 3 },
      aggs: { y: { terms: { field: 'tags' }, aggs: { z: { sum: { field: 'sizes' } } } } },
    },
  }),
  small({
    a: {
      terms: { field: 'level', size: 2 },
      aggs: {
        b: {
          terms: { field: 'host', size: 2 },
          aggs: { c: { terms: { field: 'ok' }, aggs: { d: { avg: { field: 'took' } } } } },
        },
      },
    },
  }),
  small({ x: { multi_terms: { terms: [{ field: 'level' }, { field: 'ok' }], size: 4 } } }),
  small({
    x: {
      multi_terms: { terms: [{ field: 'tags' }, { field: 'host' }], size: 3 },
      aggs: { t: { sum: { field: 'took' } } },
    },
  }),
  web({ x: { terms: { field: 'url.path' } } }),
  web({
    x: {
      terms: { field: 'http.response.status_code' },
      aggs: { b: { sum: { field: 'http.response.body.bytes' } } },
    },
  }),
  web({
    x: {
      terms: { field: 'source.ip', size: 5 },
      aggs: { p: { terms: { field: 'url.path', size: 2 } } },
    },
  }),
  web(
    { x: { terms: { field: 'user_agent.original', size: 3 } } },
    { range: { 'http.response.status_code': { gte: 400 } } },
  ),
]

const intervals: JsonRecord[] = [
  { fixed_interval: '6h' },
  { fixed_interval: '1d', min_doc_count: 1 },
  { fixed_interval: '90m', min_doc_count: 4 },
  { fixed_interval: '12h', offset: '+3h' },
  { fixed_interval: '1d', offset: '-90m' },
  { calendar_interval: 'hour', min_doc_count: 1 },
  { calendar_interval: '1d' },
  { calendar_interval: 'week' },
  { calendar_interval: 'month' },
  { calendar_interval: 'quarter' },
  { calendar_interval: '1y' },
  { calendar_interval: 'minute', min_doc_count: 1 },
  { calendar_interval: 'month', offset: '+5d' },
]
const dates: AggregationRequest[] = [
  ...intervals.flatMap((interval) =>
    [{}, { time_zone: 'Europe/Berlin' }, { time_zone: '-05:30' }].map((zone) =>
      small({ x: { date_histogram: { field: 'time', ...interval, ...zone } } }),
    ),
  ),
  ...['America/Sao_Paulo', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'].map((zone) =>
    small({ x: { date_histogram: { field: 'time', calendar_interval: '1d', time_zone: zone } } }),
  ),
  ...[
    { fixed_interval: '1d', keyed: true },
    { fixed_interval: '1d', format: 'yyyy-MM-dd' },
    { fixed_interval: '1d', format: 'epoch_millis' },
    { fixed_interval: '1d', format: "dd/MM/yyyy'T'HH:mm Z", time_zone: '+02:00' },
    { fixed_interval: '1d', order: { _key: 'desc' } },
    { fixed_interval: '1d', order: { _count: 'desc' } },
    { fixed_interval: '1d', extended_bounds: { min: '2026-10-15', max: '2026-11-05' } },
    { fixed_interval: '1d', extended_bounds: { min: 1_792_000_000_000, max: 1_793_000_000_000 } },
    { fixed_interval: '1d', hard_bounds: { min: '2026-10-22', max: '2026-10-28' } },
    { fixed_interval: '1d', missing: '2026-10-01' },
    { interval: 'day' },
    { interval: '8h' },
  ].map((options) => small({ x: { date_histogram: { field: 'time', ...options } } })),
  small(
    {
      x: {
        date_histogram: {
          field: 'time',
          fixed_interval: '1d',
          extended_bounds: { min: '2026-10-15', max: '2026-10-18' },
        },
      },
    },
    { term: { host: 'nobody' } },
  ),
  small({ x: { date_histogram: { field: 'nothing', fixed_interval: '1d' } } }),
  small({
    x: {
      terms: { field: 'level', size: 3 },
      aggs: {
        t: {
          date_histogram: {
            field: 'time',
            fixed_interval: '1d',
            extended_bounds: { min: '2026-10-19', max: '2026-11-02' },
          },
          aggs: { a: { avg: { field: 'took' } }, s: { stats: { field: 'rare' } } },
        },
      },
    },
  }),
  small({
    x: {
      date_histogram: { field: 'time', calendar_interval: '1d', time_zone: 'Europe/Berlin' },
      aggs: {
        l: { terms: { field: 'level', size: 2 } },
        f: { filters: { filters: { a: { term: { ok: true } } } } },
      },
    },
  }),
  small({
    x: {
      date_histogram: { field: 'time', fixed_interval: '2d', order: { a: 'desc' } },
      aggs: { a: { avg: { field: 'took' } } },
    },
  }),
  web({
    x: {
      date_histogram: { field: '@timestamp', fixed_interval: '1h' },
      aggs: { s: { terms: { field: 'http.response.status_code', size: 2 } } },
    },
  }),
  web({
    x: {
      date_histogram: {
        field: '@timestamp',
        calendar_interval: '1d',
        time_zone: 'America/New_York',
      },
      aggs: { b: { sum: { field: 'http.response.body.bytes' } } },
    },
  }),
  ...[1, 3, 10, 40, 400].map((buckets) =>
    small({ x: { auto_date_histogram: { field: 'time', buckets } } }),
  ),
  web({ x: { auto_date_histogram: { field: '@timestamp', buckets: 20 } } }),
  ...[1, 3, 10, 40].flatMap((buckets) => [
    small({ x: byTerm('level', inTime(buckets)) }),
    small({ x: byTerm('tags', inTime(buckets, { time_zone: 'Europe/Berlin' })) }),
    small({ x: { filter: { term: { level: 'error' } }, aggs: inTime(buckets) } }),
    small({ x: byTerm('level', { y: byTerm('host', inTime(buckets)) }) }),
    web({ x: byTerm('http.response.status_code', inTime(buckets, { field: '@timestamp' })) }),
  ]),
]

const ranges: AggregationRequest[] = [
  small({ x: { histogram: { field: 'bytes', interval: 500 } } }),
  small({ x: { histogram: { field: 'took', interval: 12.5, offset: 3, keyed: true } } }),
  small({ x: { histogram: { field: 'sizes', interval: 10, min_doc_count: 1 } } }),
  small({
    x: { histogram: { field: 'rare', interval: 10, extended_bounds: { min: -20, max: 150 } } },
  }),
  small({
    x: { histogram: { field: 'bytes', interval: 1_000, hard_bounds: { min: 1_000, max: 3_000 } } },
  }),
  small({
    x: { histogram: { field: 'rare', interval: 20, missing: 5, order: { _count: 'desc' } } },
  }),
  small({
    x: {
      range: {
        field: 'bytes',
        ranges: [{ to: 1_000 }, { from: 1_000, to: 2_000 }, { from: 2_000 }],
      },
    },
  }),
  small({
    x: { range: { field: 'took', keyed: true, ranges: [{ key: 'slow', from: 50 }, { to: 60 }] } },
  }),
  small({
    x: {
      range: { field: 'sizes', ranges: [{ from: 10, to: 20 }, { from: 15 }] },
      aggs: { m: { max: { field: 'sizes' } } },
    },
  }),
  small({ x: { range: { field: 'nothing', ranges: [{ to: 5 }] } } }),
  small({
    x: {
      date_range: {
        field: 'time',
        ranges: [
          { to: '2026-10-25' },
          { from: '2026-10-25||/M', to: '2026-10-28' },
          { from: '2026-10-28' },
        ],
      },
    },
  }),
  small({
    x: {
      date_range: {
        field: 'time',
        format: 'yyyy-MM',
        time_zone: 'Europe/Berlin',
        ranges: [{ to: '2026-11' }, { from: '2026-11' }],
      },
    },
  }),
  small({
    x: {
      date_range: {
        field: 'time',
        keyed: true,
        ranges: [{ key: 'all', from: '2026-10-20||-1d/d' }],
      },
    },
  }),
  small({
    x: {
      ip_range: {
        field: 'ip',
        ranges: [
          { to: '10.0.1.0' },
          { from: '10.0.1.0', to: '10.0.1.128' },
          { mask: '10.0.2.0/25' },
        ],
      },
    },
  }),
  small({ x: { ip_range: { field: 'ip', keyed: true, ranges: [{ from: '10.0.1.0' }] } } }),
  small({
    x: { ip_range: { field: 'ip', ranges: [{ mask: '2001:db8::/32' }, { mask: '10.0.0.0/24' }] } },
  }),
  small({
    x: {
      filter: { term: { level: 'error' } },
      aggs: { a: { avg: { field: 'took' } }, h: { terms: { field: 'host', size: 2 } } },
    },
  }),
  small({
    x: {
      filters: {
        filters: { e: { term: { level: 'error' } }, big: { range: { bytes: { gt: 4_000 } } } },
      },
      aggs: { a: { max: { field: 'took' } } },
    },
  }),
  small({
    x: {
      filters: {
        other_bucket: true,
        filters: [{ term: { level: 'error' } }, { term: { ok: true } }],
      },
    },
  }),
  small({
    x: { filters: { other_bucket_key: 'rest', filters: { e: { term: { level: 'error' } } } } },
  }),
  small({ x: { missing: { field: 'rare' }, aggs: { a: { avg: { field: 'took' } } } } }),
  small({ x: { missing: { field: 'sizes' } }, y: { missing: { field: 'nothing' } } }),
  small(
    {
      x: { global: {}, aggs: { l: { terms: { field: 'level' } } } },
      y: { terms: { field: 'level' } },
    },
    { term: { ok: true } },
  ),
]

const composites: AggregationRequest[] = [
  small({ x: { composite: { sources: [{ l: { terms: { field: 'level' } } }] } } }),
  small({ x: { composite: { sources: [{ a: { terms: { field: 'ip' } } }] } } }),
  small({
    x: { composite: { size: 2, sources: [{ a: { terms: { field: 'ip', order: 'desc' } } }] } },
  }),
  small({
    x: {
      composite: {
        size: 5,
        sources: [
          { l: { terms: { field: 'level', missing_bucket: true } } },
          { h: { terms: { field: 'host', order: 'desc' } } },
        ],
      },
      aggs: { a: { avg: { field: 'took' } } },
    },
  }),
  small({
    x: {
      composite: {
        size: 5,
        after: { l: 'error', h: 'web-5' },
        sources: [
          { l: { terms: { field: 'level', missing_bucket: true } } },
          { h: { terms: { field: 'host', order: 'desc' } } },
        ],
      },
    },
  }),
  small({
    x: {
      composite: {
        size: 4,
        after: { l: null, o: true },
        sources: [
          { l: { terms: { field: 'level', missing_bucket: true } } },
          { o: { terms: { field: 'ok' } } },
        ],
      },
    },
  }),
  small({
    x: {
      composite: {
        size: 20,
        sources: [
          {
            d: {
              date_histogram: {
                field: 'time',
                calendar_interval: '1d',
                time_zone: 'Europe/Berlin',
              },
            },
          },
        ],
      },
    },
  }),
  small({
    x: {
      composite: {
        size: 3,
        sources: [
          { d: { date_histogram: { field: 'time', fixed_interval: '1d', format: 'yyyy-MM-dd' } } },
          { b: { histogram: { field: 'bytes', interval: 2_000 } } },
        ],
        after: { d: '2026-10-21', b: 0 },
      },
    },
  }),
  small({
    x: {
      composite: {
        size: 6,
        sources: [
          { t: { terms: { field: 'tags' } } },
          { s: { histogram: { field: 'sizes', interval: 25, order: 'desc' } } },
        ],
      },
    },
  }),
  small({ x: { composite: { sources: [{ l: { terms: { field: 'nothing' } } }] } } }),
  small({
    x: { composite: { sources: [{ l: { terms: { field: 'nothing', missing_bucket: true } } }] } },
  }),
  ...['first', 'last', 'default'].flatMap((missing_order) =>
    ['asc', 'desc'].flatMap((order) => {
      const missing = { missing_bucket: true, missing_order, order }
      const l = { terms: { field: 'level', ...missing } }
      const r = { histogram: { field: 'rare', interval: 50, ...missing } }
      const d = { date_histogram: { field: 'time', calendar_interval: '1w', ...missing } }
      const sources = [{ l }, { r }, { d }]
      const page = (after: JsonRecord) => small({ x: { composite: { size: 7, sources, after } } })
      return [
        small({ x: { composite: { size: 300, sources } } }),
        page({ l: 'error', r: null, d: Date.parse('2026-10-19') }),
        page({ l: null, r: 50, d: Date.parse('2026-10-19') }),
        page({ l: 'info', r: 0, d: null }),
      ]
    }),
  ),
]

const daily = (aggs: JsonRecord, options: JsonRecord = {}) =>
  small({
    x: {
      date_histogram: { field: 'time', fixed_interval: '1d', ...options },
      aggs: { s: { sum: { field: 'bytes' } }, r: { avg: { field: 'rare' } }, ...aggs },
    },
  })
const functions = [
  'max(values)',
  'min(values)',
  'sum(values)',
  'unweightedAvg(values)',
  'linearWeightedAvg(values)',
  'ewma(values, 0.3)',
  'holt(values, 0.3, 0.1)',
  'stdDev(values, MovingFunctions.unweightedAvg(values))',
]
const pipelines: AggregationRequest[] = [
  daily({ d: { derivative: { buckets_path: 's' } } }),
  daily({ d: { derivative: { buckets_path: '_count', unit: '1h', format: '0.00' } } }),
  daily({ d: { derivative: { buckets_path: 's' } }, e: { derivative: { buckets_path: 'd' } } }),
  daily({
    c: { cumulative_sum: { buckets_path: 's' } },
    n: { cumulative_sum: { buckets_path: '_count' } },
  }),
  ...['skip', 'insert_zeros'].flatMap((policy) => [
    daily(
      { d: { derivative: { buckets_path: 'r', gap_policy: policy } } },
      { fixed_interval: '3h' },
    ),
    daily(
      { d: { serial_diff: { buckets_path: 'r', lag: 2, gap_policy: policy } } },
      { fixed_interval: '3h' },
    ),
    daily(
      {
        d: {
          moving_fn: {
            buckets_path: 'r',
            window: 3,
            gap_policy: policy,
            script: 'MovingFunctions.unweightedAvg(values)',
          },
        },
      },
      { fixed_interval: '3h' },
    ),
    daily(
      {
        d: {
          bucket_script: {
            buckets_path: { a: 'r', b: 's' },
            gap_policy: policy,
            script: 'params.a / params.b * 100',
          },
        },
      },
      { fixed_interval: '3h' },
    ),
    small({
      h: {
        date_histogram: { field: 'time', fixed_interval: '2h' },
        aggs: { r: { avg: { field: 'rare' } } },
      },
      a: { avg_bucket: { buckets_path: 'h>r', gap_policy: policy } },
      m: { min_bucket: { buckets_path: 'h>r', gap_policy: policy } },
    }),
  ]),
  daily({ d: { serial_diff: { buckets_path: 's', lag: 3 } } }),
  ...functions.map((call) =>
    daily({
      m: { moving_fn: { buckets_path: 's', window: 4, script: `MovingFunctions.${call}` } },
    }),
  ),
  daily({
    m: {
      moving_fn: { buckets_path: 's', window: 4, shift: 2, script: 'MovingFunctions.max(values)' },
    },
  }),
  daily({
    b: {
      bucket_script: {
        buckets_path: { a: 's', n: '_count' },
        script: 'params.n > 30 ? Math.round(params.a / params.n) : -1',
      },
    },
  }),
  daily({
    b: {
      bucket_script: {
        buckets_path: { a: 's' },
        script: { source: 'params.a * params.f + Math.pow(2, 3) % 5', params: { f: 0.5 } },
      },
    },
  }),
  daily({
    b: {
      bucket_selector: { buckets_path: { a: 's' }, script: 'params.a > 80000 && !(params.a == 0)' },
    },
  }),
  daily({ b: { bucket_sort: { sort: [{ s: { order: 'desc' } }], size: 3 } } }),
  daily({ b: { bucket_sort: { from: 2, size: 2 } } }),
  daily({ b: { bucket_sort: { sort: ['r'] } } }, { fixed_interval: '6h' }),
  ...[
    'avg_bucket',
    'sum_bucket',
    'min_bucket',
    'max_bucket',
    'stats_bucket',
    'extended_stats_bucket',
    'percentiles_bucket',
  ].flatMap((type) => [
    small({
      h: {
        date_histogram: { field: 'time', fixed_interval: '1d' },
        aggs: { s: { sum: { field: 'bytes' } } },
      },
      p: { [type]: { buckets_path: 'h>s' } },
    }),
    small({
      h: {
        terms: { field: 'host' },
        aggs: { f: { filter: { term: { ok: true } }, aggs: { s: { stats: { field: 'took' } } } } },
      },
      p: { [type]: { buckets_path: 'h>f>s.max' } },
    }),
  ]),
  small({
    h: {
      terms: { field: 'host', size: 3 },
      aggs: {
        d: {
          date_histogram: { field: 'time', fixed_interval: '2d' },
          aggs: { a: { avg: { field: 'took' } }, m: { derivative: { buckets_path: 'a' } } },
        },
        best: { max_bucket: { buckets_path: 'd>a' } },
        sorted: { bucket_sort: { sort: [{ best: 'desc' }] } },
      },
    },
  }),
  small({
    h: {
      terms: { field: 'host', size: 3 },
      aggs: {
        l: { terms: { field: 'level' }, aggs: { s: { sum: { field: 'took' } } } },
        b: {
          bucket_script: {
            buckets_path: { e: "l['error']>s", n: 'l._bucket_count' },
            script: 'params.e / params.n',
          },
        },
      },
    },
  }),
]

/** What must be refused by both. */
export const refusedRequests: readonly JsonRecord[] = [
  { x: { spam: { field: 'level' } } },
  { x: {} },
  { x: { terms: { field: 'level' }, avg: { field: 'took' } } },
  { x: { terms: { field: 'level', foo: 1 } } },
  { x: { terms: { field: 'level', size: 0 } } },
  { x: { terms: { field: 'level', order: { zz: 'asc' } } } },
  { x: { avg: { field: 'level' } } },
  { x: { avg: {} } },
  { x: { avg: { field: 'took' }, aggs: { y: { avg: { field: 'took' } } } } },
  { 'x[': { avg: { field: 'took' } } },
  { x: { date_histogram: { field: 'time' } } },
  { x: { date_histogram: { field: 'time', fixed_interval: '1M' } } },
  { x: { date_histogram: { field: 'time', calendar_interval: '2d' } } },
  { x: { date_histogram: { field: 'time', fixed_interval: '1d', time_zone: 'Mars/Olympus' } } },
  { x: { date_histogram: { field: 'level', fixed_interval: '1d' } } },
  { x: { histogram: { field: 'took', interval: 0 } } },
  { x: { histogram: { field: 'took' } } },
  { x: { range: { field: 'took' } } },
  { x: { percentiles: { field: 'took', percents: [101] } } },
  { x: { derivative: { buckets_path: 'y' } } },
  { x: { terms: { field: 'level' }, aggs: { d: { derivative: { buckets_path: '_count' } } } } },
  {
    x: {
      date_histogram: { field: 'time', fixed_interval: '1d' },
      aggs: { d: { derivative: { buckets_path: 'zz' } } },
    },
  },
  { x: { avg_bucket: { buckets_path: 'y>z' } } },
  { x: { terms: { field: 'level' }, aggs: { g: { global: {} } } } },
  {
    x: {
      date_histogram: { field: 'time', fixed_interval: '1d' },
      aggs: { d: { bucket_script: { buckets_path: { a: '_count' }, script: 'params.a +' } } },
    },
  },
  {
    x: {
      date_histogram: { field: 'time', fixed_interval: '1d' },
      aggs: {
        d: {
          moving_fn: { buckets_path: '_count', window: 0, script: 'MovingFunctions.max(values)' },
        },
      },
    },
  },
  {
    x: {
      terms: { field: 'level' },
      aggs: { c: { composite: { sources: [{ a: { terms: { field: 'host' } } }] } } },
    },
  },
]

export const aggregationRequests: readonly AggregationRequest[] = [
  ...metrics,
  ...moreMetrics,
  ...terms,
  ...dates,
  ...ranges,
  ...composites,
  ...pipelines,
]
