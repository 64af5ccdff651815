import type { Kind } from './aggregation.ts'
import { autoDateHistogram } from './buckets/auto_date_histogram.ts'
import { composite } from './buckets/composite.ts'
import { dateHistogram } from './buckets/date_histogram.ts'
import { filters } from './buckets/filters.ts'
import { histogram } from './buckets/histogram.ts'
import { ipRange } from './buckets/ip_range.ts'
import { dateRange, range } from './buckets/range.ts'
import { filter, globalBucket, missing } from './buckets/single.ts'
import { multiTerms, terms } from './buckets/terms.ts'
import { percentileRanks, percentiles, medianAbsoluteDeviation } from './metrics/quantiles.ts'
import { rate } from './metrics/rate.ts'
import {
  avg,
  cardinality,
  extendedStats,
  max,
  min,
  stats,
  sum,
  valueCount,
} from './metrics/simple.ts'
import { topHits } from './metrics/top_hits.ts'
import { topMetrics } from './metrics/top_metrics.ts'
import { weightedAvg } from './metrics/weighted_avg.ts'
import type { Options } from './options.ts'
import {
  bucketScript,
  bucketSelector,
  bucketSort,
  cumulativeSum,
  derivative,
  movingFn,
  serialDiff,
} from './pipelines/parent.ts'
import {
  avgBucket,
  extendedStatsBucket,
  maxBucket,
  minBucket,
  percentilesBucket,
  statsBucket,
  sumBucket,
} from './pipelines/sibling.ts'

/** Every aggregation that is understood, by Elasticsearch's name. */
export const kinds: Readonly<Record<string, (options: Options) => Kind>> = {
  terms,
  multi_terms: multiTerms,
  date_histogram: dateHistogram,
  auto_date_histogram: autoDateHistogram,
  histogram,
  range,
  date_range: dateRange,
  ip_range: ipRange,
  filters,
  composite,
  filter,
  missing,
  global: globalBucket,
  avg,
  sum,
  min,
  max,
  stats,
  extended_stats: extendedStats,
  value_count: valueCount,
  cardinality,
  percentiles,
  percentile_ranks: percentileRanks,
  median_absolute_deviation: medianAbsoluteDeviation,
  weighted_avg: weightedAvg,
  rate,
  top_hits: topHits,
  top_metrics: topMetrics,
  derivative,
  cumulative_sum: cumulativeSum,
  serial_diff: serialDiff,
  moving_fn: movingFn,
  bucket_script: bucketScript,
  bucket_selector: bucketSelector,
  bucket_sort: bucketSort,
  avg_bucket: avgBucket,
  sum_bucket: sumBucket,
  min_bucket: minBucket,
  max_bucket: maxBucket,
  stats_bucket: statsBucket,
  extended_stats_bucket: extendedStatsBucket,
  percentiles_bucket: percentilesBucket,
}

/** Elasticsearch has them; here they are refused by name. */
const refused = new Set([
  'significant_terms',
  'significant_text',
  'rare_terms',
  'sampler',
  'diversified_sampler',
  'random_sampler',
  'adjacency_matrix',
  'categorize_text',
  'children',
  'parent',
  'nested',
  'reverse_nested',
  'geo_distance',
  'geohash_grid',
  'geohex_grid',
  'geotile_grid',
  'geo_bounds',
  'geo_centroid',
  'geo_line',
  'cartesian_bounds',
  'cartesian_centroid',
  'ip_prefix',
  'variable_width_histogram',
  'time_series',
  'frequent_item_sets',
  'boxplot',
  'matrix_stats',
  'scripted_metric',
  'string_stats',
  't_test',
  'moving_avg',
  'moving_percentiles',
  'cumulative_cardinality',
  'bucket_count_ks_test',
  'bucket_correlation',
  'change_point',
  'inference',
  'normalize',
])

export const isRefused = (type: string): boolean => refused.has(type)
