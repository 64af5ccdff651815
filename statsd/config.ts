import { z } from 'zod'
import { backendFields } from './backends/config.ts'
import { consoleFields } from './console/config.ts'
import { flushFields } from './flush/config.ts'
import { graphiteFields } from './graphite/config.ts'
import { hostFields } from './host/config.ts'
import { prometheusFields } from './prometheus/config.ts'
import { receiveFields } from './receive/config.ts'

/**
 * The metrics daemon: Etsy's names in snake_case. Each part has its fields in a file of its own; this one puts
 * them together.
 */
export const statsdConfig = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether metrics are taken in'),
  namespace: z
    .string()
    .regex(/^[a-z0-9_.]+$/, 'a namespace has lower-case letters, digits, _ and .')
    .max(100)
    .default('default')
    .describe('Last part of the streams of points: metrics-statsd-<namespace>'),
  ...receiveFields,
  ...backendFields,
  ...flushFields,
  ...consoleFields,
  ...graphiteFields,
  ...hostFields,
  ...prometheusFields,
})

export type StatsdConfig = z.output<typeof statsdConfig>
