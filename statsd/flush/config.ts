import { z } from 'zod'
import { duration } from '../../core/units.ts'

/** A percentile above 0, or below it for the values at the other end: -90 is the upper 90 % of them. */
const percent = z
  .number()
  .min(-100)
  .max(100)
  .refine((value) => value !== 0, 'a percentile is from -100 to 100 and not 0')

const histogram = z.strictObject({
  metric: z.string().describe("A part of the timer's name; '' fits every timer"),
  bins: z
    .array(z.union([z.number(), z.literal('inf')]))
    .max(1000)
    .describe("Upper bounds, exclusive and ascending; 'inf' is the last; an empty list is none"),
})

/** What a flush computes. The names and meanings are those of Etsy's statsd, in snake_case. */
export const flushFields = {
  flush_interval: duration()
    .refine((value) => value >= 10, 'a flush interval is at least 10ms')
    .default(10_000)
    .describe('Time between two flushes; the finest step of the store should be the same'),
  align: z
    .boolean()
    .default(false)
    .describe('Flush at multiples of flush_interval of the clock instead of from the start on'),
  percent_threshold: z
    .union([percent, z.array(percent).max(100)])
    .transform((one) => (Array.isArray(one) ? one : [one]))
    .default([90])
    .describe('Percentiles of timers; fractions as 99.9, and negative ones for the other end'),
  histogram: z
    .array(histogram)
    .max(1000)
    .default([])
    .describe('Bins of timers; the first entry whose metric is a part of the name holds'),
  calculated_timer_metrics: z
    .array(z.string())
    .default([])
    .describe(
      'The only figures of timers to send, such as [count, upper, count_percent]; none named: all',
    ),
  prefix_stats: z
    .string()
    .min(1)
    .default('statsd')
    .describe("First part of the names of the daemon's own metrics"),
  delete_idle_stats: z
    .boolean()
    .default(false)
    .describe('Send nothing for what got no value in the interval, instead of 0 or the last value'),
  delete_counters: z.boolean().optional().describe('The same for counters alone'),
  delete_timers: z.boolean().optional().describe('The same for timers alone'),
  delete_sets: z.boolean().optional().describe('The same for sets alone'),
  delete_gauges: z.boolean().optional().describe('The same for gauges alone'),
  gauges_max_ttl: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe('Flushes that an idle gauge outlives where idle gauges are deleted'),
  key_flush: z
    .strictObject({
      interval: duration().default(0).describe('How often; 0: never'),
      percent: z
        .number()
        .min(0)
        .max(100)
        .default(100)
        .describe('Share of the keys listed, busiest first'),
      log: z.string().optional().describe('File it is appended to; without one, the log'),
    })
    .prefault({})
    .describe('Lists how often each name came'),
  max_waiting_flushes: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(6)
    .describe('Flushes that may wait for a full journal or a slow disk; the oldest goes, counted'),
} as const

const flushConfig = z.strictObject(flushFields)
export type FlushConfig = z.output<typeof flushConfig>
