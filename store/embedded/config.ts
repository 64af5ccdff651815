import { z } from 'zod'
import { duration, size } from '../../core/units.ts'
import { metricsConfig } from '../metrics_config.ts'

const rule = {
  age: duration().optional().describe('Rows older than this go'),
  size: size().optional().describe('The oldest rows go when there are more bytes'),
}

/** The embedded engine. */
export const embeddedConfig = z.strictObject({
  memory_limit: size()
    .refine((bytes) => bytes >= 256_000_000, 'expected at least 256MB')
    .default(512_000_000)
    .describe('Most memory of DuckDB; the whole process takes about 300MB more'),
  documents_memory: size()
    .default(16_000_000)
    .describe(
      'Most memory of documents that were answered last: whoever asks for them again waits for no unpacking',
    ),
  threads: z.number().int().min(1).max(64).default(2).describe('Threads of DuckDB'),
  query_timeout: duration()
    .refine((ms) => ms > 0, 'expected more than 0s, in which nothing is answered')
    .default(30_000)
    .describe('A question that takes longer is stopped'),
  max_concurrent: z.number().int().min(1).max(64).default(4).describe('Questions at once'),
  max_queued: z
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(100)
    .describe('Questions that wait for their turn; further ones are refused with 429'),
  max_followers: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(20)
    .describe('Followers of GET /api/tail at once; further ones are refused with 429'),
  idle_timeout: duration()
    .default(60_000)
    .describe('The engine is stopped when nobody asked for so long'),
  seal_size: size()
    .refine((bytes) => bytes >= 1_000_000 && bytes <= 512_000_000, 'expected 1MB to 512MB')
    .default(64_000_000)
    .describe(
      'Bytes of the journal that wait at most before the engine is started to take them in',
    ),
  seal_after: duration().default(600_000).describe('How long events wait at most before that'),
  refresh_interval: duration()
    .default(500)
    .describe('How soon what is new can be found while the engine runs'),
  catch_up_wait: duration()
    .default(5_000)
    .describe(
      'How long the first questions of an engine that was just started wait for what was durable by then; behind that they are answered from what is there',
    ),
  max_fields: z
    .number()
    .int()
    .min(100)
    .max(1_000_000)
    .default(10_000)
    .describe(
      'Field paths of one stream that can be asked for; values of others stay in the document',
    ),
  max_words: z
    .number()
    .int()
    .min(10_000)
    .max(100_000_000)
    .default(4_000_000)
    .describe('Different words of one segment that its token filter holds; with more it has none'),
  min_free_disk: size()
    .default(1_000_000_000)
    .describe('The oldest events, then the oldest points go when the disk has less free'),
  retention: z
    .strictObject({
      age: duration().default(1_209_600_000).describe('Rows older than this go'),
      clock_jump_wait: duration()
        .default(3_600_000)
        .describe(
          'How long nothing goes for its age after the clock went ahead by more than a day, also at a start: time to set it right',
        ),
      size: size()
        .default(10_000_000_000)
        .describe(
          'Bytes of all events and metric points; the oldest events go, and of nothing but points the oldest points',
        ),
      streams: z
        .array(
          z.strictObject({
            match: z
              .string()
              .min(1)
              .describe('Streams, by name with `*`; the first that fits counts'),
            ...rule,
          }),
        )
        .default([])
        .describe('Rules of their own for some streams'),
    })
    .prefault({})
    .describe('How long rows are kept'),
  metrics: metricsConfig.prefault({}).describe('How metric points are kept'),
})

export type EmbeddedOptions = z.output<typeof embeddedConfig>
