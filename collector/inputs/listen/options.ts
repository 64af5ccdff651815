import { z } from 'zod'
import { connectionLimits } from '../../../core/listen/connection_limits.ts'
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
  ...connectionLimits,
  max_pending_bytes: pendingLimit('16MB'),
}
