import type { JsonRecord } from '../../../store/search.ts'
import { ask, onElasticsearch, type Case } from './case.ts'
import type { IntendedName } from './intended.ts'

/** Examples of Elasticsearch's reference for searching and aggregating, on indices like the ones it uses. */

export const documentationMappings: Readonly<Record<string, JsonRecord>> = {
  'my-index-000001': {
    properties: {
      '@timestamp': { type: 'date' },
      'http.version': { type: 'keyword' },
      user: { properties: { id: { type: 'keyword' }, name: { type: 'text' } } },
      message: { type: 'text' },
      'http.response.bytes': { type: 'long' },
      post_date: { type: 'date' },
      tags: { type: 'keyword' },
      programming_languages: { type: 'keyword' },
    },
  },
  sales: {
    properties: {
      date: { type: 'date' },
      price: { type: 'double' },
      type: { type: 'keyword' },
      promoted: { type: 'boolean' },
      rating: { type: 'long' },
      color: { type: 'keyword' },
    },
  },
  latency: { properties: { load_time: { type: 'double' }, ip: { type: 'ip' } } },
  'play-index': {
    properties: {
      genre: { type: 'keyword' },
      artist: { type: 'keyword' },
      play_count: { type: 'long' },
    },
  },
}

const day = (date: string, price: number, type: string, color: string, promoted: boolean) => ({
  date,
  price,
  type,
  color,
  promoted,
})
export const documentationDocuments: Readonly<Record<string, readonly JsonRecord[]>> = {
  'my-index-000001': [
    {
      '@timestamp': '2099-11-15T14:12:12Z',
      user: { id: 'kimchy', name: 'Kim Chy' },
      message: 'GET /search HTTP/1.1 200 1070000',
      'http.response.bytes': 1_070_000,
      'http.version': '1.1',
      tags: ['env1', 'production'],
      post_date: '2018-04-06',
    },
    {
      '@timestamp': '2099-11-15T14:12:13Z',
      user: { id: 'elkbee', name: 'Elk Bee' },
      message: 'GET /search HTTP/1.1 200 1070000',
      'http.response.bytes': 500,
      'http.version': '2',
      tags: ['env2'],
      post_date: '2018-06-06',
    },
    {
      '@timestamp': '2099-11-16T10:00:00Z',
      user: { id: 'kimchy', name: 'Kim' },
      message: 'this is a test of the thing',
      'http.response.bytes': 70,
      'http.version': '1.1',
      tags: ['deployed', 'production'],
      programming_languages: ['c++', 'php', 'java'],
    },
    {
      '@timestamp': '2099-11-17T00:00:00Z',
      user: { id: 'yen', name: 'Yen' },
      message: 'this is something else',
      tags: [],
      programming_languages: ['java', 'c++'],
    },
    {
      '@timestamp': '2099-11-18T00:00:00Z',
      user: { id: 'kiy' },
      message: 'New York Times "city"',
      'http.version': '1.0',
    },
    {
      user: { id: null },
      message: 'status pending active (quick brown)',
      '@timestamp': '2099-12-01',
    },
  ],
  sales: [
    day('2015-01-01', 200, 'hat', 'rock', true),
    day('2015-01-01', 200, 't-shirt', 'rock', true),
    day('2015-01-01', 150, 'bag', 'jazz', true),
    day('2015-02-01', 50, 'hat', 'rock', false),
    day('2015-02-01', 10, 't-shirt', 'electronic', true),
    day('2015-03-01', 200, 'hat', 'jazz', true),
    day('2015-03-01', 175, 't-shirt', 'red', false),
  ],
  latency: [12, 45, 60, 29.5, 180, 320, 900, 12.25, 33, 47].map((load_time, at) => ({
    load_time,
    ip: `10.0.0.${at * 25}`,
  })),
  'play-index': [
    { genre: 'rock', artist: 'a', play_count: 10 },
    { genre: 'rock', artist: 'b', play_count: 5 },
    { genre: 'jazz', artist: 'c', play_count: 20 },
    { genre: 'electronic', artist: 'd', play_count: 1 },
  ],
}

const search = (query: JsonRecord, differs?: IntendedName): Case =>
  ask('my-index-000001', { query, sort: [{ '@timestamp': 'asc' }], size: 20 }, differs)

const queries: Case[] = [
  search({ match: { 'user.id': 'kimchy' } }),
  search({
    bool: {
      must: { term: { 'user.id': 'kimchy' } },
      filter: { term: { tags: 'production' } },
      must_not: { range: { 'http.response.bytes': { gte: 10, lte: 20 } } },
      should: [{ term: { tags: 'env1' } }, { term: { tags: 'deployed' } }],
      minimum_should_match: 1,
      boost: 1.0,
    },
  }),
  search({ bool: { filter: { term: { 'http.version': '1.1' } } } }),
  search(
    {
      bool: {
        should: [
          { match: { 'user.name': { query: 'kim', _name: 'first' } } },
          { match: { message: { query: 'test', _name: 'last' } } },
        ],
        filter: { terms: { 'user.id': ['kimchy', 'elkbee'] } },
      },
    },
    'namedQueries',
  ),
  search({ constant_score: { filter: { term: { 'user.id': 'kimchy' } }, boost: 1.2 } }),
  search({
    dis_max: {
      queries: [{ term: { 'user.id': 'yen' } }, { term: { tags: 'env2' } }],
      tie_breaker: 0.7,
    },
  }),
  search({ match: { message: { query: 'this is a test' } } }),
  search({ match: { message: { query: 'this is a test', operator: 'and' } } }),
  search({
    match: { message: { query: 'to be or not to be', operator: 'and', zero_terms_query: 'all' } },
  }),
  search({ match_phrase: { message: 'this is a test' } }),
  search({ match_phrase_prefix: { message: { query: 'this is a te' } } }),
  search({ multi_match: { query: 'this is a test', fields: ['message', 'user.*'] } }),
  search({ query_string: { query: '(new york city) OR (big apple)', default_field: 'message' } }),
  search({ query_string: { query: 'kimchy', fields: ['user.id', 'user.name'] } }),
  search({
    query_string: {
      fields: ['user.id', 'message^5'],
      query: 'this AND test',
      type: 'cross_fields',
    },
  }),
  search({ query_string: { query: 'message:(quick OR brown)' } }),
  search({ query_string: { query: 'status:active OR user.\\*:(kimchy OR yen)' } }),
  search({
    simple_query_string: {
      query: '"quick brown" + (active | pending) -dead',
      fields: ['message', 'user.name^5'],
      default_operator: 'and',
    },
  }),
  search({ exists: { field: 'user.id' } }),
  search({ bool: { must_not: { exists: { field: 'user.id' } } } }),
  search({ ids: { values: ['1', '4', '100'] } }),
  search({ prefix: { 'user.id': { value: 'ki' } } }),
  search({ prefix: { 'user.id': 'ki' } }),
  search({ wildcard: { 'user.id': { value: 'ki*y', boost: 1.0, rewrite: 'constant_score' } } }),
  search({
    regexp: {
      'user.id': {
        value: 'k.*y',
        flags: 'ALL',
        case_insensitive: true,
        max_determinized_states: 10_000,
        rewrite: 'constant_score',
      },
    },
  }),
  search({ range: { 'http.response.bytes': { gte: 10, lte: 500, boost: 2.0 } } }),
  search({ range: { '@timestamp': { gte: 'now-1d/d', lt: 'now+80y/d' } } }),
  search({
    range: { '@timestamp': { time_zone: '+01:00', gte: '2020-01-01T00:00:00', lte: '2099-11-16' } },
  }),
  search({ term: { 'user.id': { value: 'kimchy', boost: 1.0 } } }),
  search({ terms: { 'user.id': ['kimchy', 'elkbee'], boost: 1.0 } }),
  ask('my-index-000001', {
    query: { match: { 'user.id': 'kimchy' } },
    fields: ['user.id', 'http.response.*', { field: '@timestamp', format: 'epoch_millis' }],
    _source: false,
    sort: '@timestamp',
  }),
  onElasticsearch(
    ask('my-index-000001', {
      from: 1,
      size: 2,
      query: { match_all: {} },
      sort: [
        { '@timestamp': { order: 'asc', format: 'strict_date_optional_time_nanos' } },
        { 'user.id': 'desc' },
      ],
    }),
  ),
  ask('my-index-000001', {
    sort: [{ post_date: { order: 'asc' } }, 'user.id', { 'http.response.bytes': 'desc' }],
    query: { terms: { 'user.id': ['kimchy', 'elkbee'] } },
  }),
  ask('my-index-000001', {
    query: { match: { message: 'test' } },
    highlight: { fields: { message: {} } },
  }),
  ask('my-index-000001', {
    query: { match: { 'user.id': 'kimchy' } },
    highlight: {
      pre_tags: ['<tag1>'],
      post_tags: ['</tag1>'],
      number_of_fragments: 3,
      fragment_size: 150,
      fields: { 'user.id': {}, message: { number_of_fragments: 0 } },
    },
    sort: '@timestamp',
  }),
  ask('my-index-000001', { track_total_hits: 2, query: { match: { message: 'this' } }, size: 0 }),
]

const sales = (aggs: JsonRecord, query?: JsonRecord): Case =>
  ask('sales', { size: 0, aggs, ...(query && { query }) })
const monthly = (aggs: JsonRecord, more: JsonRecord = {}) =>
  sales({
    sales_per_month: { date_histogram: { field: 'date', calendar_interval: 'month' }, aggs },
    ...more,
  })
const sum = { sales: { sum: { field: 'price' } } }

const aggregations: Case[] = [
  sales({ avg_price: { avg: { field: 'price' } } }),
  sales(
    { hat_prices: { sum: { field: 'price' } } },
    { constant_score: { filter: { match: { type: 'hat' } } } },
  ),
  sales({ types_count: { value_count: { field: 'type' } } }),
  sales({ type_count: { cardinality: { field: 'type', precision_threshold: 100 } } }),
  sales({ max_price: { max: { field: 'price' } }, min_price: { min: { field: 'price' } } }),
  sales({ grade_avg: { avg: { field: 'rating', missing: 10 } } }),
  sales({ s: { stats: { field: 'price' } }, e: { extended_stats: { field: 'price', sigma: 3 } } }),
  sales({
    w: { weighted_avg: { value: { field: 'price' }, weight: { field: 'rating', missing: 3 } } },
  }),
  ask('latency', {
    size: 0,
    aggs: { outlier: { percentile_ranks: { field: 'load_time', values: [-5, 1000] } } },
  }),
  ask(
    'latency',
    { size: 0, aggs: { m: { median_absolute_deviation: { field: 'load_time' } } } },
    'quantiles',
  ),
  ask('latency', {
    size: 0,
    aggs: {
      r: { ip_range: { field: 'ip', ranges: [{ to: '10.0.0.100' }, { from: '10.0.0.100' }] } },
    },
  }),
  ask('latency', {
    size: 0,
    aggs: {
      r: {
        ip_range: { field: 'ip', ranges: [{ mask: '10.0.0.0/25' }, { mask: '10.0.0.128/25' }] },
      },
    },
  }),
  ask('latency', {
    size: 0,
    aggs: { h: { histogram: { field: 'load_time', interval: 100, min_doc_count: 1 } } },
  }),
  sales({ sales_over_time: { date_histogram: { field: 'date', calendar_interval: 'month' } } }),
  sales({ sales_over_time: { date_histogram: { field: 'date', fixed_interval: '30d' } } }),
  sales({
    sales_over_time: {
      date_histogram: { field: 'date', calendar_interval: '1M', format: 'yyyy-MM-dd' },
    },
  }),
  sales({
    by_day: {
      date_histogram: {
        field: 'date',
        calendar_interval: 'day',
        time_zone: '-01:00',
        min_doc_count: 1,
      },
    },
  }),
  sales({
    by_day: {
      date_histogram: { field: 'date', calendar_interval: 'day', offset: '+6h', min_doc_count: 1 },
    },
  }),
  sales({
    sales_over_time: {
      date_histogram: { field: 'date', calendar_interval: '1M', format: 'yyyy-MM-dd', keyed: true },
    },
  }),
  sales({
    sale_date: {
      date_histogram: {
        field: 'date',
        calendar_interval: 'year',
        missing: '2000/01/01',
        format: 'yyyy/MM/dd',
      },
    },
  }),
  sales({
    range: {
      date_range: {
        field: 'date',
        format: 'MM-yyyy',
        ranges: [{ to: '03-2015' }, { from: '02-2015' }],
        keyed: true,
      },
    },
  }),
  sales({
    range: {
      date_range: {
        field: 'date',
        time_zone: 'CET',
        ranges: [{ to: '2015-02-01' }, { from: '2015-02-01', to: 'now/d' }],
      },
    },
  }),
  sales({
    t_shirts: {
      filter: { term: { type: 't-shirt' } },
      aggs: { avg_price: { avg: { field: 'price' } } },
    },
  }),
  sales({
    messages: {
      filters: {
        other_bucket_key: 'other_messages',
        filters: { hats: { match: { type: 'hat' } }, bags: { match: { type: 'bag' } } },
      },
    },
  }),
  sales(
    {
      all_products: { global: {}, aggs: { avg_price: { avg: { field: 'price' } } } },
      t_shirts: { avg: { field: 'price' } },
    },
    { match: { type: 't-shirt' } },
  ),
  sales({ without: { missing: { field: 'rating' } } }),
  sales({ prices: { histogram: { field: 'price', interval: 50 } } }),
  sales(
    {
      prices: {
        histogram: { field: 'price', interval: 50, extended_bounds: { min: 0, max: 500 } },
      },
    },
    { constant_score: { filter: { range: { price: { to: '500' } } } } },
  ),
  sales({
    price_ranges: {
      range: {
        field: 'price',
        keyed: true,
        ranges: [
          { key: 'cheap', to: 100 },
          { key: 'average', from: 100, to: 200 },
          { key: 'expensive', from: 200 },
        ],
      },
      aggs: { price_stats: { stats: { field: 'price' } } },
    },
  }),
  ask('play-index', {
    size: 0,
    aggs: {
      genres: {
        terms: { field: 'genre', order: { max_play_count: 'desc' } },
        aggs: { max_play_count: { max: { field: 'play_count' } } },
      },
    },
  }),
  ask('play-index', {
    size: 0,
    aggs: { genres: { terms: { field: 'genre', order: [{ _count: 'desc' }, { _key: 'asc' }] } } },
  }),
  ask('play-index', {
    size: 0,
    aggs: { genres: { terms: { field: 'genre', include: '.*o.*', exclude: 'rock' } } },
  }),
  ask('play-index', {
    size: 0,
    aggs: {
      genres: {
        terms: { field: 'genre', min_doc_count: 2 },
        aggs: { artists: { terms: { field: 'artist', size: 5 } } },
      },
    },
  }),
  sales({
    my_buckets: {
      composite: {
        sources: [
          { date: { date_histogram: { field: 'date', calendar_interval: '1d' } } },
          { product: { terms: { field: 'type' } } },
        ],
        size: 3,
      },
    },
  }),
  sales({
    my_buckets: {
      composite: {
        sources: [
          { histo: { histogram: { field: 'price', interval: 50 } } },
          { product: { terms: { field: 'type', order: 'desc' } } },
        ],
        after: { histo: 50, product: 'hat' },
      },
    },
  }),
  sales({
    top_tags: {
      terms: { field: 'type' },
      aggs: {
        top_sales_hits: {
          top_hits: {
            sort: [{ date: { order: 'desc' } }, { price: 'desc' }],
            _source: { includes: ['date', 'price'] },
            size: 1,
          },
        },
      },
    },
  }),
  monthly({ ...sum, deriv: { derivative: { buckets_path: 'sales' } } }),
  monthly({
    ...sum,
    first: { derivative: { buckets_path: 'sales', unit: 'day' } },
    second: { derivative: { buckets_path: 'first' } },
  }),
  monthly({ ...sum, total: { cumulative_sum: { buckets_path: 'sales' } } }),
  monthly({
    ...sum,
    the_movfn: {
      moving_fn: {
        buckets_path: 'sales',
        window: 10,
        script: 'MovingFunctions.unweightedAvg(values)',
      },
    },
  }),
  monthly({ ...sum, d: { serial_diff: { buckets_path: 'sales', lag: 1 } } }),
  monthly({
    total_sales: { sum: { field: 'price' } },
    't-shirts': { filter: { term: { type: 't-shirt' } }, aggs: sum },
    't-shirt-percentage': {
      bucket_script: {
        buckets_path: { tShirtSales: 't-shirts>sales', totalSales: 'total_sales' },
        script: 'params.tShirtSales / params.totalSales * 100',
      },
    },
  }),
  monthly({
    total_sales: { sum: { field: 'price' } },
    f: {
      bucket_selector: {
        buckets_path: { totalSales: 'total_sales' },
        script: 'params.totalSales > 200',
      },
    },
  }),
  monthly({
    total_sales: { sum: { field: 'price' } },
    s: { bucket_sort: { sort: [{ total_sales: { order: 'desc' } }], size: 3 } },
  }),
  ...[
    'avg_bucket',
    'max_bucket',
    'min_bucket',
    'sum_bucket',
    'stats_bucket',
    'extended_stats_bucket',
  ].map((type) => monthly(sum, { x: { [type]: { buckets_path: 'sales_per_month>sales' } } })),
  monthly(sum, {
    x: {
      percentiles_bucket: { buckets_path: 'sales_per_month>sales', percents: [25.0, 50.0, 75.0] },
    },
  }),
]

export const documentationCases: Readonly<Record<string, readonly Case[]>> = {
  "Elasticsearch's examples: searches": queries,
  "Elasticsearch's examples: aggregations": aggregations,
}
