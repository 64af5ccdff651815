import type { ReceiverSettings } from '../../statsd/receive/protocol.ts'
import { tableLimits } from '../statsd/tables/aggregated.ts'

/** Settings of a receiver with these listeners that takes everything in, and `own` that a test is about. */
export const receiverSettings = (
  listeners: ReceiverSettings['listeners'],
  own: Partial<ReceiverSettings> = {},
): ReceiverSettings => ({
  listeners,
  mayBeTaken: false,
  startsLate: false,
  receiveBufferBytes: 200_000,
  permissions: '0600',
  allow: undefined,
  deny: [],
  maxConnections: 5000,
  silentTimeoutMs: 600_000,
  idleTimeoutMs: 0,
  maxLineBytes: 65_536,
  flushIntervalMs: 3_600_000,
  align: false,
  maxWaitingSwaps: 3,
  limits: tableLimits(),
  ...own,
})
