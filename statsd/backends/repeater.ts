import { z } from 'zod'
import { definer } from '../../core/plugin.ts'
import { size } from '../../core/units.ts'

const target = z.strictObject({
  host: z.string().min(1).describe('Where the other daemon runs'),
  port: z.int().min(1).max(65_535).default(8125).describe('Its port'),
})

const shared = {
  id: z
    .string()
    .regex(/^[a-z0-9_.-]+$/)
    .optional()
    .describe('Its name in status and metrics; needed when a type repeats'),
}

/**
 * Repeats packets as they come to other daemons: Etsy's backend `repeater`. It is no Output: packets go on at once
 * and are in no journal, so that what the other daemon or the network drops is gone, as with UDP.
 */
export const repeaterBackend = definer<[], undefined, typeof shared>(shared)(
  'repeater',
  'Repeats packets as they come to other StatsD daemons, unacknowledged',
  {
    hosts: z.array(target).min(1).describe('Each gets every packet'),
    protocol: z
      .enum(['udp4', 'udp6', 'tcp'])
      .default('udp4')
      .describe('How they are sent; over tcp a line end is added to each'),
    max_pending: size()
      .default(4_000_000)
      .describe('Most bytes that wait for a target over tcp; beyond, packets are dropped, counted'),
  },
  () => undefined,
)
