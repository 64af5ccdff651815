import { z } from 'zod'
import { listenAddress } from '../../core/http/config.ts'
import { size } from '../../core/units.ts'
import { metricsAddresses } from '../listen_address.ts'
import { namingFields } from '../names/config.ts'
import { defaultRenderLimits } from './render/limits.ts'
import { timeZoneOf } from './render/time_zone.ts'

const bound = (byDefault: number) => z.number().int().min(1).max(1_000_000_000).default(byDefault)

const graphiteConfig = z.strictObject({
  listen: metricsAddresses(['tcp', 'udp'], 2003)
    .default([])
    .describe("Where carbon's plaintext is taken in: tcp://0.0.0.0:2003, udp://0.0.0.0:2003"),
  pickle_listen: metricsAddresses(['tcp'], 2004)
    .default([])
    .describe("Where carbon's pickle protocol is taken in: tcp://0.0.0.0:2004"),
  http_listen: z
    .union([listenAddress, z.array(listenAddress)])
    .transform((one) => (Array.isArray(one) ? one : [one]))
    .default([])
    .describe("Ports of its own for Graphite's HTTP API, beside /graphite on the HTTP port"),
  max_connections: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('Most connections of carbon senders, over all addresses; further ones are closed'),
  max_line_size: size()
    .refine((bytes) => bytes >= 100 && bytes <= 1_000_000, 'expected 100B to 1MB')
    .default(65_536)
    .describe('Most bytes of a plaintext line; longer ones are refused'),
  max_pickle_size: size()
    .refine((bytes) => bytes >= 1_000 && bytes <= 64_000_000, 'expected 1KB to 64MB')
    .default(1_048_576)
    .describe('Most bytes of one pickle; the connection of a longer one is closed'),
  max_pending_bytes: size()
    .refine((bytes) => bytes >= 1_000_000 && bytes <= 1_000_000_000, 'expected 1MB to 1GB')
    .default(16_000_000)
    .describe(
      'Points that wait for the journal; beyond, TCP is not read on and datagrams are dropped, counted',
    ),
  time_zone: z
    .string()
    .default('UTC')
    .refine((name) => timeZoneOf(name) !== undefined, 'no time zone of this name')
    .describe('Zone of times such as midnight, where a request names none in tz'),
  max_targets: bound(defaultRenderLimits.maxTargets).describe('Most targets of one /render'),
  max_series: bound(defaultRenderLimits.maxSeries).describe('Most series of one answer'),
  max_points: bound(defaultRenderLimits.maxPoints).describe('Most values one /render may touch'),
  ...namingFields,
})

/** Graphite in and out. */
export const graphiteFields = {
  graphite: graphiteConfig
    .prefault({})
    .describe("Graphite: carbon's protocols in; names of stored series as /graphite shows them"),
} as const

export type GraphiteConfig = z.output<typeof graphiteConfig>
