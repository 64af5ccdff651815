import { z } from 'zod'
import { duration } from '../../../core/units.ts'
import { clusterFields } from '../cluster_config.ts'
import { problemOf } from './indices.ts'

/** The fields of an elasticsearch output beside those of every output. */
export const elasticsearchFields = {
  ...clusterFields,
  gzip: z.boolean().default(false).describe('Compress requests: less network, more CPU'),
  flavour: z
    .enum(['auto', 'elasticsearch', 'opensearch'])
    .default('auto')
    .describe('What the server is; auto asks it'),
  version: z
    .string()
    .regex(/^\d+\.\d+/, 'expected a version such as 8.19')
    .optional()
    .describe('Version of the server, where it does not say; with flavour'),
  indices: z
    .string()
    .default('data_stream')
    .superRefine((text, context) => {
      const problem = problemOf(text)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
    .describe(
      "Where events go: `data_stream` (the stream of their tag), `dated` (weir-{tag}-%Y.%m.%d), or a name with {tag}, {stream}, %Y, %m, %d, %H of the event's time",
    ),
  manage_templates: z
    .boolean()
    .default(true)
    .describe('Whether it installs index templates for what it writes'),
  template_priority: z
    .int()
    .min(0)
    .default(300)
    .describe('Priority of those templates; above those of others that match'),
  timestamp_type: z
    .enum(['date', 'date_nanos'])
    .default('date')
    .describe('Mapping of @timestamp: date (milliseconds), date_nanos (only 1970 to 2262)'),
  retention: duration()
    .optional()
    .describe("Age at which the server deletes data streams' data, where it can; default: never"),
}

const elasticsearchConfig = z.object({ ...elasticsearchFields, timeout: duration() })
export type ElasticsearchConfig = z.output<typeof elasticsearchConfig>
