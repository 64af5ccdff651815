import { z } from 'zod'
import { size } from '../../core/units.ts'

const count = (byDefault: number, most: number) =>
  z.number().int().min(1).max(most).default(byDefault)

/** Bounds of the Elasticsearch API; those of questions are Elasticsearch's own. */
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
  })
  .prefault({})
  .describe('Bounds of what comes by the Elasticsearch API')

export type ApiLimits = z.output<typeof apiLimits>
