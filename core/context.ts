import type { Logger } from 'pino'
import type { Clock } from './clock.ts'
import type { Metrics } from './metrics.ts'
import type { Reason } from './reasons.ts'

/** All that a component may touch of the world. Nothing is global, so a test passes fakes. */
export interface Context {
  /** The component's id, as metrics and status show it, such as `input.tail`. */
  readonly id: string
  readonly log: Logger
  readonly clock: Clock
  readonly metrics: Metrics
  /** Counts something that happened to `amount` events (default 1) other than arriving whole. */
  readonly count: (reason: Reason, amount?: number) => void
  /** A number in [0, 1), for jitter. */
  readonly random: () => number
  /** The data folder, absolute. */
  readonly dataFolder: string
}
