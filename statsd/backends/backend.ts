import { z } from 'zod'
import type { Context } from '../../core/context.ts'
import { deliveryFields, type Output } from '../../core/delivery/output.ts'
import { definer } from '../../core/plugin.ts'
import { duration } from '../../core/units.ts'

/** A target of flushes: an Output that a delivery loop feeds from the journal. */
export interface Backend extends Output {
  /** Tag of the batches it reads, where they are not metric points. */
  readonly tag?: string
}

const shared = {
  ...deliveryFields,
  metrics: z
    .enum(['statsd', 'all'])
    .default('statsd')
    .describe(
      '`statsd`: what was flushed; `all`: also what came by carbon, Prometheus and from the host, under its own names',
    ),
  // A flush is one batch, so there is nothing to wait for; what lags behind goes out in large requests anyway.
  batch_age: duration().default(0).describe('Most time a flush waits for the next to go with it'),
  concurrency: z.int().min(1).max(64).default(1).describe('Most requests under way at once'),
  timeout: duration().default(10_000).describe('Most time for one request'),
}

/** What backends know of the daemon whose flushes they get. */
export interface DaemonFacts {
  readonly prefix_stats: string
  readonly key_name_sanitize: boolean
}

export const defineBackend = definer<[Context, DaemonFacts], Backend, typeof shared>(shared)
