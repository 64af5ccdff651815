import { z } from 'zod'
import { access } from '../../core/listen/access_options.ts'
import { connectionLimits } from '../../core/listen/connection_limits.ts'
import { duration, size } from '../../core/units.ts'
import { messageOf } from '../../core/errors.ts'
import { dialects } from '../line/dialect.ts'
import { type MetricsAddress, readMetricsAddress } from '../listen_address.ts'
import { seriesKinds } from '../tables/swapped.ts'
import { loadUnixDatagrams } from './unix_datagrams.ts'

const protocols = ['udp', 'tcp', 'unix', 'unixgram'] as const
const dialect = () => z.enum(dialects)

const address = z.string().transform((text, context): MetricsAddress => {
  const read = readMetricsAddress(text, protocols, 8125)
  const message = typeof read === 'string' ? read : problemOf(read)
  if (typeof read !== 'string' && message === undefined) return read
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** What is missing for listening there. */
function problemOf({ protocol }: MetricsAddress): string | undefined {
  if (protocol !== 'unixgram') return undefined
  try {
    loadUnixDatagrams()
    return undefined
  } catch (failure) {
    return messageOf(failure)
  }
}

const listener = z.union([
  address.transform((read) => ({ address: read, dialect: undefined })),
  z.strictObject({
    address: address.describe('Where it listens'),
    dialect: dialect().optional().describe('The dialect of this listener alone'),
  }),
])

const defaultListen = ['udp://127.0.0.1:8125', 'tcp://127.0.0.1:8125']

const seriesLimits = Object.fromEntries(
  seriesKinds.map((kind) => [
    kind,
    z.int().min(0).default(250_000).describe(`Most series of the kind ${kind}`),
  ]),
) as Record<(typeof seriesKinds)[number], z.ZodDefault<z.ZodInt>>

const idle = (what: string) =>
  duration().default(0).describe(`${what} without a value for so long are forgotten; 0: never`)

/** Where StatsD lines come from, how they are read, and what bounds the memory they take. */
export const receiveFields = {
  listen: z
    .union([
      address.transform((read) => [{ address: read, dialect: undefined }]),
      z.array(listener),
    ])
    .prefault(defaultListen)
    .describe(
      'Addresses: udp://host:port, tcp://host:port, unix:/path (stream), unixgram:/path (datagrams), or { address, dialect }; [] is none',
    ),
  dialect: dialect()
    .default('etsy')
    .describe(
      "`etsy`: lines mean what they mean to Etsy's statsd; `datadog`: what they mean to DogStatsD",
    ),
  key_name_sanitize: z
    .boolean()
    .default(true)
    .describe(
      'In names: blanks to _, / to -, and what is not a-z, A-Z, 0-9 or one of _-.;= left out',
    ),
  receive_buffer: size()
    .default(4 * 2 ** 20)
    .describe('Receive buffer of a datagram socket; the kernel grants up to net.core.rmem_max'),
  permissions: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'write permissions in octal, such as "0660"')
    .default('0660')
    .describe('Permissions of Unix sockets, octal: who may write to it may send'),
  ...access,
  ...connectionLimits,
  max_line_size: size().default(65_536).describe('Longest line over a connection'),
  max_series: z
    .int()
    .min(1)
    .default(500_000)
    .describe('Most series of all kinds; when reached, new ones are dropped, old ones go on'),
  max_series_of: z
    .strictObject(seriesLimits)
    .prefault({})
    .describe('Most series of each kind; when reached, new ones are dropped, old ones go on'),
  max_tags: z.int().min(0).max(1000).default(64).describe('Most tags of a series'),
  max_name_length: z
    .int()
    .min(1)
    .max(65_536)
    .default(1024)
    .describe('Longest name of a series with its tags, bytes'),
  max_timer_values: z
    .int()
    .min(1)
    .default(100_000)
    .describe('Values of a timer and flush that are kept exactly; more go into a sketch (1 %)'),
  max_values: z
    .int()
    .min(1)
    .default(4_000_000)
    .describe('Values of all timers of a flush that are kept exactly; more go into sketches'),
  max_set_members: z
    .int()
    .min(1)
    .default(1_000_000)
    .describe('Distinct members of all sets of a flush; more are dropped, counted'),
  max_events: z
    .int()
    .min(0)
    .default(10_000)
    .describe('Events and service checks a flush; more are dropped, counted'),
  max_idle: z
    .strictObject({
      counters: idle('Counters'),
      gauges: idle('Gauges'),
      timers: idle('Timers'),
      sets: idle('Sets'),
    })
    .prefault({})
    .describe('How long a series lives on without values, by type'),
} as const
