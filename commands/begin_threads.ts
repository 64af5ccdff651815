import { beginWorkers } from '../collector/workers.ts'
import type { Config } from '../config.ts'
import { beginReceiverThread } from '../statsd/receive/receiver_link.ts'
import { statsdRuns } from './running_statsd.ts'

/**
 * Has the threads that this config needs load their files while the main thread loads its own: else what waits for
 * them waits a tenth of a second for each.
 */
export function beginThreads(config: Config): void {
  const { collector, roles, statsd } = config
  if (collector.enabled && roles.includes('collector')) {
    beginWorkers(collector.inputs, collector.workers)
  }
  if (statsdRuns(config) && statsd.listen.length > 0) beginReceiverThread()
}
