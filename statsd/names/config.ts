import { z } from 'zod'

const part = (what: string, standard: string) =>
  z.string().default(standard).describe(`First part of the names of ${what}; '' is none`)

/** How points are named in Graphite's world: the options of Etsy's graphite backend. */
export const namingFields = {
  legacy_namespace: z
    .boolean()
    .default(true)
    .describe('`stats.K`, `stats_counts.K`, `stats.timers.K.…` instead of names by the prefixes'),
  global_prefix: part('all', 'stats'),
  prefix_counter: part('counters, behind global_prefix', 'counters'),
  prefix_timer: part('timers, behind global_prefix', 'timers'),
  prefix_gauge: part('gauges, behind global_prefix', 'gauges'),
  prefix_set: part('sets, behind global_prefix', 'sets'),
  global_suffix: z.string().optional().describe('Last part of every name, before its tags'),
  flush_counts: z
    .boolean()
    .default(true)
    .describe('Send the counts of counters beside their rates'),
} as const

const namingConfig = z.strictObject(namingFields)
export type NamingConfig = z.output<typeof namingConfig>
