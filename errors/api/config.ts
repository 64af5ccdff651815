import { z } from 'zod'

/** How much one request of the web API may ask. */
export const apiConfig = z
  .strictObject({
    page_default: z
      .int()
      .min(1)
      .max(1_000)
      .default(100)
      .describe('Entries of a page, where a request names no limit'),
    page_max: z.int().min(1).max(10_000).default(1_000).describe('Most entries of a page'),
    search_length_max: z
      .int()
      .min(100)
      .max(100_000)
      .default(4_096)
      .describe('Most characters of a search'),
    bulk_max: z
      .int()
      .min(1)
      .max(100_000)
      .default(1_000)
      .describe('Most issues that one request changes'),
    search_events_max: z
      .int()
      .min(100)
      .default(20_000)
      .describe(
        'Kept events with its words that a condition of a search goes through, newest first',
      ),
    search_bodies_max: z
      .int()
      .min(10)
      .default(1_000)
      .describe('Of these, how many are read where words do not tell'),
    list_bodies_max: z
      .int()
      .min(10)
      .default(5_000)
      .describe('Kept events that a list of events reads to find those that fit'),
  })
  .prefault({})
  .describe("Sentry's web API, /api/0/")

export type ApiConfig = z.output<typeof apiConfig>
