import { z } from 'zod'
import { size } from '../../../core/units.ts'

export const framing = () =>
  z
    .union([
      z.enum(['newline', 'nul', 'octet_counted', 'auto']),
      z.strictObject({ delimiter: z.string().min(1).max(16) }),
    ])
    .default('newline')
    .describe(
      'How messages are told apart: `newline` (CR LF too), `nul`, `octet_counted` (RFC 6587), `auto` (octet counting or lines, by how a connection begins) or `{ delimiter: "…" }`',
    )

export type Framing = z.output<ReturnType<typeof framing>>

/** The options that every input with messages of bounded length has. */
export const messageLimits = (largest: string) => ({
  max_message_size: size()
    .default(size().parse(largest))
    .describe('Longest message; a longer one is cut or dropped'),
  long_messages: z
    .enum(['cut', 'drop'])
    .default('cut')
    .describe('What happens to a message above `max_message_size`; counted either way'),
})

/** The `max_pending_bytes` option. */
export const pendingLimit = (largest: string) =>
  size()
    .default(size().parse(largest))
    .describe('Most bytes taken in and not durable yet, over all senders')
