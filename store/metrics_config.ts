import { z } from 'zod'
import { messageOf } from '../core/errors.ts'
import { size } from '../core/units.ts'
import { parseRetention } from './retention_steps.ts'

/** What Graphite's documentation of StatsD asks for, and what is taken where no rule fits. */
export const defaultSteps = '10s:6h,1m:6d,10m:1800d'

const pattern = () =>
  z
    .string()
    .refine(isExpression, {
      error: ({ input }) => `${JSON.stringify(input)} is no regular expression`,
    })
    .describe('Series by their dotted name: a regular expression, found anywhere in it')

function isExpression(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}

const steps = z.string().superRefine((text, context) => {
  try {
    parseRetention(text)
  } catch (failure) {
    context.addIssue({ code: 'custom', message: messageOf(failure) })
  }
})

/** `store.metrics`: how metric points are kept. The rules are Graphite's storage-schemas and storage-aggregation. */
export const metricsConfig = z.strictObject({
  retention: z
    .array(
      z.strictObject({
        match: pattern(),
        steps: steps.describe('How often a point and how long kept, finest first: 10s:6h,1m:6d'),
      }),
    )
    .max(1_000)
    .default([{ match: '', steps: defaultSteps }])
    .describe(
      `How long points are kept at which step; the first rule that fits counts, for old points too. A series that none fits has ${defaultSteps}`,
    ),
  aggregation: z
    .array(
      z.strictObject({
        match: pattern(),
        method: z
          .enum(['average', 'sum', 'last', 'min', 'max', 'avg_zero'])
          .describe('What the value of a coarser step is'),
        x_files_factor: z
          .number()
          .min(0)
          .max(1)
          .default(0.3)
          .describe('The share of finer points that have to be known, or there is no value'),
      }),
    )
    .max(1_000)
    .default([
      { match: '\\.lower$', method: 'min', x_files_factor: 0.1 },
      { match: '\\.upper(_\\d+)?$', method: 'max', x_files_factor: 0.1 },
      { match: '\\.sum$', method: 'sum', x_files_factor: 0 },
      { match: '\\.count$', method: 'sum', x_files_factor: 0 },
      { match: '^stats_counts.*', method: 'sum', x_files_factor: 0 },
    ])
    .describe(
      'What a coarser step of plain values and gauges is, when they are read; the first rule that fits counts, else average and 0.3. Counters are always summed',
    ),
  max_series: z
    .number()
    .int()
    .min(1)
    .max(100_000_000)
    .default(5_000_000)
    .describe(
      'Series that can be found; points of further ones are kept, and answered by their whole name alone',
    ),
  max_values: z
    .number()
    .int()
    .min(1_000)
    .max(1_000_000_000)
    .default(20_000_000)
    .describe('Values of one answer; what asks for more is refused'),
  page_cache: size()
    .refine((bytes) => bytes >= 1_000_000, 'expected at least 1MB')
    .default(32_000_000)
    .describe('Most memory for where the pages of series are in the files of points'),
})

export type MetricsOptions = z.output<typeof metricsConfig>
