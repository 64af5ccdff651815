import { z } from 'zod'
import { metricsAddresses } from '../listen_address.ts'

/** The management console. */
export const consoleFields = {
  console: z
    .strictObject({
      listen: metricsAddresses(['tcp', 'unix'], 8126)
        .optional()
        .describe(
          'Addresses of the console: tcp://host:port or unix:/path; [] is none. Default: tcp://127.0.0.1:8126',
        ),
      max_connections: z.number().int().min(1).default(32).describe('Most connections at once'),
    })
    .prefault({})
    .describe("The management console, as Etsy's statsd has it"),
  health_status: z
    .enum(['up', 'down'])
    .default('up')
    .describe('What the console says to `health` until it is told otherwise'),
} as const
