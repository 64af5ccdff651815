import { z } from 'zod'
import { duration } from '../../../core/units.ts'
import { framing, messageLimits, pendingLimit } from '../framing/options.ts'

export const addRemoteAddress = () =>
  z
    .boolean()
    .default(true)
    .describe("Whether an event says who sent it: `source.address`, `source.ip` (the peer's)")

export const reusePort = () =>
  z
    .boolean()
    .default(true)
    .describe(
      'With several workers: whether each has a socket of its own and the kernel shares out what arrives; otherwise the first worker has the only one',
    )

/** The options of every input that takes connections. */
export const connectionOptions = {
  framing: framing(),
  ...messageLimits('1MB'),
  max_connections: z
    .int()
    .min(1)
    .default(5000)
    .describe('Most connections; when reached, one that never sent anything makes room'),
  silent_timeout: duration()
    .default(600_000)
    .describe('A connection that has not sent anything yet is closed after this; 0: never'),
  idle_timeout: duration()
    .default(0)
    .describe(
      'A connection that sends nothing more is closed after this; 0 (the default): never, since a sender that does not notice would lose its next message',
    ),
  max_pending_bytes: pendingLimit('16MB'),
}
