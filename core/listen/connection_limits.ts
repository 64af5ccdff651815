import { z } from 'zod'
import { duration } from '../units.ts'

/** The options that bound how many connections there are and how long they may do nothing. */
export const connectionLimits = {
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
}
