import type { Collector } from '../collector/collector.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Statsd } from '../statsd/statsd.ts'
import type { RunningErrors } from './running_errors.ts'
import type { RunningStore } from './running_store.ts'

/** The parts of a running Weir; undefined are those that the config does not ask for, or that have not started. */
export interface Parts {
  /** @throws {WeirError} WEIR_NOT_RUNNING before it is open. */
  readonly journal: Journal
  readonly collector: Collector | undefined
  readonly store: RunningStore | undefined
  readonly statsd: Statsd | undefined
  readonly errors: RunningErrors | undefined
}
