import { z } from 'zod'
import { size } from '../../core/units.ts'
import { defaultSearchLimits as asked, type SearchLimits } from '../query/limits.ts'

const count = (byDefault: number, most: number) =>
  z.number().int().min(1).max(most).default(byDefault)

/** Bounds of the store's API, and of questions however they come: those by default as in Elasticsearch. */
export const apiLimits = z
  .strictObject({
    max_document_size: size().default(10_000_000).describe('Most bytes of one document'),
    max_document_depth: count(100, 1_000).describe(
      'Most objects and arrays within each other in one document',
    ),
    max_bulk_items: count(100_000, 10_000_000).describe('Most items of one `_bulk`'),
    max_inflated_size: size()
      .default(256_000_000)
      .describe('Most bytes of a body once it is inflated'),
    max_searches: count(200, 10_000).describe('Most searches of one `_msearch`'),
    max_indices: count(5_000, 100_000).describe(
      'Most indices, templates and the like that clients may make, each',
    ),
    max_mapping_fields: count(1_000, 100_000).describe('Most fields of one mapping'),
    max_gets: count(10_000, 1_000_000).describe('Most documents of one `_mget`'),
    max_result_window: z
      .number()
      .int()
      .min(10_000)
      .max(1_000_000)
      .default(asked.maxResultWindow)
      .describe('Most of `from` and `size` together: `index.max_result_window`'),
    max_inner_result_window: count(asked.maxInnerResultWindow, 10_000).describe(
      'The same of `top_hits`: `index.max_inner_result_window`',
    ),
    max_buckets: count(asked.maxBuckets, 1_000_000).describe(
      'Most buckets of one search: `search.max_buckets`',
    ),
    max_aggregations: count(asked.maxAggregations, 100_000).describe(
      'Most aggregations of one search',
    ),
    max_aggregation_depth: count(asked.maxAggregationDepth, 100).describe(
      'Most aggregations within each other',
    ),
    max_query_depth: count(asked.maxDepth, 100).describe(
      'Most queries within each other: `indices.query.bool.max_nested_depth`',
    ),
    max_clauses: count(asked.maxClauses, 100_000).describe(
      'Most clauses of one query, and fields that one name with `*` means: `indices.query.bool.max_clause_count`',
    ),
    max_terms: count(asked.maxTerms, 1_000_000).describe(
      'Most values of one `terms`: `index.max_terms_count`',
    ),
    max_query_length: count(asked.maxTextLength, 10_000_000).describe(
      'Most characters of a query text: `search.query.max_query_string_length`',
    ),
    max_regex_length: count(asked.maxRegexpLength, 100_000).describe(
      'Most characters of a regular expression: `index.max_regex_length`',
    ),
  })
  .prefault({})
  .describe('Bounds of what comes by the Elasticsearch API, and of every question')

export type ApiLimits = z.output<typeof apiLimits>

/** Those of questions. */
export const searchLimits = (limits: ApiLimits): SearchLimits => ({
  maxDepth: limits.max_query_depth,
  maxClauses: limits.max_clauses,
  maxTerms: limits.max_terms,
  maxTextLength: limits.max_query_length,
  maxRegexpLength: limits.max_regex_length,
  maxResultWindow: limits.max_result_window,
  maxInnerResultWindow: limits.max_inner_result_window,
  maxBuckets: limits.max_buckets,
  maxAggregations: limits.max_aggregations,
  maxAggregationDepth: limits.max_aggregation_depth,
})
